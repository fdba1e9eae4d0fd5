//! Peak concurrency judged by hand.

use serde_json::{Value, json};

use crate::test_lake::{TestLake, call, queue};

/// A call from `start` to `end`.
fn span(start: &str, end: &str) -> Value {
    call(&format!("{start}/{end}"), start, json!({"end_time": end, "queues": [queue("Sales")]}))
}

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("peak_concurrency", params).await
}

#[tokio::test]
async fn empty_period_has_no_concurrency() {
    let params = [("from", "2026-11-02"), ("to", "2026-11-02")];
    insta::assert_snapshot!(lines(vec![], &params).await, @r#"
    line | local | begins | peak | peak_at | calls_without_end
    total | NULL | NULL | 0 | NULL | 0
    "#);
}

#[tokio::test]
async fn adjacent_calls_do_not_overlap() {
    let calls = vec![
        span("2026-11-02T08:00:00Z", "2026-11-02T09:00:00Z"),
        span("2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z"),
        span("2026-11-02T09:30:00Z", "2026-11-02T09:30:00Z"),
    ];
    let params = [("from", "2026-11-02T08:00:00Z"), ("to", "2026-11-02T10:00:00Z")];
    insta::assert_snapshot!(lines(calls, &params).await, @r#"
    line | local | begins | peak | peak_at | calls_without_end
    interval | 2026-11-02 00:00 | 2026-11-02T00:00:00Z | 1 | 2026-11-02T08:00:00Z | NULL
    total | NULL | NULL | 1 | 2026-11-02T08:00:00Z | 0
    "#);
}

#[tokio::test]
async fn running_calls_count_in_later_intervals() {
    let calls = vec![
        // Two from the day before, one of which goes on for hours; two more meet at 01:10.
        span("2026-11-01T23:30:00Z", "2026-11-02T00:10:00Z"),
        span("2026-11-01T23:40:00Z", "2026-11-02T02:30:00Z"),
        span("2026-11-02T01:00:00Z", "2026-11-02T01:20:00Z"),
        span("2026-11-02T01:10:00Z", "2026-11-02T01:30:00Z"),
    ];
    let params = [("from", "2026-11-02"), ("to", "2026-11-02T04:00:00Z"), ("minutes", "60")];
    insta::assert_snapshot!(lines(calls, &params).await, @r#"
    line | local | begins | peak | peak_at | calls_without_end
    interval | 2026-11-02 00:00 | 2026-11-02T00:00:00Z | 2 | 2026-11-02T00:00:00Z | NULL
    interval | 2026-11-02 01:00 | 2026-11-02T01:00:00Z | 3 | 2026-11-02T01:10:00Z | NULL
    interval | 2026-11-02 02:00 | 2026-11-02T02:00:00Z | 1 | 2026-11-02T02:00:00Z | NULL
    interval | 2026-11-02 03:00 | 2026-11-02T03:00:00Z | 0 | 2026-11-02T03:00:00Z | NULL
    total | NULL | NULL | 3 | 2026-11-02T01:10:00Z | 0
    "#);
}

#[tokio::test]
async fn days_with_clock_changes_are_intervals() {
    let calls = vec![
        span("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
        span("2026-10-25T22:30:00Z", "2026-10-25T23:30:00Z"),
        span("2026-03-29T00:59:00Z", "2026-03-29T01:01:00Z"),
    ];
    let berlin = ("timezone", "Europe/Berlin");
    let autumn = [("from", "2026-10-24T22:00:00Z"), ("to", "2026-10-26T23:00:00Z"), berlin];
    insta::assert_snapshot!(lines(calls.clone(), &autumn).await, @r#"
    line | local | begins | peak | peak_at | calls_without_end
    interval | 2026-10-25 00:00 | 2026-10-24T22:00:00Z | 1 | 2026-10-25T00:30:00Z | NULL
    interval | 2026-10-26 00:00 | 2026-10-25T23:00:00Z | 1 | 2026-10-25T23:00:00Z | NULL
    total | NULL | NULL | 1 | 2026-10-25T00:30:00Z | 0
    "#);
    let spring = [("from", "2026-03-28T23:00:00Z"), ("to", "2026-03-29T22:00:00Z"), berlin];
    insta::assert_snapshot!(lines(calls, &spring).await, @r#"
    line | local | begins | peak | peak_at | calls_without_end
    interval | 2026-03-29 00:00 | 2026-03-28T23:00:00Z | 1 | 2026-03-29T00:59:00Z | NULL
    total | NULL | NULL | 1 | 2026-03-29T00:59:00Z | 0
    "#);
}

#[tokio::test]
async fn calls_without_end_are_reported_separately() {
    let calls = vec![
        span("2026-11-02T08:00:00Z", "2026-11-02T09:00:00Z"),
        // There by their duration, or for no time, which is known.
        call("a", "2026-11-02T08:00:00Z", json!({"total_duration": 60})),
        span("2026-11-02T08:00:00Z", "2026-11-02T08:00:00Z"),
        // Not known; the last began before the period.
        span("2026-11-02T08:00:00Z", "2026-11-02T07:00:00Z"),
        call("b", "2026-11-02T08:00:00Z", json!({})),
        call("c", "2026-11-01T23:00:00Z", json!({})),
    ];
    let params = [("from", "2026-11-02"), ("to", "2026-11-03")];
    insta::assert_snapshot!(lines(calls, &params).await, @r#"
    line | local | begins | peak | peak_at | calls_without_end
    interval | 2026-11-02 00:00 | 2026-11-02T00:00:00Z | 2 | 2026-11-02T08:00:00Z | NULL
    total | NULL | NULL | 2 | 2026-11-02T08:00:00Z | 2
    "#);
}
