//! The distinct entries of a list, as the visits of a call: its agents, its flows.
//!
//! A call that comes back to one may name it twice; whoever counts calls per agent or per flow
//! wants the call once.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, ListArray, StringArray, StructArray, UInt64Array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{Field, Fields};
use datafusion::common::{Result, exec_datafusion_err};

use super::{entries, identity};

/// The distinct entries of each row's list, in the order of first appearance, as structs of `fields`:
/// the entry's identity (the first of `identified_by` that is not blank), its ordinal from 1, their
/// count, and then fields of the entry by their names, as first given. Entries without an identity
/// are left out; a null list is an empty one.
pub(super) fn distinct(lists: &ListArray, identified_by: &[&str], fields: Fields) -> Result<ListArray> {
    let values = lists.values().as_struct();
    let column =
        |name: &str| values.column_by_name(name).ok_or_else(|| exec_datafusion_err!("no field {name}"));
    let names = identified_by
        .iter()
        .map(|name| Ok(column(name)?.as_string()))
        .collect::<Result<Vec<&StringArray>>>()?;
    let (mut kept, mut ids) = (Vec::new(), Vec::new());
    let (mut ordinals, mut counts, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for row in 0..lists.len() {
        seen.clear();
        for place in entries(lists, row) {
            if values.is_valid(place)
                && let Some(id) = identity(&names, place)
                && seen.insert(id)
            {
                kept.push(place as u64);
                ids.push(id);
                ordinals.push(i32::try_from(seen.len()).unwrap_or(i32::MAX));
            }
        }
        let count = i32::try_from(seen.len()).unwrap_or(i32::MAX);
        counts.extend(std::iter::repeat_n(count, seen.len()));
        lengths.push(seen.len());
    }
    let kept = UInt64Array::from(kept);
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(ids)),
        Arc::new(Int32Array::from(ordinals)),
        Arc::new(Int32Array::from(counts)),
    ];
    for field in fields.iter().skip(columns.len()) {
        columns.push(take(column(field.name())?, &kept, None)?);
    }
    let visits = StructArray::try_new(fields, columns, None)?;
    let item = Arc::new(Field::new_list_field(visits.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(visits), None)?)
}
