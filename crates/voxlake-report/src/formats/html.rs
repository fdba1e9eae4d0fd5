//! A page for a browser, whole in one file: nothing is fetched, nothing runs.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use html_escape::encode_text;

use crate::cells;
use crate::error::ReportError;
use crate::text::visible;
use crate::writer::AnswerWriter;

/// Looks in light, in dark and on paper.
const STYLE: &str = include_str!("html/page.css");
/// The title of an answer that was given none.
const TITLE: &str = "Answer";

pub(crate) struct HtmlWriter<W> {
    schema: SchemaRef,
    rows: usize,
    out: W,
}

impl<W: Write> HtmlWriter<W> {
    pub(crate) fn new(schema: SchemaRef, title: Option<&str>, mut out: W) -> Result<Self, ReportError> {
        let title = escaped(title.unwrap_or(TITLE));
        // The policy holds even if a browser should take some text for markup.
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
            let class = class(field.data_type());
            write!(out, r#"<th scope="col"{class}>{}</th>"#, escaped(field.name()))?;
        }
        out.write_all(b"</tr>\n</thead>\n<tbody>\n")?;
        Ok(Self { schema, rows: 0, out })
    }
}

impl<W: Write> AnswerWriter for HtmlWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        for row in cells::rows(batch)? {
            self.out.write_all(b"<tr>")?;
            for (cell, field) in row.into_iter().zip(self.schema.fields()) {
                match cell {
                    None => self.out.write_all(br#"<td class="null">NULL</td>"#)?,
                    Some(text) => {
                        write!(self.out, "<td{}>{}</td>", class(field.data_type()), escaped(&text))?;
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
        write!(self.out, "</tbody>\n</table>\n</div>\n<p>{} {rows}</p>\n</body>\n</html>\n", self.rows)?;
        Ok(self.out.flush()?)
    }
}

/// The attribute that sets numbers to the right.
fn class(data_type: &DataType) -> &'static str {
    if data_type.is_numeric() { r#" class="number""# } else { "" }
}

/// The text for between tags; nothing of an answer is within one.
fn escaped(text: &str) -> String {
    encode_text(&visible(text)).into_owned()
}
