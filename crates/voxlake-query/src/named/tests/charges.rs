//! Charges by group judged by hand.

use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call, queue};

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("charges", &in_november(params)).await
}

const AT: &str = "2026-11-02T08:00:00Z";

fn calls() -> Vec<Value> {
    let agents = |names: &[&str]| names.iter().map(|name| json!({"user_id": name})).collect::<Vec<_>>();
    vec![
        call(
            "a",
            AT,
            json!({"charge": "$1.000001", "total_duration": 60, "agents": agents(&["u1", "u2", "u3"]),
            "country_name": "France", "callee_number_type": "toll_free_number", "queues": [queue("Sales")]}),
        ),
        call(
            "b",
            AT,
            json!({"charge": "$0.10", "agents": agents(&["u2", "u2"]), "direction": "outbound",
            "caller_number_type": "byoc_number", "callee_number_type": "toll_free_number"}),
        ),
        call(
            "c",
            AT,
            json!({"charge": "-€0.000002", "total_duration": 5, "agents": agents(&["u1", "u2", "u3"])}),
        ),
        call("d", AT, json!({"country_name": "France"})),
    ]
}

#[tokio::test]
async fn empty_period_costs_zero() {
    insta::assert_snapshot!(TestLake::empty().named("charges", &NOVEMBER).await, @r#"
    line | group_id | group_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | seconds | charge | difference
    group | 2026-11 | 2026-11 | NULL | 0 | 0 | 0 | 0 | 0.000000 | NULL
    total | NULL | NULL | NULL | 0 | 0 | 0 | 0 | 0.000000 | 0.000000
    "#);
    let empty = [("from", "2026-11-01"), ("to", "2026-11-01")];
    insta::assert_snapshot!(TestLake::with_calls(calls()).named("charges", &empty).await, @r#"
    line | group_id | group_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | seconds | charge | difference
    total | NULL | NULL | NULL | 0 | 0 | 0 | 0 | 0.000000 | 0.000000
    "#);
}

#[tokio::test]
async fn agents_share_a_charge_to_the_millionth() {
    insta::assert_snapshot!(lines(calls(), &[("by", "agent")]).await, @r#"
    line | group_id | group_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | seconds | charge | difference
    group | u1 | NULL | EUR | 1 | 0 | 0 | 5 | -0.000001 | NULL
    group | u2 | NULL | EUR | 1 | 0 | 0 | 5 | -0.000001 | NULL
    group | u3 | NULL | EUR | 1 | 0 | 0 | 5 | 0.000000 | NULL
    total | NULL | NULL | EUR | 1 | 0 | 0 | 5 | -0.000002 | 0.000000
    group | u1 | NULL | USD | 1 | 0 | 0 | 60 | 0.333334 | NULL
    group | u2 | NULL | USD | 2 | 0 | 0 | 60 | 0.433334 | NULL
    group | u3 | NULL | USD | 1 | 0 | 0 | 60 | 0.333333 | NULL
    none | NULL | NULL | USD | 1 | 1 | 0 | NULL | NULL | NULL
    total | NULL | NULL | USD | 3 | 1 | 0 | 60 | 1.100001 | 0.000000
    "#);
}

#[tokio::test]
async fn groups_add_up_per_currency() {
    insta::assert_snapshot!(lines(calls(), &[("by", "country")]).await, @r#"
    line | group_id | group_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | seconds | charge | difference
    none | NULL | NULL | EUR | 1 | 0 | 0 | 5 | -0.000002 | NULL
    total | NULL | NULL | EUR | 1 | 0 | 0 | 5 | -0.000002 | 0.000000
    group | France | France | USD | 2 | 1 | 0 | 60 | 1.000001 | NULL
    none | NULL | NULL | USD | 1 | 0 | 0 | NULL | 0.100000 | NULL
    total | NULL | NULL | USD | 3 | 1 | 0 | 60 | 1.100001 | 0.000000
    "#);
}

#[tokio::test]
async fn number_type_is_the_callee_number() {
    let all = lines(calls(), &[("by", "number_type")]).await;
    assert!(all.contains("group | byoc_number | byoc_number | USD | 1 | 0 | 0 | NULL | 0.100000"), "{all}");
    assert!(
        all.contains("group | toll_free_number | toll_free_number | USD | 1 | 0 | 0 | 60 | 1.000001"),
        "{all}"
    );
}

#[tokio::test]
async fn queues_choose_and_days_are_local() {
    let params = [
        ("by", "day"),
        ("queue", "Sales"),
        ("timezone", "Pacific/Honolulu"),
        ("from", "2026-11-02"),
        ("to", "2026-11-03"),
    ];
    insta::assert_snapshot!(lines(calls(), &params).await, @r#"
    line | group_id | group_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | seconds | charge | difference
    group | 2026-11-01 | 2026-11-01 | USD | 1 | 0 | 0 | 60 | 1.000001 | NULL
    group | 2026-11-02 | 2026-11-02 | USD | 0 | 0 | 0 | 0 | 0.000000 | NULL
    total | NULL | NULL | USD | 1 | 0 | 0 | 60 | 1.000001 | 0.000000
    "#);
}

#[tokio::test]
async fn largest_charge_is_split_exactly() {
    let agents = json!([{"user_id": "u1"}, {"user_id": "u2"}]);
    let calls = vec![call("a", AT, json!({"charge": "$999999999999.999999", "agents": agents}))];
    insta::assert_snapshot!(lines(calls, &[("by", "agent")]).await, @r#"
    line | group_id | group_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | seconds | charge | difference
    group | u1 | NULL | USD | 1 | 0 | 0 | NULL | 500000000000.000000 | NULL
    group | u2 | NULL | USD | 1 | 0 | 0 | NULL | 499999999999.999999 | NULL
    total | NULL | NULL | USD | 1 | 0 | 0 | NULL | 999999999999.999999 | 0.000000
    "#);
}

#[tokio::test]
async fn blank_and_unreadable_charges_differ() {
    let calls = vec![
        call("a", AT, json!({"direction": "", "country_name": " ", "charge": "kr 12", "charge_type": "\t"})),
        call("b", AT, json!({"direction": "", "country_name": " ", "charge": "much"})),
        call("c", AT, json!({"direction": null, "charge": " "})),
    ];
    for by in ["direction", "country", "charge_type"] {
        let all = lines(calls.clone(), &[("by", by)]).await;
        let found = all.lines().skip(1).collect::<Vec<_>>();
        assert_eq!(
            found,
            [
                "none | NULL | NULL | NULL | 3 | 1 | 1 | NULL | 12.000000 | NULL",
                "total | NULL | NULL | NULL | 3 | 1 | 1 | NULL | 12.000000 | 0.000000",
            ],
            "{by}"
        );
    }
}

#[tokio::test]
async fn sums_of_durations_do_not_wrap() {
    let seconds = |id: &str, seconds: i64| {
        call(id, AT, json!({"total_duration": seconds, "charge": "$1", "country_name": "X"}))
    };
    let calls = vec![seconds("a", 1 << 62), seconds("b", 1 << 62), seconds("c", 60)];
    for by in ["country", "month", "direction"] {
        let all = lines(calls.clone(), &[("by", by)]).await;
        assert!(
            all.ends_with(
                "total | NULL | NULL | USD | 3 | 0 | 0 | 9223372036854775868 | 3.000000 | 0.000000"
            ),
            "{all}"
        );
    }
}
