//! Completeness of windows: counts, paging, periods and bounds.

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};

use super::case::*;
use crate::limits::MAX_PLANNED_PAGES;
use crate::memory::MemoryTracker;
use crate::{FetchError, LakeSync, SyncOptions};

/// A window with fewer records than counted is read up to three times, then reported.
#[tokio::test]
async fn mismatched_counts_are_read_again() {
    // The first read lacks a call that the second one has.
    let case = Case::new(|number, _| ok(&calls(0..if number == 0 { 1 } else { 2 }), 2, "")).await;
    let report = case.one_day().await;
    assert_eq!((report.complete, report.stats.added, report.rate_usage.requests), (1, 2, 2));

    let case = Case::new(|_, _| ok(&calls(0..1), 2, "")).await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::Incomplete { found: 1, total: 2, reads: 3 }));
    assert_eq!(report.rate_usage.requests, 3);
    assert_eq!((report.stats.added, case.calls_in_lake().await), (1, 1), "what came is kept");
    assert_eq!(
        case.sync(SyncOptions::default()).await.unwrap().planned.len(),
        1,
        "nothing counts as covered"
    );
}

#[tokio::test]
async fn incomplete_reads_are_not_combined() {
    // The first read has two of three calls. Then one is deleted, and the third stays missing.
    let case = Case::new(|n, _| if n == 0 { ok(&calls(0..2), 3, "") } else { ok(&calls(1..2), 2, "") }).await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::Incomplete { .. }), "{report:?}");
    assert_eq!((report.complete, case.calls_in_lake().await), (0, 2));
}

/// Records of a window without a total are stored, but the window is not covered.
#[tokio::test]
async fn uncounted_windows_are_not_covered() {
    for total in ["", r#", "total_records": "many""#, r#", "total_records": -1"#] {
        let body = format!(r#"{{"voice_calls": [{}]{total}}}"#, calls(0..1));
        let case = Case::new(move |_, _| (200, HeaderMap::new(), body.clone())).await;
        let report = case.one_day().await;
        assert!(matches!(report.failed[0].error, FetchError::MissingTotal), "{total}: {report:?}");
        assert_eq!((report.complete, case.calls_in_lake().await), (0, 1));
    }
}

/// A call of another year does not extend the next sync's period.
#[tokio::test]
async fn out_of_window_calls_keep_the_period() {
    let stray = r#"{"engagement_id": "stray", "start_time": "2003-01-01T00:00:00Z"}"#;
    let case = Case::new(move |_, _| ok(&format!("{},{stray}", calls(0..1)), 2, "")).await;
    case.one_day().await;
    let report = case.sync_unbounded().await;
    // The default period, of 30 days.
    assert!(report.planned[0].from >= "2026-10-05T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
}

#[tokio::test]
async fn endless_paging_is_an_error() {
    let case = Case::new(|_, _| ok(&calls(0..1), 500, "same")).await;
    assert!(matches!(case.one_day().await.failed[0].error, FetchError::PaginationLoop { .. }));
    let case = Case::new(|number, _| ok(&calls(0..1), 500, &format!("token-{number}"))).await;
    assert!(matches!(case.one_day().await.failed[0].error, FetchError::PaginationLoop { .. }));
    assert!(case.pages() < 10, "{}", case.pages());
    // Each page has new records, but the API counts none.
    let case = Case::new(|n, _| ok(&calls(n * 1000..(n + 1) * 1000), 0, &format!("token-{n}"))).await;
    assert!(matches!(case.one_day().await.failed[0].error, FetchError::PaginationLoop { .. }));
    assert!(case.pages() < 20, "{}", case.pages());
}

#[tokio::test]
async fn rejected_records_count_and_are_stored() {
    let case = Case::new(|_, _| ok(&format!(r#"{},{{"engagement_id": "x"}}"#, calls(0..1)), 2, "")).await;
    let report = case.one_day().await;
    assert_eq!((report.complete, report.stats.added, report.stats.rejected), (1, 1, 1));
    let rejects = case.folder.path().join("rejects/2026-11-05");
    assert_eq!(std::fs::read_dir(rejects).unwrap().count(), 1);
}

/// A call at the window's last second is stored in its own day without covering it.
#[tokio::test]
async fn boundary_calls_do_not_cover_their_day() {
    let boundary = r#"{"engagement_id": "edge", "start_time": "2026-11-02T00:00:00Z"}"#;
    let case = Case::new(move |_, _| ok(&format!("{},{boundary}", calls(0..1)), 2, "")).await;
    let report = case.one_day().await;
    assert_eq!((report.complete, report.stats.added), (1, 2));
    assert_eq!(case.calls_in_lake().await, 1);
    let next = case.lake().await.read_day("2026-11-02".parse().unwrap()).await.unwrap();
    assert_eq!((next.calls.num_rows(), next.coverage.ranges().len()), (1, 0));
}

#[tokio::test]
async fn growing_counts_end_the_window() {
    // Each page counts a hundred records more than were received.
    let case =
        Case::new(|n, _| ok(&calls(n * 100..(n + 1) * 100), (n + 2) * 100, &format!("token-{n}"))).await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::PaginationLoop { .. }), "{report:?}");
    // The limit is the first count of 200, plus a tenth, plus 1,000.
    assert_eq!((report.complete, case.pages(), case.calls_in_lake().await), (0, 13, 1300));
}

#[tokio::test]
async fn implausible_counts_are_errors() {
    let case = Case::new(|_, _| ok("", 1_000_000_000_000_000, "")).await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::ImplausibleCount { total: 1_000_000_000_000_000 }));
    assert_eq!((report.complete, case.pages()), (0, 1));
}

#[tokio::test]
async fn oversized_pages_are_errors() {
    let case = Case::new(|_, _| {
        let (status, headers, body) = ok("", 0, "");
        (status, headers, body + &" ".repeat(65 << 20))
    })
    .await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::ResponseTooLarge { .. }), "{report:?}");
    assert_eq!((report.complete, case.pages()), (0, 1));
}

