//! Arrays out of what calls say, one column at a time, led by the schema's fields.

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
use voxlake_model::schema::{CHARGE_PRECISION, CHARGE_SCALE};
use voxlake_sim::Micros;

/// Texts as they stand.
pub(super) fn text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

/// Values as they are written.
pub(super) fn written<T: Display>(values: impl Iterator<Item = Option<T>>) -> Result<ArrayRef, ArrowError> {
    let mut texts = StringBuilder::with_capacity(values.size_hint().0, 0);
    for value in values {
        match value {
            None => texts.append_null(),
            Some(value) => {
                write!(texts, "{value}").map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
                // What was written becomes a value when one is appended.
                texts.append_value("");
            }
        }
    }
    Ok(Arc::new(texts.finish()))
}

pub(super) fn flags(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(BooleanArray::from(values.collect::<Vec<_>>()))
}

/// Whole seconds.
pub(super) fn seconds(values: impl Iterator<Item = u32>) -> ArrayRef {
    Arc::new(values.map(i64::from).collect::<Int64Array>())
}

/// Milliseconds since 1970.
pub(super) fn instants(values: impl Iterator<Item = DateTime<Utc>>) -> ArrayRef {
    let values = values.map(|instant| instant.timestamp_millis()).collect::<Vec<_>>();
    Arc::new(TimestampMillisecondArray::from(values).with_timezone("UTC"))
}

/// Millionths of a dollar.
pub(super) fn amounts(values: impl Iterator<Item = Option<Micros>>) -> Result<ArrayRef, ArrowError> {
    let amounts = values.map(|value| value.map(|micros| i128::from(micros.0))).collect::<Decimal128Array>();
    Ok(Arc::new(amounts.with_precision_and_scale(CHARGE_PRECISION, CHARGE_SCALE)?))
}

/// Lists of the type of a field, with so many of `items` each; none is no list at all.
pub(super) fn lists(
    list: &DataType,
    lengths: impl Iterator<Item = Option<usize>>,
    items: impl FnOnce(&DataType) -> Result<ArrayRef, ArrowError>,
) -> Result<ArrayRef, ArrowError> {
    let DataType::List(item) = list else {
        return Err(ArrowError::SchemaError(format!("{list} is no list")));
    };
    let lengths: Vec<Option<usize>> = lengths.collect();
    let valid: NullBuffer = lengths.iter().map(Option::is_some).collect();
    let offsets = OffsetBuffer::from_lengths(lengths.into_iter().map(|length| length.unwrap_or(0)));
    let items = items(item.data_type())?;
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, items, Some(valid))?))
}

/// Structs of a type, each field of which `column` makes by its name and type.
pub(super) fn structs(
    data_type: &DataType,
    valid: Option<NullBuffer>,
    count: usize,
    column: impl Fn(&str, &DataType) -> Result<ArrayRef, ArrowError>,
) -> Result<ArrayRef, ArrowError> {
    let DataType::Struct(fields) = data_type else {
        return Err(ArrowError::SchemaError(format!("{data_type} is no struct")));
    };
    let columns = columns(fields, column)?;
    Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, valid, count)?))
}

/// A column for each of the fields.
pub(super) fn columns(
    fields: &Fields,
    column: impl Fn(&str, &DataType) -> Result<ArrayRef, ArrowError>,
) -> Result<Vec<ArrayRef>, ArrowError> {
    fields.iter().map(|field| column(field.name(), field.data_type())).collect()
}

/// The schema has a field that the simulator does not know.
pub(super) fn unknown(name: &str) -> ArrowError {
    ArrowError::SchemaError(format!("the simulator does not fill {name}"))
}
