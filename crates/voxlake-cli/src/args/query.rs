//! What can be typed after `voxlake query`.

use std::path::PathBuf;

use clap::{ArgGroup, ValueEnum};
use voxlake_query::QueryArguments;
use voxlake_report::Format;

use super::LakeArgs;

/// Answer a question, by its name or in SQL.
///
/// Answers come from the day files of a lake and change nothing in it. Where the lake does not hold
/// all of a question's period, that is said on stderr.
#[derive(Clone, Debug, clap::Args)]
#[command(
    group(ArgGroup::new("question").required(true).args(["name", "sql", "file", "list", "describe"])),
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
  voice_calls     one row per call, as the API gave it; calls, with what follows from it
  queue_calls     per call and queue; so are agent_calls and flow_calls
  call_legs       per leg of a call
  days            per day file; result_classes, per result
-c 'DESCRIBE queue_calls' says what the columns of a table mean.

Exit codes:
  0   answered
  1   it failed
  2   the command line, the SQL or a file with it is at fault
  130 ended by Ctrl-C or SIGTERM"
)]
pub(crate) struct QueryArgs {
    /// Name of the question; --list shows them
    pub(crate) name: Option<String>,
    /// Ask in SQL
    #[arg(short = 'c', long, value_name = "SQL", allow_hyphen_values = true)]
    pub(crate) sql: Option<String>,
    /// Ask in SQL from a file; - is standard input
    #[arg(short, long)]
    pub(crate) file: Option<PathBuf>,
    /// List the named questions
    #[arg(short, long)]
    pub(crate) list: bool,
    /// Say what a named question means: its definition, parameters and columns
    #[arg(long, value_name = "NAME")]
    pub(crate) describe: Option<String>,
    /// Folder with further named questions: a .sql file each, written as those that are shipped
    #[arg(long, value_name = "DIR")]
    pub(crate) queries: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    #[command(flatten, next_help_heading = "Period and parameters of a named question")]
    pub(crate) about: AboutArgs,
    #[command(flatten, next_help_heading = "Answer")]
    pub(crate) answer: AnswerArgs,
}

/// What a named question is asked about.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AboutArgs {
    /// First moment of the period: a date or time in --timezone [default: the lake's first day]
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["sql", "file", "list", "describe"])]
    pub(crate) from: Option<String>,
    /// First moment after the period [default: the end of the lake's last day]
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["sql", "file", "list", "describe"])]
    pub(crate) to: Option<String>,
    /// The last hours up to now (12h), or the last whole days, weeks or months up to midnight (7d, 4w, 3mo)
    #[arg(long, value_name = "LENGTH", conflicts_with_all = ["sql", "file", "list", "describe", "from", "to"])]
    pub(crate) last: Option<String>,
    /// A calendar month, such as 2026-10
    #[arg(
        long,
        value_name = "YYYY-MM",
        conflicts_with_all = ["sql", "file", "list", "describe", "from", "to", "last"]
    )]
    pub(crate) month: Option<String>,
    /// today, yesterday, this-week, last-week, this-month, last-month, this-year, 2026, 2026-10, 2026-W44 or
    /// 2026-11-01; weeks begin on Monday
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with_all = ["sql", "file", "list", "describe", "from", "to", "last", "month"]
    )]
    pub(crate) period: Option<String>,
    /// IANA time zone of days, hours and the period [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Only calls through this queue: its id, or any name that it ever had; repeatable
    #[arg(
        long = "queue",
        value_name = "NAME|ID",
        // One id in 64 begins with a hyphen.
        allow_hyphen_values = true,
        conflicts_with_all = ["sql", "file", "list", "describe"]
    )]
    pub(crate) queues: Vec<String>,
    /// A parameter of the question, as name=value; repeatable
    #[arg(
        short,
        long = "param",
        value_name = "NAME=VALUE",
        value_parser = parameter,
        conflicts_with_all = ["sql", "file", "list", "describe"]
    )]
    pub(crate) params: Vec<(String, String)>,
}

impl From<&AboutArgs> for QueryArguments {
    fn from(args: &AboutArgs) -> Self {
        Self {
            from: args.from.clone(),
            to: args.to.clone(),
            last: args.last.clone(),
            month: args.month.clone(),
            period: args.period.clone(),
            // The settings have it.
            timezone: None,
            queues: args.queues.clone(),
            parameters: args.params.clone(),
        }
    }
}

/// How the answer is made and where it goes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AnswerArgs {
    /// Form of the answer [default: by the name of the --output file, else table]
    #[arg(long, value_enum)]
    pub(crate) format: Option<FormatName>,
    /// Write the answer to a file, which appears when it is whole; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Answer, and show instead of the answer what that took: files, rows, time and the plan
    #[arg(long, conflicts_with_all = ["list", "describe", "format", "output"])]
    pub(crate) explain: bool,
    /// Memory for sorting, grouping and joining, such as 2GB; what goes beyond it waits in the temporary
    /// folder where it can, and one thread does the work [default: no limit]
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory_limit: Option<String>,
    /// Answer from the calls alone, and not from the daily summaries that the lake keeps of them
    #[arg(long)]
    pub(crate) no_summaries: bool,
    /// Answer without the days whose files are damaged, and name those
    #[arg(long)]
    pub(crate) skip_damaged: bool,
}

/// Form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    /// A table for people
    Table,
    /// A table for documents in Markdown
    Markdown,
    /// A page for a browser
    Html,
    /// Comma-separated values
    Csv,
    /// Tab-separated values
    Tsv,
    /// One JSON array
    Json,
    /// A JSON object per line
    Ndjson,
    /// A workbook of Excel
    Xlsx,
    /// A Parquet file
    Parquet,
    /// A stream of Arrow IPC messages
    Arrow,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Table => Self::Table,
            FormatName::Markdown => Self::Markdown,
            FormatName::Html => Self::Html,
            FormatName::Csv => Self::Csv,
            FormatName::Tsv => Self::Tsv,
            FormatName::Json => Self::Json,
            FormatName::Ndjson => Self::Ndjson,
            FormatName::Xlsx => Self::Xlsx,
            FormatName::Parquet => Self::Parquet,
            FormatName::Arrow => Self::Arrow,
        }
    }
}

pub(super) fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is not of the form name=value")),
    }
}