/// Records of another period are stored, but the window is not covered.
#[tokio::test]
async fn other_periods_are_not_covered() {
    let stray = r#"{"engagement_id": "stray", "start_time": "2003-01-01T00:00:00Z"}"#;
    let echo = r#""from": "2003-01-01T00:00:00Z", "to": "2003-01-02T00:00:00Z""#;
    let body = format!(r#"{{"voice_calls": [{stray}], "total_records": 1, {echo}}}"#);
    let case = Case::new(move |_, _| (200, HeaderMap::new(), body.clone())).await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::PeriodMismatch), "{report:?}");
    assert_eq!((report.complete, report.stats.added, case.pages()), (0, 1, 1));

    let case = Case::new(move |_, _| ok(stray, 1, "")).await;
    let report = case.one_day().await;
    assert!(
        matches!(report.failed[0].error, FetchError::RecordsOutsideWindow { total: 1, outside: 1 }),
        "{report:?}"
    );
    assert_eq!((report.complete, report.stats.added, case.pages()), (0, 1, 1));
}

#[tokio::test]
async fn repeated_periods_match_in_any_form() {
    for (from, to) in [
        ("2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00"),
        ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
        ("2026-10-31T17:00:00-07:00", "2026-11-01T17:00:00-07:00"),
        ("2026-11-01", "2026-11-02"),
        ("2026-10-31T17:00:00Z", "2026-11-01T17:00:00Z"),
        ("2026-11-01T00:00:00+00:00", "2026-11-01T23:59:59+00:00"),
        ("<dateTime>", ""),
    ] {
        let body = format!(r#"{{"from": "{from}", "to": "{to}", "total_records": 0, "voice_calls": []}}"#);
        let case = Case::new(move |_, _| (200, HeaderMap::new(), body.clone())).await;
        assert_eq!(case.one_day().await.complete, 1, "{from}");
    }
}

#[tokio::test]
async fn nearly_matching_periods_are_not_covered() {
    for (from, to) in [
        ("2026-11-01T01:00:00+00:00", "2026-11-02T00:00:00+00:00"),
        ("2026-11-01T00:00:00+00:00", "2026-11-01T23:00:00+00:00"),
        ("2026-11-01", "2026-11-03"),
        // Offsets that differ, that no zone has, and that exceed those of all zones.
        ("2026-10-31T17:00:00Z", "2026-11-01T18:00:00Z"),
        ("2026-10-31T17:10:00Z", "2026-11-01T17:10:00Z"),
        ("2026-11-01T15:00:00Z", "2026-11-02T15:00:00Z"),
    ] {
        let body = format!(r#"{{"from": "{from}", "to": "{to}", "total_records": 0, "voice_calls": []}}"#);
        let case = Case::new(move |_, _| (200, HeaderMap::new(), body.clone())).await;
        let report = case.one_day().await;
        assert!(matches!(report.failed[0].error, FetchError::PeriodMismatch), "{from} {to}: {report:?}");
    }
}

#[tokio::test]
async fn window_pages_are_bounded() {
    let case = Case::new(|_, _| ok("", 0, "")).await;
    let options = SyncOptions { window_pages: u64::MAX, ..SyncOptions::default() };
    let sync = LakeSync::new(case.client(), case.lake().await, options);
    assert_eq!(sync.options.window_pages, MAX_PLANNED_PAGES);
}

/// Fetches 1 November as one window.
async fn fetch_first_day(case: &Case, memory: MemoryTracker) -> crate::window::WindowOutcome {
    let (client, budget) = (case.client(), case.budget().await);
    let now = || NOW.parse().unwrap();
    let mut fetcher =
        crate::window::WindowFetcher { client: &client, budget: &budget, now, on_page: |_, _| {}, memory };
    let Ok(outcome) = fetcher.fetch(november(1..=1), false, |_| false).await else {
        panic!("the window failed")
    };
    outcome
}

#[tokio::test]
async fn memory_limit_ends_a_window() {
    let case = Case::new(|n, _| ok(&calls(n..n + 1), 500, &format!("token-{n}"))).await;
    let memory = MemoryTracker::default();
    let mut other_windows = memory.reserve();
    other_windows.add(crate::limits::MAX_BUFFERED_BYTES);
    let outcome = fetch_first_day(&case, memory).await;
    assert!(matches!(outcome, crate::window::WindowOutcome::Short(_, FetchError::MemoryLimit)));
    assert_eq!(case.pages(), 1);
}

/// Each page has a new record and a new token, and the count is plausible.
#[tokio::test]
async fn page_limit_ends_a_window() {
    let case = Case::new(|n, _| ok(&calls(n..n + 1), 1_000_000, &format!("token-{n}"))).await;
    let outcome = fetch_first_day(&case, MemoryTracker::default()).await;
    assert!(matches!(outcome, crate::window::WindowOutcome::Short(_, FetchError::PaginationLoop { .. })));
    assert_eq!(case.pages() as u64, crate::limits::MAX_WINDOW_PAGES);
}
