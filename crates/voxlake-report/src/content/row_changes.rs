//! Values of the compared period, joined to the rows of a result by key.
//!
//! The key of a row is the text before the first number, such as `line` and the queue, and the
//! currency of amounts. An id stands for the name that follows it, so a renamed queue keeps its
//! row.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;

use super::change::{Change, ChangeRule};
use super::grid::{Grid, Row};
use super::metadata::{ComparedPeriod, DayCounts};
use super::section_result::SectionResult;
use crate::definition::{ChangeDefinition, ColumnMeta, Unit};
use crate::error::ReportError;

/// Name of the column with the periods in which a row exists.
const STATUS_COLUMN: &str = "compared";
/// Status of a row of both periods.
const BOTH: &str = "both";
/// Status of a row that the compared period does not have.
const NEW: &str = "new";
/// Status of a row that only the compared period has.
const GONE: &str = "gone";

/// Rows of a section with the values of the compared period.
#[derive(Clone, Debug)]
pub struct RowChanges {
    /// Rows with two more columns: the value in the compared period, and the status. Rows that only
    /// the compared period has are last, without values of the report's period.
    pub result: SectionResult,
    definition: ChangeDefinition,
    /// Lengths of the periods, if values are compared per day.
    days: Option<DayCounts>,
    is_compared: bool,
    /// Index of the column with the values.
    at: usize,
    /// Number of columns of the query.
    columns: usize,
}

impl RowChanges {
    /// Joins the values of `previous`, the result for the compared period, to the rows of `result`.
    /// Without a comparison, the columns are NULL.
    ///
    /// # Errors
    /// If the column is missing, or the results have different columns.
    pub(super) fn new(
        definition: &ChangeDefinition,
        comparison: Option<&ComparedPeriod>,
        result: &SectionResult,
        previous: Option<&SectionResult>,
    ) -> Result<Self, ReportError> {
        let query = &result.request.query;
        let at = result.columns.iter().position(|column| column.name == definition.column);
        let at = at.ok_or_else(|| {
            ReportError::Report(format!("{query} has no column {}, which change names", definition.column))
        })?;
        let previous = previous.filter(|_| comparison.is_some());
        let grows = result.columns[at].grows_with_period;
        Ok(Self {
            result: match previous {
                Some(previous) => join(result, previous, at)?,
                None => without_comparison(result, at)?,
            },
            definition: definition.clone(),
            days: comparison.and_then(|comparison| comparison.days).filter(|_| grows),
            is_compared: previous.is_some(),
            at,
            columns: result.columns.len(),
        })
    }

    /// Returns the index of the column with the values.
    pub(crate) fn column(&self) -> usize {
        self.at
    }

    /// Returns the unit of the values.
    pub(crate) fn unit(&self) -> &Unit {
        &self.result.columns[self.at].unit
    }

    /// Returns true if the rows have values of the compared period.
    pub(crate) fn is_compared(&self) -> bool {
        self.is_compared
    }

    /// Returns true if values are compared per day.
    pub(crate) fn is_per_day(&self) -> bool {
        self.days.is_some()
    }

    /// Returns the change of a row of a grid of [`Self::result`].
    pub(crate) fn change(&self, row: &Row) -> Option<Change> {
        let unit = self.unit();
        let rule = ChangeRule { unit, more_is_better: self.definition.more_is_better, days: self.days };
        rule.change(row.cells.get(self.at)?.as_deref(), self.before(row))
    }

    /// Returns the value of a row in the compared period.
    pub(crate) fn before<'a>(&self, row: &'a Row) -> Option<&'a str> {
        row.cells.get(self.columns)?.as_deref()
    }

    /// Returns true if only the period of the report has the row.
    pub(crate) fn is_new(&self, row: &Row) -> bool {
        self.status(row) == Some(NEW)
    }

    /// Returns true if only the compared period has the row.
    pub(crate) fn is_gone(&self, row: &Row) -> bool {
        self.status(row) == Some(GONE)
    }

    fn status<'a>(&self, row: &'a Row) -> Option<&'a str> {
        row.cells.get(self.columns + 1)?.as_deref()
    }
}

/// Adds columns without values: nothing is compared.
fn without_comparison(result: &SectionResult, at: usize) -> Result<SectionResult, ReportError> {
    let rows = result.rows.num_rows();
    let before = new_null_array(result.rows.column(at).data_type(), rows);
    let status = new_null_array(&DataType::Utf8, rows);
    with_columns(result, at, result.rows.columns().to_vec(), before, status)
}

