//! Gaps of a lake: days without a file, parts of days, and files without coverage.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::*;
use voxlake_query::test_lake::{TestLake, call};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn range(from: &str, to: &str) -> TimeRange {
    TimeRange { from: at(from), to: at(to) }
}

/// Creates a lake whose days were fetched over these ranges.
fn fetched(ranges: &[(&str, &str)]) -> TestLake {
    let lake = TestLake::empty();
    for (from, to) in ranges {
        let day = &from[..10];
        let calls = voxlake_query::test_lake::decoded(&[call("a", &format!("{day}T08:00:00Z"), json!({}))]);
        lake.write_fetched(day, &calls, &[(at(from), at(to), Some(1))]);
    }
    lake
}

#[tokio::test]
async fn missing_days_and_parts_are_coalesced() {
    let lake = fetched(&[
        ("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"),
        ("2026-11-03T00:00:00Z", "2026-11-03T18:00:00Z"),
        ("2026-11-05T00:00:00Z", "2026-11-06T00:00:00Z"),
    ]);
    let session = lake.session().await;
    let gaps = session.gaps(range("2026-11-01T12:00:00Z", "2026-11-08T00:00:00Z")).await.unwrap();
    assert_eq!(
        gaps,
        [
            range("2026-11-01T12:00:00Z", "2026-11-02T00:00:00Z"),
            range("2026-11-03T18:00:00Z", "2026-11-05T00:00:00Z"),
            range("2026-11-06T00:00:00Z", "2026-11-08T00:00:00Z"),
        ]
    );
    let whole = range("2026-11-02T03:00:00Z", "2026-11-03T18:00:00Z");
    assert_eq!(session.gaps(whole).await.unwrap(), []);
    assert_eq!(session.gaps(range("2026-11-04T00:00:00Z", "2026-11-04T00:00:00Z")).await.unwrap(), []);
}

#[tokio::test]
async fn files_without_coverage_cover_nothing() {
    let lake = TestLake::with_calls([call("a", "2026-11-01T08:00:00Z", json!({}))]);
    let day = range("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z");
    assert_eq!(lake.session().await.gaps(day).await.unwrap(), [day]);
}
