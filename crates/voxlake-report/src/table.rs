//! A table for people: numbers to the right, NULL shown as such, control characters made harmless.

mod fit;

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use comfy_table::{Cell, CellAlignment, Table, TableComponent, presets};

use crate::{AnswerWriter, ReportError, cells, visible};
use fit::Column;
pub(crate) use fit::cut;

/// A table wider than this, or than the width that it was given, breaks its headers at underscores.
const WIDE: usize = 100;

pub(crate) struct TableWriter<W> {
    schema: SchemaRef,
    width: Option<usize>,
    rows: Vec<Vec<String>>,
    out: W,
}

impl<W: Write> TableWriter<W> {
    pub(crate) fn new(schema: SchemaRef, width: Option<u16>, out: W) -> Self {
        Self { schema, width: width.map(usize::from), rows: Vec::new(), out }
    }

    fn headers(&self, shown: fn(&str) -> String) -> Vec<String> {
        self.schema.fields().iter().map(|field| shown(field.name())).collect()
    }

    /// The columns with the widths of their cells.
    fn columns(&self) -> Vec<Column> {
        let mut columns: Vec<Column> =
            self.schema.fields().iter().map(|field| Column::of(field.data_type())).collect();
        for row in &self.rows {
            columns.iter_mut().zip(row).for_each(|(column, cell)| column.hold(cell));
        }
        columns
    }

    /// The rows under their headers, with a line between and none around: it can be read and be pasted.
    fn table(&self) -> Table {
        let mut columns = self.columns();
        let mut headers = self.headers(visible);
        fit::head(&mut columns, &headers);
        if fit::total_width(&columns) > self.width.unwrap_or(WIDE) {
            headers = self.headers(broken);
            fit::head(&mut columns, &headers);
        }
        if let Some(width) = self.width {
            fit::narrow(&mut columns, width);
        }
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_style(TableComponent::HeaderLines, '─');
        let aligned = |column: &Column, text: &str| {
            let side = if column.number { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(text).set_alignment(side)
        };
        table.set_header(columns.iter().zip(&headers).map(|(column, header)| aligned(column, header)));
        for row in &self.rows {
            let cells = columns.iter().zip(row);
            table.add_row(cells.map(|(column, text)| aligned(column, &cut(text, column.width()))));
        }
        table
    }
}

/// A header over several lines, which makes its column narrower.
fn broken(name: &str) -> String {
    name.split('_').map(visible).collect::<Vec<_>>().join("\n")
}

impl<W: Write> AnswerWriter for TableWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        let shown = |cell: Option<String>| cell.map_or_else(|| "NULL".to_owned(), |text| visible(&text));
        let rows = cells::rows(batch)?.into_iter();
        self.rows.extend(rows.map(|row| row.into_iter().map(shown).collect::<Vec<_>>()));
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        for line in self.table().lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(self.out.flush()?)
    }
}