/// Adds the values of `previous` to the rows of the same key, and the rows that only it has.
fn join(result: &SectionResult, previous: &SectionResult, at: usize) -> Result<SectionResult, ReportError> {
    check_types(result, previous)?;
    let keys = key_columns(&result.columns);
    let (rows, previous_rows) = (Grid::from_result(result)?.rows, Grid::from_result(previous)?.rows);
    let (index, previous_index) = (index_by_key(&rows, &keys), index_by_key(&previous_rows, &keys));
    let mut sources: Vec<Option<u32>> = Vec::with_capacity(rows.len());
    let mut statuses: Vec<Option<&str>> = Vec::with_capacity(rows.len());
    for row in &rows {
        let key = row_key(row, &keys);
        // A key of several rows identifies none of them.
        let is_unique = index.get(&key).is_some_and(Option::is_some);
        let (source, status) = match previous_index.get(&key) {
            Some(Some(source)) if is_unique => (Some(*source), Some(BOTH)),
            None if is_unique => (None, Some(NEW)),
            _ => (None, None),
        };
        sources.push(source);
        statuses.push(status);
    }
    let is_gone = |row: &Row| !index.contains_key(&row_key(row, &keys));
    let gone: Vec<u32> =
        (0_u32..).zip(&previous_rows).filter(|(_, row)| is_gone(row)).map(|(at, _)| at).collect();
    sources.extend(gone.iter().copied().map(Some));
    statuses.extend(gone.iter().map(|_| Some(GONE)));
    let gone = UInt32Array::from(gone);
    let columns = (0..result.columns.len()).map(|column| -> Result<ArrayRef, ArrowError> {
        let current = result.rows.column(column);
        let added = if keys.iter().any(|key| key.contains(column)) {
            take(previous.rows.column(column), &gone, None)?
        } else {
            new_null_array(current.data_type(), gone.len())
        };
        concat(&[current.as_ref(), added.as_ref()])
    });
    let columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
    let before = take(previous.rows.column(at), &UInt32Array::from(sources), None)?;
    with_columns(result, at, columns, before, Arc::new(StringArray::from(statuses)))
}

/// Fails if two results of a query have different columns.
fn check_types(result: &SectionResult, previous: &SectionResult) -> Result<(), ReportError> {
    let types = |result: &SectionResult| -> Vec<DataType> {
        result.rows.columns().iter().map(|column| column.data_type().clone()).collect()
    };
    if types(result) == types(previous) {
        return Ok(());
    }
    let query = &result.request.query;
    Err(ReportError::Report(format!("{query} returns other columns for the compared period")))
}

/// Returns `result` with other rows and two more columns.
fn with_columns(
    result: &SectionResult,
    at: usize,
    mut arrays: Vec<ArrayRef>,
    before: ArrayRef,
    status: ArrayRef,
) -> Result<SectionResult, ReportError> {
    let compared = &result.columns[at];
    let before_meta = ColumnMeta {
        name: format!("{}_before", compared.name),
        help: format!("{} in the compared period.", compared.name),
        parts: None,
        ..compared.clone()
    };
    let help = format!("Periods with this row: {BOTH}, {NEW}, or {GONE} if only the compared one has it.");
    let status_meta = ColumnMeta::new(STATUS_COLUMN, None, false, help);
    let mut columns = result.columns.clone();
    columns.extend([before_meta, status_meta]);
    arrays.extend([before, status]);
    let fields: Vec<Field> = columns
        .iter()
        .zip(&arrays)
        .map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true))
        .collect();
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
    Ok(SectionResult { columns, rows, ..result.clone() })
}

/// A part of the key of a row.
enum KeyColumn {
    Text(usize),
    /// An id and the name that it stands for. Without an id, the name is the key.
    Named {
        id: usize,
        name: usize,
    },
}

impl KeyColumn {
    fn contains(&self, column: usize) -> bool {
        match self {
            Self::Text(text) => *text == column,
            Self::Named { id, name } => *id == column || *name == column,
        }
    }
}

fn key_columns(columns: &[ColumnMeta]) -> Vec<KeyColumn> {
    let leading = columns.iter().take_while(|column| !column.is_number && column.unit != Unit::Note).count();
    let is_id = |at: usize| at < leading && columns[at].unit == Unit::Id;
    let mut keys = Vec::new();
    let mut at = 0;
    while at < leading {
        if is_id(at) && at + 1 < leading && !is_id(at + 1) {
            keys.push(KeyColumn::Named { id: at, name: at + 1 });
            at += 2;
        } else {
            keys.push(KeyColumn::Text(at));
            at += 1;
        }
    }
    for column in columns {
        let Unit::Money { currency, .. } = &column.unit else { continue };
        let Some(at) = columns.iter().position(|column| column.name == *currency) else { continue };
        if !keys.iter().any(|key| key.contains(at)) {
            keys.push(KeyColumn::Text(at));
        }
    }
    keys
}

type RowKey = Vec<Option<String>>;

fn row_key(row: &Row, keys: &[KeyColumn]) -> RowKey {
    let cell = |at: usize| row.cells.get(at).cloned().flatten();
    let part = |key: &KeyColumn| match key {
        KeyColumn::Text(at) => cell(*at),
        KeyColumn::Named { id, name } => cell(*id).or_else(|| cell(*name)),
    };
    keys.iter().map(part).collect()
}

/// Returns the row of each key; `None` for keys of several rows.
fn index_by_key(rows: &[Row], keys: &[KeyColumn]) -> HashMap<RowKey, Option<u32>> {
    let mut index = HashMap::new();
    for (at, row) in (0_u32..).zip(rows) {
        index.entry(row_key(row, keys)).and_modify(|place| *place = None).or_insert(Some(at));
    }
    index
}

#[cfg(test)]
mod tests;
