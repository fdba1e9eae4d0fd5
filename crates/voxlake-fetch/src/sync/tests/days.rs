//! Days of a sync: clocks, damaged files and selected days.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use voxlake_lake::TimeRange;

use super::case::*;
use crate::{FetchError, LakeSync, SyncOptions};

/// A damaged day file stops a sync; a repair quarantines it and refetches the whole day.
#[tokio::test]
async fn repair_refetches_damaged_days() {
    let case = Case::new(
        |_, query| {
            if query["from"].contains("T00") { ok(&calls(0..2), 2, "") } else { ok("", 0, "") }
        },
    )
    .await;
    case.one_day().await;
    let file = case.folder.path().join("voice_calls/date=2026-11-01/calls.parquet");
    let whole = std::fs::read(&file).unwrap();
    let mut scratched = whole.clone();
    scratched[4..40].fill(0xff);
    for damage in [&whole[..100], &scratched] {
        std::fs::write(&file, damage).unwrap();
        if damage.len() == 100 {
            let error = case.sync(SyncOptions::default()).await.unwrap_err();
            assert!(error.to_string().contains("date=2026-11-01/calls.parquet is damaged"), "{error}");
        }
        let report = case.sync(SyncOptions { repair: true, ..SyncOptions::default() }).await.unwrap();
        assert_eq!((report.complete, report.stats.added), (1, 2));
        assert_eq!(case.calls_in_lake().await, 2);
    }
    std::fs::write(&file, &whole[..100]).unwrap();
    let noon = Some("2026-11-01T12:00:00Z".parse().unwrap());
    let report = case.sync(SyncOptions { repair: true, from: noon, ..SyncOptions::default() }).await.unwrap();
    assert_eq!((report.complete, case.calls_in_lake().await), (2, 2), "the morning too");
    // The clock stands still: the quarantined files have the same time, and all are kept.
    assert_eq!(std::fs::read_dir(case.folder.path().join("_voxlake/damaged")).unwrap().count(), 3);
}

#[tokio::test]
async fn periods_are_ordered_and_in_the_past() {
    let case = Case::new(|_, _| ok("", 0, "")).await;
    let backwards =
        SyncOptions { to: Some("2026-10-01T00:00:00Z".parse().unwrap()), ..SyncOptions::default() };
    assert!(matches!(case.sync(backwards).await, Err(FetchError::InvalidConfig(_))));
    let ahead = SyncOptions { to: Some("2027-11-01T00:00:00Z".parse().unwrap()), ..SyncOptions::default() };
    assert_eq!(case.sync(ahead).await.unwrap().planned.len(), 2);
}

#[tokio::test]
async fn large_clock_skew_stops_a_run() {
    let mut case = Case::new(|_, _| ok("", 0, "")).await;
    case.now = "2026-11-15T00:00:00Z";
    let error = case.sync_with(SyncOptions::default()).await.unwrap_err();
    assert!(matches!(error, FetchError::ClockSkew { .. }), "{error:?}");
    assert!(error.to_string().contains("239 h 59 min ahead of"), "{error}");
    assert_eq!(case.pages(), 0);
}

/// A clock that is half an hour ahead is reported and covers nothing in the future.
#[tokio::test]
async fn coverage_ends_at_the_server_time() {
    let mut case = Case::new(|_, _| ok("", 0, "")).await;
    case.now = "2026-11-05T00:30:00Z";
    let report = case.sync_with(SyncOptions::default()).await.unwrap();
    assert_eq!(report.clock_skew.map(|skew| skew.num_seconds()), Some(1 - 1800));
    let lake = case.lake().await;
    for day in lake.days().await.unwrap() {
        let coverage = lake.coverage(&day).await.unwrap();
        for range in coverage.ranges() {
            let (latest, fetched_at) = ("2026-11-05T00:00:01Z", range.fetched_at);
            assert!(range.to.max(fetched_at) <= latest.parse::<DateTime<Utc>>().unwrap(), "{range:?}");
        }
    }
}

