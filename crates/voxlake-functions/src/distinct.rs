//! Distinct entries of a list: the visits of a call to agents or flows.
//!
//! A call may name an agent or flow several times. Counts per agent or flow must count the call
//! once.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, ListArray, StringArray, StructArray, UInt64Array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::Result;

use super::identity::{Mention, Resolver};
use super::visits::visit_lists;
use crate::lists::{child_column, entry_range, nonblank_text};

/// Names of the fields of an entry that identify an entity, in the order in which they apply.
pub(super) struct IdentifyingFields {
    pub(super) id: &'static str,
    /// Weaker id, which applies to entries without an id; see [`Mention::lesser_id`].
    pub(super) lesser_id: Option<&'static str>,
    pub(super) name: &'static str,
}

impl IdentifyingFields {
    /// Returns the fields with their types.
    pub(super) fn types(&self) -> Fields {
        let names = [Some(self.id), self.lesser_id, Some(self.name)];
        names.into_iter().flatten().map(|name| Field::new(name, DataType::Utf8, true)).collect()
    }
}

/// Columns of [`IdentifyingFields`].
pub(super) struct IdentifyingColumns<'a> {
    values: &'a StructArray,
    ids: &'a StringArray,
    lesser_ids: Option<&'a StringArray>,
    names: &'a StringArray,
}

impl<'a> IdentifyingColumns<'a> {
    pub(super) fn try_new(lists: &'a ListArray, fields: &IdentifyingFields) -> Result<Self> {
        let values = lists.values().as_struct();
        let column = |name: &str| -> Result<&'a StringArray> { Ok(child_column(values, name)?.as_string()) };
        Ok(Self {
            values,
            ids: column(fields.id)?,
            lesser_ids: fields.lesser_id.map(column).transpose()?,
            names: column(fields.name)?,
        })
    }

    /// Returns the identifying texts of an entry. `index` counts the entries of all rows.
    pub(super) fn mention(&self, index: usize) -> Mention<'a> {
        if self.values.is_null(index) {
            return Mention::default();
        }
        Mention {
            id: nonblank_text(self.ids, index),
            lesser_id: self.lesser_ids.and_then(|column| nonblank_text(column, index)),
            name: nonblank_text(self.names, index),
        }
    }
}

/// Names of the fields of a visit that are computed, not read from its entry.
pub(super) struct DerivedFields {
    /// Identity of the visit.
    pub(super) id: &'static str,
    /// Position among the visits of the call, from 1.
    pub(super) ordinal: &'static str,
    /// Number of visits of the call.
    pub(super) count: &'static str,
}

impl DerivedFields {
    /// Returns the fields to read from an entry: its `identity`, and the `wanted` fields that are
    /// not derived.
    pub(super) fn input_fields(&self, identity: &Fields, wanted: &Fields) -> Fields {
        let is_derived = |name: &str| [self.id, self.ordinal, self.count].contains(&name);
        let identifies = |name: &str| identity.iter().any(|field| field.name() == name);
        let others = wanted.iter().filter(|field| !is_derived(field.name()) && !identifies(field.name()));
        identity.iter().chain(others).cloned().collect()
    }
}

/// Returns the distinct entries of each row's list, in the order of first appearance, as structs of
/// `fields`: derived fields, the first name that the call gives, and other fields of the first
/// entry.
///
/// Omits entries that identify nothing. A null list yields an empty one.
pub(super) fn distinct_entries(
    lists: &ListArray,
    identified_by: &IdentifyingFields,
    derived: &DerivedFields,
    fields: &Fields,
) -> Result<ListArray> {
    let columns = IdentifyingColumns::try_new(lists, identified_by)?;
    let (mut first_entries, mut entities) = (Vec::new(), Vec::new());
    let (mut ordinals, mut counts, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    let mut resolver = Resolver::new();
    for row in 0..lists.len() {
        let indices = entry_range(lists, row);
        resolver.resolve(indices.clone().map(|index| columns.mention(index)));
        let mut distinct = 0;
        for (position, index) in indices.enumerate() {
            // Entities are numbered in the order of their first entries.
            if resolver.entity_index(position) == Some(distinct) {
                distinct += 1;
                first_entries.push(index as u64);
                ordinals.push(i32::try_from(distinct).unwrap_or(i32::MAX));
            }
        }
        entities.extend_from_slice(resolver.entities());
        let count = i32::try_from(distinct).unwrap_or(i32::MAX);
        counts.extend(std::iter::repeat_n(count, distinct));
        lengths.push(distinct);
    }
    let first_entries = UInt64Array::from(first_entries);
    let column = |name: &str| -> Result<ArrayRef> {
        Ok(match name {
            id if id == derived.id => {
                Arc::new(StringArray::from_iter_values(entities.iter().map(|entity| entity.id)))
            }
            ordinal if ordinal == derived.ordinal => Arc::new(Int32Array::from(ordinals.clone())),
            count if count == derived.count => Arc::new(Int32Array::from(counts.clone())),
            name if name == identified_by.name => {
                Arc::new(entities.iter().map(|entity| entity.name).collect::<StringArray>())
            }
            field => take(child_column(lists.values().as_struct(), field)?, &first_entries, None)?,
        })
    };
    let columns = fields.iter().map(|field| column(field.name())).collect::<Result<Vec<_>>>()?;
    visit_lists(fields, columns, lengths)
}
