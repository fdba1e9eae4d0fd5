//! Layout of a section's table.

use serde::Serialize;

use super::cells::CellFormatter;
use super::columns::DisplayColumns;
use crate::content::grid::{Grid, Row, RowKind};
use crate::content::labels;
use crate::content::number;
use crate::content::parts::{SMALL_GROUP_MARK, small_group_note};
use crate::content::{RowChanges, Section, SectionResult, ValueParts};
use crate::definition::{SectionDefinition, Unit, View};
use crate::error::ReportError;
use crate::text::escape_control_chars;

/// Maximum rows of a table, unless the section sets a limit.
pub(super) const DEFAULT_MAX_ROWS: usize = 200;
/// Maximum number of names of rows that only the compared period has.
const MAX_GONE_NAMES: usize = 10;
/// Change that is not known.
const UNKNOWN_CHANGE: &str = "–";

/// A table for people.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TableLayout {
    pub(crate) columns: Vec<ColumnLayout>,
    /// Items and rests.
    pub(crate) rows: Vec<RowLayout>,
    pub(crate) totals: Vec<RowLayout>,
    /// Number of rows left out.
    pub(crate) more: usize,
    /// Sentences about columns with one value, which are left out, about small groups, and about
    /// rows that only the compared period has.
    pub(crate) notes: Vec<String>,
    /// True if the section asks for changes, also if the periods cannot be compared.
    pub(crate) has_change: bool,
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
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct CellLayout {
    pub(crate) text: String,
    pub(crate) value: Option<String>,
    pub(crate) number: bool,
    /// Numerator and denominator of a share, with a mark if the group is small; may be empty.
    pub(crate) parts: String,
    /// Arrow of a change; may be empty.
    pub(crate) arrow: &'static str,
    /// Tone of a change: `good`, `bad`, `neutral` or `same`; empty for other cells.
    pub(crate) tone: &'static str,
}

