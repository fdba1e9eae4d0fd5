//! The audit of charges judged by hand.

use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call, queue};

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("charge_audit", &in_november(params)).await
}

const AT: &str = "2026-11-02T08:00:00Z";

fn billed(id: &str, seconds: i64, charge: &str, rates: &Value) -> Value {
    let more =
        json!({"total_duration": seconds, "charge": charge, "rates": rates, "charge_type": "per_minute"});
    call(id, AT, more)
}

#[tokio::test]
async fn empty_period_has_no_charges() {
    // Unchecked charges have no number of mismatches.
    insta::assert_snapshot!(TestLake::empty().named("charge_audit", &NOVEMBER).await, @r#"
    line | engagement_id | started | leg | charge_currency | reason | seconds | minutes | rate | expected | charge | difference | checked | mismatches | unchecked | outcome
    total | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | 0 | NULL | 0 | nothing to check
    "#);
}

#[tokio::test]
async fn started_minutes_times_rate() {
    let rate = json!(["$0.02"]);
    let calls = vec![
        billed("a", 60, "$0.02", &rate),
        billed("b", 61, "$0.02", &rate),
        // Legs without content count as no legs.
        call(
            "c",
            AT,
            json!({"total_duration": 0, "charge": "$0.00", "rates": rate, "charge_type": "per_minute", "voice_call_details": []}),
        ),
        billed("d", 1, "€0.5", &json!(["€0.25"])),
        // Not to be checked: two rates, no rate, a rate in another currency, another type.
        billed("e", 60, "$9", &json!(["$0.02", "$0.03"])),
        billed("f", 60, "$9", &json!([])),
        billed("g", 60, "$9", &json!(["€0.02"])),
        call("h", AT, json!({"total_duration": 60, "charge": "$9", "rates": rate, "charge_type": "flat"})),
        call("i", AT, json!({})),
    ];
    insta::assert_snapshot!(lines(calls, &[("timezone", "Europe/Berlin")]).await, @r#"
    line | engagement_id | started | leg | charge_currency | reason | seconds | minutes | rate | expected | charge | difference | checked | mismatches | unchecked | outcome
    mismatch | d | 2026-11-02 09:00:00 | NULL | EUR | NULL | 1 | 1 | 0.250000 | 0.250000 | 0.500000 | 0.250000 | NULL | NULL | NULL | NULL
    total | NULL | NULL | NULL | EUR | NULL | 1 | 1 | NULL | 0.250000 | 0.500000 | 0.250000 | 1 | 1 | 0 | 1 of 1 differ
    mismatch | b | 2026-11-02 09:00:00 | NULL | USD | NULL | 61 | 2 | 0.020000 | 0.040000 | 0.020000 | -0.020000 | NULL | NULL | NULL | NULL
    unchecked | NULL | NULL | NULL | USD | no charge | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | 1 | NULL
    unchecked | NULL | NULL | NULL | USD | no rate | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | 1 | NULL
    unchecked | NULL | NULL | NULL | USD | not charged per minute | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | 1 | NULL
    unchecked | NULL | NULL | NULL | USD | rate in another currency | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | 1 | NULL
    unchecked | NULL | NULL | NULL | USD | several rates | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | 1 | NULL
    total | NULL | NULL | NULL | USD | NULL | 121 | 3 | NULL | 0.060000 | 0.040000 | -0.020000 | 3 | 1 | 5 | 1 of 3 differ, 5 not checked
    "#);
}

#[tokio::test]
async fn minutes_count_per_call_or_leg() {
    let leg = |start: &str, seconds: i64, charge: &str| {
        json!({"start_time": start, "total_duration": seconds, "charge": charge, "rate": "$1",
            "charge_type": "per_minute", "queue": queue("Sales")})
    };
    // Minutes begin at 0, 60 and 120 s: one in the first leg, two in the second, none in the third.
    let legs = json!([
        leg("2026-11-02T08:00:00Z", 30, "$1"),
        leg("2026-11-02T08:00:30Z", 100, "$2"),
        leg("2026-11-02T08:02:10Z", 20, "$0"),
    ]);
    let calls =
        vec![call("a", AT, json!({"total_duration": 150, "charge": "$3", "voice_call_details": legs}))];
    insta::assert_snapshot!(lines(calls.clone(), &[("queue", "Sales")]).await, @r#"
    line | engagement_id | started | leg | charge_currency | reason | seconds | minutes | rate | expected | charge | difference | checked | mismatches | unchecked | outcome
    total | NULL | NULL | NULL | USD | NULL | 150 | 3 | NULL | 3.000000 | 3.000000 | 0.000000 | 3 | 0 | 0 | 0 of 3 differ
    "#);
    insta::assert_snapshot!(lines(calls, &[("minutes", "leg")]).await, @r#"
    line | engagement_id | started | leg | charge_currency | reason | seconds | minutes | rate | expected | charge | difference | checked | mismatches | unchecked | outcome
    mismatch | a | 2026-11-02 08:00:00 | 3 | USD | NULL | 20 | 1 | 1.000000 | 1.000000 | 0.000000 | -1.000000 | NULL | NULL | NULL | NULL
    total | NULL | NULL | NULL | USD | NULL | 150 | 4 | NULL | 4.000000 | 3.000000 | -1.000000 | 3 | 1 | 0 | 1 of 3 differ
    "#);
}

#[tokio::test]
async fn legs_without_start_share_call_minutes() {
    let leg = |charge: &str| json!({"total_duration": 30, "charge": charge, "rate": "$1", "charge_type": "per_minute"});
    let legs = json!([leg("$1"), leg("$0")]);
    let calls =
        vec![call("a", AT, json!({"total_duration": 60, "charge": "$1", "voice_call_details": legs}))];
    insta::assert_snapshot!(lines(calls.clone(), &[]).await, @r#"
    line | engagement_id | started | leg | charge_currency | reason | seconds | minutes | rate | expected | charge | difference | checked | mismatches | unchecked | outcome
    unchecked | NULL | NULL | NULL | USD | start of the leg not known | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | 1 | NULL
    total | NULL | NULL | NULL | USD | NULL | 30 | 1 | NULL | 1.000000 | 1.000000 | 0.000000 | 1 | 0 | 1 | 0 of 1 differ, 1 not checked
    "#);
    insta::assert_snapshot!(lines(calls, &[("minutes", "leg")]).await, @r#"
    line | engagement_id | started | leg | charge_currency | reason | seconds | minutes | rate | expected | charge | difference | checked | mismatches | unchecked | outcome
    mismatch | a | 2026-11-02 08:00:00 | 2 | USD | NULL | 30 | 1 | 1.000000 | 1.000000 | 0.000000 | -1.000000 | NULL | NULL | NULL | NULL
    total | NULL | NULL | NULL | USD | NULL | 60 | 2 | NULL | 2.000000 | 1.000000 | -1.000000 | 2 | 1 | 0 | 1 of 2 differ
    "#);
}

#[tokio::test]
async fn calls_are_checked_without_leg_charges() {
    let legs =
        json!([{"total_duration": 60, "queue": queue("Claims")}, {"total_duration": 120, "charge": " "}]);
    let mut call = billed("a", 180, "$0.999", &json!(["$0.019"]));
    call["voice_call_details"] = legs;
    insta::assert_snapshot!(lines(vec![call], &[]).await, @r#"
    line | engagement_id | started | leg | charge_currency | reason | seconds | minutes | rate | expected | charge | difference | checked | mismatches | unchecked | outcome
    mismatch | a | 2026-11-02 08:00:00 | NULL | USD | NULL | 180 | 3 | 0.019000 | 0.057000 | 0.999000 | 0.942000 | NULL | NULL | NULL | NULL
    total | NULL | NULL | NULL | USD | NULL | 180 | 3 | NULL | 0.057000 | 0.999000 | 0.942000 | 1 | 1 | 0 | 1 of 1 differ
    "#);
}

#[tokio::test]
async fn a_charge_without_currency_is_not_checked() {
    let calls = vec![
        billed("a", 60, "0.019", &json!(["0.019"])),
        billed("b", 60, "$0.019", &json!(["0.019"])),
        billed("c", 60, "much", &json!(["$0.019"])),
        billed("d", -60, "$0.019", &json!(["$0.019"])),
        billed("e", 60, "$0.019", &json!([" "])),
        billed("f", 60, "$0.019", &json!(["free"])),
    ];
    let lines = lines(calls, &[]).await;
    let reasons = lines.lines().filter(|line| line.starts_with("unchecked"));
    let reasons = reasons
        .map(|line| line.split(" | ").skip(4).take(2).collect::<Vec<_>>().join(": "))
        .collect::<Vec<_>>();
    let wanted = [
        "USD: charge not readable",
        "USD: currency of the rate not known",
        "USD: duration below zero",
        "USD: no rate",
        "USD: rate not readable",
        "NULL: currency of the charge not known",
    ];
    assert_eq!(reasons, wanted);
}

#[tokio::test]
async fn very_long_calls_are_checked_without_wrapping() {
    let rate = json!(["$999999999999"]);
    let calls = vec![billed("a", i64::MAX, "$0.02", &rate), billed("b", i64::MAX, "$0.02", &rate)];
    let lines = lines(calls, &[]).await;
    let total = lines.lines().last().unwrap();
    assert!(
        total.starts_with(
            "total | NULL | NULL | NULL | USD | NULL | 18446744073709551614 | 307445734561825862 |"
        ),
        "{total}"
    );
    assert!(total.ends_with("| 2 | 2 | 0 | 2 of 2 differ"), "{total}");
}
