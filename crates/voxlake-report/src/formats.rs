//! A writer for each format.

mod arrow_stream;
mod delimited;
mod expanded;
mod html;
mod json;
pub(crate) mod markdown;
mod parquet_file;
mod table;
pub(crate) mod xlsx;

use std::collections::HashSet;
use std::io::Write;

use arrow::datatypes::{Schema, SchemaRef};

use crate::error::ReportError;
use crate::format::Format;
use crate::options::Layout;
use crate::writer::AnswerWriter;

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
