//! Building of summaries after a change of the days of a lake.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use voxlake_lake::{Lake, LakeError, WriterLock};

use super::build::summarize;
use super::stats::{SummaryProgress, SummaryStats};
use crate::error::QueryError;

/// Outcome of [`refresh_summaries`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SummaryRefresh {
    /// The missing summaries were built, except those of days that cannot be read.
    Built(SummaryStats),
    /// Another process holds the writer lock, and builds the summaries.
    Locked,
    /// `stop` completed before all summaries were built. Built ones are kept.
    Interrupted,
}

/// Builds the missing summaries of a lake, until `stop` completes. Holds its writer lock, which
/// records the time `now`.
///
/// # Errors
/// As [`summarize`], and [`QueryError::Lake`] if the lock cannot be taken or released.
pub async fn refresh_summaries(
    lake: &Lake,
    now: DateTime<Utc>,
    progress: &(dyn Fn(SummaryProgress) + Send + Sync),
    stop: impl Future<Output = ()>,
) -> Result<SummaryRefresh, QueryError> {
    let build = async |lock: Arc<WriterLock>| {
        tokio::select! {
            biased;
            () = stop => Ok(SummaryRefresh::Interrupted),
            stats = summarize(lake, &lock, false, progress) => stats.map(SummaryRefresh::Built),
        }
    };
    match lake.with_writer_lock(now, build).await {
        Err(QueryError::Lake(LakeError::Locked { .. })) => Ok(SummaryRefresh::Locked),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use voxlake_lake::{ConflictPolicy, FetchedRange, TimeRange};
    use voxlake_model::decode_records;

    use super::*;

    #[tokio::test]
    async fn interruption_leaves_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
        let record = r#"{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z"}"#;
        let (calls, _) = decode_records([record], DateTime::UNIX_EPOCH).unwrap();
        let date = "2026-11-01".parse().unwrap();
        let TimeRange { from, to } = TimeRange::of_day(date);
        let whole = FetchedRange { from, to, fetched_at: to, total_records: None, calls: None, scope: None };
        lake.merge_day(&lock, date, vec![calls], &[whole], ConflictPolicy::Keep).await.unwrap();
        let now = DateTime::UNIX_EPOCH;
        let locked = refresh_summaries(&lake, now, &|_| {}, std::future::pending()).await.unwrap();
        assert_eq!(locked, SummaryRefresh::Locked);
        lock.release().await.unwrap();
        let summaries = || lake.summaries("call_summary");

        let stopped = refresh_summaries(&lake, now, &|_| {}, std::future::ready(())).await.unwrap();
        assert_eq!(stopped, SummaryRefresh::Interrupted);
        assert_eq!(summaries().await.unwrap().len(), 0);
        let built = refresh_summaries(&lake, now, &|_| {}, std::future::pending()).await.unwrap();
        assert!(matches!(&built, SummaryRefresh::Built(stats) if stats.failed.is_empty()), "{built:?}");
        assert_eq!(summaries().await.unwrap().len(), 2, "of the day and of its month");
    }
}
