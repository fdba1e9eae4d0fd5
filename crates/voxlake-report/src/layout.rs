//! What a section's answer looks like to people: the table, and the charts with their legends.
//!
//! The same layout serves the page, the mail and Markdown, so that all show the same rows and words.

use serde::Serialize;

use crate::content::Answered;
use crate::content::data::{DIFFERENCE, Grid, LINE, Row, RowKind};
use crate::content::document::NO_CURRENCY;
use crate::content::number::{self, Decimal};
use crate::content::words;
use crate::definition::{ColumnAbout, SectionDefinition, Unit, View};
use crate::error::ReportError;
use crate::svg::{Bar, Bars, Heatmap, Lines, Said, Stacked, colour};
use crate::text::visible;

/// Most rows of a table on a page, where the section sets no limit.
const MOST_ROWS: usize = 200;

/// What stands where a question does not tell apart.
const ALL: &str = "all";

/// A table for people.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TableLayout {
    pub(crate) columns: Vec<ColumnLayout>,
    /// Items and rests.
    pub(crate) rows: Vec<RowLayout>,
    /// All together.
    pub(crate) totals: Vec<RowLayout>,
    /// Rows that are not shown.
    pub(crate) more: usize,
    /// Whether lines add up to their totals, where the answer says so.
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

/// A cell: as it is shown, and as the question gives it where that is a number.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CellLayout {
    pub(crate) text: String,
    pub(crate) value: Option<String>,
    pub(crate) number: bool,
}

/// A chart with what stands around it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ChartLayout {
    /// What tells it from the section's other charts: a currency.
    pub(crate) heading: String,
    /// What the values are.
    pub(crate) axis: String,
    pub(crate) legend: Vec<LegendItem>,
    /// Of a heatmap: the least and the most.
    pub(crate) ends: Option<(String, String)>,
    /// Ready for the page: made by this crate, its texts escaped.
    pub(crate) svg: String,
    /// Rows that are not drawn.
    pub(crate) more: usize,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct LegendItem {
    pub(crate) class: String,
    pub(crate) name: String,
}

/// The heading of a column.
pub(crate) fn heading(section: &SectionDefinition, column: &str) -> String {
    section.labels.get(column).cloned().unwrap_or_else(|| words::heading(column))
}

/// The columns that people are shown.
pub(crate) fn shown_columns(section: &SectionDefinition, grid: &Grid) -> Vec<usize> {
    if let View::Table(names) = &section.view
        && !names.is_empty()
    {
        return names.iter().filter_map(|name| grid.place(name)).collect();
    }
    let is_shown = |column: &ColumnAbout| {
        column.name != LINE
            && !column.name.starts_with(DIFFERENCE)
            && !matches!(column.unit, Unit::Id | Unit::Note)
    };
    // A question that tells no periods apart says 'all' in every line.
    let tells = |at: usize| {
        let mut values = grid.rows.iter().filter_map(|row| row.cells[at].as_deref()).peekable();
        grid.columns[at].is_number || values.peek().is_none() || values.any(|value| value != ALL)
    };
    (0..grid.columns.len()).filter(|at| is_shown(&grid.columns[*at]) && tells(*at)).collect()
}

/// The answer as a table; a chart's table has all rows, a table's own as many as the section wants.
pub(crate) fn table(section: &SectionDefinition, answered: &Answered) -> Result<TableLayout, ReportError> {
    let grid = Grid::of(answered)?.picked(section);
    let shown = shown_columns(section, &grid);
    // Rows that name nothing in their first text say by their line what they are.
    let named = shown.iter().position(|at| !grid.columns[*at].is_number);
    let row = |row: &Row| RowLayout {
        rest: row.kind == RowKind::Rest,
        cells: shown
            .iter()
            .enumerate()
            .map(|(place, at)| {
                let is_name = named == Some(place);
                cell(&grid.columns[*at], row.cells[*at].as_deref(), if is_name { row } else { &UNNAMED })
            })
            .collect(),
    };
    let limit = match section.view {
        View::Table(_) => section.limit.unwrap_or(MOST_ROWS),
        _ => MOST_ROWS,
    };
    let (totals, items): (Vec<&Row>, Vec<&Row>) =
        grid.rows.iter().partition(|row| row.kind == RowKind::Total);
    Ok(TableLayout {
        columns: shown
            .iter()
            .map(|at| ColumnLayout {
                heading: visible(&heading(section, &grid.columns[*at].name)),
                number: grid.columns[*at].is_number,
                help: visible(&grid.columns[*at].help),
            })
            .collect(),
        rows: items.iter().take(limit).map(|one| row(one)).collect(),
        totals: totals.iter().map(|one| row(one)).collect(),
        more: items.len().saturating_sub(limit),
        adds_up: grid.adds_up(),
    })
}

static UNNAMED: Row = Row { kind: RowKind::Item, line: String::new(), cells: Vec::new() };

