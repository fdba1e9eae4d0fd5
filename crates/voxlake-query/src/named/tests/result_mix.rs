//! The mix of results judged by hand.

use serde_json::{Value, json};

use super::in_november;
use crate::test_lake::{TestLake, call, queue};

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("result_mix", &in_november(params)).await
}

#[tokio::test]
async fn an_empty_period_has_zero_calls() {
    let empty = [("from", "2026-11-02"), ("to", "2026-11-02")];
    insta::assert_snapshot!(TestLake::empty().named("result_mix", &empty).await, @r#"
    line | period | result_class | calls | share | difference
    total | 2026-W45 | NULL | 0 | NULL | 0
    "#);
}

#[tokio::test]
async fn classes_add_up_to_the_period() {
    let ended = |id: &str, start: &str, result: Value| call(id, start, json!({"result": result}));
    let calls = vec![
        // The last second of a Sunday in Berlin, and the first of a Monday.
        ended("a", "2026-11-08T22:59:59Z", json!("missed")),
        ended("b", "2026-11-08T23:00:00Z", json!("completed")),
        ended("c", "2026-11-10T08:00:00Z", json!("long_calls")),
        ended("d", "2026-11-11T08:00:00Z", json!(null)),
    ];
    insta::assert_snapshot!(lines(calls, &[("timezone", "Europe/Berlin"), ("from", "2026-11-02"), ("to", "2026-11-15")]).await, @r#"
    line | period | result_class | calls | share | difference
    class | 2026-W45 | handled | 0 | 0.000000 | NULL
    class | 2026-W45 | not_answered | 1 | 1.000000 | NULL
    class | 2026-W45 | unclassified | 0 | 0.000000 | NULL
    total | 2026-W45 | NULL | 1 | 1.000000 | 0
    class | 2026-W46 | handled | 2 | 0.666667 | NULL
    class | 2026-W46 | not_answered | 0 | 0.000000 | NULL
    class | 2026-W46 | unclassified | 1 | 0.333333 | NULL
    total | 2026-W46 | NULL | 3 | 1.000000 | 0
    "#);
}

#[tokio::test]
async fn direction_and_queues_choose_the_calls() {
    let calls = vec![
        call("a", "2026-11-02T08:00:00Z", json!({"queues": [queue("Sales"), queue("Care")]})),
        call("b", "2026-11-02T08:00:00Z", json!({"queues": [queue("Care")], "direction": "outbound"})),
        call("c", "2026-11-02T08:00:00Z", json!({"direction": null})),
    ];
    let whole = ("per", "all");
    insta::assert_snapshot!(lines(calls.clone(), &[whole, ("queue", "care")]).await, @r#"
    line | period | result_class | calls | share | difference
    class | all | handled | 2 | 1.000000 | NULL
    total | all | NULL | 2 | 1.000000 | 0
    "#);
    insta::assert_snapshot!(lines(calls, &[whole, ("direction", "inbound")]).await, @r#"
    line | period | result_class | calls | share | difference
    class | all | handled | 1 | 1.000000 | NULL
    total | all | NULL | 1 | 1.000000 | 0
    "#);
}
