//! How wide the columns of a table are, and how long text is cut short so that they fit.

use arrow::datatypes::DataType;
use unicode_width::UnicodeWidthStr;

use crate::cells;
use crate::text::ELLIPSIS;

/// Blanks around a cell.
const PADDING: usize = 2;
/// Text is not cut to less than this: less would tell nothing.
const NARROWEST: usize = 8;

/// A column of the table and its widths, in columns of a terminal: a wide character takes two.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) number: bool,
    /// Whether its cells may be cut: a number or a time with its end cut off would be another one.
    text: bool,
    header: usize,
    cells: usize,
}

impl Column {
    pub(super) fn of(data_type: &DataType) -> Self {
        Self { number: data_type.is_numeric(), text: !cells::is_harmless(data_type), header: 0, cells: 0 }
    }

    /// Makes room for `cell`.
    pub(super) fn hold(&mut self, cell: &str) {
        self.cells = self.cells.max(cell.width());
    }

    pub(super) fn width(&self) -> usize {
        self.header.max(self.cells)
    }

    /// Its width where text is cut to `most`.
    fn width_at(&self, most: usize) -> usize {
        if self.text { self.header.max(self.cells.min(most)) } else { self.width() }
    }
}

/// Makes room for `headers`, of one or more lines, above the cells.
pub(super) fn head(columns: &mut [Column], headers: &[String]) {
    for (column, header) in columns.iter_mut().zip(headers) {
        column.header = header.lines().map(UnicodeWidthStr::width).max().unwrap_or_default();
    }
}

/// The width of a table of `columns`.
pub(super) fn total_width(columns: &[Column]) -> usize {
    columns.iter().map(|column| column.width() + PADDING).sum()
}

/// Narrows the text of `columns` until a table of them takes no more than `width`: the longest first, so
/// that short ones stay whole. Where numbers and headers alone are wider, it takes more.
pub(super) fn narrow(columns: &mut [Column], width: usize) {
    let total = |most| columns.iter().map(|column| column.width_at(most) + PADDING).sum::<usize>();
    let longest = columns.iter().map(Column::width).max().unwrap_or_default();
    let most = (NARROWEST..=longest.min(width)).rev().find(|most| total(*most) <= width).unwrap_or(NARROWEST);
    for column in columns {
        column.cells = column.width_at(most);
    }
}

/// The places of the columns that fit into `width`, from both ends, and `None` where others are left out; at
/// least the first column.
pub(super) fn shown(columns: &[Column], width: usize) -> Vec<Option<usize>> {
    if total_width(columns) <= width {
        return (0..columns.len()).map(Some).collect();
    }
    let width_of = |at: usize| columns.get(at).map_or(0, |column| column.width() + PADDING);
    let mut room = width.saturating_sub(ELLIPSIS.width() + PADDING);
    let (mut left, mut right) = (0, columns.len());
    while left < right {
        // Two from the beginning for each from the end: what comes first tells what a row is.
        let from_left = (left + 1) <= 2 * (columns.len() - right + 1);
        let next = if from_left { left } else { right - 1 };
        match room.checked_sub(width_of(next)) {
            Some(rest) => room = rest,
            None if left > 0 => break,
            None => {}
        }
        if from_left { left += 1 } else { right -= 1 }
    }
    let (first, last) = ((0..left).map(Some), (right..columns.len()).map(Some));
    first.chain((left < right).then_some(None)).chain(last).collect()
}
