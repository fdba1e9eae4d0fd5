//! Arrow arrays of one column, in the type of the schema.

use std::fmt::{Display, Write as _};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Int64Array, ListArray, StringArray, StringBuilder, StructArray,
    TimestampMillisecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Fields};
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};

use crate::money::Micros;

/// Builds a string column.
pub(super) fn strings<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

/// Builds a string column of displayed values.
pub(super) fn displayed<T: Display>(values: impl Iterator<Item = Option<T>>) -> Result<ArrayRef, ArrowError> {
    let mut texts = StringBuilder::with_capacity(values.size_hint().0, 0);
    for value in values {
        match value {
            None => texts.append_null(),
            Some(value) => {
                write!(texts, "{value}").map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
                // Appending a value takes the text that was written before.
                texts.append_value("");
            }
        }
    }
    Ok(Arc::new(texts.finish()))
}

/// Builds a Boolean column.
pub(super) fn booleans(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(BooleanArray::from(values.collect::<Vec<_>>()))
}

/// Builds an `Int64` column of seconds.
pub(super) fn seconds(values: impl Iterator<Item = u32>) -> ArrayRef {
    Arc::new(values.map(i64::from).collect::<Int64Array>())
}

/// Builds a timestamp column in milliseconds, UTC.
pub(super) fn timestamps(values: impl Iterator<Item = DateTime<Utc>>) -> ArrayRef {
    let values = values.map(|instant| instant.timestamp_millis()).collect::<Vec<_>>();
    Arc::new(TimestampMillisecondArray::from(values).with_timezone("UTC"))
}

/// Decimals of an amount, which is in millionths.
const MICROS_SCALE: i8 = 6;

/// Builds a decimal column of amounts.
pub(super) fn amounts(
    data_type: &DataType,
    values: impl Iterator<Item = Option<Micros>>,
) -> Result<ArrayRef, ArrowError> {
    let DataType::Decimal128(precision, MICROS_SCALE) = data_type else {
        return Err(ArrowError::SchemaError(format!("{data_type} does not hold millionths")));
    };
    let amounts = values.map(|value| value.map(|micros| i128::from(micros.0))).collect::<Decimal128Array>();
    Ok(Arc::new(amounts.with_precision_and_scale(*precision, MICROS_SCALE)?))
}

/// Builds a list column. `lengths` are the lengths of the lists, `None` for null; `items` builds
/// the items of all lists.
pub(super) fn lists(
    list: &DataType,
    lengths: impl Iterator<Item = Option<usize>>,
    items: impl FnOnce(&DataType) -> Result<ArrayRef, ArrowError>,
) -> Result<ArrayRef, ArrowError> {
    let DataType::List(item) = list else {
        return Err(ArrowError::SchemaError(format!("{list} is not a list")));
    };
    let lengths: Vec<Option<usize>> = lengths.collect();
    let valid: NullBuffer = lengths.iter().map(Option::is_some).collect();
    let offsets = OffsetBuffer::from_lengths(lengths.into_iter().map(|length| length.unwrap_or(0)));
    let items = items(item.data_type())?;
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, items, Some(valid))?))
}

/// Builds a struct column. `column` builds each field by name and type.
pub(super) fn structs(
    data_type: &DataType,
    valid: Option<NullBuffer>,
    count: usize,
    column: impl Fn(&str, &DataType) -> Result<ArrayRef, ArrowError>,
) -> Result<ArrayRef, ArrowError> {
    let DataType::Struct(fields) = data_type else {
        return Err(ArrowError::SchemaError(format!("{data_type} is not a struct")));
    };
    let columns = columns(fields, column)?;
    Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, valid, count)?))
}

/// Builds a column for each field.
pub(super) fn columns(
    fields: &Fields,
    column: impl Fn(&str, &DataType) -> Result<ArrayRef, ArrowError>,
) -> Result<Vec<ArrayRef>, ArrowError> {
    fields.iter().map(|field| column(field.name(), field.data_type())).collect()
}

/// Returns the error for a field that calls do not have.
pub(super) fn unknown_field(name: &str) -> ArrowError {
    ArrowError::SchemaError(format!("the simulator has no field {name}"))
}
