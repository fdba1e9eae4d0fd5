//! Merge of fetched calls with the calls of a day: by key, the later fetch wins.
//!
//! The key is (`start_time`, `engagement_id`), and the result is sorted by it. A call with
//! unchanged content keeps its row, `fetched_at` included, so a repeated fetch changes nothing.
//! Legs are replaced as a set. A fetch of summaries brings no legs; then the known legs stay, with
//! their entries in `extra`.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StringArray};
use arrow::compute::{interleave, interleave_record_batch};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};
use serde_json::{Map, Value};
use voxlake_model::schema::{EXTRA, FETCHED_AT, VOICE_CALL_DETAILS};

use crate::calls::{Charges, Keys};
use crate::revision::MergeAudit;

/// Number of a batch ([`EXISTING`], [`FETCHED`] or [`RESOLVED`]) and of a row in the batch.
type RowRef = (usize, usize);

const EXISTING: usize = 0;
const FETCHED: usize = 1;
const RESOLVED: usize = 2;

/// Rows of one call: that of the day, the fetched ones in the order of their fetch, or both.
struct MergeEntry {
    existing: Option<usize>,
    fetched: Range<usize>,
}

impl MergeEntry {
    /// Returns whether the call has several rows.
    fn needs_merge(&self) -> bool {
        self.fetched.len() > usize::from(self.existing.is_none())
    }

    /// The oldest row.
    fn first(&self) -> RowRef {
        self.existing.map_or((FETCHED, self.fetched.start), |row| (EXISTING, row))
    }

    /// The newest row.
    fn latest(&self) -> RowRef {
        if self.fetched.is_empty() { self.first() } else { (FETCHED, self.fetched.end - 1) }
    }
}

/// Merges `fetched` into `existing`, both of the lake's schema and sorted by key.
///
/// Keys of `existing` are distinct. Of fetched rows with the same key the later ones win. `audit`
/// decides about each call and counts.
pub(crate) fn merge(
    existing: &RecordBatch,
    fetched: &RecordBatch,
    audit: &mut MergeAudit,
) -> Result<RecordBatch, ArrowError> {
    let (old, new) = (Charges::new(existing), Charges::new(fetched));
    let calls = pair_by_key(&Keys::new(existing), &Keys::new(fetched));
    // Calls with a single row are taken from it.
    let to_merge: Vec<&MergeEntry> = calls.iter().filter(|call| call.needs_merge()).collect();
    let resolved = resolve(existing, fetched, &to_merge)?;
    let is_unchanged = unchanged(existing, fetched, &to_merge, &resolved)?;
    let now = Charges::new(&resolved);

    let mut kept: Vec<RowRef> = Vec::with_capacity(calls.len());
    let mut resolved_rows = is_unchanged.iter().enumerate();
    for call in &calls {
        let outcome = if call.needs_merge() { resolved_rows.next() } else { None };
        let (row_ref, version) = match outcome {
            Some((row, false)) => ((RESOLVED, row), now.version(row)?),
            _ if call.existing.is_some() => (call.first(), old.version(call.first().1)?),
            _ => (call.first(), new.version(call.first().1)?),
        };
        match call.existing {
            Some(_) if call.fetched.is_empty() => kept.push(row_ref),
            Some(row) if audit.on_update(old.version(row)?, version, row_ref.0 != RESOLVED) => {
                kept.push(row_ref);
            }
            Some(_) => kept.push(call.first()),
            None if audit.on_insert(version) => kept.push(row_ref),
            None => {}
        }
    }
    interleave_record_batch(&[existing, fetched, &resolved], &kept)
}

/// Pairs the rows of both sides by key.
fn pair_by_key(old: &Keys<'_>, new: &Keys<'_>) -> Vec<MergeEntry> {
    let mut entries = Vec::with_capacity(old.len() + new.len());
    let (mut e, mut f) = (0, 0);
    while e < old.len() || f < new.len() {
        let key = match (e < old.len(), f < new.len()) {
            (true, true) => old.get(e).min(new.get(f)),
            (true, false) => old.get(e),
            _ => new.get(f),
        };
        let existing = (e < old.len() && old.get(e) == key).then_some(e);
        e += usize::from(existing.is_some());
        let from = f;
        while f < new.len() && new.get(f) == key {
            f += 1;
        }
        entries.push(MergeEntry { existing, fetched: from..f });
    }
    entries
}

