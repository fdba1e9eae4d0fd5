//! The distinct entries of a list, as the visits of a call: its agents, its flows.
//!
//! A call that comes back to one may name it twice; whoever counts calls per agent or per flow
//! wants the call once.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array, ListArray, StringArray, UInt64Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::Fields;
use datafusion::common::{Result, exec_datafusion_err};

use super::visits::visits_of;
use super::{entries, identity};

/// The names of the fields of a visit that its entry does not have.
pub(super) struct Made {
    /// What identifies the visit.
    pub(super) id: &'static str,
    /// Its place among the visits of the call, from 1.
    pub(super) ordinal: &'static str,
    /// Their number.
    pub(super) count: &'static str,
}

impl Made {
    /// The fields to read of an entry: its `identity`, and those of `wanted` that are not made.
    pub(super) fn and_given(&self, identity: &Fields, wanted: &Fields) -> Fields {
        let is_made = |name: &str| [self.id, self.ordinal, self.count].contains(&name);
        let is_read = |name: &str| identity.iter().any(|field| field.name() == name);
        let given = wanted.iter().filter(|field| !is_made(field.name()) && !is_read(field.name()));
        identity.iter().chain(given).cloned().collect()
    }
}

/// The distinct entries of each row's list, in the order of first appearance, as structs of `fields`:
/// those that are `made`, the identity being the first of `identified_by` that is not blank, and fields
/// of the entry by their names, as first given. Entries without an identity are left out; a null list
/// is an empty one.
pub(super) fn distinct(
    lists: &ListArray,
    identified_by: &[&str],
    made: &Made,
    fields: &Fields,
) -> Result<ListArray> {
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
    let column = |name: &str| -> Result<ArrayRef> {
        Ok(match name {
            id if id == made.id => Arc::new(StringArray::from_iter_values(&ids)),
            ordinal if ordinal == made.ordinal => Arc::new(Int32Array::from(ordinals.clone())),
            count if count == made.count => Arc::new(Int32Array::from(counts.clone())),
            name => take(column(name)?, &kept, None)?,
        })
    };
    let columns = fields.iter().map(|field| column(field.name())).collect::<Result<Vec<_>>>()?;
    visits_of(fields, columns, lengths)
}
