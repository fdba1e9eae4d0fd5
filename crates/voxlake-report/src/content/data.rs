//! An answer's rows as text, those for people picked and sorted.

use super::answered::Answered;
use super::number::Decimal;
use super::words;
use crate::cells;
use crate::definition::{ColumnAbout, SectionDefinition};
use crate::error::ReportError;

/// What a row is of, by the column `line` that every standing question has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowKind {
    /// One of what the answer tells apart.
    Item,
    /// What belongs to none of them.
    Rest,
    /// All together.
    Total,
}

/// A row: its cells, `None` being NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) kind: RowKind,
    /// What the column `line` says; empty where there is none.
    pub(crate) line: String,
    pub(crate) cells: Vec<Option<String>>,
}

/// The rows of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) columns: Vec<ColumnAbout>,
    pub(crate) rows: Vec<Row>,
}

/// The column that says what a row is of.
pub(crate) const LINE: &str = "line";
/// The column that shows that rows add up.
pub(crate) const DIFFERENCE: &str = "difference";

impl Grid {
    pub(crate) fn of(answered: &Answered) -> Result<Self, ReportError> {
        let line = answered.columns.iter().position(|column| column.name == LINE);
        let rows = cells::rows(&answered.rows)?.into_iter().map(|cells| {
            let line = line.and_then(|at| cells.get(at).cloned().flatten()).unwrap_or_default();
            let kind = match line.as_str() {
                "total" => RowKind::Total,
                "none" | "other" | "unallocated" => RowKind::Rest,
                _ => RowKind::Item,
            };
            Row { kind, line, cells }
        });
        Ok(Self { columns: answered.columns.clone(), rows: rows.collect() })
    }

    pub(crate) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|about| about.name == column)
    }

    pub(crate) fn cell<'a>(&self, row: &'a Row, column: &str) -> Option<&'a str> {
        row.cells.get(self.place(column)?)?.as_deref()
    }

    /// The rows of the lines that a section shows, sorted as it wants them; rests and totals last.
    pub(crate) fn picked(&self, section: &SectionDefinition) -> Self {
        let mut rows: Vec<Row> = self
            .rows
            .iter()
            .filter(|row| section.lines.is_empty() || section.lines.contains(&row.line))
            .cloned()
            .collect();
        if let Some((at, descending)) =
            section.sort.as_ref().and_then(|(column, descending)| Some((self.place(column)?, *descending)))
        {
            let number = self.columns[at].is_number;
            rows.sort_by(|a, b| {
                let by_value = compare(&a.cells[at], &b.cells[at], number, descending);
                a.kind.cmp(&b.kind).then(by_value)
            });
        }
        Self { columns: self.columns.clone(), rows }
    }

    /// Whether all rows that have to add up do; `None` where nothing says so.
    pub(crate) fn adds_up(&self) -> Option<bool> {
        let at: Vec<usize> = (0..self.columns.len())
            .filter(|at| self.columns[*at].name.starts_with(DIFFERENCE) && self.columns[*at].is_number)
            .collect();
        // The audit's difference is of a charge and what was expected of it, which is what it looks for.
        if self.place("expected").is_some() {
            return None;
        }
        let totals = self.rows.iter().filter(|row| row.kind == RowKind::Total);
        let differences: Vec<Decimal> = totals
            .flat_map(|row| at.iter().filter_map(|at| row.cells[*at].as_deref().and_then(Decimal::parse)))
            .collect();
        (!differences.is_empty()).then(|| differences.iter().all(|difference| difference.is_zero()))
    }

    /// What names a row in a column: its value, or what its line says.
    pub(crate) fn name(&self, row: &Row, column: &str) -> String {
        match self.cell(row, column) {
            Some(text) => words::category(text),
            None if words::of_line(&row.line).is_empty() => "None".to_owned(),
            None => words::of_line(&row.line).to_owned(),
        }
    }
}

/// NULL last, whichever way.
fn compare(a: &Option<String>, b: &Option<String>, number: bool, descending: bool) -> std::cmp::Ordering {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none().cmp(&b.is_none()) };
    let order = match (number, Decimal::parse(a), Decimal::parse(b)) {
        (true, Some(a), Some(b)) => a.compare(b),
        _ => a.cmp(b),
    };
    if descending { order.reverse() } else { order }
}
