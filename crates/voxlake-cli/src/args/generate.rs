//! Arguments of `voxlake generate`.

use std::num::{NonZeroU64, NonZeroUsize};

use chrono::NaiveDate;
use voxlake_generate::parse_call_count;
use voxlake_sim::{ColumnSet, View};

use super::choice::one_of;
use super::{ContactCenterArgs, date};

/// Fill a lake with simulated calls, without HTTP.
///
/// For benchmarks and for queries on a large lake. The calls are those of `voxlake sim` and
/// `voxlake demo`, in the day files that a sync would write, each with complete coverage.
///
/// The number of calls is met exactly if the simulation allows it, otherwise approximately. The
/// same seed, calls, days and end give the same files. It can be interrupted at any time: complete
/// days are kept, and the same command continues with the others.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake generate --calls 1M --days 30
  voxlake generate --calls 10M --seed 7 --until 2026-11-01 --lake /tmp/calls
  voxlake generate --calls 1B --days 365 --columns few --lake /srv/billion")]
pub(crate) struct GenerateArgs {
    /// Lake of the simulated calls: a folder or a URL
    #[arg(long, value_name = "PATH|URL", default_value = "data/generated")]
    pub(crate) lake: String,
    /// Number of calls, such as 250k, 10M or 1B; at most 10,000,000 a day
    #[arg(long, value_name = "N", value_parser = parse_call_count)]
    pub(crate) calls: NonZeroU64,
    /// Number of days
    #[arg(long, default_value_t = 365, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
    /// First day without calls, a UTC date [default: today, so that yesterday is the last]
    ///
    /// With this option, the fetch time of the calls is two days later, when all of them are
    /// settled. Runs on different days then give the same files.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) until: Option<NaiveDate>,
    #[command(flatten)]
    pub(crate) contact_center: ContactCenterArgs,
    /// Level of detail of the calls; a summary has no legs
    #[arg(long, default_value = "detail", value_parser = one_of(&View::ALL, View::name, View::description))]
    pub(crate) view: View,
    /// Columns to fill
    #[arg(long, default_value = "all", value_parser = one_of(&ColumnSet::ALL, ColumnSet::name, ColumnSet::description))]
    pub(crate) columns: ColumnSet,
    /// Do not build the summaries; `voxlake summarize` builds them later
    #[arg(long)]
    pub(crate) no_summaries: bool,
    /// Days generated concurrently, one thread each [default: number of cores]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
}
