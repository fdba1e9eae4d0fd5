//! Agents judged by hand.

use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call, queue};

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("agent_activity", &in_november(params)).await
}

fn agent(name: &str) -> Value {
    json!({"user_id": name.to_lowercase(), "display_name": name})
}

#[tokio::test]
async fn empty_period_has_zero_total() {
    insta::assert_snapshot!(TestLake::empty().named("agent_activity", &NOVEMBER).await, @r#"
    line | agent_id | agent_name | calls | inbound | outbound | engagement_seconds | calls_without_duration | days | first_call | last_call
    total | NULL | NULL | 0 | 0 | 0 | 0 | 0 | 0 | NULL | NULL
    "#);
}

#[tokio::test]
async fn agents_are_sorted_by_distinct_calls() {
    let calls = vec![
        // 23:30 on the 1st in Berlin and 00:30 on the 2nd: two days there, and in UTC one.
        call(
            "a",
            "2026-11-01T22:30:00Z",
            json!({"agents": [agent("Ann"), agent("Bob"), agent("Ann")], "total_duration": 60, "queues": [queue("Sales")]}),
        ),
        call(
            "b",
            "2026-11-01T23:30:00Z",
            json!({"agents": [agent("Ann")], "total_duration": 40, "direction": "outbound"}),
        ),
        call("c", "2026-11-03T08:00:00Z", json!({"agents": [agent("Cid")]})),
        call("d", "2026-11-03T08:00:00Z", json!({"agents": [agent("Dan")], "total_duration": 60})),
        call("e", "2026-11-04T08:00:00Z", json!({"total_duration": 5, "direction": null})),
    ];
    insta::assert_snapshot!(lines(calls.clone(), &[("timezone", "Europe/Berlin")]).await, @r#"
    line | agent_id | agent_name | calls | inbound | outbound | engagement_seconds | calls_without_duration | days | first_call | last_call
    agent | ann | Ann | 2 | 1 | 1 | 100 | 0 | 2 | 2026-11-01 23:30:00 | 2026-11-02 00:30:00
    agent | bob | Bob | 1 | 1 | 0 | 60 | 0 | 1 | 2026-11-01 23:30:00 | 2026-11-01 23:30:00
    agent | dan | Dan | 1 | 1 | 0 | 60 | 0 | 1 | 2026-11-03 09:00:00 | 2026-11-03 09:00:00
    agent | cid | Cid | 1 | 1 | 0 | NULL | 1 | 1 | 2026-11-03 09:00:00 | 2026-11-03 09:00:00
    none | NULL | NULL | 1 | 0 | 0 | 5 | 0 | 1 | 2026-11-04 09:00:00 | 2026-11-04 09:00:00
    total | NULL | NULL | 5 | 3 | 1 | 165 | 1 | 4 | 2026-11-01 23:30:00 | 2026-11-04 09:00:00
    "#);
    insta::assert_snapshot!(lines(calls, &[("queue", "Sales")]).await, @r#"
    line | agent_id | agent_name | calls | inbound | outbound | engagement_seconds | calls_without_duration | days | first_call | last_call
    agent | ann | Ann | 1 | 1 | 0 | 60 | 0 | 1 | 2026-11-01 22:30:00 | 2026-11-01 22:30:00
    agent | bob | Bob | 1 | 1 | 0 | 60 | 0 | 1 | 2026-11-01 22:30:00 | 2026-11-01 22:30:00
    total | NULL | NULL | 1 | 1 | 0 | 60 | 0 | 1 | 2026-11-01 22:30:00 | 2026-11-01 22:30:00
    "#);
}

#[tokio::test]
async fn repeated_hours_keep_their_order() {
    // 02:50 in summer time, and 02:10 in winter time, twenty minutes later.
    let calls = ["2026-10-25T00:50:00Z", "2026-10-25T01:10:00Z"]
        .map(|start| call(start, start, json!({"agents": [agent("Ann")]})));
    let params = [("from", "2026-10-25"), ("to", "2026-10-26"), ("timezone", "Europe/Berlin")];
    insta::assert_snapshot!(TestLake::with_calls(calls).named("agent_activity", &params).await, @r#"
    line | agent_id | agent_name | calls | inbound | outbound | engagement_seconds | calls_without_duration | days | first_call | last_call
    agent | ann | Ann | 2 | 2 | 0 | NULL | 2 | 1 | 2026-10-25 02:50:00 | 2026-10-25 02:10:00
    total | NULL | NULL | 2 | 2 | 0 | NULL | 2 | 1 | 2026-10-25 02:50:00 | 2026-10-25 02:10:00
    "#);
}

#[tokio::test]
async fn agents_have_their_last_name() {
    let named = |id: &str, at: &str, name: &str| {
        call(id, at, json!({"agents": [{"user_id": "u", "display_name": name}, {"display_name": name}]}))
    };
    // Of calls that began at once, the one with the greater id is the later.
    let at = "2026-11-02T08:00:00Z";
    let calls = vec![named("a", "2026-11-01T08:00:00Z", "Zoe"), named("c", at, "Ann"), named("b", at, "Bob")];
    let lines = lines(calls, &[]).await;
    assert!(lines.contains("\nagent | u | Ann | 3 |"), "{lines}");
    assert_eq!(lines.lines().filter(|line| line.starts_with("agent | ")).count(), 1, "{lines}");
}
