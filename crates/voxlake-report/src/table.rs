//! A table for people: numbers to the right, NULL shown as such, control characters made harmless.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use comfy_table::{Cell, CellAlignment, Table};

use crate::{AnswerWriter, ReportError, cells};

/// Thin lines between header and rows, none around: it can be read and be pasted.
const LINES: &str = "     ──            ";

pub(crate) struct TableWriter<W> {
    schema: SchemaRef,
    rows: Vec<Vec<String>>,
    out: W,
}

impl<W: Write> TableWriter<W> {
    pub(crate) fn new(schema: SchemaRef, out: W) -> Self {
        Self { schema, rows: Vec::new(), out }
    }
}

impl<W: Write> AnswerWriter for TableWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        self.rows.extend(cells::rows(batch, "NULL")?);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        let mut table = Table::new();
        table.load_preset(LINES);
        let fields = self.schema.fields();
        let aligned = |at: usize, text: &str| {
            let number = fields.get(at).is_some_and(|field| field.data_type().is_numeric());
            let side = if number { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(visible(text)).set_alignment(side)
        };
        table.set_header(fields.iter().enumerate().map(|(at, field)| aligned(at, field.name())));
        for row in self.rows.drain(..) {
            table.add_row(row.iter().enumerate().map(|(at, text)| aligned(at, text)));
        }
        for line in table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(self.out.flush()?)
    }
}

/// The text with every control character spelled out, so that no call can talk to the terminal.
fn visible(text: &str) -> String {
    // Also the invisible marks that turn the direction of text.
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .flat_map(|c| if steers(c) { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}
