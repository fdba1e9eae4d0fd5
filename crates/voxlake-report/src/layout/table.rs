//! Layout of a section's table.

use serde::Serialize;

use crate::content::SectionResult;
use crate::content::grid::{DIFFERENCE_PREFIX, Grid, LINE_COLUMN, Row, RowKind};
use crate::content::labels;
use crate::content::number;
use crate::definition::{ColumnMeta, SectionDefinition, Unit, View};
use crate::error::ReportError;
use crate::text::escape_control_chars;

/// Maximum rows of a table, unless the section sets a limit.
pub(super) const DEFAULT_MAX_ROWS: usize = 200;
/// Value of a grouping column of a query that does not group by it.
const UNGROUPED: &str = "all";
/// Placeholder for NULL.
const NULL_TEXT: &str = "–";

/// A table for people.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TableLayout {
    pub(crate) columns: Vec<ColumnLayout>,
    /// Items and rests.
    pub(crate) rows: Vec<RowLayout>,
    pub(crate) totals: Vec<RowLayout>,
    /// Number of rows left out.
    pub(crate) more: usize,
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

/// Returns the heading of a column.
pub(crate) fn column_heading(section: &SectionDefinition, column: &str) -> String {
    section.labels.get(column).cloned().unwrap_or_else(|| labels::column_heading(column))
}

/// Returns the indexes of the columns that people see.
fn displayed_columns(section: &SectionDefinition, grid: &Grid) -> Vec<usize> {
    if let View::Table(names) = &section.view
        && !names.is_empty()
    {
        return names.iter().filter_map(|name| grid.column_index(name)).collect();
    }
    let is_for_people = |column: &ColumnMeta| {
        column.name != LINE_COLUMN
            && !column.name.starts_with(DIFFERENCE_PREFIX)
            && !matches!(column.unit, Unit::Id | Unit::Note)
    };
    // A column that is 'all' in every row carries no information.
    let is_informative = |at: usize| {
        let mut values = grid.rows.iter().filter_map(|row| row.cells[at].as_deref()).peekable();
        grid.columns[at].is_number || values.peek().is_none() || values.any(|value| value != UNGROUPED)
    };
    (0..grid.columns.len()).filter(|at| is_for_people(&grid.columns[*at]) && is_informative(*at)).collect()
}

/// Returns the table of a result. The limit of the section applies only if the table is its view; a
/// chart's table has more rows.
pub(crate) fn table_layout(
    section: &SectionDefinition,
    result: &SectionResult,
) -> Result<TableLayout, ReportError> {
    let grid = Grid::from_result(result)?.select_rows(section);
    let displayed = displayed_columns(section, &grid);
    // If the first column of text is NULL, the kind of the row is its label.
    let label_column = displayed.iter().copied().find(|at| !grid.columns[*at].is_number);
    let row = |row: &Row| RowLayout {
        rest: row.kind == RowKind::Rest,
        cells: displayed
            .iter()
            .map(|at| {
                let line = if label_column == Some(*at) { row.line.as_str() } else { "" };
                cell_layout(&grid.columns[*at], row.cells[*at].as_deref(), line)
            })
            .collect(),
    };
    let limit = match section.view {
        View::Table(_) => section.limit.unwrap_or(DEFAULT_MAX_ROWS),
        _ => DEFAULT_MAX_ROWS,
    };
    let (totals, items): (Vec<&Row>, Vec<&Row>) =
        grid.rows.iter().partition(|row| row.kind == RowKind::Total);
    Ok(TableLayout {
        columns: displayed
            .iter()
            .map(|at| ColumnLayout {
                heading: escape_control_chars(&column_heading(section, &grid.columns[*at].name)),
                number: grid.columns[*at].is_number,
                help: escape_control_chars(&grid.columns[*at].help),
            })
            .collect(),
        rows: items.iter().take(limit).map(|item| row(item)).collect(),
        totals: totals.iter().map(|total| row(total)).collect(),
        more: items.len().saturating_sub(limit),
        adds_up: grid.adds_up(),
    })
}

/// Returns a cell. `line` labels a NULL that is not a number.
fn cell_layout(column: &ColumnMeta, value: Option<&str>, line: &str) -> CellLayout {
    let number = column.is_number;
    let text = match value {
        Some(text) if number => number::format_value(text, &column.unit),
        Some(text) => labels::category_label(text),
        None if number => NULL_TEXT.to_owned(),
        None => match labels::line_label(line) {
            "" => NULL_TEXT.to_owned(),
            label => label.to_owned(),
        },
    };
    let value = value.filter(|_| number).map(str::to_owned);
    CellLayout { text: escape_control_chars(&text), value, number }
}
