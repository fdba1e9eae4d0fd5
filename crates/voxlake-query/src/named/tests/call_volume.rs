//! Call volume judged by hand.

use serde_json::{Value, json};

use crate::test_lake::{TestLake, call, queue};

/// Lines that have a call, and the total.
async fn busy(calls: Vec<Value>, period: [&str; 2], zone: &str, by: &str) -> String {
    let params = [("from", period[0]), ("to", period[1]), ("timezone", zone), ("by", by)];
    let all = TestLake::with_calls(calls).named("call_volume", &params).await;
    let busy = all.lines().filter(|line| line.split(" | ").nth(3) != Some("0")).collect::<Vec<_>>();
    busy.join("\n")
}

fn at(starts: &[&str]) -> Vec<Value> {
    starts.iter().map(|start| call(start, start, json!({}))).collect()
}

#[tokio::test]
async fn empty_period_has_no_mean() {
    let params = [("from", "2026-11-02"), ("to", "2026-11-02")];
    insta::assert_snapshot!(TestLake::empty().named("call_volume", &params).await, @r#"
    line | day | hour | calls | hours | calls_per_hour | difference
    total | NULL | NULL | 0 | 0.000 | NULL | 0
    "#);
}

#[tokio::test]
async fn cells_without_a_call_are_there() {
    let params = [("from", "2026-11-02"), ("to", "2026-11-16"), ("by", "weekday")];
    insta::assert_snapshot!(TestLake::with_calls(at(&["2026-11-09T10:00:00Z"])).named("call_volume", &params).await, @r#"
    line | day | hour | calls | hours | calls_per_hour | difference
    cell | 1 Monday | all | 1 | 48.000 | 0.021 | NULL
    cell | 2 Tuesday | all | 0 | 48.000 | 0.000 | NULL
    cell | 3 Wednesday | all | 0 | 48.000 | 0.000 | NULL
    cell | 4 Thursday | all | 0 | 48.000 | 0.000 | NULL
    cell | 5 Friday | all | 0 | 48.000 | 0.000 | NULL
    cell | 6 Saturday | all | 0 | 48.000 | 0.000 | NULL
    cell | 7 Sunday | all | 0 | 48.000 | 0.000 | NULL
    total | NULL | NULL | 1 | 336.000 | 0.003 | 0
    "#);
}

#[tokio::test]
async fn repeated_hour_counts_twice() {
    // 02:30 in Berlin, in summer time and in winter time; a week later once.
    let calls = || at(&["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-11-01T01:30:00Z"]);
    let period = ["2026-10-24T22:00:00Z", "2026-11-01T23:00:00Z"];
    insta::assert_snapshot!(busy(calls(), period, "Europe/Berlin", "weekday_hour").await, @r#"
    line | day | hour | calls | hours | calls_per_hour | difference
    cell | 7 Sunday | 02 | 3 | 3.000 | 1.000 | NULL
    total | NULL | NULL | 3 | 193.000 | 0.016 | 0
    "#);
    insta::assert_snapshot!(busy(calls(), period, "Europe/Berlin", "day_hour").await, @r#"
    line | day | hour | calls | hours | calls_per_hour | difference
    cell | 2026-10-25 | 02 | 2 | 2.000 | 1.000 | NULL
    cell | 2026-11-01 | 02 | 1 | 1.000 | 1.000 | NULL
    total | NULL | NULL | 3 | 193.000 | 0.016 | 0
    "#);
    insta::assert_snapshot!(busy(calls(), period, "Europe/Berlin", "day").await, @r#"
    line | day | hour | calls | hours | calls_per_hour | difference
    cell | 2026-10-25 | all | 2 | 25.000 | 0.080 | NULL
    cell | 2026-11-01 | all | 1 | 24.000 | 0.042 | NULL
    total | NULL | NULL | 3 | 193.000 | 0.016 | 0
    "#);
}

#[tokio::test]
async fn skipped_hours_do_not_count() {
    let calls = at(&["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"]);
    let params =
        [("from", "2026-03-29T00:45:00Z"), ("to", "2026-03-29T01:30:00Z"), ("timezone", "Europe/Berlin")];
    insta::assert_snapshot!(TestLake::with_calls(calls).named("call_volume", &params).await, @r#"
    line | day | hour | calls | hours | calls_per_hour | difference
    cell | 7 Sunday | 01 | 1 | 0.250 | 4.000 | NULL
    cell | 7 Sunday | 03 | 1 | 0.500 | 2.000 | NULL
    total | NULL | NULL | 2 | 0.750 | 2.667 | 0
    "#);
}

#[tokio::test]
async fn direction_and_queue_filter_calls() {
    let calls = vec![
        call("a", "2026-11-02T08:00:00Z", json!({"direction": "outbound", "queues": [queue("Sales")]})),
        call("b", "2026-11-02T08:30:00Z", json!({"queues": [queue("Sales"), queue("Sales")]})),
        call("c", "2026-11-02T08:45:00Z", json!({})),
    ];
    let count = async |more: &[(&str, &str)]| {
        let period = [("from", "2026-11-02"), ("to", "2026-11-03"), ("by", "hour")];
        let params = period.iter().chain(more).copied().collect::<Vec<_>>();
        let all = TestLake::with_calls(calls.clone()).named("call_volume", &params).await;
        all.lines().last().unwrap().to_owned()
    };
    assert_eq!(count(&[]).await, "total | NULL | NULL | 2 | 24.000 | 0.083 | 0");
    assert_eq!(count(&[("direction", "all")]).await, "total | NULL | NULL | 3 | 24.000 | 0.125 | 0");
    assert_eq!(count(&[("queue", "Sales")]).await, "total | NULL | NULL | 1 | 24.000 | 0.042 | 0");
}
