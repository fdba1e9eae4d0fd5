//! Options of a shell, and functions of the program that runs it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use voxlake_query::QueryError;
use voxlake_report::Format;

use crate::query_help::ArgumentSyntax;

/// Options of a [`Shell`](crate::Shell).
///
/// # Example
/// ```
/// use voxlake_shell::ShellOptions;
///
/// let mut options = ShellOptions::new();
/// options.expanded = true;
/// assert!(!options.interactive);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ShellOptions {
    /// Lines are typed at a terminal.
    pub interactive: bool,
    /// Format of results. Default: table.
    pub format: Format,
    /// Show the values of each row below each other.
    pub expanded: bool,
    /// Show exact values of named queries in tables, without units.
    pub exact: bool,
    /// Continue a script after an error.
    pub keep_going: bool,
    /// ResultOutput results that are longer than the screen.
    pub paged: bool,
    /// Command of the pager.
    pub pager: String,
    /// Command of the editor.
    pub editor: String,
    /// Highlight what is typed.
    pub coloured: bool,
    /// File of results; `None` and `-` mean standard output.
    pub output: Option<PathBuf>,
    /// Variables of statements.
    pub variables: BTreeMap<String, String>,
    /// Other place where queries run, such as a cluster, for the greeting.
    pub engine: Option<String>,
    /// File of statements and commands that run first.
    pub startup_file: Option<PathBuf>,
    /// File of typed lines.
    pub history_file: Option<PathBuf>,
}

impl Default for ShellOptions {
    fn default() -> Self {
        Self {
            interactive: false,
            format: Format::Table,
            expanded: false,
            exact: false,
            keep_going: false,
            paged: false,
            pager: "less -SFRX".to_owned(),
            editor: "vi".to_owned(),
            coloured: true,
            output: None,
            variables: BTreeMap::new(),
            engine: None,
            startup_file: None,
            history_file: None,
        }
    }
}

impl ShellOptions {
    /// Default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Functions that a shell needs from its program.
#[derive(Clone, Copy, Debug)]
pub struct ShellHost {
    /// Reports an error to the user.
    pub report: fn(&anyhow::Error),
    /// Returns a hint about options of the program that avoid an error.
    pub hint: fn(&QueryError) -> Option<&'static str>,
    /// Syntax of the arguments of named queries in their descriptions.
    pub argument_syntax: ArgumentSyntax,
    /// Returns the current time.
    pub clock: fn() -> DateTime<Utc>,
}
