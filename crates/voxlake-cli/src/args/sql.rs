//! What can be typed after `voxlake sql`.

use std::path::PathBuf;

use super::query::parameter;
use super::{FormatName, LakeArgs};

/// Work with the calls in SQL: a prompt on a terminal, a script elsewhere.
///
/// Reads only: no statement changes the lake. Views, tables in memory and settings live until the end of the session.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake sql                                    a prompt; \\? lists its commands, Ctrl-D leaves
  voxlake sql -c 'SELECT count(*) FROM voice_calls'
  voxlake sql -c '\\d queue_calls'                what the columns of a table mean
  voxlake sql -c '\\run abandonment_rate last=7d by=hour'
  voxlake sql -f report.sql --set month=2026-10 -o report.csv
  echo 'SELECT * FROM days;' | voxlake sql --format ndjson

Keys at the prompt: Tab completes names and the values in quotes, Ctrl-R searches what was typed before, → takes
the hint, Ctrl-C drops the line or stops the statement.

Files:
  $XDG_CONFIG_HOME/voxlake/sqlrc    statements and commands that are read first (~/.config)
  $XDG_STATE_HOME/voxlake/history   what was typed at the prompt (~/.local/state)
Variables: VOXLAKE_PAGER or PAGER, VISUAL or EDITOR, NO_COLOR.

Exit codes:
  0   done
  1   a statement failed
  2   the command line or a file that it names is at fault
  130 ended by Ctrl-C or SIGTERM")]
pub(crate) struct SqlArgs {
    /// Run statements or a command of the prompt, and end; repeatable
    #[arg(short = 'c', long = "command", value_name = "SQL", allow_hyphen_values = true)]
    pub(crate) commands: Vec<String>,
    /// Run the statements of a file, and end; - is standard input; repeatable
    #[arg(short = 'f', long = "file", value_name = "FILE", conflicts_with = "commands")]
    pub(crate) files: Vec<PathBuf>,
    /// Go on after a statement that fails, and exit with 1 in the end
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// A variable, which stands for :name, :'name' and :\"name\" in statements; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) variables: Vec<(String, String)>,
    /// Pass over the sqlrc file
    #[arg(short = 'X', long)]
    pub(crate) no_sqlrc: bool,
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Folder with further named questions for \run, as for query
    #[arg(long, value_name = "DIR")]
    pub(crate) queries: Option<PathBuf>,
    /// IANA time zone of periods that \run is asked about [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Form of the answers [default: by the name of the --output file, else table]
    #[arg(long, value_enum, help_heading = "Answers")]
    pub(crate) format: Option<FormatName>,
    /// Write the answers to a file, which appears when all is done; - is standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Answers")]
    pub(crate) output: Option<PathBuf>,
    /// Show each row's values below each other, as \x does
    #[arg(short = 'x', long, help_heading = "Answers")]
    pub(crate) expanded: bool,
    /// Never page what is longer than the screen
    #[arg(long, help_heading = "Answers")]
    pub(crate) no_pager: bool,
    /// Memory for sorting, grouping and joining, such as 2GB, as for query [default: no limit]
    #[arg(long, value_name = "SIZE", help_heading = "Answers")]
    pub(crate) memory_limit: Option<String>,
    /// Answer from the calls alone, and not from the daily summaries that the lake keeps of them
    #[arg(long, help_heading = "Answers")]
    pub(crate) no_summaries: bool,
    /// Answer without the days whose files are damaged, and name those
    #[arg(long, help_heading = "Answers")]
    pub(crate) skip_damaged: bool,
}
