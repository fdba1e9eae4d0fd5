//! Merging of fetched calls into a day file, batch by batch.
//!
//! Memory is needed for the fetched calls, one batch of the day and one row group in progress,
//! however large the day is. Both sides are sorted, so one pass is enough. Large row groups without
//! fetched calls are copied byte by byte. Small ones are rewritten together with their neighbours.

use std::collections::BTreeSet;
use std::fs::File;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use chrono::{DateTime, Utc};
use voxlake_model::schema;

use crate::calls::{Charges, Key, Keys};
use crate::error::StoreContext as _;
use crate::footer::kept_entries;
use crate::merge::merge;
use crate::read::DayReader;
use crate::revision::MergeAudit;
use crate::sorted_calls::SortedCalls;
use crate::write::DayWriter;
use crate::{ConflictPolicy, Coverage, FetchedRange, LakeError, MergeCounts, Revision};

/// Batch and row group sizes of a merge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MergeSizes {
    /// Calls that are decoded, merged and encoded at once.
    pub(crate) batch_rows: usize,
    /// Maximum calls of a row group. Groups of at least half as many are copied unchanged.
    pub(crate) row_group_rows: usize,
}

impl Default for MergeSizes {
    fn default() -> Self {
        Self { batch_rows: 2048, row_group_rows: 65_536 }
    }
}

/// Input of a merge into one day.
pub(crate) struct DayMerge<'a> {
    /// Path of the day file within the lake, for errors.
    pub(crate) path: &'a str,
    pub(crate) fetched: SortedCalls,
    pub(crate) ranges: &'a [FetchedRange],
    /// Keys of calls to remove from the day.
    pub(crate) moved: &'a BTreeSet<(i64, String)>,
    pub(crate) trusted_at: Option<DateTime<Utc>>,
    pub(crate) policy: ConflictPolicy,
    pub(crate) sizes: MergeSizes,
}

/// Result of a merge.
#[derive(Debug)]
pub(crate) struct MergeOutcome {
    pub(crate) calls: usize,
    pub(crate) counts: MergeCounts,
    pub(crate) revision: Revision,
}

impl DayMerge<'_> {
    /// Writes the calls of `existing`, merged with the fetched ones, to `into`.
    pub(crate) fn run(
        self,
        existing: Option<&DayReader>,
        into: &mut File,
    ) -> Result<MergeOutcome, LakeError> {
        let before = existing.map_or_else(Coverage::default, |day| match self.trusted_at {
            Some(now) => day.coverage().trusted_at(now),
            None => day.coverage().clone(),
        });
        let mut merger = DayMerger {
            path: self.path,
            audit: MergeAudit::new(self.policy, &before, self.ranges),
            writer: DayWriter::new(into, self.sizes.row_group_rows).context("encode", self.path)?,
            fetched: self.fetched,
            moved: self.moved,
            batch_rows: self.sizes.batch_rows.max(1),
        };
        if let Some(day) = existing {
            merger.writer.append_metadata(kept_entries(day.metadata()));
            merger.merge_existing(day, self.sizes)?;
        }
        merger.write_new(|_| true)?;
        let calls = merger.writer.calls();
        let (counts, revision, coverage) = merger.audit.finish();
        merger.writer.finish(&coverage).context("encode", self.path)?;
        Ok(MergeOutcome { calls, counts, revision })
    }
}

/// State of a merge.
struct DayMerger<'a> {
    path: &'a str,
    audit: MergeAudit,
    writer: DayWriter<&'a mut File>,
    fetched: SortedCalls,
    moved: &'a BTreeSet<(i64, String)>,
    batch_rows: usize,
}

