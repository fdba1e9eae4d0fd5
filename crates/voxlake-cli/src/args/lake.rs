//! Arguments of commands for one lake: `status`, `verify`, `migrate`, `rejects`, `import`,
//! `summarize`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use voxlake_report::Format;

use super::choice::format_parser;
use super::{ApiArgs, LakeArgs, date};

/// Show the contents and gaps of the lake.
///
/// Shows days, calls, gaps, unsettled ranges, rejects and the remaining requests of today. Reads
/// only the footers of the day files, without requests to the API.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake status
  voxlake status --days                          one line per day
  voxlake status --format json | jq .newest_call_age_seconds

Exit codes: 0; 1 if a day file or the published table is damaged.")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Also list each day: calls, first and last call, fetch time
    #[arg(long)]
    pub(crate) days: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    pub(crate) format: OutputFormat,
    /// Age from which fetched data is settled, as for sync [default: 24h]
    #[arg(long, value_name = "DURATION")]
    pub(crate) settle: Option<String>,
}

/// Output format of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Text for a terminal
    Table,
    /// One JSON object
    Json,
}

/// Read every day file and check its integrity; with --api, compare counts with the API.
///
/// Checks that each file can be read and has the bytes that were written, that it is sorted, and
/// that it has each call once, only calls of its date, and no fewer than were fetched. The checksum
/// depends only on the calls, not on the encoding of the files: two lakes with the same calls have
/// the same checksum.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake verify
  voxlake verify --days                          with the checksum of each day
  voxlake verify --format json
  voxlake verify --api --from 2026-11-01         compare counts, newest day first
  voxlake verify --api --sample 30 --repair      compare 30 days, refetch those that differ

Exit codes: 0 if all files are intact and all counts are equal, 1 if not, 75 if the daily
limit ends the comparison.")]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Also list each day: calls and checksum
    #[arg(long)]
    pub(crate) days: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    pub(crate) format: OutputFormat,
    #[command(flatten, next_help_heading = "Comparison with the API")]
    pub(crate) api_check: ApiCheckArgs,
    #[command(flatten, next_help_heading = "API")]
    pub(crate) api: ApiArgs,
}

/// Comparison of the lake with the API.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ApiCheckArgs {
    /// Compare the lake with counts of settled days by the API, instead of reading the files:
    /// totals, and counts by direction, distribution, type, number type, country and queue. Each
    /// count is one request. Equal counts are not requested again until their day changes
    #[arg(long = "api")]
    pub(crate) is_on: bool,
    /// First day to compare: a UTC date
    #[arg(long, value_name = "DATE", value_parser = date, requires = "is_on")]
    pub(crate) from: Option<chrono::NaiveDate>,
    /// End of the compared days, exclusive
    #[arg(long, value_name = "DATE", value_parser = date, requires = "is_on")]
    pub(crate) to: Option<chrono::NaiveDate>,
    /// Compare N days, evenly spaced [default: all, the newest first]
    #[arg(long, value_name = "N", requires = "is_on")]
    pub(crate) sample: Option<NonZeroU32>,
    /// Maximum counts; the next run continues with the rest. Does not include retries and the
    /// requests of --repair
    #[arg(long, value_name = "N", default_value_t = NonZeroU32::new(500).unwrap_or(NonZeroU32::MIN))]
    pub(crate) max_requests: NonZeroU32,
    /// Refetch days whose counts differ and compare them again; this deletes no calls
    #[arg(long, requires = "is_on")]
    pub(crate) repair: bool,
}

/// Rewrite day files of earlier versions in today's column layout.
///
/// Queries read every layout. Other programs may not: the Parquet specification names the child of
/// a list `element`, and Iceberg refuses the `item` of earlier versions. Calls, coverage and the
/// checksum of `voxlake verify` stay the same: a day file is replaced only after its calls were
/// compared with those of the new one. You can interrupt the command; the next run continues.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake migrate --dry-run                      list the days to rewrite and their sizes
  voxlake migrate
  voxlake migrate --lake /srv/calls

