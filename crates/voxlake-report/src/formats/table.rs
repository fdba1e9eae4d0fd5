//! A table for people: numbers to the right, NULL shown as such, control characters made harmless.

mod fit;

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use comfy_table::{Cell, CellAlignment, Table, TableComponent, presets};

use crate::cells;
use crate::error::ReportError;
use crate::text::{ELLIPSIS, cut, visible};
use crate::writer::AnswerWriter;
use fit::Column;

/// A table wider than this, or than the width that it was given, breaks its headers at underscores.
const WIDE: usize = 100;

pub(crate) struct TableWriter<W> {
    schema: SchemaRef,
    width: Option<usize>,
    /// Whether columns are left out where all together are wider than the terminal.
    fitted: bool,
    rows: Vec<Vec<String>>,
    out: W,
}

impl<W: Write> TableWriter<W> {
    pub(crate) fn new(schema: SchemaRef, width: Option<u16>, out: W) -> Self {
        Self { schema, width: width.map(usize::from), fitted: false, rows: Vec::new(), out }
    }

    /// The writer of a table that is never wider than its width: columns in the middle are left out for that.
    pub(crate) fn fitted(self) -> Self {
        Self { fitted: true, ..self }
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
    fn table(&self) -> (Table, usize) {
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
        let shown = match self.width.filter(|_| self.fitted) {
            Some(width) => fit::shown(&columns, width),
            None => (0..columns.len()).map(Some).collect(),
        };
        let left_out = columns.len() - shown.iter().flatten().count();
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_style(TableComponent::HeaderLines, '─');
        let aligned = |column: &Column, text: &str| {
            let side = if column.number { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(text).set_alignment(side)
        };
        let gap = || Cell::new(ELLIPSIS);
        table.set_header(
            shown.iter().map(|place| place.map_or_else(gap, |at| aligned(&columns[at], &headers[at]))),
        );
        for row in &self.rows {
            let cell = |at: usize| aligned(&columns[at], &cut(&row[at], columns[at].width()));
            table.add_row(shown.iter().map(|place| place.map_or_else(gap, cell)));
        }
        (table, left_out)
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
        let (table, left_out) = self.table();
        for line in table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        match left_out {
            0 => {}
            1 => writeln!(self.out, "… stands for a column that does not fit")?,
            many => writeln!(self.out, "… stands for {many} columns that do not fit")?,
        }
        Ok(self.out.flush()?)
    }
}
