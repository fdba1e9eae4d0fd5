//! Rows of a result as text, filtered and sorted for people.

use std::cmp::Ordering;

use super::labels;
use super::number::Decimal;
use super::section_result::SectionResult;
use crate::cells;
use crate::definition::{ColumnMeta, SectionDefinition, Unit};
use crate::error::ReportError;

/// Name of the column with the kind of each row.
pub(crate) const LINE_COLUMN: &str = "line";
/// Name of the column that distinguishes periods, if the result has several.
pub(crate) const PERIOD_COLUMN: &str = "period";
/// Prefix of the names of columns with the difference between the sum of the rows and their total.
pub(crate) const DIFFERENCE_PREFIX: &str = "difference";

/// Name of the column with the part of an amount that belongs to no group.
pub(crate) const PART_COLUMN: &str = "part";
/// Name of the column that describes a total in words. It takes the place of counts that are NULL:
/// `not checked (576)`.
pub(crate) const OUTCOME_COLUMN: &str = "outcome";

/// Kind of a row, by the column `line` that every shipped query has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowKind {
    /// One of the groups.
    Item,
    /// Everything that belongs to no group.
    Rest,
    /// Total of all groups.
    Total,
}

/// A row; a cell is `None` if it is NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) kind: RowKind,
    /// Value of the column `line`; empty without that column.
    pub(crate) line: String,
    pub(crate) cells: Vec<Option<String>>,
}

/// Rows and columns of a result.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) columns: Vec<ColumnMeta>,
    pub(crate) rows: Vec<Row>,
}

impl Grid {
    pub(crate) fn from_result(result: &SectionResult) -> Result<Self, ReportError> {
        Ok(Self::from_rows(result.columns.clone(), cells::rows_as_text(&result.rows)?))
    }

    /// Creates the grid of rows of text with these columns.
    pub(crate) fn from_rows(columns: Vec<ColumnMeta>, rows: Vec<Vec<Option<String>>>) -> Self {
        let line_at = columns.iter().position(|column| column.name == LINE_COLUMN);
        let rows = rows.into_iter().map(|cells| {
            let line = line_at.and_then(|at| cells.get(at).cloned().flatten()).unwrap_or_default();
            let kind = match line.as_str() {
                "total" => RowKind::Total,
                "none" | "other" | "unallocated" => RowKind::Rest,
                _ => RowKind::Item,
            };
            Row { kind, line, cells }
        });
        Self { rows: rows.collect(), columns }
    }

    pub(crate) fn column_index(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|meta| meta.name == column)
    }

    pub(crate) fn cell<'a>(&self, row: &'a Row, column: &str) -> Option<&'a str> {
        row.cells.get(self.column_index(column)?)?.as_deref()
    }

    /// Returns the rows that `section` shows, in its order; rests and totals are last.
    pub(crate) fn select_rows(&self, section: &SectionDefinition) -> Self {
        let mut rows: Vec<Row> = self
            .rows
            .iter()
            .filter(|row| section.lines.is_empty() || section.lines.contains(&row.line))
            .cloned()
            .collect();
        let sort = section.sort.as_ref();
        if let Some((at, descending)) =
            sort.and_then(|(column, descending)| Some((self.column_index(column)?, *descending)))
        {
            let is_number = self.columns[at].is_number;
            rows.sort_by(|a, b| {
                let by_value = compare_cells(&a.cells[at], &b.cells[at], is_number, descending);
                a.kind.cmp(&b.kind).then(by_value)
            });
        }
        Self { columns: self.columns.clone(), rows }
    }

    /// Returns true if all rows add up to their totals; `None` if the result has no differences.
    pub(crate) fn adds_up(&self) -> Option<bool> {
        let at: Vec<usize> = (0..self.columns.len())
            .filter(|at| self.columns[*at].name.starts_with(DIFFERENCE_PREFIX) && self.columns[*at].is_number)
            .collect();
        // In charge_audit, the difference is a finding: the charge minus the expected one.
        if self.column_index("expected").is_some() {
            return None;
        }
        let totals = self.rows.iter().filter(|row| row.kind == RowKind::Total);
        let differences: Vec<Decimal> = totals
            .flat_map(|row| at.iter().filter_map(|at| row.cells[*at].as_deref().and_then(Decimal::parse)))
            .collect();
        (!differences.is_empty()).then(|| differences.iter().all(|difference| difference.is_zero()))
    }

    /// Returns a value of a column of text as people read it.
    pub(crate) fn label(&self, column: usize, value: &str) -> String {
        let label = self.columns.get(column).and_then(|meta| meta.labels.get(value));
        label.cloned().unwrap_or_else(|| labels::category_label(value))
    }

    /// Returns the label of a row: its value in `column`, or the label of its line if that is NULL.
    pub(crate) fn row_label(&self, row: &Row, column: &str) -> String {
        match self.cell(row, column) {
            Some(text) => labels::category_label(text),
            None => self.line_label(row).unwrap_or_else(|| "None".to_owned()),
        }
    }

    /// Returns the label of a row's line, with its part: `Not allocated: legs without queue`. Items
    /// have none.
    pub(crate) fn line_label(&self, row: &Row) -> Option<String> {
        let label = Some(labels::line_label(&row.line)).filter(|label| !label.is_empty())?;
        Some(match self.cell(row, PART_COLUMN) {
            Some(part) => format!("{label}: {part}"),
            None => label.to_owned(),
        })
    }

    /// Returns the outcome of a total in words, if the query has one.
    pub(crate) fn outcome<'a>(&self, row: &'a Row) -> Option<&'a str> {
        self.cell(row, OUTCOME_COLUMN).filter(|_| row.kind == RowKind::Total)
    }

    /// Returns the words in place of a number that is NULL.
    pub(crate) fn null_words<'a>(&self, row: &'a Row, column: usize) -> Option<&'a str> {
        let is_count = matches!(self.columns[column].unit, Unit::Count(_));
        self.outcome(row).filter(|_| is_count && row.cells[column].is_none())
    }
}

/// Compares two cells. NULL is last in both directions.
fn compare_cells(a: &Option<String>, b: &Option<String>, is_number: bool, descending: bool) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none().cmp(&b.is_none()) };
    let order = match (is_number, Decimal::parse(a), Decimal::parse(b)) {
        (true, Some(a), Some(b)) => a.compare(b),
        _ => a.cmp(b),
    };
    if descending { order.reverse() } else { order }
}
