//! Table for a terminal: numbers are aligned to the right, NULL is spelled out, and control
//! characters are escaped.

mod fit;

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use comfy_table::{Cell, CellAlignment, Table, TableComponent, presets};

use crate::cells;
use crate::error::ReportError;
use crate::options::WriterOptions;
use crate::result_writer::ResultWriter;
use crate::text::{ELLIPSIS, escape_control_chars, truncate};
use fit::ColumnWidths;

/// Width from which headers are split at underscores, if no width is given.
const DEFAULT_WIDTH: usize = 100;

pub(crate) struct TableWriter<W> {
    schema: SchemaRef,
    width: Option<usize>,
    /// True if columns that do not fit the width are left out.
    is_fitted: bool,
    rows: Vec<Vec<String>>,
    /// Notes below the table.
    notes: Vec<String>,
    out: W,
}

impl<W: Write> TableWriter<W> {
    pub(crate) fn new(schema: SchemaRef, options: &WriterOptions, out: W) -> Self {
        let width = options.width.map(usize::from);
        Self { schema, width, is_fitted: false, rows: Vec::new(), notes: options.notes.clone(), out }
    }

    /// Leaves out columns in the middle, so that the table is never wider than its width.
    pub(crate) fn fitted(self) -> Self {
        Self { is_fitted: true, ..self }
    }

    fn headers(&self, format: fn(&str) -> String) -> Vec<String> {
        self.schema.fields().iter().map(|field| format(field.name())).collect()
    }

    /// Returns the columns with the widths of their cells.
    fn measure_columns(&self) -> Vec<ColumnWidths> {
        let mut columns: Vec<ColumnWidths> =
            self.schema.fields().iter().map(|field| ColumnWidths::for_field(field)).collect();
        for row in &self.rows {
            columns.iter_mut().zip(row).for_each(|(column, cell)| column.measure_cell(cell));
        }
        columns
    }

    /// Returns the table and the number of columns left out. Its only line is below the header, so
    /// that it can be read and pasted.
    fn build_table(&self) -> (Table, usize) {
        let mut columns = self.measure_columns();
        let mut headers = self.headers(escape_control_chars);
        fit::measure_headers(&mut columns, &headers);
        if fit::total_width(&columns) > self.width.unwrap_or(DEFAULT_WIDTH) {
            headers = self.headers(split_header);
            fit::measure_headers(&mut columns, &headers);
        }
        if let Some(width) = self.width {
            fit::shrink_text(&mut columns, width);
        }
        let visible = match self.width.filter(|_| self.is_fitted) {
            Some(width) => fit::visible_columns(&columns, width),
            None => (0..columns.len()).map(Some).collect(),
        };
        let left_out = columns.len() - visible.iter().flatten().count();
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_style(TableComponent::HeaderLines, '─');
        let aligned = |column: &ColumnWidths, text: &str| {
            let side = if column.is_number { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(text).set_alignment(side)
        };
        let gap = || Cell::new(ELLIPSIS);
        let header = |at: usize| aligned(&columns[at], &headers[at]);
        table.set_header(visible.iter().map(|column| column.map_or_else(gap, header)));
        for row in &self.rows {
            let cell = |at: usize| aligned(&columns[at], &truncate(&row[at], columns[at].width()));
            table.add_row(visible.iter().map(|column| column.map_or_else(gap, cell)));
        }
        (table, left_out)
    }
}

/// Writes notes below a table on a terminal.
pub(super) fn write_notes(notes: &[String], out: &mut impl Write) -> std::io::Result<()> {
    if !notes.is_empty() {
        writeln!(out)?;
    }
    notes.iter().try_for_each(|note| writeln!(out, "{}", escape_control_chars(note)))
}

/// Splits a header into lines at underscores, to narrow its column.
fn split_header(name: &str) -> String {
    name.split('_').map(escape_control_chars).collect::<Vec<_>>().join("\n")
}

impl<W: Write> ResultWriter for TableWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        let format =
            |cell: Option<String>| cell.map_or_else(|| "NULL".to_owned(), |text| escape_control_chars(&text));
        let rows = cells::rows_as_text(batch)?.into_iter();
        self.rows.extend(rows.map(|row| row.into_iter().map(format).collect::<Vec<_>>()));
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        let (table, left_out) = self.build_table();
        for line in table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        match left_out {
            0 => {}
            1 => writeln!(self.out, "… stands for a column that does not fit")?,
            many => writeln!(self.out, "… stands for {many} columns that do not fit")?,
        }
        write_notes(&self.notes, &mut self.out)?;
        Ok(self.out.flush()?)
    }
}
