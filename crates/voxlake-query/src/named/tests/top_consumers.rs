//! Consumers judged by hand.

use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call, queue};

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("top_consumers", &in_november(params)).await
}

#[tokio::test]
async fn an_empty_period_has_no_consumer() {
    insta::assert_snapshot!(TestLake::empty().named("top_consumers", &NOVEMBER).await, @r#"
    line | rank | consumer_number | charge_currency | calls | seconds | calls_without_charge | calls_with_unreadable_charge | charge | last_call | difference_calls | difference
    total | NULL | NULL | NULL | 0 | 0 | 0 | 0 | 0.000000 | NULL | 0 | 0.000000
    "#);
}

fn calls() -> Vec<Value> {
    let from = |id: &str, number: Value, charge: Value, seconds: Value| {
        let more = json!({"consumer_number": number, "charge": charge, "total_duration": seconds});
        call(id, &format!("2026-11-02T08:00:0{}Z", id.len()), more)
    };
    vec![
        from("a", json!("+1"), json!("$0.10"), json!(10)),
        from("bb", json!("+1"), json!("€0.20"), json!(20)),
        from("c", json!("+1"), json!("$0.000001"), json!(null)),
        from("d", json!("+2"), json!("$1"), json!(500)),
        from("e", json!("+3"), json!(null), json!(1)),
        from("f", json!("anonymous"), json!("$2"), json!(7)),
        from("g", json!(null), json!("$3"), json!(8)),
    ]
}

#[tokio::test]
async fn currencies_have_separate_totals() {
    insta::assert_snapshot!(lines(calls(), &[("limit", "2")]).await, @r#"
    line | rank | consumer_number | charge_currency | calls | seconds | calls_without_charge | calls_with_unreadable_charge | charge | last_call | difference_calls | difference
    consumer | 1 | +1 | EUR | 1 | 20 | 0 | 0 | 0.200000 | 2026-11-02 08:00:02 | NULL | NULL
    consumer | 1 | +1 | USD | 2 | 10 | 0 | 0 | 0.100001 | 2026-11-02 08:00:01 | NULL | NULL
    consumer | 2 | +2 | USD | 1 | 500 | 0 | 0 | 1.000000 | 2026-11-02 08:00:01 | NULL | NULL
    other | NULL | NULL | USD | 1 | 1 | 1 | 0 | NULL | 2026-11-02 08:00:01 | NULL | NULL
    none | NULL | NULL | USD | 2 | 15 | 0 | 0 | 5.000000 | 2026-11-02 08:00:01 | NULL | NULL
    total | NULL | NULL | EUR | 1 | 20 | 0 | 0 | 0.200000 | 2026-11-02 08:00:02 | 0 | 0.000000
    total | NULL | NULL | USD | 6 | 526 | 1 | 0 | 6.100001 | 2026-11-02 08:00:01 | 0 | 0.000000
    "#);
}

#[tokio::test]
async fn ties_are_ordered_by_number() {
    let ranks = |lines: String| {
        let shown = |line: &str| line.split(" | ").take(3).collect::<Vec<_>>().join(" ");
        lines.lines().filter(|line| line.starts_with("consumer")).map(shown).collect::<Vec<_>>()
    };
    let by_seconds = lines(calls(), &[("rank_by", "seconds"), ("limit", "1")]).await;
    assert_eq!(ranks(by_seconds), ["consumer 1 +2"]);
    let by_calls = lines(calls(), &[]).await;
    assert_eq!(ranks(by_calls), ["consumer 1 +1", "consumer 1 +1", "consumer 2 +2", "consumer 3 +3"]);
    let through = |id: &str, at: &str, name: &str| call(id, at, json!({"queues": [queue(name)]}));
    let through_a =
        vec![through("a", "2026-11-02T08:00:00Z", "A"), through("b", "2026-12-02T08:00:00Z", "B")];
    let through_b = lines(through_a, &[("queue", "B")]).await;
    assert!(
        through_b.ends_with("total | NULL | NULL | NULL | 0 | 0 | 0 | 0 | 0.000000 | NULL | 0 | 0.000000"),
        "{through_b}"
    );
}

#[tokio::test]
async fn unknown_durations_rank_last() {
    let from = |number: &str, seconds: Value| {
        call(number, "2026-11-02T08:00:00Z", json!({"consumer_number": number, "total_duration": seconds}))
    };
    let calls = vec![from("+1", json!(null)), from("+2", json!(0)), from("+3", json!(-5))];
    let ranked = lines(calls, &[("rank_by", "seconds")]).await;
    let numbers = ranked.lines().filter(|line| line.starts_with("consumer"));
    let numbers = numbers.map(|line| line.split(" | ").nth(2).unwrap()).collect::<Vec<_>>();
    assert_eq!(numbers, ["+2", "+3", "+1"]);
}
