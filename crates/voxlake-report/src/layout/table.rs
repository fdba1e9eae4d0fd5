//! Layout of a section's table.

use serde::Serialize;

use super::cells::CellFormatter;
use super::columns::DisplayColumns;
use crate::content::SectionResult;
use crate::content::grid::{Grid, Row, RowKind};
use crate::content::labels;
use crate::definition::{SectionDefinition, View};
use crate::error::ReportError;
use crate::text::escape_control_chars;

/// Maximum rows of a table, unless the section sets a limit.
pub(super) const DEFAULT_MAX_ROWS: usize = 200;

/// A table for people.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TableLayout {
    pub(crate) columns: Vec<ColumnLayout>,
    /// Items and rests.
    pub(crate) rows: Vec<RowLayout>,
    pub(crate) totals: Vec<RowLayout>,
    /// Number of rows left out.
    pub(crate) more: usize,
    /// Sentences about columns with one value, which are left out.
    pub(crate) notes: Vec<String>,
    /// True if rows add up to their totals; `None` if the result has no differences.
    pub(crate) adds_up: Option<bool>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ColumnLayout {
    pub(crate) heading: String,
    pub(crate) number: bool,
    pub(crate) help: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct RowLayout {
    pub(crate) rest: bool,
    pub(crate) cells: Vec<CellLayout>,
}

/// A cell: its formatted text, and its exact value if it is a number.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CellLayout {
    pub(crate) text: String,
    pub(crate) value: Option<String>,
    pub(crate) number: bool,
}

impl TableLayout {
    /// Leaves out the items after the first `limit`.
    pub(crate) fn limit_items(&mut self, limit: usize) {
        let shown = limit_items(&self.rows, limit, |row| row.rest);
        self.more += self.rows.len() - shown.len();
        self.rows = shown;
    }
}

/// Returns the heading of a column.
pub(crate) fn column_heading(section: &SectionDefinition, column: &str) -> String {
    section.labels.get(column).cloned().unwrap_or_else(|| labels::column_heading(column))
}

/// Returns the columns of a table: those that the section names, else all that carry information.
fn displayed_columns(section: &SectionDefinition, grid: &Grid) -> DisplayColumns {
    match &section.view {
        View::Table(names) if !names.is_empty() => DisplayColumns::named(grid, names),
        view => DisplayColumns::informative(grid, &drawn_columns(view)),
    }
}

/// Returns the columns that a chart draws.
fn drawn_columns(view: &View) -> Vec<String> {
    match view {
        View::Bar { category, value } => vec![category.clone(), value.clone()],
        View::StackedBar { category, series, value } => vec![category.clone(), series.clone(), value.clone()],
        View::Line { category, values, series } => {
            std::iter::once(category).chain(values).chain(series).cloned().collect()
        }
        View::Heatmap { row, column, value } => vec![row.clone(), column.clone(), value.clone()],
        View::Table(_) | View::Figures(_) | View::Text => Vec::new(),
    }
}

/// Returns the table of a result. The limit of the section applies only if the table is its view; a
/// chart's table has more rows.
pub(crate) fn table_layout(
    section: &SectionDefinition,
    result: &SectionResult,
) -> Result<TableLayout, ReportError> {
    let grid = Grid::from_result(result)?.select_rows(section);
    let columns = displayed_columns(section, &grid);
    let shown = &columns.shown;
    let formatter = CellFormatter::new(&grid, shown);
    let row = |row: &Row| {
        let cells = shown.iter().zip(formatter.format_row(row)).map(|(at, text)| {
            let number = grid.columns[*at].is_number;
            let value = row.cells[*at].clone().filter(|_| number);
            CellLayout { text: escape_control_chars(&text), value, number }
        });
        RowLayout { rest: row.kind == RowKind::Rest, cells: cells.collect() }
    };
    let limit = match section.view {
        View::Table(_) => section.limit.unwrap_or(DEFAULT_MAX_ROWS),
        _ => DEFAULT_MAX_ROWS,
    };
    let totals = grid.rows.iter().filter(|row| row.kind == RowKind::Total);
    let others: Vec<&Row> = grid.rows.iter().filter(|row| row.kind != RowKind::Total).collect();
    let shown_rows = limit_items(&others, limit, |row| row.kind == RowKind::Rest);
    let notes = columns.constant_notes(&grid, |name| column_heading(section, name));
    Ok(TableLayout {
        columns: shown
            .iter()
            .map(|at| ColumnLayout {
                heading: escape_control_chars(&column_heading(section, &grid.columns[*at].name)),
                number: grid.columns[*at].is_number,
                help: escape_control_chars(&grid.columns[*at].help),
            })
            .collect(),
        more: others.len() - shown_rows.len(),
        rows: shown_rows.into_iter().map(row).collect(),
        totals: totals.map(row).collect(),
        notes: notes.iter().map(|note| escape_control_chars(&format!("{note}."))).collect(),
        adds_up: grid.adds_up(),
    })
}

/// Returns the first `limit` items of `rows` and all rests: what belongs to no item is never left
/// out.
pub(super) fn limit_items<T: Clone>(rows: &[T], limit: usize, is_rest: impl Fn(&T) -> bool) -> Vec<T> {
    let mut items = 0;
    let is_shown = |row: &&T| {
        items += usize::from(!is_rest(row));
        is_rest(row) || items <= limit
    };
    rows.iter().filter(is_shown).cloned().collect()
}
