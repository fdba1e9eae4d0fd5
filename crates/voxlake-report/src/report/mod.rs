//! Reports: several answers about one period as one document, defined by a file.
//!
//! ```text
//! ReportDefinition (TOML) ──asked elsewhere──▶ Document ──▶ page · workbook · JSON · CSV · Markdown · mail
//! ```
//!
//! - [`ReportDefinition`]: what a report file says: title, period, sections and how each is shown
//! - [`Answered`], [`ColumnAbout`], [`Unit`]: an answer as it is asked for, with what its columns mean
//! - [`Document`], [`Section`], [`Figure`]: a report with its answers, ready to be written
//! - [`ReportFormat`], [`render`]: the files that a document makes
//! - [`mail_page`], [`told`]: the short forms that fit into an e-mail and a message
//!
//! This crate asks nothing: whoever runs the questions hands over record batches.

mod answered;
mod builtin;
mod change;
mod chart;
mod data;
mod definition;
mod document;
mod file;
mod formats;
mod layout;
mod markdown;
mod number;
mod page;
mod unit;
mod words;
mod workbook;

pub use answered::{Answered, ColumnAbout};
pub use builtin::builtin;
pub use definition::{
    Ask, DefinitionError, FigureDefinition, Period, ReportDefinition, SectionDefinition, View,
};
pub use document::{About, Document, Figure, Money, Section, SectionBody, Standing};
pub use formats::{RenderedFile, ReportFormat, render};
pub use page::{mail_page, told};
pub use unit::Unit;

#[cfg(test)]
mod tests;