#[tokio::test]
async fn allowed_skew_uses_the_earlier_clock() {
    let mut case = Case::new(|_, _| ok("", 0, "")).await;
    (case.now, case.allow_clock_skew) = ("2026-11-15T00:00:00Z", true);
    let report = case.sync_with(SyncOptions::default()).await.unwrap();
    assert_eq!(report.failed.len(), 0);
    let (lake, mut latest) = (case.lake().await, DateTime::UNIX_EPOCH);
    for day in lake.days().await.unwrap() {
        for range in lake.coverage(&day).await.unwrap().ranges() {
            latest = latest.max(range.to).max(range.fetched_at);
        }
    }
    assert_eq!(latest, "2026-11-05T00:00:01Z".parse::<DateTime<Utc>>().unwrap());
}

#[tokio::test]
async fn untrusted_coverage_is_fetched_again() {
    let case = Case::new(|_, _| ok("", 0, "")).await;
    let days = |from: &str, to: &str| SyncOptions {
        from: Some(from.parse().unwrap()),
        to: Some(to.parse().unwrap()),
        ..SyncOptions::default()
    };
    // Coverage from versions that did not compare the clocks: fetched ten days in the future.
    let lake = case.lake().await;
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    for date in ["2026-11-03", "2026-11-07"] {
        let day = TimeRange::of_day(date.parse().unwrap());
        let fetched = voxlake_lake::FetchedRange {
            from: day.from,
            to: day.to,
            fetched_at: "2026-11-15T00:00:00Z".parse().unwrap(),
            total_records: Some(0),
            calls: None,
            scope: None,
        };
        let existing = voxlake_lake::ConflictPolicy::Replace;
        lake.merge_day(&lock, date.parse().unwrap(), Vec::new(), &[fetched], existing).await.unwrap();
    }
    lock.release().await.unwrap();
    let report = case.sync(days("2026-11-03T00:00:00Z", "2026-11-09T00:00:00Z")).await.unwrap();
    let planned: i64 = report.planned.iter().map(|range| (range.to - range.from).num_hours()).sum();
    assert_eq!(planned, 48, "the two days before now");
    // Untrusted coverage is removed, since it would become trusted later.
    for day in case.lake().await.days().await.unwrap() {
        let coverage = case.lake().await.coverage(&day).await.unwrap();
        let fetched_at = coverage.ranges().iter().map(|range| range.fetched_at).max();
        assert!(fetched_at <= Some(NOW.parse().unwrap()), "{} {coverage:?}", day.date);
    }
}

#[tokio::test]
async fn selected_days_are_fetched_again() {
    let case = Case::new(|number, _| ok(&calls(0..number.min(1) + 1), number.min(1) + 1, "")).await;
    case.one_day().await;
    let days = std::collections::BTreeSet::from(["2026-11-01".parse().unwrap()]);
    let sync =
        LakeSync::new(case.client(), case.lake().await, SyncOptions::default()).with_refetched_days(days);
    let report = sync.run(&|_| {}, std::future::pending()).await.unwrap();
    assert_eq!(report.planned, [november(1..=1)]);
    assert_eq!((report.complete, report.stats.added, report.stats.unchanged), (1, 1, 1));
}

/// The work after a commit sees its calls, and the lock is held.
#[tokio::test]
async fn work_follows_each_commit() {
    let case = Case::new(
        |_, query| {
            if query["from"].contains("T00") { ok(&calls(0..2), 2, "") } else { ok("", 0, "") }
        },
    )
    .await;
    let lake = case.lake().await;
    let counts = Arc::new(Mutex::new(Vec::new()));
    let (seen, stored) = (Arc::clone(&counts), lake.clone());
    let work = move |_| -> futures::future::BoxFuture<'static, ()> {
        let (seen, stored) = (Arc::clone(&seen), stored.clone());
        Box::pin(async move {
            let calls = stored.read_day("2026-11-01".parse().unwrap()).await.unwrap().calls.num_rows();
            let is_locked = stored.lock(DateTime::UNIX_EPOCH).await.is_err();
            seen.lock().unwrap().push((calls, is_locked));
        })
    };
    let mut options =
        SyncOptions { from: Some("2026-11-01T00:00:00Z".parse().unwrap()), ..SyncOptions::default() };
    options.to = Some("2026-11-02T00:00:00Z".parse().unwrap());
    let sync = LakeSync::new(case.client(), lake, options).with_after_commit(Arc::new(work));
    sync.run(&|_| {}, std::future::pending()).await.unwrap();
    assert_eq!(*counts.lock().unwrap(), [(2, true)]);
}
