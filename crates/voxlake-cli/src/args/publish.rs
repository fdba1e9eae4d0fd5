//! Arguments of `voxlake publish`.

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use voxlake_publish::TableFormat;

use super::LakeArgs;

/// Publish the lake as a Delta table for Spark, Trino, Polars, DuckDB and others.
///
/// Adds a version to the table in published/delta/voice_calls of the lake, with all days that
/// changed since the last one. The first version creates the table. Readers see one state of the
/// whole lake, also while a sync runs. Once a lake is published, every command that writes to it
/// publishes the next version at its end. Replaced versions stay readable for a time. Published
/// files are hard links of the day files on a local disk, and copies in object stores.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake publish
  voxlake publish --keep 30d                     keep replaced versions for 30 days
  voxlake publish --drop                         delete the table; later commands do not publish

Read it in Python, DuckDB and Spark:
  polars.scan_delta('data/published/delta/voice_calls')
  SELECT count(*) FROM delta_scan('data/published/delta/voice_calls')
  spark.read.format('delta').load('data/published/delta/voice_calls')

Exit codes: 0; 1 if a day file is damaged (the other days are published), or if another program
changed the table.")]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Format of the table
    #[arg(long, value_parser = FormatParser, default_value_t = TableFormat::default())]
    pub(crate) format: TableFormat,
    /// Time for which replaced versions stay readable; later commands keep it [default: that of the
    /// table, or 7d]
    #[arg(long, value_name = "DURATION")]
    pub(crate) keep: Option<String>,
    /// Delete the table with all its versions. The day files stay
    #[arg(long = "drop", conflicts_with = "keep")]
    pub(crate) drops_table: bool,
}

/// Parser of table formats. Unlike that of other enums it says why Iceberg is no value.
#[derive(Clone)]
struct FormatParser;

impl TypedValueParser for FormatParser {
    type Value = TableFormat;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<TableFormat, clap::Error> {
        value.to_string_lossy().parse().map_err(|error| {
            let option = argument.map_or_else(String::new, |argument| format!(" for '{argument}'"));
            let value = value.to_string_lossy();
            let text = format!("invalid value '{value}'{option}: {error}\n");
            clap::Error::raw(ErrorKind::ValueValidation, text).with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = TableFormat::ALL.into_iter().map(|format| PossibleValue::new(format.name()));
        Some(Box::new(values))
    }
}
