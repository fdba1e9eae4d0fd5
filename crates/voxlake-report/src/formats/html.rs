//! HTML page in a single file, without scripts or external resources.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, SchemaRef};
use html_escape::encode_text;

use crate::cells;
use crate::error::ReportError;
use crate::options::WriterOptions;
use crate::result_writer::ResultWriter;
use crate::text::escape_control_chars;

/// Style for light and dark mode and for print.
const STYLE: &str = include_str!("html/page.css");
/// Default title.
const DEFAULT_TITLE: &str = "Answer";

pub(crate) struct HtmlWriter<W> {
    schema: SchemaRef,
    rows: usize,
    /// Notes below the table.
    notes: Vec<String>,
    out: W,
}

impl<W: Write> HtmlWriter<W> {
    pub(crate) fn new(schema: SchemaRef, options: &WriterOptions, mut out: W) -> Result<Self, ReportError> {
        let title = escape_html(options.title.as_deref().unwrap_or(DEFAULT_TITLE));
        // Second line of defence: the policy blocks scripts even in text that is parsed as markup.
        write!(
            out,
            r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{STYLE}</style>
</head>
<body>
<div class="scroll" role="region" aria-labelledby="title" tabindex="0">
<table>
<caption id="title">{title}</caption>
<thead>
<tr>"#
        )?;
        for field in schema.fields() {
            let class = class_attribute(field);
            write!(out, r#"<th scope="col"{class}>{}</th>"#, escape_html(field.name()))?;
        }
        out.write_all(b"</tr>\n</thead>\n<tbody>\n")?;
        Ok(Self { schema, rows: 0, notes: options.notes.clone(), out })
    }
}

impl<W: Write> ResultWriter for HtmlWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        for row in cells::rows_as_text(batch)? {
            self.out.write_all(b"<tr>")?;
            for (cell, field) in row.into_iter().zip(self.schema.fields()) {
                match cell {
                    None => self.out.write_all(br#"<td class="null">NULL</td>"#)?,
                    Some(text) => {
                        write!(self.out, "<td{}>{}</td>", class_attribute(field), escape_html(&text))?;
                    }
                }
            }
            self.out.write_all(b"</tr>\n")?;
            self.rows += 1;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        let rows = if self.rows == 1 { "row" } else { "rows" };
        write!(self.out, "</tbody>\n</table>\n</div>\n<p>{} {rows}</p>\n", self.rows)?;
        for note in &self.notes {
            writeln!(self.out, "<p>{}</p>", escape_html(note))?;
        }
        self.out.write_all(b"</body>\n</html>\n")?;
        Ok(self.out.flush()?)
    }
}

/// Returns the attribute that aligns numbers to the right.
fn class_attribute(field: &Field) -> &'static str {
    if cells::is_number(field) { r#" class="number""# } else { "" }
}

/// Escapes text between tags. No text of a result is written into a tag.
fn escape_html(text: &str) -> String {
    encode_text(&escape_control_chars(text)).into_owned()
}
