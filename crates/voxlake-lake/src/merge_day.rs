//! The commit of a day: fetched calls into its file, which is replaced in one step.

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

/// What a commit did to a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCommit {
    /// The day.
    pub date: NaiveDate,
    /// Calls in the day's file now.
    pub calls: usize,
    /// What was merged into it.
    pub merged: MergeCounts,
    /// What that changed in ranges that had been fetched before.
    pub revision: Revision,
}

/// Calls to merge into a day, the ranges that they cover, and the rule for calls that the day has.
pub(crate) struct MergeRequest<'a> {
    pub(crate) calls: Vec<RecordBatch>,
    pub(crate) ranges: &'a [FetchedRange],
    pub(crate) rule: ConflictPolicy,
    /// Calls that the day is to have no longer.
    pub(crate) moved: Option<&'a MovedCalls>,
    /// Time at which the day's coverage has to be trusted to stay; `None` for all of it.
    pub(crate) trusted_at: Option<DateTime<Utc>>,
    pub(crate) sizes: MergeSizes,
}

impl Lake {
    /// Merges fetched calls of one day into its file, together with the ranges that they cover.
    /// Each range is noted with the number of distinct fetched calls in it that the file holds
    /// afterwards, on top of its `calls`; what `existing` refused is not counted.
    ///
    /// Nothing but the replacing of the file is visible, and that is one step. Memory is needed for
    /// the fetched calls and for some ten thousand of the day's, however many it has; only a
    /// file that others wrote in another order is taken into memory whole.
    ///
    /// # Errors
    /// As [`Lake::read_day`]; [`LakeError::Schema`] where the calls are not of this day or of
    /// another schema; where the file cannot be written.
    pub async fn merge_day(
        &self,
        lock: &WriterLock,
        date: NaiveDate,
        calls: Vec<RecordBatch>,
        fetched: &[FetchedRange],
        existing: ConflictPolicy,
    ) -> Result<DayCommit, LakeError> {
        let sizes = MergeSizes::default();
        let task =
            MergeRequest { calls, ranges: fetched, rule: existing, moved: None, trusted_at: None, sizes };
        self.merge_day_by(lock, date, task).await
    }

    /// As [`Lake::merge_day`] with [`ConflictPolicy::Replace`], and takes out `moved` calls, which
    /// have to be [recorded](Lake::archive_moved_calls) before.
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
        let (rule, sizes) = (ConflictPolicy::Replace, MergeSizes::default());
        let task = MergeRequest { calls, ranges: fetched, rule, moved: Some(moved), trusted_at: None, sizes };
        self.merge_day_by(lock, date, task).await
    }

    /// Takes out of a day the coverage that [cannot be trusted](crate::Coverage::trusted_at) at
    /// `now`. Left there, it would be trusted once that time has come.
    ///
    /// # Errors
    /// As [`Lake::merge_day`].
    pub async fn drop_untrusted_coverage(
        &self,
        lock: &WriterLock,
        date: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<DayCommit, LakeError> {
        let (rule, sizes) = (ConflictPolicy::Keep, MergeSizes::default());
        let task =
            MergeRequest { calls: Vec::new(), ranges: &[], rule, moved: None, trusted_at: Some(now), sizes };
        self.merge_day_by(lock, date, task).await
    }

    pub(crate) async fn merge_day_by(
        &self,
        lock: &WriterLock,
        date: NaiveDate,
        MergeRequest { calls, ranges, rule, moved, trusted_at, sizes }: MergeRequest<'_>,
    ) -> Result<DayCommit, LakeError> {
        let path = layout::day_file(date);
        let existing_file = self.day_file(&path).await?;
        let (name, ranges) = (path.to_string(), ranges.to_vec());
        let moved = moved.map(MovedCalls::keys).unwrap_or_default();
        let work = move |file: &mut File| -> Result<_, LakeError> {
            let open =
                |file| DayReader::open(&name, file).and_then(DayReader::verify_checksums)?.of_day(date);
            let existing = existing_file.map(open).transpose()?;
            let fetched = sorted_calls_of(date, calls)?;
            let task =
                DayMerge { path: &name, fetched, ranges: &ranges, moved: &moved, trusted_at, rule, sizes };
            // The day as it was is closed when this ends: where names in use cannot be replaced, it would be
            // one.
            task.run(existing.as_ref(), file)
        };
        let MergeOutcome { calls, counts, revision } =
            self.rewrite(lock, &path, Executor::MergePool, work).await?;
        self.cache_footer(date).await;
        Ok(DayCommit { date, calls, merged: counts, revision })
    }
}

/// The calls in the order of the day, all of which have to be of it.
fn sorted_calls_of(date: NaiveDate, calls: Vec<RecordBatch>) -> Result<SortedCalls, ArrowError> {
    let midnight = |date: NaiveDate| date.and_time(Default::default()).and_utc();
    let from = midnight(date);
    let to = date.checked_add_days(Days::new(1)).map_or(DateTime::<Utc>::MAX_UTC, midnight);
    let sorted = SortedCalls::new(calls)?;
    if sorted.any_outside(from.timestamp_millis(), to.timestamp_millis()) {
        return Err(ArrowError::InvalidArgumentError(format!("a call is not of {date}")));
    }
    Ok(sorted)
}