fn cell(column: &ColumnAbout, value: Option<&str>, row: &Row) -> CellLayout {
    let number = column.is_number;
    let text = match value {
        Some(text) if number => number::shown(text, &column.unit),
        Some(text) => words::category(text),
        None if number => "–".to_owned(),
        None => match words::of_line(&row.line) {
            "" => "–".to_owned(),
            line => line.to_owned(),
        },
    };
    let value = value.filter(|_| number).map(str::to_owned);
    CellLayout { text: visible(&text), value, number }
}

/// The section's charts: none for a table, one for each currency of amounts.
pub(crate) fn charts(
    section: &SectionDefinition,
    answered: &Answered,
) -> Result<Vec<ChartLayout>, ReportError> {
    let (value, title) = match &section.view {
        View::Bar { value, .. } | View::StackedBar { value, .. } | View::Heatmap { value, .. } => {
            (value.as_str(), section.title.as_str())
        }
        View::Line { values, .. } => (values.first().map_or("", String::as_str), section.title.as_str()),
        View::Table(_) | View::Figures(_) | View::Text => return Ok(Vec::new()),
    };
    let mut grid = Grid::of(answered)?.picked(section);
    grid.rows.retain(|row| row.kind != RowKind::Total);
    let Some(at) = grid.place(value) else { return Ok(Vec::new()) };
    let unit = grid.columns[at].unit.clone();
    let currencies = match &unit {
        Unit::Money { currency, .. } => grid.place(currency),
        _ => None,
    };
    let Some(currencies) = currencies else {
        return Ok(vec![chart(section, &grid, &unit, title, "", 0)?]);
    };
    let mut panels: Vec<(Option<String>, Vec<Row>)> = Vec::new();
    // What has no amount is in the table.
    for row in grid.rows.iter().filter(|row| row.cells[at].is_some()) {
        let currency = &row.cells[currencies];
        match panels.iter_mut().find(|(known, _)| known == currency) {
            Some((_, rows)) => rows.push(row.clone()),
            None => panels.push((currency.clone(), vec![row.clone()])),
        }
    }
    // The currency of most lines first.
    panels.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
    let panels = panels.into_iter().enumerate().map(|(place, (currency, rows))| {
        let panel = Grid { columns: grid.columns.clone(), rows };
        chart(section, &panel, &unit, title, currency.as_deref().unwrap_or(NO_CURRENCY), place)
    });
    panels.collect()
}

fn chart(
    section: &SectionDefinition,
    grid: &Grid,
    unit: &Unit,
    title: &str,
    currency: &str,
    place: usize,
) -> Result<ChartLayout, ReportError> {
    let name = |column: &str| heading(section, column);
    let number = |row: &Row, column: &str| grid.cell(row, column).and_then(Decimal::parse);
    let text = |row: &Row, column: &str| {
        grid.cell(row, column).map_or_else(|| grid.name(row, column), str::to_owned)
    };
    let mut said =
        Said { id: format!("{}-{place}", section.id), title, description: String::new(), unit, currency };
    let mut laid = ChartLayout {
        heading: visible(currency),
        axis: String::new(),
        legend: Vec::new(),
        ends: None,
        svg: String::new(),
        more: 0,
    };
    match &section.view {
        View::Bar { category, value } => {
            let bars = grid.rows.iter().map(|row| Bar {
                name: text(row, category),
                value: number(row, value),
                rest: row.kind == RowKind::Rest,
            });
            let mut bars = Bars(bars.collect());
            if !bars.are_of_time() {
                let limit = section.limit.unwrap_or(MOST_ROWS);
                laid.more = bars.0.len().saturating_sub(limit);
                bars.0.truncate(limit);
            }
            laid.axis = axis(&name(value), &said);
            said.description = format!("{} by {}, a bar each.", name(value), lower(&name(category)));
            laid.svg = bars.svg(&said);
        }
        View::StackedBar { category, series, value } => {
            let categories = distinct(grid.rows.iter().map(|row| text(row, category)));
            let names = largest_first(grid, value, |row| text(row, series));
            let values = placed(grid, (category, &categories), (series, &names), value, &text)
                .map_err(|reason| drawn(section, &reason))?;
            laid.axis = axis(&name(value), &said);
            said.description = format!(
                "{} by {}, a bar each, of a piece for each {}.",
                name(value),
                lower(&name(category)),
                lower(&name(series))
            );
            laid.legend = legend(names.iter().map(|name| class_words(name)));
            let names = names.iter().map(|name| class_words(name)).collect();
            laid.svg = Stacked { categories, series: names, values }.svg(&said);
        }
        View::Line { category, values, series } => {
            let categories = distinct(grid.rows.iter().map(|row| text(row, category)));
            let lines: Vec<(String, Vec<Option<Decimal>>)> = match (series, values.as_slice()) {
                (Some(series), [value]) => {
                    let names = distinct(grid.rows.iter().map(|row| text(row, series)));
                    let cells = placed(grid, (series, &names), (category, &categories), value, &text)
                        .map_err(|reason| drawn(section, &reason))?;
                    names.iter().map(|name| class_words(name)).zip(cells).collect()
                }
                _ => values
                    .iter()
                    .map(|value| {
                        let cells = placed_once(grid, (category, &categories), value)
                            .map_err(|reason| drawn(section, &reason))?;
                        Ok((name(value), cells))
                    })
                    .collect::<Result<_, ReportError>>()?,
            };
            let first = values.first().map_or_else(String::new, |value| name(value));
            laid.axis = if lines.len() == 1 {
                axis(&first, &said)
            } else {
                visible(&format!("in {}", said.axis_words()))
            };
            if lines.len() > 1 {
                laid.legend = legend(lines.iter().map(|(name, _)| name.clone()));
            }
            said.description = format!(
                "{} by {}, a line each.",
                lines.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", "),
                lower(&name(category)),
            );
            laid.svg = Lines { categories, series: lines }.svg(&said);
        }
        View::Heatmap { row, column, value } => {
            let rows = distinct(grid.rows.iter().map(|one| text(one, row)));
            let mut columns = distinct(grid.rows.iter().map(|one| text(one, column)));
            columns.sort();
            let cells = placed(grid, (row, &rows), (column, &columns), value, &text)
                .map_err(|reason| drawn(section, &reason))?;
            laid.axis = axis(&name(value), &said);
            said.description = format!(
                "{} by {} and {}, a cell each, the darker the more.",
                name(value),
                lower(&name(row)),
                lower(&name(column))
            );
            let map = Heatmap { rows, columns, cells };
            laid.ends = map.ends(&said).map(|(least, most)| (visible(&least), visible(&most)));
            laid.svg = map.svg(&said);
        }
        View::Table(_) | View::Figures(_) | View::Text => {}
    }
    Ok(laid)
}

