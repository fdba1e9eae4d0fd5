//! How answers go out: one file per format, behind one trait.
//!
//! - [`Format`]: the formats, their names and their files' extensions
//! - [`AnswerWriter`]: takes record batches as they come and ends the output; [`writer`] makes one
//! - [`Layout`]: what is said or asked beside the answer, such as its title and a terminal's width
//!
//! Call data is hostile here: names and numbers are whatever a caller or an agent typed. The formats
//! for people (tables, Markdown, HTML, workbooks) spell control characters out and escape what would be
//! markup, a link or a formula; CSV and TSV, which spreadsheets open, disarm formulas; the formats for
//! machines keep the text as it is.
//!
//! - [`fitted`]: a table that is never wider than the terminal; [`expanded`]: a line for each value; [`chart()`]: bars and lines of characters
//! - [`report`]: several answers about one period as one document, defined by a file
//! - [`visible`]: the same care for whatever else goes to a terminal

mod arrow_stream;
mod cells;
mod chart;
mod delimited;
mod error;
mod expanded;
mod format;
mod html;
mod json;
mod markdown;
mod parquet_file;
pub mod report;
mod table;
mod text;
mod xlsx;

use std::collections::HashSet;
use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

pub use chart::{Chart, ChartError, ChartKind, chart};
pub use error::ReportError;
pub use format::Format;
pub(crate) use table::cut;
pub use text::visible;

/// What is said or asked beside the answer. A format takes from it what it has a place for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// What the answer is about, in plain text: the title of a page and the caption of its table.
    pub title: Option<String>,
    /// Terminal columns that a table may take. To keep within them, text is cut short where an
    /// ellipsis shows it; numbers, times and headers are not cut. `None`: nothing is cut.
    pub width: Option<u16>,
}

/// Takes an answer batch by batch.
pub trait AnswerWriter {
    /// Writes a batch of the writer's schema, now or, where widths depend on all of it, at the end.
    ///
    /// # Errors
    /// Where the output takes no more, a value has no form in this format, or a sheet has no more rows.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError>;

    /// Ends the output. Nothing may be written after; an output that was not ended is not whole.
    ///
    /// # Errors
    /// As [`AnswerWriter::write`].
    fn finish(&mut self) -> Result<(), ReportError>;
}

/// A writer of `format` for batches of `schema`, into `out`.
///
/// Memory: a table holds the whole answer, Parquet a row group (64 MiB), the others a batch. A workbook
/// waits in a temporary file and goes out when it is finished.
///
/// # Errors
/// [`ReportError::DuplicateColumn`] for JSON, Parquet and Arrow; also where a type has no form in this format, or the
/// output or the temporary folder takes nothing.
pub fn writer<'a>(
    format: Format,
    schema: SchemaRef,
    layout: &Layout,
    out: impl Write + Send + 'a,
) -> Result<Box<dyn AnswerWriter + Send + 'a>, ReportError> {
    if matches!(format, Format::Json | Format::Ndjson | Format::Parquet | Format::Arrow) {
        check_names(format, &schema)?;
    }
    Ok(match format {
        Format::Table => Box::new(table::TableWriter::new(schema, layout.width, out)),
        Format::Markdown => Box::new(markdown::MarkdownWriter::new(schema, out)?),
        Format::Html => Box::new(html::HtmlWriter::new(schema, layout.title.as_deref(), out)?),
        Format::Csv => Box::new(delimited::DelimitedWriter::new(&schema, b',', out)?),
        Format::Tsv => Box::new(delimited::DelimitedWriter::new(&schema, b'\t', out)?),
        Format::Json => Box::new(json::JsonWriter::array(out)),
        Format::Ndjson => Box::new(json::JsonWriter::lines(out)),
        Format::Xlsx => Box::new(xlsx::XlsxWriter::new(&schema, out)?),
        Format::Parquet => Box::new(parquet_file::ParquetWriter::new(schema, out)?),
        Format::Arrow => Box::new(arrow_stream::ArrowWriter::new(&schema, out)?),
    })
}

/// Refuses columns of one name, of which a reader of JSON, Parquet or Arrow sees only one, or none.
fn check_names(format: Format, schema: &Schema) -> Result<(), ReportError> {
    let mut names = HashSet::new();
    match schema.fields().iter().find(|field| !names.insert(field.name())) {
        Some(field) => Err(ReportError::DuplicateColumn { format, name: field.name().clone() }),
        None => Ok(()),
    }
}

/// A writer of tables that keep within the layout's width: where cut text does not suffice, columns in the middle
/// are left out, and a line below says how many.
pub fn fitted<'a>(
    schema: SchemaRef,
    layout: &Layout,
    out: impl Write + Send + 'a,
) -> Box<dyn AnswerWriter + Send + 'a> {
    Box::new(table::TableWriter::new(schema, layout.width, out).fitted())
}

/// A writer that puts each row's values below each other, for rows that are wider than a terminal. Lists have a line
/// for each item, and NULL fields within them are left out.
pub fn expanded<'a>(
    schema: SchemaRef,
    layout: &Layout,
    out: impl Write + Send + 'a,
) -> Box<dyn AnswerWriter + Send + 'a> {
    Box::new(expanded::ExpandedWriter::new(schema, layout.width, out))
}

#[cfg(test)]
mod tests;