Exit codes: 0; 1 if a day file is damaged or of a later version (the other days are rewritten).")]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// List the days to rewrite, without rewriting them. Reads only the footers of the day files
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// List, show and replay records that cannot be stored as calls.
///
/// A record without an engagement id or a valid start time (2000 to 2199) belongs to no day. It is
/// kept whole, with the reason, until it can be stored.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake rejects list
  voxlake rejects show 1f3a90c2 > record.json    correct the record, then import it
  voxlake import record.json
  voxlake rejects drop 1f3a90c2
  voxlake rejects replay                         retry all, for example after an update")]
pub(crate) struct RejectsArgs {
    #[command(subcommand)]
    pub(crate) action: RejectsAction,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum RejectsAction {
    /// List ids and reasons, without the content of records
    List {
        #[command(flatten)]
        lake: LakeArgs,
        /// Output format
        #[arg(long, value_parser = format_parser(), default_value_t = Format::default())]
        format: Format,
    },
    /// Print whole records, one per line; they contain personal data
    Show {
        #[command(flatten)]
        lake: LakeArgs,
        /// Ids, or unique prefixes of ids
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Parse records again and add those that can now be stored
    Replay {
        #[command(flatten)]
        lake: LakeArgs,
        /// Ids, or unique prefixes of ids [default: all]
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        #[command(flatten)]
        freeze: FreezeArgs,
    },
    /// Delete records permanently, for example once they were corrected and imported
    Drop {
        #[command(flatten)]
        lake: LakeArgs,
        /// Ids, or unique prefixes of ids
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

/// Create the missing summaries of days, months and years.
///
/// A summary holds totals of a day, month or year: numbers, results, durations and charges of calls
/// by queue, country and quarter of an hour. Queries give the same result from summaries as from
/// the calls, many times faster. Sync and import create them automatically. This command is for a
/// lake without summaries, for example one that was copied or that an older voxlake wrote.
/// Summaries may be deleted at any time: queries then read the calls.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake summarize
  voxlake summarize --rebuild                    recreate all summaries
  voxlake query abandonment_rate --explain       show the source of each day
  voxlake query abandonment_rate --no-summaries  read only calls

Exit codes: 0; 1 if a day could not be read (the other days are summarized).")]
pub(crate) struct SummarizeArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Recreate all summaries, including current ones
    #[arg(long, alias = "anew")]
    pub(crate) rebuild: bool,
}

/// Days that refuse changes.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct FreezeArgs {
    /// First UTC date that accepts changes. Changes to fetched ranges of earlier days are refused
    /// and listed; gaps are still filled
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) freeze_before: Option<chrono::NaiveDate>,
}

/// Import calls from files of other extractors.
///
/// Accepts pages of the API, lists of records, and one record per line, plain or compressed with
/// gzip or zstd; the format is detected. Calls that the lake has are not changed. Records that
/// cannot be stored as calls become rejects of the lake.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake import export/*.ndjson.gz
  zcat pages.json.gz | voxlake import -
  voxlake import 2025-q1.ndjson --covers 2025-01-01/2025-04-01

Without --covers, a sync fetches the period as well: only you can know whether the files have all
its calls.

Exit codes: 0; 1 if a file could not be read to its end (records before that are imported); 2 if a
file does not exist.")]
pub(crate) struct ImportArgs {
    /// Files to import; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// State that the files have all calls of this period (end exclusive, in the configured time
    /// zone): it counts as fetched, and a sync does not fetch it
    #[arg(long, value_name = "FROM/TO")]
    pub(crate) covers: Option<String>,
    /// Time at which the records were fetched [default: the modification time of each file]
    #[arg(long, value_name = "WHEN")]
    pub(crate) fetched_at: Option<String>,
    #[command(flatten)]
    pub(crate) freeze: FreezeArgs,
}
