//! Table in GitHub Flavored Markdown. Its cells are plain text: no markup, no links, no mentions.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::cells;
use crate::error::ReportError;
use crate::options::WriterOptions;
use crate::result_writer::ResultWriter;
use crate::text::escape_control_chars;

pub(crate) struct MarkdownWriter<W> {
    schema: SchemaRef,
    /// Notes below the table.
    notes: Vec<String>,
    out: W,
}

impl<W: Write> MarkdownWriter<W> {
    pub(crate) fn new(schema: SchemaRef, options: &WriterOptions, mut out: W) -> Result<Self, ReportError> {
        let fields = schema.fields();
        write_line(&mut out, fields.iter().map(|field| escape_markdown(field.name())))?;
        let numbers = fields.iter().map(|field| cells::is_number(field));
        write_line(&mut out, numbers.map(|number| if number { "---:" } else { "---" }.to_owned()))?;
        Ok(Self { schema, notes: options.notes.clone(), out })
    }
}

impl<W: Write> ResultWriter for MarkdownWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        for row in cells::rows_as_text(batch)? {
            let cells = row.into_iter().zip(self.schema.fields()).map(|(cell, field)| match cell {
                None => "*NULL*".to_owned(),
                Some(value) if cells::is_trusted_type(field.data_type()) => value,
                Some(text) => escape_markdown(&text),
            });
            write_line(&mut self.out, cells)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        for note in &self.notes {
            writeln!(self.out, "\n{}", escape_markdown(note))?;
        }
        Ok(self.out.flush()?)
    }
}

fn write_line(out: &mut impl Write, cells: impl Iterator<Item = String>) -> std::io::Result<()> {
    for cell in cells {
        write!(out, "| {cell} ")?;
    }
    writeln!(out, "|")
}

/// Escapes `text` so that Markdown shows it unchanged.
///
/// A backslash suffices for markup, raw HTML and the schemes of links. A vertical bar is written as
/// an entity, because renderers disagree on a backslash before a backslash before a bar. Mentions,
/// addresses and formulas are detected after backslashes are removed; so their first character is
/// put into a `span`, as GitHub recommends for dollar signs.
pub(crate) fn escape_markdown(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len());
    let mut before = ' ';
    for c in escape_control_chars(text).chars() {
        match c {
            '|' => markdown.push_str("&#124;"),
            '@' | '$' => markdown.extend(["<span>\\", c.encode_utf8(&mut [0; 4]), "</span>"]),
            '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '<' | '>' | '&' | '#' => markdown.extend(['\\', c]),
            // `http:` and `www.` start a link.
            ':' if before.is_ascii_alphabetic() => markdown.push_str("\\:"),
            '.' if matches!(before, 'w' | 'W') => markdown.push_str("\\."),
            c => markdown.push(c),
        }
        before = c;
    }
    markdown
}
