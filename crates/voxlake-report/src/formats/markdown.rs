//! A table of GitHub's Markdown whose cells are text and nothing else: no markup, no link, no mention.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::cells;
use crate::error::ReportError;
use crate::text::visible;
use crate::writer::AnswerWriter;

pub(crate) struct MarkdownWriter<W> {
    schema: SchemaRef,
    out: W,
}

impl<W: Write> MarkdownWriter<W> {
    pub(crate) fn new(schema: SchemaRef, mut out: W) -> Result<Self, ReportError> {
        let fields = schema.fields();
        line(&mut out, fields.iter().map(|field| escaped(field.name())))?;
        let numbers = fields.iter().map(|field| field.data_type().is_numeric());
        line(&mut out, numbers.map(|number| if number { "---:" } else { "---" }.to_owned()))?;
        Ok(Self { schema, out })
    }
}

impl<W: Write> AnswerWriter for MarkdownWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        for row in cells::rows(batch)? {
            let cells = row.into_iter().zip(self.schema.fields()).map(|(cell, field)| match cell {
                None => "*NULL*".to_owned(),
                Some(value) if cells::is_harmless(field.data_type()) => value,
                Some(text) => escaped(&text),
            });
            line(&mut self.out, cells)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        Ok(self.out.flush()?)
    }
}

fn line(out: &mut impl Write, cells: impl Iterator<Item = String>) -> std::io::Result<()> {
    for cell in cells {
        write!(out, "| {cell} ")?;
    }
    writeln!(out, "|")
}

/// The text so that Markdown shows it as it is.
///
/// A backslash is enough for markup, raw HTML and the schemes that become links. A bar is an entity,
/// because renderers disagree on a backslash before a backslash before a bar. Mentions, addresses and
/// formulas are found after backslashes are gone; what begins them stands in a `span` of its own, as
/// GitHub advises for dollar signs.
pub(crate) fn escaped(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len());
    let mut before = ' ';
    for c in visible(text).chars() {
        match c {
            '|' => markdown.push_str("&#124;"),
            '@' | '$' => markdown.extend(["<span>\\", c.encode_utf8(&mut [0; 4]), "</span>"]),
            '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '<' | '>' | '&' | '#' => markdown.extend(['\\', c]),
            // `http:` begins a link, and so does `www.`.
            ':' if before.is_ascii_alphabetic() => markdown.push_str("\\:"),
            '.' if matches!(before, 'w' | 'W') => markdown.push_str("\\."),
            c => markdown.push(c),
        }
        before = c;
    }
    markdown
}