impl CellLayout {
    /// Returns the text of the cell with the parts of a share.
    pub(crate) fn full_text(&self) -> String {
        if self.parts.is_empty() { self.text.clone() } else { format!("{} {}", self.text, self.parts) }
    }
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
        view => {
            let mut keys = drawn_columns(view);
            keys.extend(section.change.iter().map(|change| change.column.clone()));
            DisplayColumns::informative(grid, &keys)
        }
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

/// Returns the table of a section with this result. The limit of the section applies only if the
/// table is its view; a chart's table has more rows.
pub(crate) fn table_layout(section: &Section, result: &SectionResult) -> Result<TableLayout, ReportError> {
    let definition = &section.definition;
    let changes = section.changes.as_ref();
    let all = Grid::from_result(section.with_changes(result))?;
    let is_gone = |row: &Row| changes.is_some_and(|changes| changes.is_gone(row));
    let (gone, rows): (Vec<Row>, Vec<Row>) = all.select_rows(definition).rows.into_iter().partition(is_gone);
    // The values of the compared period are not columns of the table.
    let own_cells = |row: &Row| Row { cells: row.cells[..result.columns.len()].to_vec(), ..row.clone() };
    let grid = Grid { columns: result.columns.clone(), rows: rows.iter().map(own_cells).collect() };
    let columns = displayed_columns(definition, &grid);
    let builder = TableBuilder::new(definition, &all, &grid, &columns.shown, changes);
    let limit = match definition.view {
        View::Table(_) => definition.limit.unwrap_or(DEFAULT_MAX_ROWS),
        _ => DEFAULT_MAX_ROWS,
    };
    let pairs = grid.rows.iter().zip(&rows);
    let (totals, others): (Vec<_>, Vec<_>) = pairs.partition(|(row, _)| row.kind == RowKind::Total);
    let items = limit_items(&others, limit, |(row, _)| row.kind == RowKind::Rest);
    let more = others.len() - items.len();
    let row = |(row, compared): (&Row, &Row)| builder.row(row, compared);
    let rows: Vec<RowLayout> = items.into_iter().map(row).collect();
    let totals: Vec<RowLayout> = totals.into_iter().map(row).collect();
    let mut notes: Vec<String> = columns
        .constant_notes(&grid, |name| column_heading(definition, name))
        .iter()
        .map(|note| escape_control_chars(&format!("{note}.")))
        .collect();
    let mut cells = rows.iter().chain(&totals).flat_map(|row| &row.cells);
    notes.extend(cells.any(|cell| cell.parts.ends_with(SMALL_GROUP_MARK)).then(small_group_note));
    notes.extend(builder.gone_note(&gone));
    Ok(TableLayout {
        columns: builder.headings(),
        rows,
        totals,
        more,
        notes,
        has_change: changes.is_some(),
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

/// Builds the headings and the rows of a table.
struct TableBuilder<'a> {
    section: &'a SectionDefinition,
    /// All rows of the result.
    all: &'a Grid,
    /// Rows that are shown, with the columns of the query.
    grid: &'a Grid,
    shown: &'a [usize],
    formatter: CellFormatter<'a>,
    /// Changes, and the place of their column in the table.
    changes: Option<(&'a RowChanges, usize)>,
}

impl<'a> TableBuilder<'a> {
    fn new(
        section: &'a SectionDefinition,
        all: &'a Grid,
        grid: &'a Grid,
        shown: &'a [usize],
        changes: Option<&'a RowChanges>,
    ) -> Self {
        let changes = changes.filter(|changes| changes.is_compared()).map(|changes| {
            let values = shown.iter().position(|at| *at == changes.column());
            (changes, values.map_or(shown.len(), |place| place + 1))
        });
        Self { section, all, grid, shown, formatter: CellFormatter::new(grid, shown), changes }
    }

    fn headings(&self) -> Vec<ColumnLayout> {
        let heading = |at: usize| column_heading(self.section, &self.grid.columns[at].name);
        let columns = self.shown.iter().map(|at| ColumnLayout {
            heading: escape_control_chars(&heading(*at)),
            number: self.grid.columns[*at].is_number,
            help: escape_control_chars(&self.grid.columns[*at].help),
        });
        let mut columns: Vec<ColumnLayout> = columns.collect();
        if let Some((changes, place)) = self.changes {
            let help = format!("Change of {} against the compared period.", heading(changes.column()));
            let change = ColumnLayout {
                heading: "Change".to_owned(),
                number: true,
                help: escape_control_chars(&help),
            };
            columns.insert(place, change);
        }
        columns
    }

    /// Returns the cells of a row. `compared` is the same row with the columns of the changes.
    fn row(&self, row: &Row, compared: &Row) -> RowLayout {
        let cells = self.shown.iter().zip(self.formatter.format_row(row)).map(|(at, text)| {
            let number = self.grid.columns[*at].is_number;
            let parts = ValueParts::of_share(self.all, row, *at).map(|parts| {
                let mark = if parts.is_small() { format!(" {SMALL_GROUP_MARK}") } else { String::new() };
                format!("({}){mark}", parts.format())
            });
            CellLayout {
                text: escape_control_chars(&text),
                value: row.cells[*at].clone().filter(|_| number),
                number,
                parts: parts.unwrap_or_default(),
                ..CellLayout::default()
            }
        });
        let mut cells: Vec<CellLayout> = cells.collect();
        if let Some((changes, place)) = self.changes {
            cells.insert(place, change_cell(changes, compared));
        }
        RowLayout { rest: row.kind == RowKind::Rest, cells }
    }

    /// Returns a sentence about the rows that only the compared period has.
    fn gone_note(&self, gone: &[Row]) -> Option<String> {
        let (changes, _) = self.changes?;
        let is_text = |at: &&usize| !self.grid.columns[**at].is_number;
        let label = &self.grid.columns[*self.shown.iter().find(is_text)?].name;
        let name = |row: &&Row| {
            let value = changes.before(row).map(|before| number::format_value(before, changes.unit()));
            let currency = match changes.unit() {
                Unit::Money { currency, .. } => self.grid.cell(row, currency),
                _ => None,
            };
            let value: Vec<&str> = value.as_deref().into_iter().chain(currency).collect();
            let name = self.grid.row_label(row, label);
            if value.is_empty() { name } else { format!("{name} ({})", value.join(" ")) }
        };
        let gone: Vec<&Row> = gone.iter().filter(|row| row.kind != RowKind::Total).collect();
        let names: Vec<String> = gone.iter().take(MAX_GONE_NAMES).map(name).collect();
        let more = match gone.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let note = format!("Only in the compared period: {}{more}.", names.join(", "));
        (!names.is_empty()).then(|| escape_control_chars(&note))
    }
}

/// Returns the cell with the change of a row.
fn change_cell(changes: &RowChanges, row: &Row) -> CellLayout {
    let cell = |text: String| CellLayout { text, number: true, ..CellLayout::default() };
    if changes.is_new(row) {
        return cell("new".to_owned());
    }
    match (changes.change(row), changes.before(row)) {
        (Some(change), _) => CellLayout {
            arrow: change.arrow,
            tone: if change.direction == "same" { "same" } else { change.tone },
            ..cell(change.text)
        },
        (None, Some(before)) if row.cells[changes.column()].is_some() => {
            let before = number::format_value(before, changes.unit());
            cell(escape_control_chars(&format!("from {before}")))
        }
        (None, _) => cell(UNKNOWN_CHANGE.to_owned()),
    }
}
