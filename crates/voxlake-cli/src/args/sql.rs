//! Arguments of `voxlake sql`.

use std::path::PathBuf;

use voxlake_report::Format;

use super::LakeArgs;
use super::choice::format_parser;
use super::query::parameter;

/// Query the calls in an interactive SQL shell, or run a script.
///
/// No statement changes the lake. Views, in-memory tables and settings last until the end of the
/// session.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake sql                                    interactive shell; \\? lists commands, Ctrl-D exits
  voxlake sql -c 'SELECT count(*) FROM voice_calls'
  voxlake sql -c '\\d queue_calls'                describe the columns of a table
  voxlake sql -c '\\run abandonment_rate last=7d by=hour'
  voxlake sql -f report.sql --set month=2026-10 -o report.csv
  echo 'SELECT * FROM days;' | voxlake sql --format ndjson

Keys: Tab completes names and quoted values, Ctrl-R searches the history, → accepts the hint, Ctrl-C
discards the line or stops the statement.

Files:
  $XDG_CONFIG_HOME/voxlake/sqlrc    statements and commands to run first (~/.config)
  $XDG_STATE_HOME/voxlake/history   history of the shell (~/.local/state)
Variables: VOXLAKE_PAGER or PAGER, VISUAL or EDITOR, NO_COLOR.

Exit codes:
  0   done
  1   a statement failed
  2   the command line or a file that it names is invalid
  130 ended by Ctrl-C or SIGTERM")]
pub(crate) struct SqlArgs {
    /// Run statements or a shell command, and exit; repeatable
    #[arg(short = 'c', long = "command", value_name = "SQL", allow_hyphen_values = true)]
    pub(crate) commands: Vec<String>,
    /// Run the statements of a file, and exit; - is standard input; repeatable
    #[arg(short = 'f', long = "file", value_name = "FILE", conflicts_with = "commands")]
    pub(crate) files: Vec<PathBuf>,
    /// Continue after a failed statement, and exit with 1 at the end
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Set a variable, which replaces :name, :'name' and :\"name\" in statements; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) variables: Vec<(String, String)>,
    /// Do not read the sqlrc file
    #[arg(short = 'X', long)]
    pub(crate) no_sqlrc: bool,
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Folder of further named queries for \run, as for query
    #[arg(long, value_name = "DIR")]
    pub(crate) queries: Option<PathBuf>,
    /// IANA time zone of timestamps and of the periods of \run, as SET TIME ZONE [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Output format [default: by the name of the --output file, else table]
    #[arg(long, value_parser = format_parser(), help_heading = "Results")]
    pub(crate) format: Option<Format>,
    /// Write the results to a file, atomically; - is standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Results")]
    pub(crate) output: Option<PathBuf>,
    /// Show one value per line, as \x does
    #[arg(short = 'x', long, help_heading = "Results")]
    pub(crate) expanded: bool,
    /// In tables of \run, show all columns and exact values, as \exact does
    #[arg(long, help_heading = "Results")]
    pub(crate) exact: bool,
    /// Do not page results that are longer than the screen
    #[arg(long, help_heading = "Results")]
    pub(crate) no_pager: bool,
    /// Memory limit of sorts, groupings and joins, such as 2GB, as for query [default: no limit]
    #[arg(long, value_name = "SIZE", help_heading = "Results")]
    pub(crate) memory_limit: Option<String>,
    /// Cluster that answers queries over many calls: ballista://HOST:PORT, or local for none
    /// [default: local]
    #[cfg(feature = "cluster")]
    #[arg(long, value_name = "URL", help_heading = "Results")]
    pub(crate) engine: Option<String>,
    /// Read the calls only, not the summaries of days
    #[arg(long, help_heading = "Results")]
    pub(crate) no_summaries: bool,
    /// Leave out days with damaged files, and list them
    #[arg(long, help_heading = "Results")]
    pub(crate) skip_damaged: bool,
}
