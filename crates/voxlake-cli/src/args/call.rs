//! Arguments of `voxlake call`.

use std::path::PathBuf;

use voxlake_report::Format;

use super::LakeArgs;
use super::choice::format_parser;

/// Show one call of the lake with a timeline of its legs and its charges.
///
/// A table shows the last four digits of the consumer's number. The other formats have every field
/// of the call.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake call 7Zy3pXkqQmO0fXh5bJ1hJw
  voxlake call 7Zy3pXkqQmO0fXh5bJ1hJw --timezone Europe/Berlin
  voxlake call 7Zy3pXkqQmO0fXh5bJ1hJw --format json

Exit codes: 0; 1 if the lake has no such call; `voxlake lookup` asks the API.")]
pub(crate) struct CallArgs {
    /// Id of the call, its engagement_id
    // One id in 64 begins with a hyphen.
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// IANA time zone of the times in a table [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Output format [default: by the name of the --output file, else table]
    #[arg(long, value_parser = format_parser())]
    pub(crate) format: Option<Format>,
    /// Write the call to a file, atomically; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
