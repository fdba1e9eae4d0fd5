//! How answers go out: one file per format, behind one trait.
//!
//! - [`Format`]: the formats and their names
//! - [`AnswerWriter`]: takes record batches as they come and ends the output; [`writer`] makes one
//!
//! Call data is hostile here: names and numbers are whatever a caller or an agent typed. A table, which
//! is for terminals, spells control characters out; CSV and TSV, which are for spreadsheets, disarm
//! formulas; the formats for machines keep the text as it is.
//!
//! - [`visible`]: the same care for whatever else goes to a terminal

mod cells;
mod delimited;
mod json;
mod table;

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use thiserror::Error;

/// The form in which an answer goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    #[default]
    Table,
    /// Comma-separated values with a header line, as in RFC 4180.
    Csv,
    /// Tab-separated values with a header line.
    Tsv,
    /// One JSON array of objects.
    Json,
    /// One JSON object per line.
    Ndjson,
}

/// Why an answer could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The output took no more; a broken pipe is one of these.
    #[error("cannot write the answer")]
    Io(#[from] std::io::Error),
    /// A value has no form in this format.
    #[error("cannot format the answer")]
    Arrow(#[from] arrow::error::ArrowError),
}

impl ReportError {
    /// Whether nobody reads the output any more, which is no failure.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

/// Takes an answer batch by batch.
pub trait AnswerWriter {
    /// Writes a batch of the writer's schema, now or, where widths depend on all of it, at the end.
    ///
    /// # Errors
    /// Where the output takes no more, or a value has no form in this format.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError>;

    /// Ends the output. Nothing may be written after.
    ///
    /// # Errors
    /// As [`AnswerWriter::write`].
    fn finish(&mut self) -> Result<(), ReportError>;
}

/// The text with every control character spelled out, so that no call can talk to a terminal; for
/// tables, errors and logs.
#[must_use]
pub fn visible(text: &str) -> String {
    // Also what breaks lines or turns the direction of text without being a control character.
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .flat_map(|c| if steers(c) { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

/// A writer of `format` for batches of `schema`, into `out`.
#[must_use]
pub fn writer<'a>(
    format: Format,
    schema: SchemaRef,
    out: impl Write + Send + 'a,
) -> Box<dyn AnswerWriter + Send + 'a> {
    match format {
        Format::Table => Box::new(table::TableWriter::new(schema, out)),
        Format::Csv => Box::new(delimited::DelimitedWriter::new(schema, b',', out)),
        Format::Tsv => Box::new(delimited::DelimitedWriter::new(schema, b'\t', out)),
        Format::Json => Box::new(json::JsonWriter::array(out)),
        Format::Ndjson => Box::new(json::JsonWriter::lines(out)),
    }
}

#[cfg(test)]
mod tests;
