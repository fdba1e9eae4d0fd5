//! Figures of a report as CSV.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};

use super::rows::write_batch;
use crate::content::{Figure, FigureValue, ValueParts};
use crate::definition::Unit;
use crate::error::ReportError;
use crate::format::Format;

/// Writes one line for each value of each figure. Values are exact: shares are not percentages, and
/// durations are in seconds. `before` is the value in the compared period. A note is what the
/// figure says in words.
pub(super) fn write_figures(figures: &[Figure]) -> Result<Vec<u8>, ReportError> {
    let rows = || figures.iter().flat_map(|figure| figure.values.iter().map(move |value| (figure, value)));
    let column = |values: Vec<Option<String>>| Arc::new(StringArray::from(values)) as ArrayRef;
    let unit = |figure: &Figure| match &figure.unit {
        Unit::Share => "share".to_owned(),
        Unit::Seconds => "s".to_owned(),
        unit => unit.label(),
    };
    let part =
        |value: &FigureValue, part: fn(&ValueParts) -> &String| value.parts.as_ref().map(part).cloned();
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("figure", column(rows().map(|(figure, _)| Some(figure.label.clone())).collect()), true),
        ("unit", column(rows().map(|(figure, _)| Some(unit(figure))).collect()), true),
        ("currency", column(rows().map(|(_, value)| value.currency.clone()).collect()), true),
        ("value", column(rows().map(|(_, value)| value.current.clone()).collect()), true),
        ("before", column(rows().map(|(_, value)| value.previous.clone()).collect()), true),
        ("note", column(rows().map(|(figure, value)| figure.note(value)).collect()), true),
        ("numerator", column(rows().map(|(_, value)| part(value, |parts| &parts.numerator)).collect()), true),
        (
            "denominator",
            column(rows().map(|(_, value)| part(value, |parts| &parts.denominator)).collect()),
            true,
        ),
    ])?;
    write_batch(&batch, Format::Csv)
}
