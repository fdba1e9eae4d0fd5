//! Traffic judged by hand.

use serde_json::{Value, json};

use crate::test_lake::{TestLake, call, queue};

/// A call from `start` to `end`.
fn span(start: &str, end: &str) -> Value {
    call(&format!("{start}/{end}"), start, json!({"end_time": end, "queues": [queue("Sales")]}))
}

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("traffic", params).await
}

#[tokio::test]
async fn an_empty_period_carries_nothing() {
    let params = [("from", "2026-11-02"), ("to", "2026-11-02")];
    insta::assert_snapshot!(lines(vec![], &params).await, @r#"
    line | local | begins | calls | call_seconds | seconds | erlangs | calls_without_end | difference
    total | NULL | NULL | 0 | 0.000 | 0.000 | NULL | 0 | 0.000
    "#);
}

#[tokio::test]
async fn calls_load_the_intervals_they_span() {
    let calls = vec![
        // From the day before the period, across midnight.
        span("2026-11-01T23:50:00Z", "2026-11-02T00:10:00Z"),
        span("2026-11-02T00:50:00Z", "2026-11-02T02:00:00Z"),
        span("2026-11-02T02:59:00Z", "2026-11-02T04:00:00Z"),
        // Of no length; with an end before the start; without an end, and with a duration alone.
        span("2026-11-02T00:30:00Z", "2026-11-02T00:30:00Z"),
        span("2026-11-02T00:30:00Z", "2026-11-02T00:20:00Z"),
        call("x", "2026-11-02T00:30:00Z", json!({})),
        call("y", "2026-11-02T00:30:00Z", json!({"total_duration": 60})),
    ];
    let params = [("from", "2026-11-02"), ("to", "2026-11-02T03:00:00Z")];
    insta::assert_snapshot!(lines(calls, &params).await, @r#"
    line | local | begins | calls | call_seconds | seconds | erlangs | calls_without_end | difference
    interval | 2026-11-02 00:00 | 2026-11-02T00:00:00Z | 3 | 1260.000 | 3600.000 | 0.3500 | NULL | NULL
    interval | 2026-11-02 01:00 | 2026-11-02T01:00:00Z | 1 | 3600.000 | 3600.000 | 1.0000 | NULL | NULL
    interval | 2026-11-02 02:00 | 2026-11-02T02:00:00Z | 1 | 60.000 | 3600.000 | 0.0167 | NULL | NULL
    total | NULL | NULL | 4 | 4920.000 | 10800.000 | 0.4556 | 2 | 0.000
    "#);
}

#[tokio::test]
async fn repeated_hour_is_two_intervals() {
    // From 02:30 summer time to 02:30 winter time in Berlin, an hour later.
    let calls = vec![span("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")];
    let params =
        [("from", "2026-10-25T00:00:00Z"), ("to", "2026-10-25T02:00:00Z"), ("timezone", "Europe/Berlin")];
    insta::assert_snapshot!(lines(calls, &params).await, @r#"
    line | local | begins | calls | call_seconds | seconds | erlangs | calls_without_end | difference
    interval | 2026-10-25 02:00 | 2026-10-25T00:00:00Z | 1 | 1800.000 | 3600.000 | 0.5000 | NULL | NULL
    interval | 2026-10-25 02:00 | 2026-10-25T01:00:00Z | 1 | 1800.000 | 3600.000 | 0.5000 | NULL | NULL
    total | NULL | NULL | 1 | 3600.000 | 7200.000 | 0.5000 | 0 | 0.000
    "#);
}

#[tokio::test]
async fn quarter_hours_follow_the_local_clock() {
    let calls = vec![span("2026-03-29T00:50:00Z", "2026-03-29T01:05:00Z")];
    let params = [
        ("from", "2026-03-29T00:50:00Z"),
        ("to", "2026-03-29T01:15:00Z"),
        ("timezone", "Europe/Berlin"),
        ("minutes", "15"),
    ];
    insta::assert_snapshot!(lines(calls, &params).await, @r#"
    line | local | begins | calls | call_seconds | seconds | erlangs | calls_without_end | difference
    interval | 2026-03-29 01:45 | 2026-03-29T00:45:00Z | 1 | 600.000 | 600.000 | 1.0000 | NULL | NULL
    interval | 2026-03-29 03:00 | 2026-03-29T01:00:00Z | 1 | 300.000 | 900.000 | 0.3333 | NULL | NULL
    total | NULL | NULL | 1 | 900.000 | 1500.000 | 0.6000 | 0 | 0.000
    "#);
}

#[tokio::test]
async fn queues_and_direction_choose_the_calls() {
    let calls = vec![
        span("2026-11-02T00:00:00Z", "2026-11-02T00:30:00Z"),
        call("x", "2026-11-02T00:00:00Z", json!({"total_duration": 1800, "direction": "outbound"})),
    ];
    let total = async |choice| {
        let params = [("from", "2026-11-02T00:00:00Z"), ("to", "2026-11-02T01:00:00Z"), choice];
        lines(calls.clone(), &params).await.lines().last().unwrap().to_owned()
    };
    let one = "total | NULL | NULL | 1 | 1800.000 | 3600.000 | 0.5000 | 0 | 0.000";
    assert_eq!(total(("queue", "Sales")).await, one);
    assert_eq!(total(("direction", "outbound")).await, one);
    assert_eq!(
        total(("direction", "all")).await,
        "total | NULL | NULL | 2 | 3600.000 | 3600.000 | 1.0000 | 0 | 0.000"
    );
}

#[tokio::test]
async fn endless_calls_run_to_period_end() {
    let long = |id: &str, seconds: i64| call(id, "2026-11-02T00:30:00Z", json!({"total_duration": seconds}));
    let calls = vec![long("a", i64::MAX), long("b", 1 << 62), long("c", i64::MIN)];
    let params = [("from", "2026-11-02"), ("to", "2026-11-02T02:00:00Z")];
    insta::assert_snapshot!(lines(calls, &params).await, @r#"
    line | local | begins | calls | call_seconds | seconds | erlangs | calls_without_end | difference
    interval | 2026-11-02 00:00 | 2026-11-02T00:00:00Z | 2 | 3600.000 | 3600.000 | 1.0000 | NULL | NULL
    interval | 2026-11-02 01:00 | 2026-11-02T01:00:00Z | 2 | 7200.000 | 3600.000 | 2.0000 | NULL | NULL
    total | NULL | NULL | 2 | 10800.000 | 7200.000 | 1.5000 | 1 | 0.000
    "#);
}
