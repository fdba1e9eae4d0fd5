//! Layout of a section's charts.

use std::cmp::Reverse;

use serde::Serialize;

use super::pivot::{distinct_labels, labels_by_sum, pivot, row_number, row_text, values_by_category};
use super::table::{DEFAULT_MAX_ROWS, column_heading, limit_items};
use crate::content::SectionResult;
use crate::content::figure::UNKNOWN_CURRENCY;
use crate::content::grid::{Grid, PART_COLUMN, Row, RowKind};
use crate::content::labels;
use crate::content::number::Decimal;
use crate::definition::{SectionDefinition, Unit, View};
use crate::error::ReportError;
use crate::svg::{Bar, BarKind, Bars, ChartContext, Heatmap, LineSeries, Lines, StackedBars, series_class};
use crate::text::escape_control_chars;

/// A chart with its headings and legend.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct ChartLayout {
    /// Currency, if the section has a chart for each.
    pub(crate) heading: String,
    /// Title of the axis of values.
    pub(crate) axis: String,
    pub(crate) legend: Vec<LegendItem>,
    /// Lowest and highest value of a heatmap.
    pub(crate) ends: Option<(String, String)>,
    /// Markup with all texts escaped.
    pub(crate) svg: String,
    /// Number of rows left out.
    pub(crate) more: usize,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct LegendItem {
    pub(crate) class: String,
    pub(crate) name: String,
}

/// Returns the charts of a section: none for a table, one for each currency of amounts, else one.
pub(crate) fn chart_layouts(
    section: &SectionDefinition,
    result: &SectionResult,
) -> Result<Vec<ChartLayout>, ReportError> {
    let value = match &section.view {
        View::Bar { value, .. } | View::StackedBar { value, .. } | View::Heatmap { value, .. } => value,
        View::Line { values, .. } => match values.first() {
            Some(value) => value,
            None => return Ok(Vec::new()),
        },
        View::Table(_) | View::Figures(_) | View::Text => return Ok(Vec::new()),
    };
    let mut grid = Grid::from_result(result)?.select_rows(section);
    grid.rows.retain(|row| row.kind != RowKind::Total);
    let Some(at) = grid.column_index(value) else { return Ok(Vec::new()) };
    let unit = grid.columns[at].unit.clone();
    let currencies = match &unit {
        Unit::Money { currency, .. } => grid.column_index(currency),
        _ => None,
    };
    let Some(currencies) = currencies else {
        return Ok(vec![ChartBuilder::new(section, &grid, &unit, "", 0).build()?]);
    };
    let panels = rows_by_currency(&grid, at, currencies);
    let panels = panels.into_iter().enumerate().map(|(at, (currency, rows))| {
        let panel = Grid { columns: grid.columns.clone(), rows };
        let currency = currency.as_deref().unwrap_or(UNKNOWN_CURRENCY);
        ChartBuilder::new(section, &panel, &unit, currency, at).build()
    });
    panels.collect()
}

/// Groups the rows that have an amount by currency; the currency with the most rows is first.
fn rows_by_currency(grid: &Grid, amount: usize, currency: usize) -> Vec<(Option<String>, Vec<Row>)> {
    let mut panels: Vec<(Option<String>, Vec<Row>)> = Vec::new();
    for row in grid.rows.iter().filter(|row| row.cells[amount].is_some()) {
        let currency = &row.cells[currency];
        match panels.iter_mut().find(|(other, _)| other == currency) {
            Some((_, rows)) => rows.push(row.clone()),
            None => panels.push((currency.clone(), vec![row.clone()])),
        }
    }
    panels.sort_by_key(|(_, rows)| Reverse(rows.len()));
    panels
}

/// Builds the chart of one currency, or of a result without amounts.
struct ChartBuilder<'a> {
    section: &'a SectionDefinition,
    grid: &'a Grid,
    context: ChartContext<'a>,
    layout: ChartLayout,
}

impl<'a> ChartBuilder<'a> {
    fn new(
        section: &'a SectionDefinition,
        grid: &'a Grid,
        unit: &'a Unit,
        currency: &'a str,
        at: usize,
    ) -> Self {
        let context = ChartContext {
            id: format!("{}-{at}", section.id),
            title: &section.title,
            description: String::new(),
            unit,
            currency,
        };
        let layout = ChartLayout { heading: escape_control_chars(currency), ..ChartLayout::default() };
        Self { section, grid, context, layout }
    }

    fn build(mut self) -> Result<ChartLayout, ReportError> {
        let section = self.section;
        let drawn = match &section.view {
            View::Bar { category, value } => {
                self.draw_bars(category, value);
                Ok(())
            }
            View::StackedBar { category, series, value } => self.draw_stacked_bars(category, series, value),
            View::Line { category, values, series } => self.draw_lines(category, values, series.as_deref()),
            View::Heatmap { row, column, value } => self.draw_heatmap(row, column, value),
            View::Table(_) | View::Figures(_) | View::Text => Ok(()),
        };
        drawn.map_err(|reason| {
            ReportError::Report(format!("cannot draw section {:?}: {reason}", section.title))
        })?;
        Ok(self.layout)
    }

    fn draw_bars(&mut self, category: &str, value: &str) {
        let mut bars = Bars(bars_of_rows(self.grid, category, value));
        if !bars.are_times() {
            let limit = self.section.limit.unwrap_or(DEFAULT_MAX_ROWS);
            let shown = limit_items(&bars.0, limit, |bar| bar.kind != BarKind::Item);
            self.layout.more = bars.0.len() - shown.len();
            bars.0 = shown;
        }
        self.layout.axis = self.axis_title(&self.heading(value));
        self.context.description =
            format!("{} by {}, a bar each.", self.heading(value), self.lower_heading(category));
        self.layout.svg = bars.svg(&self.context);
    }

