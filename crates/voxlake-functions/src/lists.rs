//! Access to Arrow lists and text columns.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, ListArray, StringArray, StructArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, exec_datafusion_err, exec_err};

/// Returns the text at `row`, or `None` for null and blank texts.
pub(crate) fn nonblank_text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row)).filter(|text| !text.trim().is_empty())
}

/// Returns the column of a field of `structs`.
pub(crate) fn child_column<'a>(structs: &'a StructArray, name: &str) -> Result<&'a ArrayRef> {
    structs.column_by_name(name).ok_or_else(|| exec_datafusion_err!("a struct has no field {name}"))
}

/// Returns the indices of a row's entries in the list's values; empty for a null list.
pub(crate) fn entry_range(list: &ListArray, row: usize) -> Range<usize> {
    if list.is_null(row) {
        return 0..0;
    }
    let offsets = list.value_offsets();
    // Offsets of an Arrow list are never negative and never decrease.
    let offset = |index: usize| usize::try_from(offsets[index]).unwrap_or(0);
    offset(row)..offset(row + 1)
}

/// Wraps all `values` in a single list.
pub(crate) fn single_list(values: ArrayRef) -> Result<ListArray> {
    // List offsets have 32 bits and would wrap.
    if i32::try_from(values.len()).is_err() {
        return exec_err!("a list cannot have more than 2^31 entries");
    }
    let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths([values.len()]), values, None)?)
}

/// Returns the list type with items of type `item`.
pub(crate) fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}