impl DayMerger<'_> {
    fn merge_existing(&mut self, day: &DayReader, sizes: MergeSizes) -> Result<(), LakeError> {
        let groups = day.metadata().row_groups();
        let copied: Vec<Option<(i64, i64)>> = groups
            .iter()
            .zip(day.ordered_group_ranges())
            .map(|(group, starts)| {
                let large = usize::try_from(group.num_rows())
                    .is_ok_and(|rows| rows >= sizes.row_group_rows.div_ceil(2));
                starts.filter(|(first, last)| {
                    large && !self.fetched.any_within(*first, *last) && !self.has_moved_call(*first, *last)
                })
            })
            .collect();
        let decoded = (0..groups.len()).filter(|at| copied[*at].is_none()).collect();
        if !day.is_ascending(decoded)? {
            return self.merge_unsorted(day);
        }
        for (group, starts) in copied.into_iter().enumerate() {
            if let Some((first, _)) = starts {
                self.write_new(|key| key.0 < first)?;
                let done = self.writer.copy_row_group(day.file(), day.metadata(), group);
                done.context("encode", self.path)?;
            } else {
                for batch in day.batches(vec![group], self.batch_rows)? {
                    self.merge(&batch?)?;
                }
            }
        }
        Ok(())
    }

    /// Merges into a day whose file is not in order or has duplicates: another program wrote it.
    /// The day is loaded into memory. Of calls with the same key the later one in the file wins.
    fn merge_unsorted(&mut self, day: &DayReader) -> Result<(), LakeError> {
        let mut calls = SortedCalls::new(vec![day.day()?.calls])?;
        let mut discarded = MergeAudit::new(ConflictPolicy::Replace, &Coverage::default(), &[]);
        while let Some(piece) = calls.take_while(self.batch_rows, |_| true)? {
            self.merge(&merge(&no_calls(), &piece, &mut discarded)?)?;
        }
        Ok(())
    }

    /// Returns whether a call that started from `first` to `last` ms (inclusive) is to be removed.
    fn has_moved_call(&self, first: i64, last: i64) -> bool {
        self.moved.range((first, String::new())..).next().is_some_and(|(start, _)| *start <= last)
    }

    /// Merges a batch of the day with the fetched calls up to the batch's last key.
    fn merge(&mut self, existing: &RecordBatch) -> Result<(), LakeError> {
        let stay = self.without_moved(existing)?;
        let existing = stay.as_ref().unwrap_or(existing);
        let keys = Keys::new(existing);
        let Some(last) = keys.last() else { return Ok(()) };
        let first = keys.get(0);
        self.write_new(|key| key < first)?;
        let mut merged = 0;
        while let Some(fetched) = self.fetched.take_while(self.batch_rows, |key| key <= last)? {
            let end = match Keys::new(&fetched).last() {
                Some(reached) if self.fetched.next_is(|key| key <= last) => keys.count_through(reached),
                _ => keys.len(),
            };
            let slice = existing.slice(merged, end - merged);
            let calls = merge(&slice, &fetched, &mut self.audit)?;
            self.write(&calls)?;
            merged = end;
        }
        self.write(&existing.slice(merged, keys.len() - merged))
    }

    /// Removes moved calls from a batch. `None` if it has none.
    fn without_moved(&mut self, piece: &RecordBatch) -> Result<Option<RecordBatch>, LakeError> {
        if self.moved.is_empty() {
            return Ok(None);
        }
        let (charges, keys) = (Charges::new(piece), Keys::new(piece));
        let mut stays = Vec::with_capacity(keys.len());
        for row in 0..keys.len() {
            let (start, id) = keys.get(row);
            let is_moved = self.moved.contains(&(start, id.to_owned()));
            if is_moved {
                self.audit.on_remove(charges.version(row)?);
            }
            stays.push(!is_moved);
        }
        if stays.iter().all(|stays| *stays) {
            return Ok(None);
        }
        Ok(Some(filter_record_batch(piece, &BooleanArray::from(stays))?))
    }

    /// Writes the next fetched calls while `wanted` holds. They are not in the day yet.
    fn write_new(&mut self, wanted: impl Fn(Key<'_>) -> bool) -> Result<(), LakeError> {
        while let Some(fetched) = self.fetched.take_while(self.batch_rows, &wanted)? {
            let calls = merge(&no_calls(), &fetched, &mut self.audit)?;
            self.write(&calls)?;
        }
        Ok(())
    }

    fn write(&mut self, calls: &RecordBatch) -> Result<(), LakeError> {
        self.writer.write(calls).context("encode", self.path)
    }
}

fn no_calls() -> RecordBatch {
    RecordBatch::new_empty(schema::voice_calls())
}

#[cfg(test)]
mod tests;
