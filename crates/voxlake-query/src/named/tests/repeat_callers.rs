//! Repeat callers judged by hand.

use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call, queue};

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("repeat_callers", &in_november(params)).await
}

fn from(number: &Value, start: &str) -> Value {
    call(&format!("{number} {start}"), start, json!({"consumer_number": number, "queues": [queue("Sales")]}))
}

async fn totals(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    lines(calls, params).await.replace(" | repeat_calls / calls; a proxy for first-contact resolution", "")
}

#[tokio::test]
async fn an_empty_period_has_no_rate() {
    insta::assert_snapshot!(TestLake::empty().named("repeat_callers", &NOVEMBER).await, @r#"
    line | period | callers | calls | repeat_calls | repeat_rate | calls_without_number | definition
    total | all | 0 | 0 | 0 | NULL | 0 | repeat_calls / calls; a proxy for first-contact resolution
    "#);
}

#[tokio::test]
async fn repeats_are_exact_to_the_second() {
    let calls = vec![
        from(&json!("+1"), "2026-11-02T08:00:00Z"),
        from(&json!("+2"), "2026-11-03T08:00:00Z"),
        // Seven days after, and a second more than seven days after that.
        from(&json!("+1"), "2026-11-09T08:00:00Z"),
        from(&json!("+1"), "2026-11-16T08:00:01Z"),
    ];
    insta::assert_snapshot!(totals(calls.clone(), &[]).await, @r#"
    line | period | callers | calls | repeat_calls | repeat_rate | calls_without_number | definition
    total | all | 2 | 4 | 1 | 0.250000 | 0
    "#);
    insta::assert_snapshot!(totals(calls.clone(), &[("days", "8")]).await, @r#"
    line | period | callers | calls | repeat_calls | repeat_rate | calls_without_number | definition
    total | all | 2 | 4 | 2 | 0.500000 | 0
    "#);
    insta::assert_snapshot!(totals(calls, &[("per", "week")]).await, @r#"
    line | period | callers | calls | repeat_calls | repeat_rate | calls_without_number | definition
    period | 2026-W44 | 0 | 0 | 0 | NULL | 0
    period | 2026-W45 | 2 | 2 | 0 | 0.000000 | 0
    period | 2026-W46 | 1 | 1 | 1 | 1.000000 | 0
    period | 2026-W47 | 1 | 1 | 0 | 0.000000 | 0
    period | 2026-W48 | 0 | 0 | 0 | NULL | 0
    period | 2026-W49 | 0 | 0 | 0 | NULL | 0
    total | all | 2 | 4 | 1 | 0.250000 | 0
    "#);
}

#[tokio::test]
async fn earlier_calls_only_mark_repeats() {
    let calls = vec![from(&json!("+1"), "2026-10-28T08:00:00Z"), from(&json!("+1"), "2026-11-01T08:00:00Z")];
    insta::assert_snapshot!(totals(calls, &[]).await, @r#"
    line | period | callers | calls | repeat_calls | repeat_rate | calls_without_number | definition
    total | all | 1 | 1 | 1 | 1.000000 | 0
    "#);
}

#[tokio::test]
async fn hidden_and_outbound_calls_never_repeat() {
    let mut calls = [json!(null), json!("anonymous"), json!("Restricted"), json!("  ")]
        .into_iter()
        .flat_map(|number| ["2026-11-02T08:00:00Z", "2026-11-03T08:00:00Z"].map(|at| from(&number, at)))
        .collect::<Vec<_>>();
    calls.push(call("o", "2026-11-02T07:00:00Z", json!({"direction": "outbound", "consumer_number": "+1"})));
    calls.push(from(&json!("+1"), "2026-11-02T08:00:00Z"));
    insta::assert_snapshot!(totals(calls, &[]).await, @r#"
    line | period | callers | calls | repeat_calls | repeat_rate | calls_without_number | definition
    total | all | 1 | 1 | 0 | 0.000000 | 8
    "#);
}

#[tokio::test]
async fn repeats_may_cross_queues() {
    let calls = vec![
        call("a", "2026-11-02T08:00:00Z", json!({"consumer_number": "+1", "queues": [queue("Care")]})),
        from(&json!("+1"), "2026-11-02T08:00:00Z"),
        from(&json!("+1"), "2026-11-02T09:00:00Z"),
    ];
    // Of two at the same moment, the one with the greater id comes after the other.
    insta::assert_snapshot!(totals(calls, &[("queue", "Sales")]).await, @r#"
    line | period | callers | calls | repeat_calls | repeat_rate | calls_without_number | definition
    total | all | 1 | 2 | 1 | 0.500000 | 0
    "#);
}

#[tokio::test]
async fn simultaneous_calls_are_ordered_by_id() {
    let at = |id: &str, name: &str| {
        call(id, "2026-11-02T08:00:00Z", json!({"consumer_number": "+1", "queues": [queue(name)]}))
    };
    let calls = vec![at("b", "Sales"), at("a", "Care"), at("c", "Desk")];
    for (name, repeats) in [("Care", "0"), ("Sales", "1"), ("Desk", "1")] {
        let lines = totals(calls.clone(), &[("queue", name)]).await;
        assert_eq!(lines.lines().last().unwrap().split(" | ").nth(4), Some(repeats), "{name}: {lines}");
    }
    assert!(totals(calls, &[]).await.contains("total | all | 1 | 3 | 2 |"));
}
