//! Files of a report: one HTML page, workbook, Markdown or JSON file, or one CSV file for each
//! section.

mod csv;
mod html;
mod json;
mod markdown;
mod report_format;
mod rows;
mod workbook;

use crate::content::{Document, SectionBody};
use crate::error::ReportError;
use crate::format::Format;

pub use html::{render_mail, to_sentence};
pub use report_format::{RenderedFile, ReportFormat};

/// Renders `document` in `format`. The names of the files start with `stem`.
///
/// [`Document`] has an example.
///
/// # Errors
/// If a value cannot be represented in the format, or a sheet is full.
pub fn render(
    document: &Document,
    format: ReportFormat,
    stem: &str,
) -> Result<Vec<RenderedFile>, ReportError> {
    let file = |name: String, bytes: Vec<u8>| RenderedFile { name, format, bytes };
    let one = |extension: &str, bytes: Vec<u8>| vec![file(format!("{stem}.{extension}"), bytes)];
    Ok(match format {
        ReportFormat::Html => one("html", html::render_html(document)?.into_bytes()),
        ReportFormat::Xlsx => one("xlsx", workbook::render_workbook(document)?),
        ReportFormat::Markdown => one("md", markdown::render_markdown(document)?.into_bytes()),
        ReportFormat::Json => one("json", json::render_json(document)?),
        ReportFormat::Csv => {
            let mut files = Vec::new();
            for section in &document.sections {
                let bytes = match &section.body {
                    SectionBody::Rows(result) => rows::write_rows(section.with_changes(result), Format::Csv)?,
                    SectionBody::Figures(figures) => csv::write_figures(figures)?,
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
