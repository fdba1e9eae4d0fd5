//! What can be typed after `voxlake report`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use voxlake_report::ReportFormat;

use super::LakeArgs;

/// Make a report: several answers about one period as a page, a workbook, CSV, JSON or Markdown.
///
/// A report is a TOML file with a title, a period and sections; four are built in. It can be made for
/// any past period, as often as wanted. `voxlake schedule` makes reports by themselves.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake report list
  voxlake report describe weekly-queues
  voxlake report run weekly-queues -o reports                       last week, as a page
  voxlake report run weekly-queues --period 2026-W44 --format html,xlsx
  voxlake report run monthly-charges --month 2026-10 --queue Billing
  voxlake report run my-report.toml --from 2026-11-01 --to 2026-11-08
  voxlake report check my-report.toml")]
pub(crate) struct ReportArgs {
    #[command(subcommand)]
    pub(crate) action: ReportAction,
}

/// What to do with reports.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ReportAction {
    /// List the reports that there are: those built in and those of --reports
    List {
        #[command(flatten)]
        own: OwnArgs,
    },
    /// Say what a report tells: its sections, questions and period
    Describe {
        /// Name of the report, or a file with one
        report: String,
        /// Print its file, to begin one's own with
        #[arg(long)]
        source: bool,
        #[command(flatten)]
        own: OwnArgs,
    },
    /// Check files with reports: what is wrong, where, and what would be right
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        own: OwnArgs,
    },
    /// Make a report and write its files
    Run(Box<RunArgs>),
}

/// Reports and questions of one's own.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OwnArgs {
    /// Folder with further reports: a .toml file each
    #[arg(long, value_name = "DIR")]
    pub(crate) reports: Option<PathBuf>,
    /// Folder with further named questions: a .sql file each
    #[arg(long, value_name = "DIR")]
    pub(crate) queries: Option<PathBuf>,
}

/// What to make, and where to.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Name of the report, or a file with one (its name ends in .toml)
    pub(crate) report: String,
    /// previous-day, previous-week, previous-month, or as `voxlake query --period` takes it: yesterday,
    /// last-week, 2026-W44, 2026-10, 2026-11-01 [default: the report's own]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["from", "to", "month"])]
    pub(crate) period: Option<String>,
    /// A calendar month, such as 2026-10
    #[arg(long, value_name = "YYYY-MM", conflicts_with_all = ["from", "to"])]
    pub(crate) month: Option<String>,
    /// First moment of the period: a date or time in --timezone
    #[arg(long, value_name = "WHEN", requires = "to")]
    pub(crate) from: Option<String>,
    /// First moment after the period
    #[arg(long, value_name = "WHEN", requires = "from")]
    pub(crate) to: Option<String>,
    /// IANA time zone of days, hours and the period [default: the report's own, then the configured one]
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Only calls through this queue (its id, or any name that it ever had) in sections that take
    /// queues; repeatable
    #[arg(long = "queue", allow_hyphen_values = true, value_name = "NAME|ID")]
    pub(crate) queues: Vec<String>,
    /// A parameter for every section that takes it and does not set it, as name=value; repeatable
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = super::query::parameter)]
    pub(crate) params: Vec<(String, String)>,
    /// Folder to write to; it is made where there is none
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(crate) output: PathBuf,
    /// Forms of the report, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_value = "html")]
    pub(crate) format: Vec<ReportFormatName>,
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    #[command(flatten)]
    pub(crate) own: OwnArgs,
}

/// Form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormatName {
    /// A page for a browser, whole in one file
    Html,
    /// A workbook with a sheet for each section
    Xlsx,
    /// A file of comma-separated values for each section
    Csv,
    /// One JSON object
    Json,
    /// A document in Markdown
    Markdown,
}

impl From<ReportFormatName> for ReportFormat {
    fn from(name: ReportFormatName) -> Self {
        match name {
            ReportFormatName::Html => Self::Html,
            ReportFormatName::Xlsx => Self::Xlsx,
            ReportFormatName::Csv => Self::Csv,
            ReportFormatName::Json => Self::Json,
            ReportFormatName::Markdown => Self::Markdown,
        }
    }
}
