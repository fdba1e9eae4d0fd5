//! A report in Markdown, for chats and wikis: figures, and tables as the page has them.

use std::fmt::Write as _;

use super::page;
use crate::content::{Document, SectionBody};
use crate::error::ReportError;
use crate::formats::markdown::escaped;
use crate::layout::{self, RowLayout};

pub(super) fn markdown(document: &Document) -> Result<String, ReportError> {
    let about = &document.about;
    let mut text = format!(
        "# {}\n\n{}, {}\n",
        escaped(&document.definition.title),
        escaped(&about.period_words),
        escaped(&about.timezone)
    );
    for (name, value) in &about.parameters {
        let _ = write!(text, "\nOnly {}: {}\n", escaped(name), escaped(value));
    }
    for alert in &about.alerts {
        let _ = write!(text, "\n> **Alert:** {}\n", escaped(alert));
    }
    for remark in &about.standing.remarks {
        let _ = write!(text, "\n> {}\n", escaped(remark));
    }
    for section in &document.sections {
        let _ = write!(text, "\n## {}\n\n", escaped(&section.definition.title));
        if !section.definition.text.is_empty() {
            for paragraph in section.definition.text.split("\n\n") {
                let line = paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ");
                let _ = write!(text, "{}\n\n", escaped(&line));
            }
        }
        match &section.body {
            SectionBody::Text => {}
            SectionBody::Figures(figures) => {
                for figure in figures {
                    let (label, values) = page::label_and_values(figure);
                    let _ = writeln!(text, "- {}: **{}**", escaped(&label), escaped(&values));
                }
            }
            SectionBody::Answer(answered) => {
                let table = layout::table(&section.definition, answered)?;
                line(&mut text, table.columns.iter().map(|column| escaped(&column.heading)));
                let rule = |number: bool| if number { "---:" } else { "---" }.to_owned();
                line(&mut text, table.columns.iter().map(|column| rule(column.number)));
                let row = |text: &mut String, row: &RowLayout, strong: bool| {
                    let cells = row.cells.iter().map(|cell| match escaped(&cell.text) {
                        cell if strong => format!("**{cell}**"),
                        cell => cell,
                    });
                    line(text, cells);
                };
                table.rows.iter().for_each(|one| row(&mut text, one, false));
                table.totals.iter().for_each(|one| row(&mut text, one, true));
                if table.more > 0 {
                    let _ = write!(text, "\n{} more rows are not shown.\n", table.more);
                }
            }
        }
    }
    let _ = write!(
        text,
        "\n---\n\nMade {} by voxlake {}.\n",
        about.made_at.format("%Y-%m-%d %H:%M UTC"),
        escaped(&about.version)
    );
    Ok(text)
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for cell in cells {
        let _ = write!(text, "| {cell} ");
    }
    text.push_str("|\n");
}
