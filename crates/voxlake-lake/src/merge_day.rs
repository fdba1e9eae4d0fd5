//! Commit of a day: fetched calls are merged into its file, which is replaced in one step.

use std::fs::File;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::day_merge::{DayMerge, MergeOutcome, MergeSizes};
use crate::executor::Executor;
use crate::read::DayReader;
use crate::sorted_calls::SortedCalls;
use crate::{
    ConflictPolicy, FetchedRange, Lake, LakeError, MergeCounts, MovedCalls, Revision, WriterLock, layout,
};

/// Result of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCommit {
    /// Date of the day.
    pub date: NaiveDate,
    /// Calls in the day file after the commit.
    pub calls: usize,
    /// Counts of the merged calls.
    pub merged: MergeCounts,
    /// Changes in ranges that had been fetched before.
    pub revision: Revision,
}

/// Calls to merge into a day, the ranges that they cover, and the policy for conflicts.
pub(crate) struct MergeRequest<'a> {
    pub(crate) calls: Vec<RecordBatch>,
    pub(crate) ranges: &'a [FetchedRange],
    pub(crate) policy: ConflictPolicy,
    /// Calls to remove from the day.
    pub(crate) moved: Option<&'a MovedCalls>,
    /// Removes coverage that [cannot be trusted](crate::Coverage::trusted_at) at this time. `None`
    /// keeps all coverage.
    pub(crate) trusted_at: Option<DateTime<Utc>>,
    pub(crate) sizes: MergeSizes,
}

impl Lake {
    /// Merges fetched calls of one day into its file, with the ranges that they cover.
    ///
    /// The number of distinct fetched calls that the file then has in a range is added to the
    /// range's `calls`. Calls that the policy refused are not counted.
    ///
    /// Only the replacement of the file is visible, in one step. Memory is needed for the fetched
    /// calls and some ten thousand calls of the day, however many it has. Only a file that another
    /// program wrote in another order is loaded completely.
    ///
    /// # Errors
    /// As [`Lake::read_day`]; [`LakeError::Schema`] if a call is of another day or schema; if the
    /// file cannot be written.
    pub async fn merge_day(
        &self,
        lock: &WriterLock,
        date: NaiveDate,
        calls: Vec<RecordBatch>,
        fetched: &[FetchedRange],
        policy: ConflictPolicy,
    ) -> Result<DayCommit, LakeError> {
        let sizes = MergeSizes::default();
        let request = MergeRequest { calls, ranges: fetched, policy, moved: None, trusted_at: None, sizes };
        self.run_merge(lock, date, request).await
    }

    /// Like [`Lake::merge_day`] with [`ConflictPolicy::Replace`], and removes the `moved` calls.
    /// They have to be [archived](Lake::archive_moved_calls) before.
    ///
    /// # Errors
    /// As [`Lake::merge_day`].
    pub async fn merge_day_removing(
        &self,
        lock: &WriterLock,
        date: NaiveDate,
        moved: &MovedCalls,
        calls: Vec<RecordBatch>,
        fetched: &[FetchedRange],
    ) -> Result<DayCommit, LakeError> {
        let (policy, sizes) = (ConflictPolicy::Replace, MergeSizes::default());
        let request =
            MergeRequest { calls, ranges: fetched, policy, moved: Some(moved), trusted_at: None, sizes };
        self.run_merge(lock, date, request).await
    }

    /// Removes the coverage of a day that [cannot be trusted](crate::Coverage::trusted_at) at
    /// `now`. Otherwise it would count as trusted later.
    ///
    /// # Errors
    /// As [`Lake::merge_day`].
    pub async fn drop_untrusted_coverage(
        &self,
        lock: &WriterLock,
        date: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<DayCommit, LakeError> {
        let (policy, sizes) = (ConflictPolicy::Keep, MergeSizes::default());
        let request = MergeRequest {
            calls: Vec::new(),
            ranges: &[],
            policy,
            moved: None,
            trusted_at: Some(now),
            sizes,
        };
        self.run_merge(lock, date, request).await
    }

    pub(crate) async fn run_merge(
        &self,
        lock: &WriterLock,
        date: NaiveDate,
        MergeRequest { calls, ranges, policy, moved, trusted_at, sizes }: MergeRequest<'_>,
    ) -> Result<DayCommit, LakeError> {
        let path = layout::day_file(date);
        let (existing_file, version) =
            self.day_file(&path).await?.map(|opened| (opened.file, opened.version)).unzip();
        if existing_file.is_none() {
            self.refuse_parts(date).await?;
        }
        let (name, ranges) = (path.to_string(), ranges.to_vec());
        let moved = moved.map(MovedCalls::keys).unwrap_or_default();
        let work = move |file: &mut File| -> Result<_, LakeError> {
            let open =
                |file| DayReader::open(&name, file).and_then(DayReader::verify_checksums)?.verify_date(date);
            let existing = existing_file.map(open).transpose()?;
            let fetched = sorted_calls_of(date, calls)?;
            let merge =
                DayMerge { path: &name, fetched, ranges: &ranges, moved: &moved, trusted_at, policy, sizes };
            // The old file is closed when this closure ends. Some systems cannot replace an open
            // file.
            merge.run(existing.as_ref(), file)
        };
        let MergeOutcome { calls, counts, revision } =
            self.rewrite(lock, &path, version, Executor::MergePool, work).await?;
        self.cache_footer(date).await;
        Ok(DayCommit { date, calls, merged: counts, revision })
    }
}

/// Sorts the calls and checks that all are of `date`.
fn sorted_calls_of(date: NaiveDate, calls: Vec<RecordBatch>) -> Result<SortedCalls, ArrowError> {
    let midnight = |date: NaiveDate| date.and_time(Default::default()).and_utc();
    let from = midnight(date);
    let to = date.checked_add_days(Days::new(1)).map_or(DateTime::<Utc>::MAX_UTC, midnight);
    let sorted = SortedCalls::new(calls)?;
    if sorted.any_outside(from.timestamp_millis(), to.timestamp_millis()) {
        return Err(ArrowError::InvalidArgumentError(format!("a call does not start on {date}")));
    }
    Ok(sorted)
}
