//! Transfers judged by hand.

use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call, queue};

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("transfers", &in_november(params)).await
}

#[tokio::test]
async fn an_empty_period_has_no_move() {
    insta::assert_snapshot!(TestLake::empty().named("transfers", &NOVEMBER).await, @r#"
    line | period | from_id | from_queue | to_id | to_queue | moves | calls | share | difference
    total | all | NULL | NULL | NULL | NULL | 0 | 0 | NULL | 0
    "#);
}

#[tokio::test]
async fn transfers_count_ends_and_distinct_calls() {
    let leg = |name: &str, start: &str| json!({"queue": queue(name), "start_time": start});
    let calls = vec![
        // There, back, and there again.
        call(
            "a",
            "2026-11-02T08:00:00Z",
            json!({"queues": [queue("Care"), queue("Sales")], "voice_call_details": [
                leg("Care", "2026-11-02T08:03:00Z"),
                leg("Sales", "2026-11-02T08:02:00Z"),
                leg("Care", "2026-11-02T08:01:00Z"),
                leg("Sales", "2026-11-02T08:00:00Z"),
            ]}),
        ),
        call("b", "2026-11-03T08:00:00Z", json!({"queues": [queue("Sales"), queue("Desk")]})),
        call("c", "2026-11-03T08:00:00Z", json!({"queues": [queue("Sales")]})),
        call("d", "2026-11-03T08:00:00Z", json!({})),
    ];
    insta::assert_snapshot!(lines(calls.clone(), &[]).await, @r#"
    line | period | from_id | from_queue | to_id | to_queue | moves | calls | share | difference
    move | all | sales | Sales | care | Care | 2 | 1 | 0.500000 | NULL
    move | all | care | Care | sales | Sales | 1 | 1 | 0.250000 | NULL
    move | all | sales | Sales | desk | Desk | 1 | 1 | 0.250000 | NULL
    total | all | NULL | NULL | NULL | NULL | 4 | 2 | 1.000000 | 0
    "#);
    insta::assert_snapshot!(lines(calls, &[("queue", "desk"), ("per", "day"), ("timezone", "Asia/Tokyo"), ("from", "2026-11-02"), ("to", "2026-11-03T12:00:00Z")]).await, @r#"
    line | period | from_id | from_queue | to_id | to_queue | moves | calls | share | difference
    total | 2026-11-02 | NULL | NULL | NULL | NULL | 0 | 0 | NULL | 0
    move | 2026-11-03 | sales | Sales | desk | Desk | 1 | 1 | 1.000000 | NULL
    total | 2026-11-03 | NULL | NULL | NULL | NULL | 1 | 1 | 1.000000 | 0
    "#);
}

#[tokio::test]
async fn same_queue_is_not_a_transfer() {
    let leg = |queue: Value, start: &str| json!({"queue": queue, "start_time": start});
    let claims = |name: &str| json!({"cc_queue_id": "q4", "queue_name": name});
    let calls = vec![
        call(
            "a",
            "2026-11-02T08:00:00Z",
            json!({"queues": [claims("Claims")], "voice_call_details": [
                leg(claims("Claims"), "2026-11-02T08:00:00Z"),
                leg(json!({"queue_name": "Claims"}), "2026-11-02T08:01:00Z"),
                leg(queue("Care"), "2026-11-02T08:02:00Z"),
            ]}),
        ),
        // The same record twice under another start time makes two records.
        call("a", "2026-11-03T08:00:00Z", json!({"queues": [queue("Care"), claims("Claims")]})),
        call("b", "2026-11-04T08:00:00Z", json!({"queues": [claims("Late claims")]})),
    ];
    insta::assert_snapshot!(lines(calls, &[]).await, @r#"
    line | period | from_id | from_queue | to_id | to_queue | moves | calls | share | difference
    move | all | care | Care | q4 | Late claims | 1 | 1 | 0.500000 | NULL
    move | all | q4 | Late claims | care | Care | 1 | 1 | 0.500000 | NULL
    total | all | NULL | NULL | NULL | NULL | 2 | 2 | 1.000000 | 0
    "#);
}
