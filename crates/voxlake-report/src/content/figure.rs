//! Single figures, taken from the results of a report's queries.

use std::collections::HashMap;

use super::grid::{Grid, LINE_COLUMN, Row, RowKind};
use super::metadata::{ComparedPeriod, DayCounts};
use super::parts::ValueParts;
use super::section_result::SectionResult;
use crate::definition::{FigureDefinition, QueryRequest, Unit};

/// Label of an unknown currency.
pub(crate) const UNKNOWN_CURRENCY: &str = "currency not known";

/// A single figure with its value in the compared period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Label.
    pub label: String,
    /// Unit of the values.
    pub unit: Unit,
    /// Meaning of the column with the values.
    pub help: String,
    /// One value, or one for each currency.
    pub values: Vec<FigureValue>,
    /// `Some(true)` if an increase is good, `Some(false)` if a decrease is, `None` if neither.
    pub more_is_better: Option<bool>,
    /// Lengths of the periods, if values are compared per day.
    pub days: Option<DayCounts>,
    /// Notices about the charges in an amount.
    pub notes: Vec<String>,
}

impl Figure {
    /// Returns all that a figure says in words about a value and about itself.
    pub(crate) fn note(&self, value: &FigureValue) -> Option<String> {
        let texts: Vec<&str> = value.words.iter().chain(&self.notes).map(String::as_str).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

/// Value of a figure, in one currency if it is an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureValue {
    /// The currency; `None` if the figure is not an amount.
    pub currency: Option<String>,
    /// The value as the query returns it; `None` is NULL.
    pub current: Option<String>,
    /// The value in the compared period.
    pub previous: Option<String>,
    /// The outcome in words, if the query has one: `not checked (576)`. It takes the place of NULL.
    pub words: Option<String>,
    /// Numerator and denominator of a share, if they are known.
    pub parts: Option<ValueParts>,
}

/// Builds a figure from the results of its period and of the compared one.
pub(super) fn build_figure(
    definition: &FigureDefinition,
    results: &HashMap<QueryRequest, SectionResult>,
    previous: &HashMap<QueryRequest, SectionResult>,
    comparison: Option<&ComparedPeriod>,
) -> Result<Figure, String> {
    let fail = |reason: String| format!("figure {:?}: {reason}", definition.label);
    let query = &definition.request.query;
    let result =
        results.get(&definition.request).ok_or_else(|| fail(format!("there is no result of {query}")))?;
    let column = result
        .columns
        .iter()
        .find(|column| column.name == definition.column)
        .ok_or_else(|| fail(format!("{query} has no column {}", definition.column)))?;
    let is_amount = matches!(column.unit, Unit::Money { .. });
    let current = figure_values(definition, result).map_err(fail)?;
    let previous = match previous.get(&definition.request) {
        Some(previous) => figure_values(definition, previous).map_err(fail)?,
        None => Vec::new(),
    };
    let values = current.into_iter().map(|value| {
        let previous = previous.iter().find(|other| other.currency == value.currency);
        FigureValue { previous: previous.and_then(|previous| previous.current.clone()), ..value }
    });
    let mut values: Vec<FigureValue> = values.collect();
    // An amount of zero in an unknown currency is noise next to amounts in known ones.
    if values.len() > 1 {
        let is_zero = |value: &str| value.chars().all(|c| matches!(c, '0' | '.'));
        values.retain(|value| {
            value.currency.as_deref() != Some(UNKNOWN_CURRENCY)
                || value.current.as_deref().is_some_and(|current| !is_zero(current))
        });
    }
    // A count needs a currency only to distinguish it from others.
    if let ([value], false) = (values.as_mut_slice(), is_amount) {
        value.currency = None;
    }
    if values.is_empty() {
        values.push(FigureValue { currency: None, current: None, previous: None, words: None, parts: None });
    }
    Ok(Figure {
        label: definition.label.clone(),
        unit: column.unit.clone(),
        help: column.help.clone(),
        values,
        more_is_better: definition.more_is_better,
        days: comparison.and_then(|comparison| comparison.days).filter(|_| column.grows_with_period),
        notes: if is_amount { result.charge_notices.clone() } else { Vec::new() },
    })
}

/// Returns the values of a figure without those of the compared period, each with its currency if
/// the result distinguishes currencies. They are taken from the rows that match
/// [`FigureDefinition::row`], or else from the totals.
fn figure_values(definition: &FigureDefinition, result: &SectionResult) -> Result<Vec<FigureValue>, String> {
    let grid = Grid::from_result(result).map_err(|error| error.to_string())?;
    let has_lines = grid.column_index(LINE_COLUMN).is_some();
    let is_selected = |row: &&Row| {
        let matches = definition.row.iter().all(|(column, value)| grid.cell(row, column) == Some(value));
        matches && (!definition.row.is_empty() || !has_lines || row.kind == RowKind::Total)
    };
    let rows: Vec<&Row> = grid.rows.iter().filter(is_selected).collect();
    let at = grid.column_index(&definition.column);
    let value = |row: &Row, currency: Option<String>| FigureValue {
        currency,
        current: at.and_then(|at| row.cells.get(at).cloned().flatten()),
        previous: None,
        words: words(&grid, row, definition),
        parts: at.and_then(|at| ValueParts::of_share(&grid, row, at)),
    };
    let currency = grid.columns.iter().find_map(|column| match &column.unit {
        Unit::Money { currency, .. } => grid.column_index(currency),
        _ => None,
    });
    match (rows.as_slice(), currency) {
        (rows, Some(currency)) => Ok(rows
            .iter()
            .map(|row| {
                let currency = row.cells[currency].clone().unwrap_or_else(|| UNKNOWN_CURRENCY.to_owned());
                value(row, Some(currency))
            })
            .collect()),
        ([], None) => Ok(Vec::new()),
        ([row], None) => Ok(vec![value(row, None)]),
        (rows, None) => {
            Err(format!("{} rows match: select one by where = {{ column = \"value\" }}", rows.len()))
        }
    }
}

/// Returns the outcome of a row in words, for a count.
fn words(grid: &Grid, row: &Row, definition: &FigureDefinition) -> Option<String> {
    let column = grid.columns.get(grid.column_index(&definition.column)?)?;
    let outcome = grid.outcome(row).filter(|_| matches!(column.unit, Unit::Count(_)));
    outcome.map(str::to_owned)
}
