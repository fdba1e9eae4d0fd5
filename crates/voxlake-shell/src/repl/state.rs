//! State of the shell.

use std::collections::BTreeMap;

use crate::Workspace;
use crate::interrupts::Interrupts;
use crate::options::{ShellHost, ShellOptions};
use anyhow::anyhow;
use tokio::runtime::Handle;
use voxlake_query::{QueryError, QueryLibrary};
use voxlake_report::Format;

use super::completion_cache::CompletionCache;
use super::last_rows::LastRows;
use super::runtime::InterruptibleRuntime;
use super::sink::Sink;
use crate::failure::{Failure, Origin};

/// Display settings.
#[derive(Clone, Debug)]
pub(crate) struct DisplaySettings {
    pub(crate) format: Format,
    pub(crate) expanded: bool,
    /// True if tables show exact values of named queries.
    pub(crate) exact: bool,
    pub(crate) timing: bool,
    pub(crate) pager: bool,
    /// True if a script continues after errors.
    pub(crate) keep_going: bool,
    /// True if only rows and errors are printed.
    pub(crate) quiet: bool,
}

/// The last query, to run it again.
#[derive(Clone, Debug)]
pub(crate) enum LastQuery {
    Sql(String, Origin),
    Named(String, Box<voxlake_query::QueryArguments>),
}

/// SQL shell over a workspace: runs scripts, or reads lines from a terminal.
pub struct Shell {
    pub(crate) runtime: InterruptibleRuntime,
    pub(crate) workspace: Workspace,
    pub(crate) completions: CompletionCache,
    pub(crate) library: QueryLibrary,
    pub(crate) display: DisplaySettings,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) out: Sink,
    pub(crate) last: Option<LastQuery>,
    /// Rows of the last result, for a chart.
    pub(crate) last_rows: Option<LastRows>,
    pub(crate) interactive: bool,
    /// True if a statement of a continued script has failed.
    pub(crate) failed: bool,
    /// Depth of included files.
    pub(crate) depth: usize,
    /// Start of the next typed line.
    pub(crate) begun: Option<String>,
    pub(crate) options: ShellOptions,
    pub(crate) host: ShellHost,
}

impl Shell {
    /// Creates a shell over a workspace. `outer` is the runtime that waits for its work.
    ///
    /// # Errors
    /// [`OutputError`](crate::OutputError) for an output file that cannot be used, or the system's
    /// error if it has no threads or signals.
    pub fn new(
        workspace: Workspace,
        library: QueryLibrary,
        options: ShellOptions,
        host: ShellHost,
        outer: Handle,
    ) -> anyhow::Result<Self> {
        let interactive = options.interactive;
        let display = DisplaySettings {
            format: options.format,
            expanded: options.expanded,
            exact: options.exact,
            timing: interactive,
            pager: options.paged,
            keep_going: options.keep_going,
            quiet: false,
        };
        let shell = Self {
            runtime: InterruptibleRuntime::new(outer.clone(), Interrupts::listen(!interactive)?)?,
            completions: CompletionCache::new(workspace.clone(), outer),
            workspace,
            library,
            display,
            variables: options.variables.clone(),
            out: Sink::open(options.output.as_deref())?,
            last: None,
            last_rows: None,
            interactive,
            failed: false,
            depth: 0,
            begun: None,
            options,
            host,
        };
        shell.completions.set_variables(shell.variables.keys().cloned());
        Ok(shell)
    }

    /// Command of the pager, if results are paged.
    pub(crate) fn active_pager(&self) -> Option<String> {
        (self.display.pager && self.interactive).then(|| self.options.pager.clone())
    }

    /// Uses another workspace from now on.
    pub(crate) fn use_workspace(&mut self, workspace: Workspace, changed: bool) {
        self.completions.use_workspace(&workspace, changed);
        self.workspace = workspace;
    }

    /// Error of a statement with its place.
    pub(crate) fn failure(&mut self, error: &QueryError, sql: &str, origin: &Origin) -> anyhow::Error {
        let completions = self.completions.completion_catalog();
        Failure::new(error, sql, &completions, origin).with_hint((self.host.hint)(error)).into()
    }

    /// Returns the named query of this name.
    pub(crate) fn named_query(&self, name: &str) -> anyhow::Result<&voxlake_query::NamedQuery> {
        self.library.get(name).map_err(|error| anyhow!("{error}"))
    }
}