/// Returns the current content of each call: its latest row, with the legs of the latest row that
/// has legs.
fn resolve(
    existing: &RecordBatch,
    fetched: &RecordBatch,
    to_merge: &[&MergeEntry],
) -> Result<RecordBatch, ArrowError> {
    let (old_legs, new_legs) = (legs(existing), legs(fetched));
    // An empty list counts as no information: a call that took place has a leg.
    let with_legs = |call: &MergeEntry| {
        let fetched = call.fetched.clone().rev().find(|row| has_legs(new_legs, *row));
        let existing = || call.existing.filter(|row| has_legs(old_legs, *row)).map(|row| (EXISTING, row));
        fetched.map(|row| (FETCHED, row)).or_else(existing).unwrap_or_else(|| call.latest())
    };
    let rows: Vec<RowRef> = to_merge.iter().map(|call| call.latest()).collect();
    let legs_rows: Vec<RowRef> = to_merge.iter().map(|call| with_legs(call)).collect();
    let schema = existing.schema();
    let columns = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(at, field)| {
            let sides = [existing.column(at), fetched.column(at)];
            let values = sides.map(|side| &**side as &dyn Array);
            match field.name().as_str() {
                VOICE_CALL_DETAILS => interleave(&values, &legs_rows),
                EXTRA => merge_extra(sides.map(AsArray::as_string), &rows, &legs_rows),
                _ => interleave(&values, &rows),
            }
        })
        .collect::<Result<_, _>>()?;
    RecordBatch::try_new(schema, columns)
}

fn legs(calls: &RecordBatch) -> &ListArray {
    calls[VOICE_CALL_DETAILS].as_list()
}

fn has_legs(legs: &ListArray, row: usize) -> bool {
    legs.is_valid(row) && legs.value_length(row) > 0
}

/// Returns `extra` for rows whose legs come from other rows. Entries below the legs come with the
/// legs.
fn merge_extra(
    sides: [&StringArray; 2],
    rows: &[RowRef],
    legs_rows: &[RowRef],
) -> Result<ArrayRef, ArrowError> {
    let text = |(side, row): RowRef| sides[side].is_valid(row).then(|| sides[side].value(row));
    let object = |row_ref: RowRef| -> Result<Map<String, Value>, ArrowError> {
        let parsed = text(row_ref).map_or(Ok(Map::new()), serde_json::from_str);
        parsed.map_err(|error| ArrowError::JsonError(error.to_string()))
    };
    let in_legs = |path: &str| path.split('/').next() == Some(VOICE_CALL_DETAILS);
    let merged = rows.iter().zip(legs_rows).map(|(row, legs_row)| {
        if row == legs_row || (text(*row).is_none() && text(*legs_row).is_none()) {
            return Ok(text(*row).map(str::to_owned));
        }
        let mut extra = object(*row)?;
        extra.retain(|path, _| !in_legs(path));
        extra.extend(object(*legs_row)?.into_iter().filter(|(path, _)| in_legs(path)));
        Ok((!extra.is_empty()).then(|| Value::Object(extra).to_string()))
    });
    Ok(Arc::new(merged.collect::<Result<StringArray, ArrowError>>()?))
}

/// Returns whether each row of `resolved` equals the oldest row of its call, apart from
/// `fetched_at`.
fn unchanged(
    existing: &RecordBatch,
    fetched: &RecordBatch,
    to_merge: &[&MergeEntry],
    resolved: &RecordBatch,
) -> Result<Vec<bool>, ArrowError> {
    let first: Vec<RowRef> = to_merge.iter().map(|call| call.first()).collect();
    let (mut fields, mut before, mut now) = (Vec::new(), Vec::new(), Vec::new());
    for (at, field) in resolved.schema().fields().iter().enumerate() {
        if field.name() != FETCHED_AT {
            fields.push(SortField::new(field.data_type().clone()));
            before.push(interleave(&[&**existing.column(at), &**fetched.column(at)], &first)?);
            now.push(Arc::clone(resolved.column(at)));
        }
    }
    let converter = RowConverter::new(fields)?;
    let (before, now) = (converter.convert_columns(&before)?, converter.convert_columns(&now)?);
    Ok(before.iter().zip(now.iter()).map(|(before, now)| before == now).collect())
}

#[cfg(test)]
mod tests;
