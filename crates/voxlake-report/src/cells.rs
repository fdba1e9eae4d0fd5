//! Values as text: exact decimals, timestamps in ISO 8601, nested values as JSON.
//!
//! Every text format writes lists and structs as the JSON of the `json` format: it delimits names
//! and values unambiguously, for any text.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef};
use arrow::error::ArrowError;
use arrow::json::writer::{EncoderOptions, make_encoder};
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// Formats the value of a row in one column; `None` is NULL.
type CellFormatter<'a> = Box<dyn FnMut(usize) -> Result<Option<String>, ArrowError> + 'a>;

/// Returns the rows of `batch` as text; `None` is NULL.
pub(crate) fn rows_as_text(batch: &RecordBatch) -> Result<Vec<Vec<Option<String>>>, ArrowError> {
    let json = EncoderOptions::default().with_explicit_nulls(true);
    let fields = batch.schema_ref().fields().iter();
    let mut columns = fields
        .zip(batch.columns())
        .map(|(field, column)| cell_formatter(field, column, &json))
        .collect::<Result<Vec<_>, _>>()?;
    (0..batch.num_rows()).map(|row| columns.iter_mut().map(|format| format(row)).collect()).collect()
}

/// Returns true for types whose text no caller can choose: a leading minus sign there is a sign,
/// and not the start of a formula.
pub(crate) fn is_trusted_type(data_type: &DataType) -> bool {
    data_type.is_numeric() || data_type.is_temporal() || matches!(data_type, DataType::Boolean)
}

/// Metadata key of columns of text that hold formatted numbers.
const FORMATTED_NUMBER: &str = "voxlake.formatted_number";

/// Returns a column of text; if `is_number`, it holds formatted numbers.
pub(crate) fn text_field(name: &str, is_number: bool) -> Field {
    let field = Field::new(name, DataType::Utf8, true);
    if !is_number {
        return field;
    }
    field.with_metadata([(FORMATTED_NUMBER.to_owned(), String::new())].into())
}

/// Returns true for numbers and formatted numbers, which are aligned to the right.
pub(crate) fn is_number(field: &Field) -> bool {
    field.data_type().is_numeric() || field.metadata().contains_key(FORMATTED_NUMBER)
}

fn cell_formatter<'a>(
    field: &'a FieldRef,
    column: &'a dyn Array,
    json: &'a EncoderOptions,
) -> Result<CellFormatter<'a>, ArrowError> {
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
