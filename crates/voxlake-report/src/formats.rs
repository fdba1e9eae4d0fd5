//! Writers, one for each format.

mod arrow_stream;
mod delimited;
mod expanded;
mod html;
mod json;
pub(crate) mod markdown;
mod named_result;
mod parquet_file;
mod table;
pub(crate) mod xlsx;

use std::collections::HashSet;
use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use crate::error::ReportError;
use crate::format::Format;
use crate::options::WriterOptions;
use crate::result_description::ResultDescription;
use crate::result_writer::ResultWriter;

/// Returns a writer of `format` for batches of `schema`, into `out`.
///
/// Memory: a table keeps the whole result, and so do all formats for people if the options describe
/// the result. Parquet keeps one row group (at most 64 MiB), the others one batch. A workbook is
/// buffered in a temporary file until it is finished.
///
/// All formats have the same interface; in this example, `out` is a buffer:
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
/// use voxlake_report::{Format, ReportError, ResultWriter as _, WriterOptions, result_writer};
///
/// fn write(format: Format, batch: &RecordBatch) -> Result<Vec<u8>, ReportError> {
///     let mut out = Vec::new();
///     let options = WriterOptions::default().with_title(Some("Calls by queue".to_owned()));
///     let mut writer = result_writer(format, batch.schema(), &options, &mut out)?;
///     writer.write(batch)?;
///     writer.finish()?;
///     drop(writer);
///     Ok(out)
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let batch = RecordBatch::try_from_iter([
///     ("queue", Arc::new(StringArray::from(vec!["Billing"])) as ArrayRef),
///     ("calls", Arc::new(Int64Array::from(vec![120]))),
/// ])?;
/// let text = |format| {
///     write(format, &batch).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
/// };
///
/// assert!(text(Format::Table)?.contains("Billing    120"));
/// assert_eq!(text(Format::Markdown)?, "| queue | calls |\n| --- | ---: |\n| Billing | 120 |\n");
/// assert!(text(Format::Html)?.contains("<caption id=\"title\">Calls by queue</caption>"));
/// assert_eq!(text(Format::Csv)?, "queue,calls\nBilling,120\n");
/// assert_eq!(text(Format::Tsv)?, "queue\tcalls\nBilling\t120\n");
/// assert_eq!(text(Format::Json)?, "[{\"queue\":\"Billing\",\"calls\":120}]\n");
/// assert_eq!(text(Format::Ndjson)?, "{\"queue\":\"Billing\",\"calls\":120}\n");
/// assert!(write(Format::Xlsx, &batch)?.starts_with(b"PK"));
/// assert!(write(Format::Parquet, &batch)?.starts_with(b"PAR1"));
///
/// let stream = write(Format::Arrow, &batch)?;
/// let mut read = arrow::ipc::reader::StreamReader::try_new(stream.as_slice(), None)?;
/// assert_eq!(read.next().transpose()?, Some(batch));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ReportError::DuplicateColumn`] for JSON, Parquet and Arrow. Also if a type cannot be
/// represented in this format, or if the output or the temporary file cannot be written.
pub fn result_writer<'a>(
    format: Format,
    schema: SchemaRef,
    options: &WriterOptions,
    out: impl Write + Send + 'a,
) -> Result<Box<dyn ResultWriter + Send + 'a>, ReportError> {
    let layout = Layout::Format(format);
    match &options.description {
        Some(description) if format.is_for_people() => {
            Ok(named_result_writer(layout, schema, description, options, out))
        }
        _ => plain_writer(layout, schema, options, out),
    }
}

/// Form of the output of a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// The form of a format.
    Format(Format),
    /// A table that is never wider than its width.
    FittedTable,
    /// One line for each value.
    Expanded,
}

/// Returns a writer of all columns of `schema`.
fn plain_writer<'a>(
    layout: Layout,
    schema: SchemaRef,
    options: &WriterOptions,
    out: impl Write + Send + 'a,
) -> Result<Box<dyn ResultWriter + Send + 'a>, ReportError> {
    let format = match layout {
        Layout::FittedTable => return Ok(Box::new(table::TableWriter::new(schema, options, out).fitted())),
        Layout::Expanded => return Ok(Box::new(expanded::ExpandedWriter::new(schema, options, out))),
        Layout::Format(format) => format,
    };
    if matches!(format, Format::Json | Format::Ndjson | Format::Parquet | Format::Arrow) {
        check_distinct_names(format, &schema)?;
    }
    Ok(match format {
        Format::Table => Box::new(table::TableWriter::new(schema, options, out)),
        Format::Markdown => Box::new(markdown::MarkdownWriter::new(schema, options, out)?),
        Format::Html => Box::new(html::HtmlWriter::new(schema, options, out)?),
        Format::Csv => Box::new(delimited::DelimitedWriter::new(&schema, b',', out)?),
        Format::Tsv => Box::new(delimited::DelimitedWriter::new(&schema, b'\t', out)?),
        Format::Json => Box::new(json::JsonWriter::array(out)),
        Format::Ndjson => Box::new(json::JsonWriter::lines(out)),
        Format::Xlsx => Box::new(xlsx::XlsxWriter::new(&schema, out)?),
        Format::Parquet => Box::new(parquet_file::ParquetWriter::new(schema, out)?),
        Format::Arrow => Box::new(arrow_stream::ArrowWriter::new(&schema, out)?),
    })
}

