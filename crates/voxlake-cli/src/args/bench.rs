//! What can be typed after `voxlake bench`.

use std::num::{NonZeroU16, NonZeroUsize};

use super::{LakeArgs, ToldAs};

/// Time the questions of the benchmark over a lake.
///
/// Opens the lake once, asks each question once to warm up, and then in rounds, one question after the other, so
/// that a busy moment of the machine falls on all of them. Reads and changes nothing. An answer that is not the same
/// in each round is an error.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake bench
  voxlake bench --questions q2,q5 --rounds 20
  voxlake bench --threads 1 --memory-limit 2GB
  voxlake bench --format json > before.json      to compare with after.json

The questions are about the whole lake, or about the day and the month in its middle, a call of
that day, and the number that called most often in that month.")]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Questions to ask, by their names or numbers, such as q1_abandonment or q1 [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) questions: Vec<String>,
    /// How often each is asked after the first time
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) rounds: NonZeroU16,
    /// Threads that share the work of one answer [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Memory for sorting, grouping and joining, as for query [default: no limit]
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory_limit: Option<String>,
    /// Form of what is told; json has each run's time and a digest of each answer, nothing of what calls say
    #[arg(long, value_enum, default_value_t = ToldAs::Table)]
    pub(crate) format: ToldAs,
    /// Answer the questions that standard input names, a line each, with a line of JSON each: for whoever times
    /// several engines in turn. The answers are in it whole
    #[arg(long, hide = true, conflicts_with_all = ["questions", "rounds", "format"])]
    pub(crate) serve: bool,
}
