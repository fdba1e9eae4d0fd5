//! Values as text: exact decimals, instants in ISO 8601, nested values as JSON.
//!
//! Lists and structs are the JSON that the `json` format has in their place, in every format that
//! writes text: one form that says where a name ends and a value begins, whatever they contain.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, FieldRef};
use arrow::error::ArrowError;
use arrow::json::writer::{EncoderOptions, make_encoder};
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// The text of a row's value in one column; `None` is NULL.
type Texts<'a> = Box<dyn FnMut(usize) -> Result<Option<String>, ArrowError> + 'a>;

/// The rows of `batch` as text; `None` is NULL.
pub(crate) fn rows(batch: &RecordBatch) -> Result<Vec<Vec<Option<String>>>, ArrowError> {
    let json = EncoderOptions::default().with_explicit_nulls(true);
    let fields = batch.schema_ref().fields().iter();
    let mut columns = fields
        .zip(batch.columns())
        .map(|(field, column)| texts(field, column, &json))
        .collect::<Result<Vec<_>, _>>()?;
    (0..batch.num_rows()).map(|row| columns.iter_mut().map(|text| text(row)).collect()).collect()
}

/// Types whose text no caller writes: a minus sign there is a minus sign.
pub(crate) fn is_harmless(data_type: &DataType) -> bool {
    data_type.is_numeric() || data_type.is_temporal() || matches!(data_type, DataType::Boolean)
}

fn texts<'a>(
    field: &'a FieldRef,
    column: &'a dyn Array,
    json: &'a EncoderOptions,
) -> Result<Texts<'a>, ArrowError> {
    if field.data_type().is_nested() {
        let mut encoder = make_encoder(field, column, json)?;
        return Ok(Box::new(move |row| {
            if encoder.is_null(row) {
                return Ok(None);
            }
            let mut text = Vec::new();
            encoder.encode(row, &mut text);
            String::from_utf8(text).map(Some).map_err(|error| ArrowError::JsonError(error.to_string()))
        }));
    }
    let formatter = ArrayFormatter::try_new(column, &FormatOptions::new())?;
    let nulls = column.logical_nulls();
    Ok(Box::new(move |row| {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return Ok(None);
        }
        let mut text = String::new();
        formatter.value(row).write(&mut text)?;
        Ok(Some(text))
    }))
}
