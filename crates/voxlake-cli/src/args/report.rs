//! Arguments of `voxlake report`.

use std::path::PathBuf;

use clap::Subcommand;
use clap::builder::{PathBufValueParser, TypedValueParser as _};
use voxlake_query::period::Comparison;
use voxlake_report::ReportFormat;

use super::LakeArgs;
use super::choice::one_of;

/// Build a report: the results of several queries as a web page, workbook, CSV, JSON or Markdown.
///
/// A report is a TOML file with a title, a period and sections; four are built in. It can be built
/// for any past period. `voxlake schedule` builds and delivers reports on a schedule.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake report list
  voxlake report describe weekly-queues
  voxlake report run weekly-queues -o reports                       last week, as a web page
  voxlake report run weekly-queues --period 2026-W44 --format html,xlsx
  voxlake report run weekly-queues --compare previous-year          against the week a year before
  voxlake report run monthly-charges --month 2026-10 --queue Billing
  voxlake report run my-report.toml --from 2026-11-01 --to 2026-11-08
  voxlake report check my-report.toml")]
pub(crate) struct ReportArgs {
    #[command(subcommand)]
    pub(crate) action: ReportAction,
}

/// Subcommands of `voxlake report`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ReportAction {
    /// List the built-in reports and those of --reports
    List {
        #[command(flatten)]
        definitions: UserDefinitionsArgs,
    },
    /// Describe the sections, queries and period of a report
    Describe {
        /// Name or file of the report
        report: String,
        /// Print the TOML file, as a template for a new report
        #[arg(long)]
        source: bool,
        #[command(flatten)]
        definitions: UserDefinitionsArgs,
    },
    /// Check report files and suggest fixes
    Check {
        /// Report files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        definitions: UserDefinitionsArgs,
    },
    /// Build a report and write its files
    Run(Box<RunArgs>),
}

/// Folders of user-supplied reports and named queries.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct UserDefinitionsArgs {
    /// Folder of further reports, one .toml file each
    #[arg(long, value_name = "DIR")]
    pub(crate) reports: Option<PathBuf>,
    /// Folder of further named queries, one .sql file each
    #[arg(long, value_name = "DIR")]
    pub(crate) queries: Option<PathBuf>,
}

/// Arguments of `voxlake report run`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Name of the report, or a file whose name ends in .toml
    pub(crate) report: String,
    /// Period: previous-day, previous-week, previous-month, or as in `voxlake query --period`, such
    /// as yesterday, last-week, 2026-W44, 2026-10, 2026-11-01 [default: that of the report]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["from", "to", "month"])]
    pub(crate) period: Option<String>,
    /// Calendar month, such as 2026-10
    #[arg(long, value_name = "YYYY-MM", conflicts_with_all = ["from", "to"])]
    pub(crate) month: Option<String>,
    /// Start of the period: a date or time in --timezone
    #[arg(long, value_name = "WHEN", requires = "to")]
    pub(crate) from: Option<String>,
    /// End of the period, not included
    #[arg(long, value_name = "WHEN", requires = "from")]
    pub(crate) to: Option<String>,
    /// Period that the report is compared with [default: that of the report; else same-weekdays
    /// for a day, previous for other periods]
    #[arg(long, value_name = "PERIOD", value_parser = one_of(&Comparison::ALL, Comparison::name, Comparison::description))]
    pub(crate) compare: Option<Comparison>,
    /// IANA time zone of days, hours and the period [default: that of the report, then the
    /// configured one]
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Restrict sections that can be filtered by queue to this queue: its id, its name or a former
    /// name; repeatable
    #[arg(long = "queue", allow_hyphen_values = true, value_name = "NAME|ID")]
    pub(crate) queues: Vec<String>,
    /// Parameter for the sections that accept it and do not set it themselves; repeatable
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = super::query::parameter)]
    pub(crate) params: Vec<(String, String)>,
    /// Output folder; created if it does not exist
    #[arg(short, long, value_name = "DIR", default_value = ".", value_parser = PathBufValueParser::new().try_map(folder))]
    pub(crate) output: PathBuf,
    /// Formats of the report, separated by commas
    #[arg(long, value_parser = one_of(&ReportFormat::ALL, ReportFormat::name, ReportFormat::description), value_delimiter = ',', default_value = "html")]
    pub(crate) format: Vec<ReportFormat>,
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    #[command(flatten)]
    pub(crate) definitions: UserDefinitionsArgs,
    /// Cluster that answers queries over many calls: ballista://HOST:PORT, or local for none
    /// [default: local]
    #[cfg(feature = "cluster")]
    #[arg(long, value_name = "URL")]
    pub(crate) engine: Option<String>,
}

/// Refuses `-`, which is standard output elsewhere.
fn folder(path: PathBuf) -> Result<PathBuf, &'static str> {
    if path.as_os_str() == "-" {
        return Err("a report may have several files: name a folder, such as .");
    }
    Ok(path)
}
