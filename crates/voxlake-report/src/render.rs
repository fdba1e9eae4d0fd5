//! The files that a report makes: a page, a workbook, Markdown and JSON are one each, CSV is one a section.

mod csv;
mod json;
mod markdown;
mod page;
mod report_format;
mod rows;
mod workbook;

use crate::content::{Document, SectionBody};
use crate::error::ReportError;
use crate::format::Format;

pub use page::{mail_page, told};
pub use report_format::{RenderedFile, ReportFormat};

/// The files of `document` in `format`; their names begin with `stem`.
///
/// # Errors
/// Where a value has no form in the format, or a sheet no more rows.
pub fn render(
    document: &Document,
    format: ReportFormat,
    stem: &str,
) -> Result<Vec<RenderedFile>, ReportError> {
    let file = |name: String, bytes: Vec<u8>| RenderedFile { name, format, bytes };
    let one = |extension: &str, bytes: Vec<u8>| vec![file(format!("{stem}.{extension}"), bytes)];
    Ok(match format {
        ReportFormat::Html => one("html", page::page(document)?.into_bytes()),
        ReportFormat::Xlsx => one("xlsx", workbook::workbook(document)?),
        ReportFormat::Markdown => one("md", markdown::markdown(document)?.into_bytes()),
        ReportFormat::Json => one("json", json::json(document)?),
        ReportFormat::Csv => {
            let mut files = Vec::new();
            for section in &document.sections {
                let bytes = match &section.body {
                    SectionBody::Answer(answered) => rows::written(answered, Format::Csv)?,
                    SectionBody::Figures(figures) => csv::written_figures(figures)?,
                    SectionBody::Text => continue,
                };
                files.push(file(format!("{stem}_{}.csv", section.definition.id), bytes));
            }
            files
        }
    })
}

#[cfg(test)]
mod tests;
