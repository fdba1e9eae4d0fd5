//! CSV.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};

use crate::content::Figure;
use crate::error::ReportError;
use crate::format::Format;
use crate::formats::writer;
use crate::options::Layout;

pub(super) fn written_figures(figures: &[Figure]) -> Result<Vec<u8>, ReportError> {
    let rows = || figures.iter().flat_map(|figure| figure.values.iter().map(move |value| (figure, value)));
    // A figure's number is harmless, but its column is text here: no apostrophe before a minus.
    let column = |values: Vec<Option<String>>| Arc::new(StringArray::from(values)) as ArrayRef;
    let unit = |figure: &Figure| match figure.unit.words() {
        words if words == "%" => "share".to_owned(),
        words if words == "duration" => "s".to_owned(),
        words => words,
    };
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("figure", column(rows().map(|(figure, _)| Some(figure.label.clone())).collect()), true),
        ("unit", column(rows().map(|(figure, _)| Some(unit(figure))).collect()), true),
        ("currency", column(rows().map(|(_, value)| value.currency.clone()).collect()), true),
        ("value", column(rows().map(|(_, value)| value.now.clone()).collect()), true),
        ("before", column(rows().map(|(_, value)| value.before.clone()).collect()), true),
    ])?;
    let mut bytes = Vec::new();
    let mut out = writer(Format::Csv, batch.schema(), &Layout::default(), &mut bytes)?;
    out.write(&batch)?;
    out.finish()?;
    drop(out);
    Ok(bytes)
}
