//! An answer as a chart of characters: bars beside their names, or a line over time.

mod line;
mod point;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, SchemaRef};
use unicode_width::UnicodeWidthStr as _;

use crate::cells;
use crate::error::ReportError;
use crate::text::{cut, visible};
use point::Point;

/// Rows that bars are drawn for: more are a line, or a question too many.
const MOST_BARS: usize = 100;
/// Columns that a name beside a bar may take.
const LONGEST_NAME: usize = 30;
/// Columns that the longest bar has at least.
const LEAST_ROOM: usize = 8;
/// The eighths of a character cell that a bar can end with.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// What a chart looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartKind {
    /// A bar for each row.
    Bars,
    /// A line through all rows in their order.
    Line,
}

/// What to draw, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chart {
    /// Bars or a line; none: a line over times, else bars.
    pub kind: Option<ChartKind>,
    /// The column of the names; none: the first that is no number, else the first.
    pub names: Option<String>,
    /// The column of the numbers; none: the first number that is not the names.
    pub numbers: Option<String>,
    /// Columns of the terminal.
    pub width: usize,
    /// Lines that a line may take.
    pub height: usize,
}

/// Why there is no chart.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// The answer has no such column, or none that a chart needs.
    #[error("{0}")]
    Columns(String),
    /// A value has no form.
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// The chart of an answer, in lines.
///
/// # Errors
/// [`ChartError::Columns`] where the answer has not the columns that a chart needs.
pub fn chart(schema: &SchemaRef, batches: &[RecordBatch], chart: &Chart) -> Result<String, ChartError> {
    let (names, numbers) = columns(schema, chart)?;
    let mut points = Vec::new();
    for batch in batches {
        let batch = batch.project(&[names, numbers]).map_err(ReportError::from)?;
        let values = cast(batch.column(1), &DataType::Float64).map_err(ReportError::from)?;
        let values = values.as_primitive::<Float64Type>();
        for (row, cells) in cells::rows(&batch).map_err(ReportError::from)?.into_iter().enumerate() {
            let mut cells = cells.into_iter().map(|cell| cell.unwrap_or_else(|| "NULL".to_owned()));
            let number = values.is_valid(row).then(|| values.value(row)).filter(|number| number.is_finite());
            let name = visible(&cells.next().unwrap_or_default());
            points.push(Point { name, number, told: cells.next().unwrap_or_default() });
        }
    }
    if points.iter().all(|point| point.number.is_none()) {
        return Err(ChartError::Columns("there is no number to draw".to_owned()));
    }
    let over_time = schema.field(names).data_type().is_temporal();
    let usual = if over_time { ChartKind::Line } else { ChartKind::Bars };
    let head =
        format!("{} by {}", visible(schema.field(numbers).name()), visible(schema.field(names).name()));
    let drawn = match chart.kind.unwrap_or(usual) {
        ChartKind::Bars => bars(&points, chart.width),
        ChartKind::Line => line::line(&points, chart.width, chart.height),
    };
    Ok(format!("{head}\n{drawn}"))
}

/// The places of the columns of names and of numbers.
fn columns(schema: &SchemaRef, chart: &Chart) -> Result<(usize, usize), ChartError> {
    let is_number = |place: usize| schema.field(place).data_type().is_numeric();
    let named = |name: &String| {
        let known =
            || schema.fields().iter().map(|field| visible(field.name())).collect::<Vec<_>>().join(", ");
        schema.index_of(name).map_err(|_| {
            ChartError::Columns(format!("the answer has no column {}; it has {}", visible(name), known()))
        })
    };
    let places = 0..schema.fields().len();
    let names = match &chart.names {
        Some(name) => named(name)?,
        None => places.clone().find(|place| !is_number(*place)).unwrap_or(0),
    };
    let numbers = match &chart.numbers {
        Some(name) => Some(named(name)?),
        None => places.clone().find(|place| *place != names && is_number(*place)),
    };
    match numbers {
        Some(numbers) if is_number(numbers) => Ok((names, numbers)),
        Some(numbers) => {
            Err(ChartError::Columns(format!("{} is no number", visible(schema.field(numbers).name()))))
        }
        None => Err(ChartError::Columns("a chart needs a column of names and one of numbers".to_owned())),
    }
}

fn bars(points: &[Point], width: usize) -> String {
    let shown = &points[..points.len().min(MOST_BARS)];
    let told = shown.iter().map(|point| point.told.width()).max().unwrap_or(0);
    let names = shown.iter().map(|point| point.name.width()).max().unwrap_or(0);
    let names = names.min(LONGEST_NAME).min(width.saturating_sub(told + LEAST_ROOM + 4));
    let most = shown.iter().filter_map(|point| point.number).map(f64::abs).fold(0.0, f64::max);
    let room = width.saturating_sub(names + told + 4).max(LEAST_ROOM);
    let mut lines = Vec::new();
    for point in shown {
        let name = cut(&point.name, names).into_owned();
        let share = point.number.filter(|_| most > 0.0).map_or(0.0, |number| number.abs() / most);
        let bar = bar(share, room, point.number.is_some_and(|number| number < 0.0));
        let indent = " ".repeat(names.saturating_sub(name.width()));
        lines.push(format!("{name}{indent} │{bar} {}", point.told));
    }
    if points.len() > shown.len() {
        lines.push(format!("these are the first {MOST_BARS} of {} rows; a line takes all", points.len()));
    }
    lines.join("\n")
}

/// A bar of a share of `room`; one below zero is lighter.
fn bar(share: f64, room: usize, negative: bool) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a terminal's width")]
    let eighths = (share * room as f64 * 8.0).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to eight times the width"
    )]
    let eighths = eighths as usize;
    if negative {
        return "░".repeat(eighths.div_ceil(8));
    }
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

#[cfg(test)]
mod tests;
