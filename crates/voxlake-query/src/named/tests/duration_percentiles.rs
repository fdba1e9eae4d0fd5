//! Durations judged by hand.

use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call, queue};

const AT: &str = "2026-11-02T08:00:00Z";

async fn lines(calls: Vec<Value>, by: &str) -> String {
    TestLake::with_calls(calls).named("duration_percentiles", &in_november(&[("by", by)])).await
}

fn calls() -> Vec<Value> {
    vec![
        call(
            "a",
            AT,
            json!({"total_duration": 10, "queues": [queue("Sales"), queue("Care")], "country_name": "France"}),
        ),
        call(
            "b",
            AT,
            json!({"total_duration": 30, "queues": [queue("Sales")], "agents": [{"user_id": "u1", "display_name": "Ann"}, {"user_id": "u1"}]}),
        ),
        call(
            "c",
            AT,
            json!({"total_duration": 60, "queues": [queue("Sales")], "direction": "outbound", "agents": [{"user_id": "u2", "display_name": "Bob"}]}),
        ),
        call("d", AT, json!({"total_duration": 60, "result": "long_abandoned"})),
        call("e", AT, json!({"queues": [queue("Care")], "direction": null})),
    ]
}

#[tokio::test]
async fn empty_period_has_zero_total() {
    let empty = TestLake::empty().named("duration_percentiles", &NOVEMBER).await;
    insta::assert_snapshot!(empty, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    total | NULL | NULL | 0 | 0 | NULL | NULL | NULL | NULL | NULL | NULL | NULL
    "#);
}

#[tokio::test]
async fn one_call_is_all_its_percentiles() {
    let one = vec![call("a", AT, json!({"total_duration": 42, "queues": [queue("Sales")]}))];
    insta::assert_snapshot!(lines(one, "queue").await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | sales | Sales | 1 | 0 | 42.00 | 42.00 | 42.00 | 42.00 | 42.00 | 42.000 | 42
    total | NULL | NULL | 1 | 0 | 42.00 | 42.00 | 42.00 | 42.00 | 42.00 | 42.000 | 42
    "#);
}

#[tokio::test]
async fn percentiles_interpolate_and_ignore_nulls() {
    insta::assert_snapshot!(lines(calls(), "queue").await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | care | Care | 1 | 1 | 10.00 | 10.00 | 10.00 | 10.00 | 10.00 | 10.000 | 10
    group | sales | Sales | 3 | 0 | 30.00 | 45.00 | 54.00 | 57.00 | 59.40 | 33.333 | 60
    none | NULL | NULL | 1 | 0 | 60.00 | 60.00 | 60.00 | 60.00 | 60.00 | 60.000 | 60
    total | NULL | NULL | 4 | 1 | 45.00 | 60.00 | 60.00 | 60.00 | 60.00 | 40.000 | 60
    "#);
}

#[tokio::test]
async fn every_other_grouping_has_its_own_lines() {
    insta::assert_snapshot!(lines(calls(), "direction").await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | inbound | inbound | 3 | 0 | 30.00 | 45.00 | 54.00 | 57.00 | 59.40 | 33.333 | 60
    group | outbound | outbound | 1 | 0 | 60.00 | 60.00 | 60.00 | 60.00 | 60.00 | 60.000 | 60
    none | NULL | NULL | 0 | 1 | NULL | NULL | NULL | NULL | NULL | NULL | NULL
    total | NULL | NULL | 4 | 1 | 45.00 | 60.00 | 60.00 | 60.00 | 60.00 | 40.000 | 60
    "#);
    insta::assert_snapshot!(lines(calls(), "class").await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | abandoned | abandoned | 1 | 0 | 60.00 | 60.00 | 60.00 | 60.00 | 60.00 | 60.000 | 60
    group | handled | handled | 3 | 1 | 30.00 | 45.00 | 54.00 | 57.00 | 59.40 | 33.333 | 60
    total | NULL | NULL | 4 | 1 | 45.00 | 60.00 | 60.00 | 60.00 | 60.00 | 40.000 | 60
    "#);
    insta::assert_snapshot!(lines(calls(), "agent").await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | u1 | Ann | 1 | 0 | 30.00 | 30.00 | 30.00 | 30.00 | 30.00 | 30.000 | 30
    group | u2 | Bob | 1 | 0 | 60.00 | 60.00 | 60.00 | 60.00 | 60.00 | 60.000 | 60
    none | NULL | NULL | 2 | 1 | 35.00 | 47.50 | 55.00 | 57.50 | 59.50 | 35.000 | 60
    total | NULL | NULL | 4 | 1 | 45.00 | 60.00 | 60.00 | 60.00 | 60.00 | 40.000 | 60
    "#);
    insta::assert_snapshot!(lines(calls(), "country").await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | France | France | 1 | 0 | 10.00 | 10.00 | 10.00 | 10.00 | 10.00 | 10.000 | 10
    none | NULL | NULL | 3 | 1 | 60.00 | 60.00 | 60.00 | 60.00 | 60.00 | 50.000 | 60
    total | NULL | NULL | 4 | 1 | 45.00 | 60.00 | 60.00 | 60.00 | 60.00 | 40.000 | 60
    "#);
    insta::assert_snapshot!(lines(calls(), "total").await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    total | NULL | NULL | 4 | 1 | 45.00 | 60.00 | 60.00 | 60.00 | 60.00 | 40.000 | 60
    "#);
}

#[tokio::test]
async fn days_and_hours_are_local() {
    let calls = vec![
        call("a", "2026-11-02T07:59:59Z", json!({"total_duration": 10})),
        call("b", "2026-11-02T08:00:00Z", json!({"total_duration": 20})),
        call("c", "2026-11-03T08:30:00Z", json!({"total_duration": 25})),
    ];
    let by = |by, to| {
        in_november(&[
            ("by", by),
            ("timezone", "America/Los_Angeles"),
            ("from", "2026-11-02T07:00:00Z"),
            ("to", to),
        ])
    };
    let day = by("day", "2026-11-03T09:00:00Z");
    insta::assert_snapshot!(TestLake::with_calls(calls.clone()).named("duration_percentiles", &day).await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | 2026-11-01 | 2026-11-01 | 1 | 0 | 10.00 | 10.00 | 10.00 | 10.00 | 10.00 | 10.000 | 10
    group | 2026-11-02 | 2026-11-02 | 1 | 0 | 20.00 | 20.00 | 20.00 | 20.00 | 20.00 | 20.000 | 20
    group | 2026-11-03 | 2026-11-03 | 1 | 0 | 25.00 | 25.00 | 25.00 | 25.00 | 25.00 | 25.000 | 25
    total | NULL | NULL | 3 | 0 | 20.00 | 22.50 | 24.00 | 24.50 | 24.90 | 18.333 | 25
    "#);
    insta::assert_snapshot!(TestLake::with_calls(calls).named("duration_percentiles", &by("hour", "2026-11-02T09:00:00Z")).await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | 00 | 00 | 1 | 0 | 20.00 | 20.00 | 20.00 | 20.00 | 20.00 | 20.000 | 20
    group | 23 | 23 | 1 | 0 | 10.00 | 10.00 | 10.00 | 10.00 | 10.00 | 10.000 | 10
    total | NULL | NULL | 2 | 0 | 15.00 | 17.50 | 19.00 | 19.50 | 19.90 | 15.000 | 20
    "#);
}

#[tokio::test]
async fn teams_weekdays_and_queues_are_groups() {
    let team = json!([{"user_id": "u1", "team_ids": ["t1"], "team_names": ["North"]}]);
    let calls = vec![
        call(
            "a",
            AT,
            json!({"total_duration": 10, "agents": team, "queues": [queue("Sales"), queue("Care")]}),
        ),
        call("b", AT, json!({"total_duration": 20})),
    ];
    let params = |by, queue| in_november(&[("by", by), ("queue", queue)]);
    insta::assert_snapshot!(lines(calls.clone(), "team").await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | t1 | North | 1 | 0 | 10.00 | 10.00 | 10.00 | 10.00 | 10.00 | 10.000 | 10
    none | NULL | NULL | 1 | 0 | 20.00 | 20.00 | 20.00 | 20.00 | 20.00 | 20.000 | 20
    total | NULL | NULL | 2 | 0 | 15.00 | 17.50 | 19.00 | 19.50 | 19.90 | 15.000 | 20
    "#);
    let lake = TestLake::with_calls(calls);
    insta::assert_snapshot!(lake.named("duration_percentiles", &params("queue", "Care")).await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | care | Care | 1 | 0 | 10.00 | 10.00 | 10.00 | 10.00 | 10.00 | 10.000 | 10
    total | NULL | NULL | 1 | 0 | 10.00 | 10.00 | 10.00 | 10.00 | 10.00 | 10.000 | 10
    "#);
    insta::assert_snapshot!(lake.named("duration_percentiles", &params("month", "sales")).await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    group | 2026-11 | 2026-11 | 1 | 0 | 10.00 | 10.00 | 10.00 | 10.00 | 10.00 | 10.000 | 10
    total | NULL | NULL | 1 | 0 | 10.00 | 10.00 | 10.00 | 10.00 | 10.00 | 10.000 | 10
    "#);
}

#[tokio::test]
async fn very_long_durations_keep_every_digit() {
    let seconds = |id: &str, seconds: i64| call(id, AT, json!({"total_duration": seconds}));
    let calls = vec![seconds("a", 1 << 62), seconds("b", 1 << 62), seconds("c", 60)];
    insta::assert_snapshot!(lines(calls, "total").await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    total | NULL | NULL | 3 | 0 | 4611686018427387904.00 | 4611686018427387904.00 | 4611686018427387904.00 | 4611686018427387904.00 | 4611686018427387904.00 | 3074457345618258622.667 | 4611686018427387904
    "#);
    let calls = vec![seconds("a", 1_000_000_000_000), seconds("b", 1_000_000_000_001)];
    insta::assert_snapshot!(lines(calls, "total").await, @r#"
    line | group_id | group_name | calls | calls_without_duration | p50 | p75 | p90 | p95 | p99 | mean | max
    total | NULL | NULL | 2 | 0 | 1000000000000.50 | 1000000000000.75 | 1000000000000.90 | 1000000000000.95 | 1000000000000.99 | 1000000000000.500 | 1000000000001
    "#);
}
