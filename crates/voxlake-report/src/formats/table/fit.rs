//! Widths of the columns of a table, and the truncation of text that makes them fit.

use arrow::datatypes::Field;
use unicode_width::UnicodeWidthStr;

use crate::cells;
use crate::text::ELLIPSIS;

/// Spaces around a cell.
const PADDING: usize = 2;
/// Minimum width of truncated text: shorter text would not be recognizable.
const MIN_TEXT_COLUMNS: usize = 8;

/// Widths of a column of the table, in terminal columns: a wide character takes two.
#[derive(Debug)]
pub(super) struct ColumnWidths {
    pub(super) is_number: bool,
    /// True if its cells may be truncated. A truncated number or time would be a different one.
    is_text: bool,
    header: usize,
    cells: usize,
}

impl ColumnWidths {
    pub(super) fn for_field(field: &Field) -> Self {
        let is_number = cells::is_number(field);
        let is_text = !is_number && !cells::is_trusted_type(field.data_type());
        Self { is_number, is_text, header: 0, cells: 0 }
    }

    /// Widens the column to the width of `cell`.
    pub(super) fn measure_cell(&mut self, cell: &str) {
        self.cells = self.cells.max(cell.width());
    }

    pub(super) fn width(&self) -> usize {
        self.header.max(self.cells)
    }

    /// Returns the width if text is truncated to `max` columns.
    fn width_with_text(&self, max: usize) -> usize {
        if self.is_text { self.header.max(self.cells.min(max)) } else { self.width() }
    }
}

/// Sets the widths of the headers, which may have several lines.
pub(super) fn measure_headers(columns: &mut [ColumnWidths], headers: &[String]) {
    for (column, header) in columns.iter_mut().zip(headers) {
        column.header = header.lines().map(UnicodeWidthStr::width).max().unwrap_or_default();
    }
}

/// Returns the width of a table of `columns`.
pub(super) fn total_width(columns: &[ColumnWidths]) -> usize {
    columns.iter().map(|column| column.width() + PADDING).sum()
}

/// Shrinks columns of text, the widest first, until the table fits into `width`. The table may stay
/// wider, because numbers and headers are not truncated.
pub(super) fn shrink_text(columns: &mut [ColumnWidths], width: usize) {
    let total = |max| columns.iter().map(|column| column.width_with_text(max) + PADDING).sum::<usize>();
    let widest = columns.iter().map(ColumnWidths::width).max().unwrap_or_default();
    let max = (MIN_TEXT_COLUMNS..=widest.min(width)).rev().find(|max| total(*max) <= width);
    let max = max.unwrap_or(MIN_TEXT_COLUMNS);
    for column in columns {
        column.cells = column.width_with_text(max);
    }
}

/// Returns the indexes of the columns that fit into `width`, with `None` in place of those left
/// out. The first column is always shown.
pub(super) fn visible_columns(columns: &[ColumnWidths], width: usize) -> Vec<Option<usize>> {
    if total_width(columns) <= width {
        return (0..columns.len()).map(Some).collect();
    }
    let width_of = |at: usize| columns.get(at).map_or(0, |column| column.width() + PADDING);
    let mut available = width.saturating_sub(ELLIPSIS.width() + PADDING);
    let (mut left, mut right) = (0, columns.len());
    while left < right {
        // Two from the left for each from the right: the first columns identify a row.
        let from_left = (left + 1) <= 2 * (columns.len() - right + 1);
        let next = if from_left { left } else { right - 1 };
        match available.checked_sub(width_of(next)) {
            Some(rest) => available = rest,
            None if left > 0 => break,
            None => {}
        }
        if from_left { left += 1 } else { right -= 1 }
    }
    let (first, last) = ((0..left).map(Some), (right..columns.len()).map(Some));
    first.chain((left < right).then_some(None)).chain(last).collect()
}
