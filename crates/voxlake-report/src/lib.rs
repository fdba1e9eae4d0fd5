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
//! - [`ReportDefinition`], [`Document`], [`render`]: several answers about one period as one document, defined by a file
//! - [`OutputFile`]: a file that appears when it is complete
//! - [`visible`]: the same care for whatever else goes to a terminal; [`error_chain`]: an error with
//!   its causes

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
mod svg;
mod text;
mod writer;

pub use chart::{Chart, ChartError, ChartKind, chart};
pub use content::{About, Answered, Document, Figure, Money, Section, SectionBody, Standing};
pub use definition::{
    Ask, ColumnAbout, DefinitionError, FigureDefinition, Period, ReportDefinition, SectionDefinition, Unit,
    View, builtin,
};
pub use error::ReportError;
pub use format::Format;
pub use formats::{expanded, fitted, writer};
pub use options::Layout;
pub use output_file::OutputFile;
pub use render::{RenderedFile, ReportFormat, mail_page, render, told};
pub use text::{error_chain, visible};
pub use writer::AnswerWriter;

#[cfg(test)]
mod tests;
