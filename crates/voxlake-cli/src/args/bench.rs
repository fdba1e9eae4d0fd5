//! Arguments of `voxlake bench`.

use std::num::{NonZeroU16, NonZeroUsize};

use super::{LakeArgs, OutputFormat};

/// Time the queries of the benchmark over a lake.
///
/// Opens the lake once, runs each query once to warm up, then all queries in rounds, so that load
/// on the machine affects all of them. Changes nothing. A query that returns other rows in a later
/// round is an error.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake bench
  voxlake bench --questions q2,q5 --rounds 20
  voxlake bench --threads 1 --memory-limit 2GB
  voxlake bench --format json > before.json      to compare with after.json

The queries cover the whole lake, or the day and the month in its middle, a call of that day, and
the most frequent number of that month.")]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Queries to run, by name or number, such as q1_abandonment or q1 [default: all]
    #[arg(long = "questions", value_name = "NAME", value_delimiter = ',')]
    pub(crate) queries: Vec<String>,
    /// Number of timed runs of each query
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) rounds: NonZeroU16,
    /// Threads that share the work of one query [default: number of cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Memory limit of sorts, groupings and joins, such as 2GB [default: no limit]
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory_limit: Option<String>,
    /// Cluster that answers queries over many calls: ballista://HOST:PORT, or local for none
    /// [default: local]
    #[cfg(feature = "cluster")]
    #[arg(long, value_name = "URL")]
    pub(crate) engine: Option<String>,
    /// Output format; json has the time of each run and a digest of each answer, and no data of
    /// calls
    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    pub(crate) format: OutputFormat,
    /// Run the queries that standard input names, one per line, and write a line of JSON with the
    /// rows of each: for programs that time several engines in turn
    #[arg(long, hide = true, conflicts_with_all = ["queries", "rounds", "format"])]
    pub(crate) serve: bool,
}
