//! A table for people: numbers to the right, NULL shown as such, control characters made harmless.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use comfy_table::{Cell, CellAlignment, Table, TableComponent, presets};

use crate::{AnswerWriter, ReportError, cells, visible};

/// A table wider than this breaks its headers at underscores.
const WIDE: usize = 100;

pub(crate) struct TableWriter<W> {
    schema: SchemaRef,
    rows: Vec<Vec<String>>,
    out: W,
}

impl<W: Write> TableWriter<W> {
    pub(crate) fn new(schema: SchemaRef, out: W) -> Self {
        Self { schema, rows: Vec::new(), out }
    }

    /// The rows under `names`, with a line between and none around: it can be read and be pasted.
    fn table(&self, names: &[&str]) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_style(TableComponent::HeaderLines, '─');
        let fields = self.schema.fields();
        let aligned = |at: usize, text: String| {
            let number = fields.get(at).is_some_and(|field| field.data_type().is_numeric());
            Cell::new(text).set_alignment(if number { CellAlignment::Right } else { CellAlignment::Left })
        };
        let lines = |text: &str| text.split('\n').map(visible).collect::<Vec<_>>().join("\n");
        table.set_header(names.iter().enumerate().map(|(at, name)| aligned(at, lines(name))));
        for row in &self.rows {
            table.add_row(row.iter().enumerate().map(|(at, text)| aligned(at, visible(text))));
        }
        table
    }
}

impl<W: Write> AnswerWriter for TableWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        self.rows.extend(cells::rows(batch, "NULL")?);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        let names: Vec<&str> = self.schema.fields().iter().map(|field| field.name().as_str()).collect();
        let mut table = self.table(&names);
        if table.lines().next().is_some_and(|header| header.chars().count() > WIDE) {
            let broken: Vec<String> = names.iter().map(|name| name.replace('_', "\n")).collect();
            table = self.table(&broken.iter().map(String::as_str).collect::<Vec<_>>());
        }
        for line in table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(self.out.flush()?)
    }
}
