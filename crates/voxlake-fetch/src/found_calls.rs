//! Calls of a lookup, without duplicates.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::{DateTime, NaiveDate, Utc};
use voxlake_lake::{CallsByDay, ConflictPolicy, Lake, LakeError, WriterLock};

use crate::{LookupResult, SyncStats};

/// Location of a lake in memory.
const MEMORY_LAKE: &str = "memory:///";

/// Calls of a lookup without duplicates.
///
/// ```no_run
/// use chrono::Utc;
/// use voxlake_fetch::{ApiClient, Budget, FoundCalls, LookupOptions};
/// use voxlake_lake::{Lake, TimeRange};
///
/// # type Outcome = Result<(), Box<dyn std::error::Error>>;
/// # async fn run(client: ApiClient, budget: Budget, period: TimeRange) -> Outcome {
/// let result = client.look_up(&budget, LookupOptions::new(period)).await?;
/// let found = FoundCalls::collect(&result, Utc::now()).await?;
/// println!("{} calls", found.len());
/// found.save(&Lake::create("data").await?, None, Utc::now()).await?;
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
pub struct FoundCalls {
    /// Lake in memory that holds only these calls, so that sessions can query them.
    pub lake: Lake,
    /// Calls of each UTC day, in the schema and order of the lake.
    pub by_day: Vec<(NaiveDate, RecordBatch)>,
}

impl FoundCalls {
    /// Collects the calls of a lookup.
    ///
    /// # Errors
    /// [`LakeError`] for calls in another schema.
    pub async fn collect(found: &LookupResult, now: DateTime<Utc>) -> Result<Self, LakeError> {
        let lake = Lake::create(MEMORY_LAKE).await?;
        let lock = lake.lock(now).await?;
        let pages = found.calls.iter().cloned().map(CallsByDay::try_new).collect::<Result<Vec<_>, _>>()?;
        let dates: BTreeSet<NaiveDate> = pages.iter().flat_map(CallsByDay::dates).collect();
        let mut by_day = Vec::new();
        for date in dates {
            let calls =
                pages.iter().filter_map(|page| page.of_day(date).transpose()).collect::<Result<_, _>>()?;
            lake.merge_day(&lock, date, calls, &[], ConflictPolicy::Replace).await?;
            by_day.push((date, lake.read_day(date).await?.calls));
        }
        Ok(Self { lake, by_day })
    }

    /// Returns the number of calls.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_day.iter().map(|(_, calls)| calls.num_rows()).sum()
    }

    /// Returns whether there are no calls.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Merges the calls into a lake, without coverage. They do not replace calls of days before
    /// `freeze_before`.
    ///
    /// # Errors
    /// [`LakeError`] if the lake is locked or cannot be written.
    pub async fn save(
        &self,
        lake: &Lake,
        freeze_before: Option<NaiveDate>,
        now: DateTime<Utc>,
    ) -> Result<SyncStats, LakeError> {
        let merge = async |lock: Arc<WriterLock>| {
            let mut stats = SyncStats::default();
            for (date, calls) in &self.by_day {
                let is_frozen = freeze_before.is_some_and(|first_open| *date < first_open);
                let policy = if is_frozen { ConflictPolicy::Freeze } else { ConflictPolicy::Replace };
                stats.add_commit(&lake.merge_day(&lock, *date, vec![calls.clone()], &[], policy).await?);
            }
            Ok(stats)
        };
        lake.with_writer_lock(now, merge).await
    }
}

#[cfg(test)]
mod tests {
    use voxlake_model::decode_records;

    use super::*;

    #[tokio::test]
    async fn duplicates_are_merged_and_saved_once() {
        let page =
            |records: &[&str]| decode_records(records.iter().copied(), DateTime::UNIX_EPOCH).unwrap().0;
        let (first, second) = (
            r#"{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z"}"#,
            r#"{"engagement_id": "b", "start_time": "2026-11-02T08:00:00Z"}"#,
        );
        let result =
            LookupResult { calls: vec![page(&[first, second]), page(&[second])], ..LookupResult::default() };
        let found = FoundCalls::collect(&result, DateTime::UNIX_EPOCH).await.unwrap();
        assert_eq!((found.len(), found.by_day.len(), found.is_empty()), (2, 2, false));
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        for added in [2, 0] {
            let stats = found.save(&lake, None, DateTime::UNIX_EPOCH).await.unwrap();
            assert_eq!((stats.added, stats.changed), (added, 0));
        }
    }
}