    fn draw_stacked_bars(&mut self, category: &str, series: &str, value: &str) -> Result<(), String> {
        let categories = distinct_labels(self.grid, category);
        let names = labels_by_sum(self.grid, series, value);
        let values = pivot(self.grid, (category, &categories), (series, &names), value)?;
        self.layout.axis = self.axis_title(&self.heading(value));
        self.context.description = format!(
            "{} by {}, a bar each, with a segment for each {}.",
            self.heading(value),
            self.lower_heading(category),
            self.lower_heading(series)
        );
        let series: Vec<String> = names.iter().map(|name| series_label(name)).collect();
        self.layout.legend = legend(&series);
        self.layout.svg = StackedBars { categories, series, values }.svg(&self.context);
        Ok(())
    }

    fn draw_lines(&mut self, category: &str, values: &[String], series: Option<&str>) -> Result<(), String> {
        let categories = distinct_labels(self.grid, category);
        let lines = self.lines((category, &categories), values, series)?;
        let names: Vec<String> = lines.iter().map(|(name, _)| name.clone()).collect();
        self.layout.axis = match (names.len(), values.first()) {
            (1, Some(value)) => self.axis_title(&self.heading(value)),
            _ => escape_control_chars(&format!("in {}", self.context.axis_unit())),
        };
        if names.len() > 1 {
            self.layout.legend = legend(&names);
        }
        self.context.description =
            format!("{} by {}, a line each.", names.join(", "), self.lower_heading(category));
        self.layout.svg = Lines { categories, series: lines }.svg(&self.context);
        Ok(())
    }

    /// Returns the name and the values of each line.
    fn lines(
        &self,
        (category, categories): (&str, &[String]),
        values: &[String],
        series: Option<&str>,
    ) -> Result<Vec<LineSeries>, String> {
        if let (Some(series), [value]) = (series, values) {
            let names = distinct_labels(self.grid, series);
            let cells = pivot(self.grid, (series, &names), (category, categories), value)?;
            return Ok(names.iter().map(|name| series_label(name)).zip(cells).collect());
        }
        let lines = values.iter().map(|value| {
            Ok((self.heading(value), values_by_category(self.grid, (category, categories), value)?))
        });
        lines.collect()
    }

    fn draw_heatmap(&mut self, row: &str, column: &str, value: &str) -> Result<(), String> {
        let rows = distinct_labels(self.grid, row);
        let mut columns = distinct_labels(self.grid, column);
        columns.sort();
        let cells = pivot(self.grid, (row, &rows), (column, &columns), value)?;
        self.layout.axis = self.axis_title(&self.heading(value));
        self.context.description = format!(
            "{} by {} and {}, a cell each; higher values are darker.",
            self.heading(value),
            self.lower_heading(row),
            self.lower_heading(column)
        );
        let map = Heatmap { rows, columns, cells };
        let escape = |(lowest, highest): (String, String)| {
            (escape_control_chars(&lowest), escape_control_chars(&highest))
        };
        self.layout.ends = map.ends(&self.context).map(escape);
        self.layout.svg = map.svg(&self.context);
        Ok(())
    }

    fn heading(&self, column: &str) -> String {
        column_heading(self.section, column)
    }

    fn lower_heading(&self, column: &str) -> String {
        self.heading(column).to_lowercase()
    }

    /// Returns the title of the axis of values: `Abandonment rate, %`.
    fn axis_title(&self, name: &str) -> String {
        let unit = self.context.axis_unit();
        let is_redundant = unit.is_empty() || unit == "duration" || name.eq_ignore_ascii_case(&unit);
        escape_control_chars(&if is_redundant { name.to_owned() } else { format!("{name}, {unit}") })
    }
}

/// Returns a bar for each row. Several parts of what belongs to no item follow a bar with their
/// sum.
fn bars_of_rows(grid: &Grid, category: &str, value: &str) -> Vec<Bar> {
    let has_part = |row: &&Row| grid.cell(row, PART_COLUMN).is_some() && grid.cell(row, category).is_none();
    let parts: Vec<&Row> = grid.rows.iter().filter(has_part).collect();
    let mut sum = parts.iter().filter_map(|row| row_number(grid, row, value));
    let sum = sum.next().and_then(|first| sum.try_fold(first, Decimal::plus));
    let mut is_summed = parts.len() < 2 || sum.is_none();
    let is_divided = !is_summed;
    let mut bars = Vec::new();
    for row in &grid.rows {
        let is_part = is_divided && has_part(&row);
        if is_part && !is_summed {
            is_summed = true;
            bars.push(Bar {
                name: labels::line_label(&row.line).to_owned(),
                value: sum,
                kind: BarKind::Rest,
            });
        }
        let part = grid.cell(row, PART_COLUMN).filter(|_| is_part);
        bars.push(Bar {
            name: part.map_or_else(|| row_text(grid, row, category), str::to_owned),
            value: row_number(grid, row, value),
            kind: match row.kind {
                _ if is_part => BarKind::Part,
                RowKind::Item => BarKind::Item,
                RowKind::Rest | RowKind::Total => BarKind::Rest,
            },
        });
    }
    bars
}

/// Returns the name of a series for people: `short_abandoned` becomes `Short abandoned`.
fn series_label(name: &str) -> String {
    labels::column_heading(&labels::category_label(name))
}

fn legend(names: &[String]) -> Vec<LegendItem> {
    let items = names.iter().enumerate();
    items.map(|(at, name)| LegendItem { class: series_class(at), name: escape_control_chars(name) }).collect()
}
