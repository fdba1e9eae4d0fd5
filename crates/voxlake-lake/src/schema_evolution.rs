//! Conversion of calls from an older schema to today's. Columns and nested fields that did not
//! exist yet become NULL. Columns of a newer schema are refused because a rewrite would drop them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StructArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;

/// Returns the path of the first field of `found` that `known` lacks, also within structs and
/// lists.
pub(crate) fn unknown_field(found: &Schema, known: &Schema) -> Option<String> {
    unknown_in(found.fields(), known.fields())
}

fn unknown_in(found: &Fields, known: &Fields) -> Option<String> {
    found.iter().find_map(|field| match known.find(field.name()) {
        None => Some(field.name().clone()),
        Some((_, known)) => {
            let inner = unknown_in(fields_within(field.data_type())?, fields_within(known.data_type())?)?;
            Some(format!("{}.{inner}", field.name()))
        }
    })
}

fn fields_within(data_type: &DataType) -> Option<&Fields> {
    match data_type {
        DataType::Struct(fields) => Some(fields),
        DataType::List(item) => fields_within(item.data_type()),
        _ => None,
    }
}

/// Returns `batch` with the columns of `schema`, matched by name.
pub(crate) fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) => conform_column(column, field),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        })
        .collect::<Result<_, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
}

fn conform_column(column: &ArrayRef, field: &Field) -> Result<ArrayRef, ArrowError> {
    if column.data_type() == field.data_type() {
        return Ok(Arc::clone(column));
    }
    match (column.data_type(), field.data_type()) {
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let column = column.as_struct();
            let children = fields
                .iter()
                .map(|field| match column.column_by_name(field.name()) {
                    Some(child) => conform_column(child, field),
                    None => Ok(new_null_array(field.data_type(), column.len())),
                })
                .collect::<Result<_, _>>()?;
            let nulls = column.nulls().cloned();
            Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), children, nulls, column.len())?))
        }
        (DataType::List(_), DataType::List(item)) => {
            let column = column.as_list::<i32>();
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(item),
                column.offsets().clone(),
                conform_column(column.values(), item)?,
                column.nulls().cloned(),
            )?))
        }
        (_, to) => cast(column, to),
    }
}
