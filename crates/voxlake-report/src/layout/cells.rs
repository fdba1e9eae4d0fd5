//! Cells of a result as people read them.

use super::columns::label_column;
use crate::content::column_format::ColumnFormat;
use crate::content::grid::{Grid, LINE_COLUMN, Row, RowKind};

/// Placeholder for NULL. In totals, NULL is blank.
const NULL_TEXT: &str = "–";

/// Formats of the shown columns of a result.
pub(crate) struct CellFormatter<'a> {
    grid: &'a Grid,
    shown: &'a [usize],
    /// Formats of the shown columns.
    formats: Vec<ColumnFormat>,
    /// True if rows are labelled with their kind, because the column with the kind is not shown.
    has_labels: bool,
}

impl<'a> CellFormatter<'a> {
    pub(crate) fn new(grid: &'a Grid, shown: &'a [usize]) -> Self {
        let format = |at: &usize| {
            let values = grid.rows.iter().filter_map(|row| row.cells[*at].as_deref());
            ColumnFormat::for_values(&grid.columns[*at].unit, values)
        };
        let has_labels = grid.column_index(LINE_COLUMN).is_none_or(|line| !shown.contains(&line));
        Self { grid, shown, formats: shown.iter().map(format).collect(), has_labels }
    }

    /// Returns the formatted cells of a row, in the order of the shown columns.
    pub(crate) fn format_row(&self, row: &Row) -> Vec<String> {
        let label = if self.has_labels { self.grid.line_label(row) } else { None };
        let label_at = label_column(self.grid, self.shown, row);
        let cells = self.shown.iter().zip(&self.formats).map(|(at, format)| {
            if let (Some(label), true) = (&label, label_at == Some(*at)) {
                return label.clone();
            }
            match row.cells[*at].as_deref() {
                None if row.kind == RowKind::Total => {
                    self.grid.null_words(row, *at).unwrap_or_default().to_owned()
                }
                None => NULL_TEXT.to_owned(),
                Some(text) if self.grid.columns[*at].is_number => {
                    let currency = format.currency_column().and_then(|column| self.grid.cell(row, column));
                    format.format(text, currency)
                }
                Some(text) => self.grid.label(*at, text),
            }
        });
        cells.collect()
    }
}
