//! Arguments of `voxlake query`.

use std::path::PathBuf;

use clap::ArgGroup;
use voxlake_query::QueryArguments;
use voxlake_report::Format;

use super::LakeArgs;
use super::choice::format_parser;

/// Run a query, by name or in SQL.
///
/// Queries read the lake and change nothing in it. If the lake lacks part of a query's period,
/// stderr lists the gaps.
#[derive(Clone, Debug, clap::Args)]
#[command(
    group(ArgGroup::new("source").required(true).args(["name", "sql", "file", "list", "describe"])),
    after_help = "\
Examples:
  voxlake query --list
  voxlake query --describe abandonment_rate
  voxlake query abandonment_rate --last 7d --timezone Europe/Berlin
  voxlake query abandonment_rate --period last-month -p by=hour --queue Billing
  voxlake query queue_charges --month 2026-10 -o charges.xlsx
  voxlake query -c 'SELECT count(*) FROM voice_calls'
  voxlake query -c 'DESCRIBE queue_calls'
  voxlake query -f report.sql --format ndjson
  voxlake query -c 'SELECT * FROM voice_calls' -o calls.parquet

Tables:
  voice_calls     one row per call, as in the API; calls adds derived columns
  queue_calls     one row per call and queue; likewise agent_calls and flow_calls
  call_legs       one row per leg of a call
  days            one row per day file; result_classes, one per result
-c 'DESCRIBE queue_calls' explains the columns of a table.

Exit codes:
  0   done
  1   the query failed
  2   the command line or the SQL is invalid
  130 ended by Ctrl-C or SIGTERM"
)]
pub(crate) struct QueryArgs {
    /// Name of the query; --list lists them
    pub(crate) name: Option<String>,
    /// SQL statement
    #[arg(short = 'c', long, value_name = "SQL", allow_hyphen_values = true)]
    pub(crate) sql: Option<String>,
    /// File with an SQL statement; - is standard input
    #[arg(short, long)]
    pub(crate) file: Option<PathBuf>,
    /// List the named queries
    #[arg(short, long)]
    pub(crate) list: bool,
    /// Describe a named query: its definition, parameters and columns
    #[arg(long, value_name = "NAME")]
    pub(crate) describe: Option<String>,
    /// Folder of further named queries, one .sql file each
    #[arg(long, value_name = "DIR")]
    pub(crate) queries: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    #[command(flatten, next_help_heading = "Period and parameters of a named query")]
    pub(crate) period_args: PeriodArgs,
    #[command(flatten, next_help_heading = "Result")]
    pub(crate) answer: AnswerArgs,
}

/// Options of runs without a named query, which take no period and no parameters.
const UNNAMED: [&str; 4] = ["sql", "file", "list", "describe"];

/// Period, time zone, queues and parameters of a named query.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct PeriodArgs {
    /// Start of the period: a date or time in --timezone [default: the lake's first day]
    #[arg(long, value_name = "WHEN", conflicts_with_all = UNNAMED)]
    pub(crate) from: Option<String>,
    /// End of the period, exclusive [default: the end of the lake's last day]
    #[arg(long, value_name = "WHEN", conflicts_with_all = UNNAMED)]
    pub(crate) to: Option<String>,
    /// The last hours up to now (12h), or the last whole days, weeks or months up to midnight (7d,
    /// 4w, 3mo)
    #[arg(long, value_name = "LENGTH", conflicts_with_all = UNNAMED, conflicts_with_all = ["from", "to"])]
    pub(crate) last: Option<String>,
    /// Calendar month, such as 2026-10
    #[arg(long, value_name = "YYYY-MM", conflicts_with_all = UNNAMED, conflicts_with_all = ["from", "to", "last"])]
    pub(crate) month: Option<String>,
    /// Period by name: today, yesterday, this-week, last-week, this-month, last-month, this-year,
    /// 2026, 2026-10, 2026-W44 or 2026-11-01; weeks start on Monday
    #[arg(long, value_name = "NAME", conflicts_with_all = UNNAMED, conflicts_with_all = ["from", "to", "last", "month"])]
    pub(crate) period: Option<String>,
    /// IANA time zone of days, hours and the period, and of timestamps in SQL [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Restrict to calls through this queue, by its id or any name that it has had; repeatable
    // One id in 64 begins with a hyphen.
    #[arg(long = "queue", value_name = "NAME|ID", allow_hyphen_values = true, conflicts_with_all = UNNAMED)]
    pub(crate) queues: Vec<String>,
    /// Parameter of the query, as name=value; repeatable
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = parameter, conflicts_with_all = UNNAMED)]
    pub(crate) params: Vec<(String, String)>,
}

impl From<&PeriodArgs> for QueryArguments {
    fn from(args: &PeriodArgs) -> Self {
        // The settings have the time zone.
        let mut arguments = Self::default();
        arguments.from.clone_from(&args.from);
        arguments.to.clone_from(&args.to);
        arguments.last.clone_from(&args.last);
        arguments.month.clone_from(&args.month);
        arguments.period.clone_from(&args.period);
        arguments.queues.clone_from(&args.queues);
        arguments.parameters.clone_from(&args.params);
        arguments
    }
}

/// Format, destination and resources of a query.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AnswerArgs {
    /// Output format [default: by the name of the --output file, else table]
    #[arg(long, value_parser = format_parser())]
    pub(crate) format: Option<Format>,
    /// Write the result to a file, atomically; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// In tables of a named query, show all columns and exact values, without units and separators
    #[arg(long)]
    pub(crate) exact: bool,
    /// Run the query, and print its files, rows, time and plan instead of the result
    #[arg(long, conflicts_with_all = ["list", "describe", "format", "output"])]
    pub(crate) explain: bool,
    /// Memory limit of sorts, groupings and joins, such as 2GB. They spill to the temporary folder
    /// if they can, and run in one thread [default: no limit]
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory_limit: Option<String>,
    /// Cluster that answers queries over many calls: ballista://HOST:PORT, or local for none
    /// [default: local]
    #[cfg(feature = "cluster")]
    #[arg(long, value_name = "URL")]
    pub(crate) engine: Option<String>,
    /// Read the calls only, not the summaries of days
    #[arg(long)]
    pub(crate) no_summaries: bool,
    /// Leave out days with damaged files, and list them
    #[arg(long)]
    pub(crate) skip_damaged: bool,
}

pub(super) fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is not of the form name=value")),
    }
}
