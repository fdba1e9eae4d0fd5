//! Output formats, charts and report documents.
//!
//! Three layers:
//!
//! - **Formats**: [`result_writer`] writes the record batches of one query in one of ten
//!   [`Format`]s. Two further writers are for terminals: [`fitted_table_writer`] leaves out columns
//!   that do not fit, and [`expanded_writer`] writes a line for each value.
//! - **Charts**: [`draw_chart`] draws bars or a line with characters.
//! - **Reports**: a [`ReportDefinition`] is read from a TOML file. Its [`QueryRequest`]s are run by
//!   the caller, whose [`SectionResult`]s make a [`Document`]. [`render`] turns the document into
//!   HTML, a workbook, CSV, JSON or Markdown; [`render_mail`] and [`to_sentence`] make the short
//!   forms for e-mails and messages.
//!
//! ```text
//! TOML ──▶ ReportDefinition ──queries run by the caller──▶ Document ──▶ files
//! ```
//!
//! [`OutputFile`] is a file that appears under its name only when it is complete.
//!
//! This crate knows neither the lake nor SQL: it takes Arrow record batches and the meaning of
//! their columns ([`ColumnMeta`], [`Unit`]). It has no optional features.
//!
//! # Untrusted text
//!
//! Callers and agents can type anything into names and numbers of call data. Formats for people
//! (tables, Markdown, HTML, workbooks) spell out control characters and escape markup, links and
//! formulas. CSV and TSV, which spreadsheets open, neutralize formulas. JSON, Parquet and Arrow
//! keep the text unchanged. [`escape_control_chars`] is for any other text that goes to a terminal,
//! and [`error_chain`] joins an error with its causes.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
//! use voxlake_report::{Format, ResultWriter as _, WriterOptions, result_writer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let batch = RecordBatch::try_from_iter([
//!     ("queue", Arc::new(StringArray::from(vec!["Billing", "=1+1"])) as ArrayRef),
//!     ("calls", Arc::new(Int64Array::from(vec![120, 7]))),
//! ])?;
//! let mut out = Vec::new();
//! let options = WriterOptions::default();
//! let mut writer = result_writer(Format::Csv, batch.schema(), &options, &mut out)?;
//! writer.write(&batch)?;
//! writer.finish()?;
//! drop(writer);
//! assert_eq!(String::from_utf8(out)?, "queue,calls\nBilling,120\n'=1+1,7\n");
//! # Ok(())
//! # }
//! ```

mod cells;
mod chart;
mod content;
mod definition;
mod error;
mod format;
mod formats;
mod layout;
mod options;
mod output_file;
mod render;
mod result_description;
mod result_writer;
mod svg;
mod text;

pub use chart::{ChartError, ChartKind, ChartOptions, draw_chart};
pub use content::{
    ComparedPeriod, DataFreshness, DayCounts, Document, Figure, FigureValue, ReportMetadata, RowChanges,
    SMALL_GROUP_LIMIT, Section, SectionBody, SectionResult, ValueParts,
};
pub use definition::{
    ChangeDefinition, ColumnMeta, DefinitionError, FigureDefinition, Period, QueryRequest, ReportDefinition,
    SectionDefinition, ShareParts, Unit, View, builtin_reports,
};
pub use error::ReportError;
pub use format::Format;
pub use formats::{expanded_writer, fitted_table_writer, result_writer, write_batches};
pub use options::WriterOptions;
pub use output_file::OutputFile;
pub use render::{RenderedFile, ReportFormat, render, render_mail, to_sentence};
pub use result_description::ResultDescription;
pub use result_writer::ResultWriter;
pub use text::{error_chain, escape_control_chars};

#[cfg(test)]
mod tests;
