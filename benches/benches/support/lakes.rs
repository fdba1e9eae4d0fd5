//! Temporary lakes of simulated calls.
//!
//! Benches that use this module instead of `voxlake_benches` run with the system allocator, as all
//! their earlier figures did.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use tempfile::TempDir;
use voxlake_lake::{ConflictPolicy, FetchedRange, Lake};
use voxlake_model::decode_records;
use voxlake_sim::{Centre, CentreConfig, View};

/// Returns a whole number from the environment, or the default.
pub(crate) fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Returns a lake of `days` days, each with about `calls_per_day` calls of the summary view.
pub(crate) async fn small_days(days: usize, calls_per_day: usize) -> (TempDir, Lake) {
    let offset = FixedOffset::east_opt(0).expect("UTC is an offset");
    let config = CentreConfig::default().with_calls_per_day(calls_per_day as f64);
    let centre = Centre::new(config).expect("a centre");
    let folder = tempfile::tempdir().expect("a folder");
    let lake = Lake::create(folder.path().to_str().expect("a path")).await.expect("a lake");
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.expect("the lock");
    let mut from = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(17_000);
    for _ in 0..days {
        let to = from + TimeDelta::days(1);
        let records: Vec<String> =
            centre.calls(from, to).map(|call| call.to_json(View::Summary, offset).to_string()).collect();
        let fetched_at = to + TimeDelta::days(2);
        let (calls, _) = decode_records(records.iter().map(String::as_str), fetched_at).expect("calls");
        let whole = FetchedRange { from, to, fetched_at, total_records: None, calls: None, scope: None };
        lake.merge_day(&lock, from.date_naive(), vec![calls], &[whole], ConflictPolicy::Replace)
            .await
            .expect("a merge");
        from = to;
    }
    (folder, lake)
}
