//! Columns of a result that people see.
//!
//! A column with one value in all rows is stated once below the table instead of being repeated in
//! each row. Ids, notes and the kind of each row are not columns for people: the kind and the part
//! of a rest are a label, and the outcome of a total takes the place of numbers that are NULL.

use crate::content::grid::{DIFFERENCE_PREFIX, Grid, LINE_COLUMN, OUTCOME_COLUMN, PART_COLUMN, Row, RowKind};
use crate::content::number::Decimal;
use crate::definition::{ColumnMeta, Unit};

/// Value of a grouping column of a query that does not group by it.
const UNGROUPED: &str = "all";

/// Columns of a result for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DisplayColumns {
    /// Indexes of the columns that are shown.
    pub(crate) shown: Vec<usize>,
    /// Columns with one value in all rows: index and value; `None` if it is NULL.
    pub(crate) constants: Vec<(usize, Option<String>)>,
}

/// Place of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Placement {
    Shown,
    Hidden,
    Constant(Option<String>),
}

impl DisplayColumns {
    /// Returns these columns, in this order.
    pub(crate) fn named(grid: &Grid, names: &[String]) -> Self {
        let shown = names.iter().filter_map(|name| grid.column_index(name)).collect();
        Self { shown, constants: Vec::new() }
    }

    /// Chooses the columns that carry information. Key columns and those in `keys` are shown even
    /// if they have one value.
    pub(crate) fn informative(grid: &Grid, keys: &[String]) -> Self {
        let mut placements: Vec<Placement> =
            (0..grid.columns.len()).map(|at| placement(grid, keys, at)).collect();
        show_numbers_if_all_are_constant(grid, &mut placements);
        let mut columns = Self { shown: Vec::new(), constants: Vec::new() };
        for (at, placement) in placements.into_iter().enumerate() {
            match placement {
                Placement::Shown => columns.shown.push(at),
                Placement::Hidden => {}
                Placement::Constant(value) => columns.constants.push((at, value)),
            }
        }
        if let Some(line) = grid.column_index(LINE_COLUMN)
            && !labels_replace_line(grid, &columns.shown)
        {
            columns.shown.insert(0, line);
            let has_parts = |at: &usize| grid.rows.iter().any(|row| row.cells[*at].is_some());
            columns.shown.extend(grid.column_index(PART_COLUMN).filter(has_parts));
        }
        columns
    }

    /// Returns sentences about the constant columns. `heading` returns the heading of a column.
    pub(crate) fn constant_notes(&self, grid: &Grid, heading: impl Fn(&str) -> String) -> Vec<String> {
        let name = |at: usize| heading(&grid.columns[at].name);
        let (valued, empty): (Vec<_>, Vec<_>) = self.constants.iter().partition(|(_, value)| value.is_some());
        let valued: Vec<String> = valued
            .iter()
            .map(|(at, value)| format!("{} {}", name(*at), value.as_deref().unwrap_or_default()))
            .collect();
        let empty: Vec<String> = empty.iter().map(|(at, _)| name(*at)).collect();
        let note = |label: &str, parts: &[String]| {
            (!parts.is_empty()).then(|| format!("{label}: {}", parts.join(", ")))
        };
        note("The same in every row", &valued).into_iter().chain(note("Without a value", &empty)).collect()
    }
}

fn placement(grid: &Grid, keys: &[String], at: usize) -> Placement {
    let ColumnMeta { name, unit, is_number, is_key, .. } = &grid.columns[at];
    let is_key = *is_key || keys.contains(name);
    let is_check = name.starts_with(DIFFERENCE_PREFIX) && grid.adds_up() == Some(true);
    let is_label = [LINE_COLUMN, PART_COLUMN, OUTCOME_COLUMN].contains(&name.as_str());
    if is_label || matches!(unit, Unit::Id | Unit::Note) || is_check {
        return Placement::Hidden;
    }
    if *is_number {
        if is_key {
            return Placement::Shown;
        }
        return number_placement(grid, at);
    }
    let mut values = grid.rows.iter().map(|row| row.cells[at].as_deref());
    let is_ungrouped = |row: &Row| match row.cells[at].as_deref() {
        None => row.kind == RowKind::Total,
        value => value == Some(UNGROUPED),
    };
    let has_items = grid.rows.iter().any(|row| row.kind != RowKind::Total);
    if has_items && grid.rows.iter().all(is_ungrouped) {
        return Placement::Hidden;
    }
    match values.next() {
        Some(first) if grid.rows.len() > 1 && !is_key && values.all(|value| value == first) => {
            Placement::Constant(first.map(|value| grid.label(at, value)))
        }
        _ => Placement::Shown,
    }
}

/// Leaves out a column of numbers that is zero or NULL in all rows. Other numbers are shown even if
/// they are equal. A column may be NULL in the items and zero in the totals; else NULL and zero
/// differ.
fn number_placement(grid: &Grid, at: usize) -> Placement {
    let is_zero = |row: &Row| row.cells[at].as_deref().and_then(Decimal::parse).is_some_and(Decimal::is_zero);
    let is_null = |row: &Row| row.cells[at].is_none() && grid.null_words(row, at).is_none();
    let (totals, others): (Vec<&Row>, Vec<&Row>) =
        grid.rows.iter().partition(|row| row.kind == RowKind::Total);
    let all = |rows: &[&Row], is: &dyn Fn(&Row) -> bool| rows.iter().all(|row| is(row));
    if grid.rows.len() < 2 {
        Placement::Shown
    } else if all(&totals, &is_null) && all(&others, &is_null) {
        Placement::Constant(None)
    } else if all(&totals, &is_zero) && (all(&others, &is_zero) || all(&others, &is_null)) {
        Placement::Constant(Some("0".to_owned()))
    } else {
        Placement::Shown
    }
}

/// A result whose numbers are all zero would be a table without numbers.
fn show_numbers_if_all_are_constant(grid: &Grid, placements: &mut [Placement]) {
    let is_number = |at: usize| grid.columns[at].is_number;
    if (0..placements.len()).any(|at| is_number(at) && placements[at] == Placement::Shown) {
        return;
    }
    for (at, placement) in placements.iter_mut().enumerate() {
        if is_number(at) && matches!(placement, Placement::Constant(Some(_))) {
            *placement = Placement::Shown;
        }
    }
}

/// Returns true if the label of each row says what its column `line` says.
fn labels_replace_line(grid: &Grid, shown: &[usize]) -> bool {
    let mut lines = grid.rows.iter().filter(|row| row.kind == RowKind::Item).map(|row| &row.line);
    let first = lines.next();
    lines.all(|line| Some(line) == first)
        && grid
            .rows
            .iter()
            .filter(|row| row.kind != RowKind::Item)
            .all(|row| label_column(grid, shown, row).is_some())
}

/// Returns the column that is labelled with the kind of a total or rest: the first column of text
/// without a value in this row.
pub(super) fn label_column(grid: &Grid, shown: &[usize], row: &Row) -> Option<usize> {
    let is_free = |at: usize| match row.cells[at].as_deref() {
        None => true,
        value => value == Some(UNGROUPED) && row.kind == RowKind::Total,
    };
    shown.iter().copied().find(|at| !grid.columns[*at].is_number && is_free(*at))
}
