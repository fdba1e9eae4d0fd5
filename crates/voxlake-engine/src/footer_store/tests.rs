//! Queries over a lake whose footer cache is valid, stale, damaged or missing return the same
//! results.

use std::fs;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use voxlake_lake::{ConflictPolicy, FetchedRange, TimeRange};

use super::*;
use voxlake_query::test_lake::{TestLake, call, decoded, rows};

const DAYS: [&str; 4] = ["2026-10-31", "2026-11-01", "2026-11-02", "2026-12-01"];
/// Calls per day.
const CALLS: usize = 30;

fn start(day: &str) -> DateTime<Utc> {
    format!("{day}T00:00:00Z").parse().unwrap()
}

fn call_of(day: &str, number: usize) -> Value {
    let start = format!("{day}T{:02}:00:00Z", number % 24);
    call(&format!("{day} {number}"), &start, json!({"consumer_number": format!("+1 {}", number % 7)}))
}

/// Merges calls as a fetch of the day from midnight to noon.
async fn merge(lake: &Lake, day: &str, calls: &[Value]) {
    let (from, fetched_at) = (start(day), start("2027-01-01"));
    let fetched = FetchedRange {
        from,
        to: from + chrono::TimeDelta::hours(12),
        fetched_at,
        total_records: Some(1),
        calls: None,
        scope: None,
    };
    let lock = lake.lock(fetched_at).await.unwrap();
    let date = from.date_naive();
    lake.merge_day(&lock, date, vec![decoded(calls)], &[fetched], ConflictPolicy::Replace).await.unwrap();
}

async fn lake() -> TestLake {
    let lake = TestLake::empty();
    for day in DAYS {
        let calls: Vec<Value> = (0..CALLS).map(|number| call_of(day, number)).collect();
        merge(&lake.lake().await, day, &calls).await;
    }
    lake
}

const QUESTIONS: [&str; 7] = [
    "SELECT * FROM voice_calls WHERE engagement_id = '2026-11-02 17'",
    "SELECT direction, start_time FROM calls WHERE engagement_id IN ('2026-11-02 17', '2026-10-31 3', 'none') ORDER BY start_time",
    "SELECT count(*) FROM voice_calls WHERE engagement_id = 'none'",
    "SELECT engagement_id FROM calls WHERE consumer_number = '+1 3' AND date < '2026-11-02' ORDER BY 1",
    "SELECT date, count(*) FROM voice_calls WHERE engagement_id <> '2026-11-02 17' GROUP BY 1 ORDER BY 1",
    "SELECT count(*) FROM voice_calls WHERE engagement_id = '2026-11-02 17' OR consumer_number = '+1 3'",
    "SELECT * FROM days ORDER BY date",
];

/// Returns the results of all queries, and the gaps of three months.
async fn answers(lake: &TestLake) -> Vec<String> {
    let session = lake.session().await;
    let mut answers = Vec::new();
    for question in QUESTIONS {
        // Runs each query twice; the second run uses the session's cached footers.
        for _ in 0..2 {
            let answer = session.sql(question).await.unwrap();
            answers.extend(rows(&answer.collect().await.unwrap()));
        }
    }
    let period = TimeRange { from: start("2026-10-01"), to: start("2027-01-01") };
    answers.extend(session.gaps(period).await.unwrap().iter().map(|gap| format!("{gap:?}")));
    answers
}

#[tokio::test]
async fn results_do_not_depend_on_cached_footers() {
    let lake = lake().await;
    let notes = lake.notes();
    assert_eq!(fs::read_dir(&notes).unwrap().count(), 3, "of three months");
    let right = answers(&lake).await;
    assert_eq!(right.iter().filter(|row| row.contains("2026-11-02 17")).count(), 2);

    for file in fs::read_dir(&notes).unwrap() {
        let path = file.unwrap().path();
        let whole = fs::read(&path).unwrap();
        for damaged in [&whole[..whole.len() / 2], b"{}", b""] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(answers(&lake).await, right, "{}", path.display());
        }
        fs::write(&path, whole).unwrap();
    }
    let stale: Vec<_> = fs::read_dir(&notes)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (fs::read(&path).unwrap(), path))
        .collect();
    for day in DAYS {
        merge(&lake.lake().await, day, &[call_of(day, CALLS)]).await;
    }
    let newer = answers(&lake).await;
    assert_ne!(newer, right);
    for (bytes, path) in stale {
        fs::write(path, bytes).unwrap();
        assert_eq!(answers(&lake).await, newer);
    }
    fs::remove_dir_all(&notes).unwrap();
    assert_eq!(answers(&lake).await, newer);
}

#[tokio::test]
async fn lookups_read_only_possible_files() {
    let lake = lake().await;
    let session = lake.session().await;
    let files = async |sql: &str| session.sql(sql).await.unwrap().files().len();
    // Bloom filters may have false positives, but not for these values.
    assert_eq!(files(QUESTIONS[0]).await, 1);
    assert_eq!(files(QUESTIONS[1]).await, 2);
    assert_eq!(files(QUESTIONS[2]).await, 0);
    assert_eq!(files(QUESTIONS[4]).await, DAYS.len());
    assert_eq!(files(QUESTIONS[5]).await, DAYS.len());
    let number = "SELECT * FROM calls WHERE consumer_number = '+1 3'";
    assert_eq!(files(number).await, DAYS.len());
    assert_eq!(files("SELECT * FROM calls WHERE consumer_number = '+1 9'").await, 0);
    assert_eq!(files("SELECT * FROM calls WHERE consumer_number = NULL").await, 0, "folded while planning");
}
