//! Arguments of `voxlake lookup`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use voxlake_report::Format;

use super::choice::format_parser;
use super::{ApiArgs, FilterArgs, LakeArgs};

/// Look up calls in the API, with or without a lake.
///
/// Requests the calls of a period that match the filters, newest 28 days first, and prints them
/// with their legs. For calls that the lake has too, prints the fields that differ.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake lookup --engagement 7Zy3pXkqQmO0fXh5bJ1hJw
  voxlake lookup --consumer +12055550100 --last 7d
  voxlake lookup --queue Billing --from 2026-11-20 --direction inbound --format csv -o billing.csv
  voxlake lookup --agent 'Ann Example' --last 1d --save
                                                 and merge the result into the lake

Exit codes: 0; 1 if no call is found; 75 if the daily limit is reached.")]
pub(crate) struct LookupArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Start of the period in which the calls started [default: 30 days ago]
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<String>,
    /// End of the period, exclusive [default: now]
    #[arg(long, value_name = "WHEN")]
    pub(crate) to: Option<String>,
    /// The last hours up to now (12h), or the last whole days, weeks or months up to midnight (7d,
    /// 4w, 3mo)
    #[arg(long, value_name = "LENGTH", conflicts_with_all = ["from", "to"])]
    pub(crate) last: Option<String>,
    /// Maximum requests (each returns up to 100 calls)
    #[arg(long, value_name = "N", default_value_t = NonZeroU32::new(20).unwrap_or(NonZeroU32::MIN))]
    pub(crate) max_requests: NonZeroU32,
    /// Format of the calls [default: by the name of the --output file, else table]
    #[arg(long, value_parser = format_parser())]
    pub(crate) format: Option<Format>,
    /// Write the calls to a file, atomically; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Merge the calls into the lake, as a sync does; adds no coverage
    #[arg(long)]
    pub(crate) save: bool,
    #[command(flatten, next_help_heading = "API")]
    pub(crate) api: ApiArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
}
