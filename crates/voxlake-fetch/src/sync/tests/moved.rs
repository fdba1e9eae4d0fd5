//! Calls that the API moves to another start time.

use std::sync::{Arc, Mutex};

use axum::http::HeaderValue;
use chrono::{DateTime, TimeDelta, Utc};

use super::case::*;
use crate::{CommitLimits, SyncOptions, SyncReport};

/// Syncs twice until noon of the 2nd, so that neither day is settled. `script` returns the
/// engagement ids and start times of each response.
async fn sync_moving(
    script: impl Fn(usize) -> Vec<(&'static str, &'static str)> + Send + Sync + 'static,
) -> (Case, [SyncReport; 2]) {
    let mut case = Case::new(move |number, _| {
        let records: Vec<String> = script(number)
            .iter()
            .map(|(id, start)| {
                format!(r#"{{"engagement_id": "{id}", "start_time": "{start}", "charge": "$1"}}"#)
            })
            .collect();
        ok(&records.join(","), records.len(), "")
    })
    .await;
    *case.server.date.lock().unwrap() = HeaderValue::from_static("Mon, 02 Nov 2026 12:00:00 GMT");
    case.now = "2026-11-02T12:00:00Z";
    let options = SyncOptions {
        from: Some("2026-11-01T12:00:00Z".parse().unwrap()),
        to: Some("2026-11-02T12:00:00Z".parse().unwrap()),
        ..SyncOptions::default()
    };
    let reports = [case.sync(options).await.unwrap(), case.sync(options).await.unwrap()];
    (case, reports)
}

async fn keys(case: &Case) -> Vec<String> {
    let lake = case.lake().await;
    let mut keys = Vec::new();
    for day in lake.days().await.unwrap() {
        let calls = lake.read_day(day.date).await.unwrap().calls;
        assert!(lake.verify_day(day.date).await.unwrap().violations.is_empty());
        let ids = arrow::array::AsArray::as_string::<i32>(&calls["engagement_id"]);
        keys.extend(ids.iter().flatten().map(|id| format!("{} {id}", day.date)));
    }
    keys
}

#[tokio::test]
async fn moved_calls_replace_old_records() {
    for new in ["2026-11-01T20:00:01Z", "2026-11-02T08:00:00Z"] {
        let (case, [first, second]) = sync_moving(move |number| {
            let start = if number == 0 { "2026-11-01T20:00:00Z" } else { new };
            vec![("a", start), ("b", "2026-11-01T21:00:00Z")]
        })
        .await;
        assert_eq!((first.complete, first.stats.added), (1, 2));
        assert_eq!(
            (second.complete, second.stats.added, second.stats.repeated_engagements.engagements),
            (1, 1, 0)
        );
        let changes = second.stats.changes.values().next().unwrap();
        assert_eq!(changes.moved, 1, "{changes:?}");
        let mut expected = vec![format!("{} a", &new[..10]), "2026-11-01 b".to_owned()];
        expected.sort();
        assert_eq!(keys(&case).await, expected);
        let ledger =
            std::fs::read_dir(case.folder.path().join("_voxlake/moved")).unwrap().next().unwrap().unwrap();
        let line: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(ledger.path()).unwrap()).unwrap();
        assert_eq!(line["call"]["engagement_id"], "a");
        assert_eq!(line["call"]["charge"], "$1");
        assert_eq!(
            line["moved_to"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap(),
            new.parse::<DateTime<Utc>>().unwrap()
        );
    }
}

/// An incomplete window, or one without the old start time, proves nothing about the old record.
#[tokio::test]
async fn calls_are_not_replaced_without_proof() {
    let case = Case::new(|number, query| {
        let record = |start: &str| format!(r#"{{"engagement_id": "a", "start_time": "{start}"}}"#);
        match number {
            0 => ok(&record("2026-11-01T20:00:00Z"), 1, ""),
            // Incomplete: each of three reads has one of two calls.
            1..=3 => ok(&record("2026-11-01T21:00:00Z"), 2, ""),
            // Complete, but only after the old start time.
            _ => {
                assert_eq!(query["from"], "2026-11-01T22:00:00+00:00");
                ok(&record("2026-11-01T22:30:00Z"), 1, "")
            }
        }
    })
    .await;
    let (mut case, settle) = (case, TimeDelta::days(30));
    *case.server.date.lock().unwrap() = HeaderValue::from_static("Mon, 02 Nov 2026 12:00:00 GMT");
    case.now = "2026-11-02T12:00:00Z";
    for from in ["2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z", "2026-11-01T22:00:00Z"] {
        let from = Some(from.parse().unwrap());
        let report = case.sync(SyncOptions { from, settle, ..SyncOptions::default() }).await.unwrap();
        assert!(report.stats.changes.values().all(|changes| changes.moved == 0), "{report:?}");
    }
    assert_eq!(keys(&case).await, ["2026-11-01 a", "2026-11-01 a", "2026-11-01 a"]);
}

#[tokio::test]
async fn moves_across_frozen_days_are_ignored() {
    for (old, new) in
        [("2026-11-01T20:00:00Z", "2026-11-02T08:00:00Z"), ("2026-11-02T08:00:00Z", "2026-11-01T20:00:00Z")]
    {
        let case = Case::new(move |number, _| {
            let start = if number == 0 { old } else { new };
            ok(&format!(r#"{{"engagement_id": "a", "start_time": "{start}"}}"#), 1, "")
        })
        .await;
        let mut case = case;
        *case.server.date.lock().unwrap() = HeaderValue::from_static("Mon, 02 Nov 2026 12:00:00 GMT");
        case.now = "2026-11-02T12:00:00Z";
        let options =
            SyncOptions { to: Some("2026-11-02T12:00:00Z".parse().unwrap()), ..SyncOptions::default() };
        let from = Some("2026-11-01T18:00:00Z".parse().unwrap());
        case.sync(SyncOptions { from, ..options }).await.unwrap();
        let freeze_before = Some("2026-11-02".parse().unwrap());
        let report = case.sync(SyncOptions { from, freeze_before, ..options }).await.unwrap();
        assert!(report.stats.changes.values().all(|changes| changes.moved == 0), "{report:?}");
        assert!(keys(&case).await.contains(&format!("{} a", &old[..10])), "{:?}", keys(&case).await);
    }
}

/// The new record is committed before the old record's day is.
#[tokio::test]
async fn moves_across_commits_replace_old_records() {
    let start = Arc::new(Mutex::new("2026-11-02T08:00:00Z"));
    let mut case = Case::new({
        let start = Arc::clone(&start);
        move |_, query| {
            let (from, to) = (&query["from"], &query["to"]);
            if from.starts_with("2026-11-01T00") && to.starts_with("2026-11-03T00") {
                // Too many calls for one window.
                return ok("", 150, "");
            }
            let start = *start.lock().unwrap();
            let is_within = from.as_str() <= start && start < to.as_str();
            let record = format!(r#"{{"engagement_id": "a", "start_time": "{start}"}}"#);
            if is_within { ok(&record, 1, "") } else { ok("", 0, "") }
        }
    })
    .await;
    *case.server.date.lock().unwrap() = HeaderValue::from_static("Tue, 03 Nov 2026 00:00:00 GMT");
    case.now = "2026-11-03T00:00:00Z";
    let options = SyncOptions {
        to: Some("2026-11-03T00:00:00Z".parse().unwrap()),
        settle: TimeDelta::days(30),
        concurrency: Some(1),
        window_pages: 1,
        commit: CommitLimits { max_calls: 1, ..CommitLimits::default() },
        ..SyncOptions::default()
    };
    case.sync(options).await.unwrap();
    assert_eq!(keys(&case).await, ["2026-11-02 a"]);
    *start.lock().unwrap() = "2026-11-01T02:00:00Z";
    let report = case.sync(options).await.unwrap();
    assert_eq!(report.stats.changes.values().map(|changes| changes.moved).sum::<usize>(), 1, "{report:?}");
    assert_eq!(keys(&case).await, ["2026-11-01 a"]);
}

#[tokio::test]
async fn repeated_engagements_are_kept_and_counted() {
    let (case, [first, second]) =
        sync_moving(|_| vec![("a", "2026-11-01T20:00:00Z"), ("a", "2026-11-01T20:00:01Z")]).await;
    assert_eq!((first.stats.added, second.stats.unchanged), (2, 2));
    assert_eq!(second.stats.repeated_engagements.engagements, 1);
    assert_eq!(second.stats.repeated_engagements.named["a"].len(), 2);
    assert_eq!(keys(&case).await, ["2026-11-01 a", "2026-11-01 a"]);
}