/// `Abandonment rate, %`
fn axis(name: &str, said: &Said<'_>) -> String {
    let unit = said.axis_words();
    let same = unit.is_empty() || unit == "duration" || name.eq_ignore_ascii_case(&unit);
    visible(&if same { name.to_owned() } else { format!("{name}, {unit}") })
}

fn drawn(section: &SectionDefinition, reason: &str) -> ReportError {
    ReportError::Report(format!("section {:?} cannot be drawn: {reason}", section.title))
}

fn lower(name: &str) -> String {
    name.to_lowercase()
}

/// A result class or another value of SQL as words.
fn class_words(name: &str) -> String {
    words::heading(&words::category(name))
}

fn legend(names: impl Iterator<Item = String>) -> Vec<LegendItem> {
    names.enumerate().map(|(at, name)| LegendItem { class: colour(at), name: visible(&name) }).collect()
}

/// The names of series, those with the most first: what matters is at the foot of every bar, in the first colours.
fn largest_first(grid: &Grid, value: &str, name: impl Fn(&Row) -> String) -> Vec<String> {
    let mut sums: Vec<(String, f64)> = Vec::new();
    for row in &grid.rows {
        let value = grid.cell(row, value).and_then(Decimal::parse).map_or(0.0, Decimal::approximately);
        let name = name(row);
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += value,
            None => sums.push((name, value)),
        }
    }
    sums.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    sums.into_iter().map(|(name, _)| name).collect()
}

fn distinct(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    values.filter(|value| seen.insert(value.clone())).collect()
}

/// The values of a column by two others; two rows in one place are no chart.
fn placed(
    grid: &Grid,
    (first, firsts): (&str, &[String]),
    (second, seconds): (&str, &[String]),
    value: &str,
    text: &impl Fn(&Row, &str) -> String,
) -> Result<Vec<Vec<Option<Decimal>>>, String> {
    let place = |names: &[String]| {
        names
            .iter()
            .enumerate()
            .map(|(at, name)| (name.clone(), at))
            .collect::<std::collections::HashMap<_, _>>()
    };
    let (one, other) = (place(firsts), place(seconds));
    let mut cells = vec![vec![None; seconds.len()]; firsts.len()];
    let mut taken = std::collections::HashSet::new();
    for row in &grid.rows {
        let (a, b) = (text(row, first), text(row, second));
        let (Some(a), Some(b)) = (one.get(&a), other.get(&b)) else { continue };
        if !taken.insert((*a, *b)) {
            return Err(format!(
                "two rows have the same {first} and {second}; tell them apart by another column or by lines"
            ));
        }
        cells[*a][*b] = grid.cell(row, value).and_then(Decimal::parse);
    }
    Ok(cells)
}

fn placed_once(
    grid: &Grid,
    (category, categories): (&str, &[String]),
    value: &str,
) -> Result<Vec<Option<Decimal>>, String> {
    if categories.len() < grid.rows.len() {
        return Err(format!("two rows have the same {category}; tell them apart by series or lines"));
    }
    Ok(grid.rows.iter().map(|row| grid.cell(row, value).and_then(Decimal::parse)).collect())
}
