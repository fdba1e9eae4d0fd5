//! A report in Markdown, with the figures and tables of the HTML page.

use std::fmt::Write as _;

use super::html;
use crate::content::{ComparedPeriod, Document, Section, SectionBody};
use crate::error::ReportError;
use crate::formats::markdown::escape_markdown;
use crate::layout::{RowLayout, TableLayout, table_layout};

pub(super) fn render_markdown(document: &Document) -> Result<String, ReportError> {
    let metadata = &document.metadata;
    let mut text = format!(
        "# {}\n\n{}, {}\n",
        escape_markdown(&document.definition.title),
        escape_markdown(&metadata.period_text),
        escape_markdown(&metadata.timezone)
    );
    for (name, value) in &metadata.parameters {
        let _ = write!(text, "\nOnly {}: {}\n", escape_markdown(name), escape_markdown(value));
    }
    for alert in &metadata.alerts {
        let _ = write!(text, "\n> **Alert:** {}\n", escape_markdown(alert));
    }
    for remark in document.remarks() {
        let _ = write!(text, "\n> {}\n", escape_markdown(&remark));
    }
    let comparison = metadata.comparison.as_ref().map(ComparedPeriod::sentence);
    for section in &document.sections {
        write_section(&mut text, section, comparison.as_deref())?;
    }
    let _ = write!(
        text,
        "\n---\n\nMade {} by voxlake {}.\n",
        metadata.made_at.format("%Y-%m-%d %H:%M UTC"),
        escape_markdown(&metadata.version)
    );
    Ok(text)
}

fn write_section(text: &mut String, section: &Section, comparison: Option<&str>) -> Result<(), ReportError> {
    let _ = write!(text, "\n## {}\n\n", escape_markdown(&section.definition.title));
    if !section.definition.text.is_empty() {
        for paragraph in section.definition.text.split("\n\n") {
            let line = paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ");
            let _ = write!(text, "{}\n\n", escape_markdown(&line));
        }
    }
    match &section.body {
        SectionBody::Text => {}
        SectionBody::Figures(figures) => {
            for figure in figures {
                let (label, values) = html::label_and_values(figure, true);
                let _ = writeln!(text, "- {}: **{}**", escape_markdown(&label), escape_markdown(&values));
                for note in &figure.notes {
                    let _ = writeln!(text, "  - {}", escape_markdown(note));
                }
            }
            write_notes(text, comparison, &html::figure_notes(figures));
        }
        SectionBody::Rows(result) => {
            let table = table_layout(section, result)?;
            write_table(text, &table);
            write_notes(text, comparison.filter(|_| table.has_change), &table.notes);
        }
    }
    Ok(())
}

fn write_table(text: &mut String, table: &TableLayout) {
    write_line(text, table.columns.iter().map(|column| escape_markdown(&column.heading)));
    let rule = |is_number: bool| if is_number { "---:" } else { "---" }.to_owned();
    write_line(text, table.columns.iter().map(|column| rule(column.number)));
    let cells =
        |row: &RowLayout| row.cells.iter().map(|cell| escape_markdown(&cell.full_text())).collect::<Vec<_>>();
    table.rows.iter().for_each(|row| write_line(text, cells(row).into_iter()));
    let bold = |cell: String| if cell.is_empty() { cell } else { format!("**{cell}**") };
    table.totals.iter().for_each(|row| write_line(text, cells(row).into_iter().map(bold)));
    if table.more > 0 {
        let rows = if table.more == 1 { "row is" } else { "rows are" };
        let _ = write!(text, "\n{} more {rows} not shown.\n", table.more);
    }
}

/// Writes the sentence about the compared period and explanations, a paragraph each.
fn write_notes(text: &mut String, comparison: Option<&str>, notes: &[String]) {
    for note in comparison.into_iter().chain(notes.iter().map(String::as_str)) {
        let _ = write!(text, "\n{}\n", escape_markdown(note));
    }
}

fn write_line(text: &mut String, cells: impl Iterator<Item = String>) {
    for cell in cells {
        let _ = write!(text, "| {cell} ");
    }
    text.push_str("|\n");
}