/// Returns a writer of the result of a named query for people.
fn named_result_writer<'a>(
    layout: Layout,
    schema: SchemaRef,
    description: &ResultDescription,
    options: &WriterOptions,
    out: impl Write + Send + 'a,
) -> Box<dyn ResultWriter + Send + 'a> {
    let options = options.clone();
    let open: named_result::OpenWriter<'a> =
        Box::new(move |schema, notes| plain_writer(layout, schema, &WriterOptions { notes, ..options }, out));
    Box::new(named_result::NamedResultWriter::new(schema, description.clone(), open))
}

/// Writes a whole result in `format` with the default options.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use voxlake_report::{Format, write_batches};
///
/// let calls = Arc::new(Int64Array::from(vec![120])) as ArrayRef;
/// let batch = RecordBatch::try_from_iter([("calls", calls)])?;
/// let mut out = Vec::new();
/// write_batches(Format::Csv, batch.schema(), &[batch], &mut out)?;
/// assert_eq!(out, b"calls\n120\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`result_writer`] and [`ResultWriter::write`].
pub fn write_batches(
    format: Format,
    schema: SchemaRef,
    batches: &[RecordBatch],
    out: impl Write + Send,
) -> Result<(), ReportError> {
    let mut writer = result_writer(format, schema, &WriterOptions::default(), out)?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.finish()
}

/// Rejects duplicate column names: readers of JSON, Parquet and Arrow find at most one of them.
fn check_distinct_names(format: Format, schema: &Schema) -> Result<(), ReportError> {
    let mut names = HashSet::new();
    match schema.fields().iter().find(|field| !names.insert(field.name())) {
        Some(field) => Err(ReportError::DuplicateColumn { format, name: field.name().clone() }),
        None => Ok(()),
    }
}

/// Returns a writer of tables that are never wider than the width of `options`. If truncated text
/// is still too wide, columns in the middle are left out, and a line below the table says how many.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use voxlake_report::{ResultWriter as _, WriterOptions, fitted_table_writer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let column = || Arc::new(Int64Array::from(vec![123_456_789])) as ArrayRef;
/// # let batch = RecordBatch::try_from_iter(["a", "b", "c", "d"].map(|name| (name, column())))?;
/// let mut out = Vec::new();
/// let options = WriterOptions::default().with_width(Some(36));
/// let mut writer = fitted_table_writer(batch.schema(), &options, &mut out);
/// writer.write(&batch)?;
/// writer.finish()?;
/// drop(writer);
/// assert!(String::from_utf8(out)?.ends_with("… stands for a column that does not fit\n"));
/// # Ok(())
/// # }
/// ```
pub fn fitted_table_writer<'a>(
    schema: SchemaRef,
    options: &WriterOptions,
    out: impl Write + Send + 'a,
) -> Box<dyn ResultWriter + Send + 'a> {
    match &options.description {
        Some(description) => named_result_writer(Layout::FittedTable, schema, description, options, out),
        None => Box::new(table::TableWriter::new(schema, options, out).fitted()),
    }
}

/// Returns a writer that puts each value on a line of its own, for rows that are wider than a
/// terminal. Lists have one line for each item, and their NULL fields are left out.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
/// use voxlake_report::{ResultWriter as _, WriterOptions, expanded_writer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let batch = RecordBatch::try_from_iter([
/// #     ("queue", Arc::new(StringArray::from(vec!["Billing"])) as ArrayRef),
/// #     ("calls", Arc::new(Int64Array::from(vec![120]))),
/// # ])?;
/// let mut out = Vec::new();
/// let options = WriterOptions::default().with_width(Some(12));
/// let mut writer = expanded_writer(batch.schema(), &options, &mut out);
/// writer.write(&batch)?;
/// writer.finish()?;
/// drop(writer);
/// assert_eq!(String::from_utf8(out)?, "─[ 1 ]──────\n queue  Billing\n calls  120\n");
/// # Ok(())
/// # }
/// ```
pub fn expanded_writer<'a>(
    schema: SchemaRef,
    options: &WriterOptions,
    out: impl Write + Send + 'a,
) -> Box<dyn ResultWriter + Send + 'a> {
    match &options.description {
        Some(description) => named_result_writer(Layout::Expanded, schema, description, options, out),
        None => Box::new(expanded::ExpandedWriter::new(schema, options, out)),
    }
}
