//! Charts of characters: labelled bars, or a line over time.

mod bars;
mod line;
mod point;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, SchemaRef};

use crate::cells;
use crate::error::ReportError;
use crate::text::escape_control_chars;
use point::Point;

/// Kind of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartKind {
    /// One bar for each row, for the first 100 rows.
    Bars,
    /// One line through all rows, in their order.
    Line,
}

/// Columns and size of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChartOptions {
    /// Kind. `None`: a line if the labels are times, else bars.
    pub kind: Option<ChartKind>,
    /// Column of the labels. `None`: the first that is not a number, else the first.
    pub names: Option<String>,
    /// Column of the numbers. `None`: the first number that is not the label.
    pub numbers: Option<String>,
    /// Width of the terminal in columns.
    pub width: usize,
    /// Height of a line chart in lines.
    pub height: usize,
}

impl ChartOptions {
    /// Returns the options of a chart of this size.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, ..Self::default() }
    }
}

/// Error of a chart.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// A column is missing or unsuitable.
    #[error("{0}")]
    Columns(String),
    /// A value cannot be formatted.
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// Draws the rows of `batches` as a chart, and returns its lines.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
/// use voxlake_report::{ChartOptions, draw_chart};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let batch = RecordBatch::try_from_iter([
///     ("queue", Arc::new(StringArray::from(vec!["Billing", "Sales"])) as ArrayRef),
///     ("calls", Arc::new(Int64Array::from(vec![120, 60]))),
/// ])?;
/// let chart = draw_chart(&batch.schema(), &[batch], &ChartOptions::new(30, 8))?;
/// assert_eq!(chart.lines().next(), Some("calls by queue"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ChartError::Columns`] if the result does not have the columns that the chart needs.
pub fn draw_chart(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    options: &ChartOptions,
) -> Result<String, ChartError> {
    let (names, numbers) = find_columns(schema, options)?;
    let mut points = Vec::new();
    for batch in batches {
        let batch = batch.project(&[names, numbers]).map_err(ReportError::from)?;
        let values = cast(batch.column(1), &DataType::Float64).map_err(ReportError::from)?;
        let values = values.as_primitive::<Float64Type>();
        let rows = cells::rows_as_text(&batch).map_err(ReportError::from)?;
        for (row, cells) in rows.into_iter().enumerate() {
            let mut cells = cells.into_iter().map(|cell| cell.unwrap_or_else(|| "NULL".to_owned()));
            let number = values.is_valid(row).then(|| values.value(row)).filter(|number| number.is_finite());
            let name = escape_control_chars(&cells.next().unwrap_or_default());
            points.push(Point { name, number, label: cells.next().unwrap_or_default() });
        }
    }
    if points.iter().all(|point| point.number.is_none()) {
        return Err(ChartError::Columns("there is no number to draw".to_owned()));
    }
    let over_time = schema.field(names).data_type().is_temporal();
    let default_kind = if over_time { ChartKind::Line } else { ChartKind::Bars };
    let name = |at: usize| escape_control_chars(schema.field(at).name());
    let head = format!("{} by {}", name(numbers), name(names));
    let drawing = match options.kind.unwrap_or(default_kind) {
        ChartKind::Bars => bars::draw_bars(&points, options.width),
        ChartKind::Line => line::draw_line(&points, options.width, options.height),
    };
    Ok(format!("{head}\n{drawing}"))
}

/// Returns the positions of the columns of labels and of numbers.
fn find_columns(schema: &SchemaRef, options: &ChartOptions) -> Result<(usize, usize), ChartError> {
    let is_number = |at: usize| schema.field(at).data_type().is_numeric();
    let name_of = |at: usize| escape_control_chars(schema.field(at).name());
    let all = 0..schema.fields().len();
    let find = |name: &String| {
        schema.index_of(name).map_err(|_| {
            let known = all.clone().map(name_of).collect::<Vec<_>>().join(", ");
            let name = escape_control_chars(name);
            ChartError::Columns(format!("the result has no column {name}; it has {known}"))
        })
    };
    let names = match &options.names {
        Some(name) => find(name)?,
        None => all.clone().find(|at| !is_number(*at)).unwrap_or(0),
    };
    let numbers = match &options.numbers {
        Some(name) => Some(find(name)?),
        None => all.clone().find(|at| *at != names && is_number(*at)),
    };
    match numbers {
        Some(numbers) if is_number(numbers) => Ok((names, numbers)),
        Some(numbers) => Err(ChartError::Columns(format!("{} is not a number", name_of(numbers)))),
        None => Err(ChartError::Columns("a chart needs a column of labels and one of numbers".to_owned())),
    }
}

#[cfg(test)]
mod tests;
