//! Charges judged by hand, and their balance by chance.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call, queue};

const AT: &str = "2026-11-02T08:00:00Z";
const ATTRIBUTIONS: [&str; 5] = ["auto", "legs", "split", "first", "last"];

async fn lines(calls: Vec<Value>, attribution: &str) -> String {
    TestLake::with_calls(calls).named("queue_charges", &in_november(&[("attribution", attribution)])).await
}

/// A call of 1.00 through two queues of which legs tell, one of 0.10 of which they do not, one
/// without a queue, one without a charge, and one in another currency.
fn calls() -> Vec<Value> {
    vec![
        call(
            "a",
            AT,
            json!({
                "charge": "$1.00",
                "queues": [queue("Sales"), queue("Care")],
                "voice_call_details": [
                    {"queue": queue("Sales"), "charge": "$0.20"},
                    {"queue": queue("Care"), "charge": "$0.70"},
                ],
            }),
        ),
        call(
            "b",
            AT,
            json!({"charge": "$0.10", "queues": [queue("Sales"), queue("Care"), queue("Desk"), queue("Sales")]}),
        ),
        call("c", AT, json!({"charge": "$0.000001"})),
        call("d", AT, json!({"queues": [queue("Sales")]})),
        call("e", AT, json!({"charge": "€5", "queues": [queue("Sales")]})),
    ]
}

#[tokio::test]
async fn empty_period_costs_zero() {
    insta::assert_snapshot!(TestLake::empty().named("queue_charges", &NOVEMBER).await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    total | all | NULL | NULL | NULL | 0 | 0 | 0 | 0.000000 | 0.000000 | NULL
    "#);
}

#[tokio::test]
async fn charges_follow_legs_or_split_equally() {
    insta::assert_snapshot!(lines(calls(), "auto").await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | sales | Sales | EUR | 1 | 0 | 0 | 5.000000 | NULL | NULL
    total | all | NULL | NULL | EUR | 1 | 0 | 0 | 5.000000 | 0.000000 | NULL
    queue | all | care | Care | USD | 2 | 0 | 0 | 0.733333 | NULL | NULL
    queue | all | desk | Desk | USD | 1 | 0 | 0 | 0.033333 | NULL | NULL
    queue | all | sales | Sales | USD | 3 | 1 | 0 | 0.233334 | NULL | NULL
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 0.000001 | NULL | inbound without queue
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 0.100000 | NULL | legs without queue
    total | all | NULL | NULL | USD | 4 | 1 | 0 | 1.100001 | 0.000000 | NULL
    "#);
}

#[tokio::test]
async fn leg_attribution_leaves_a_remainder() {
    insta::assert_snapshot!(lines(calls(), "legs").await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | sales | Sales | EUR | 1 | 0 | 0 | NULL | NULL | NULL
    unallocated | all | NULL | NULL | EUR | 1 | 0 | 0 | 5.000000 | NULL | no usable legs
    total | all | NULL | NULL | EUR | 1 | 0 | 0 | 5.000000 | 0.000000 | NULL
    queue | all | care | Care | USD | 2 | 0 | 0 | 0.700000 | NULL | NULL
    queue | all | desk | Desk | USD | 1 | 0 | 0 | NULL | NULL | NULL
    queue | all | sales | Sales | USD | 3 | 1 | 0 | 0.200000 | NULL | NULL
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 0.000001 | NULL | inbound without queue
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 0.100000 | NULL | legs without queue
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 0.100000 | NULL | no usable legs
    total | all | NULL | NULL | USD | 4 | 1 | 0 | 1.100001 | 0.000000 | NULL
    "#);
}

#[tokio::test]
async fn equal_shares_differ_by_one_unit() {
    insta::assert_snapshot!(lines(calls(), "split").await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | sales | Sales | EUR | 1 | 0 | 0 | 5.000000 | NULL | NULL
    total | all | NULL | NULL | EUR | 1 | 0 | 0 | 5.000000 | 0.000000 | NULL
    queue | all | care | Care | USD | 2 | 0 | 0 | 0.533333 | NULL | NULL
    queue | all | desk | Desk | USD | 1 | 0 | 0 | 0.033333 | NULL | NULL
    queue | all | sales | Sales | USD | 3 | 1 | 0 | 0.533334 | NULL | NULL
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 0.000001 | NULL | inbound without queue
    total | all | NULL | NULL | USD | 4 | 1 | 0 | 1.100001 | 0.000000 | NULL
    "#);
}

#[tokio::test]
async fn one_queue_bears_all() {
    insta::assert_snapshot!(lines(calls(), "first").await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | sales | Sales | EUR | 1 | 0 | 0 | 5.000000 | NULL | NULL
    total | all | NULL | NULL | EUR | 1 | 0 | 0 | 5.000000 | 0.000000 | NULL
    queue | all | care | Care | USD | 2 | 0 | 0 | 0.000000 | NULL | NULL
    queue | all | desk | Desk | USD | 1 | 0 | 0 | 0.000000 | NULL | NULL
    queue | all | sales | Sales | USD | 3 | 1 | 0 | 1.100000 | NULL | NULL
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 0.000001 | NULL | inbound without queue
    total | all | NULL | NULL | USD | 4 | 1 | 0 | 1.100001 | 0.000000 | NULL
    "#);
    insta::assert_snapshot!(lines(calls(), "last").await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | sales | Sales | EUR | 1 | 0 | 0 | 5.000000 | NULL | NULL
    total | all | NULL | NULL | EUR | 1 | 0 | 0 | 5.000000 | 0.000000 | NULL
    queue | all | care | Care | USD | 2 | 0 | 0 | 1.000000 | NULL | NULL
    queue | all | desk | Desk | USD | 1 | 0 | 0 | 0.100000 | NULL | NULL
    queue | all | sales | Sales | USD | 3 | 1 | 0 | 0.000000 | NULL | NULL
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 0.000001 | NULL | inbound without queue
    total | all | NULL | NULL | USD | 4 | 1 | 0 | 1.100001 | 0.000000 | NULL
    "#);
}

#[tokio::test]
async fn a_credit_is_a_negative_charge() {
    let credit =
        call("a", AT, json!({"charge": "-$0.000007", "queues": [queue("A"), queue("B"), queue("C")]}));
    insta::assert_snapshot!(lines(vec![credit], "auto").await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | a | A | USD | 1 | 0 | 0 | -0.000003 | NULL | NULL
    queue | all | b | B | USD | 1 | 0 | 0 | -0.000002 | NULL | NULL
    queue | all | c | C | USD | 1 | 0 | 0 | -0.000002 | NULL | NULL
    total | all | NULL | NULL | USD | 1 | 0 | 0 | -0.000007 | 0.000000 | NULL
    "#);
}

#[tokio::test]
async fn charges_without_currency_stay_separate() {
    let calls = vec![
        call("a", AT, json!({"charge": "0.5", "queues": [queue("A")]})),
        call("b", AT, json!({"charge": "$0.5", "queues": [queue("A")]})),
        call("c", AT, json!({"charge": "", "queues": [queue("A")]})),
    ];
    insta::assert_snapshot!(lines(calls, "auto").await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | a | A | USD | 2 | 1 | 0 | 0.500000 | NULL | NULL
    total | all | NULL | NULL | USD | 2 | 1 | 0 | 0.500000 | 0.000000 | NULL
    queue | all | a | A | NULL | 1 | 0 | 0 | 0.500000 | NULL | NULL
    total | all | NULL | NULL | NULL | 1 | 0 | 0 | 0.500000 | 0.000000 | NULL
    "#);
}

/// Calls without a charge make no second currency.
#[tokio::test]
async fn amounts_of_no_queue_have_parts() {
    let calls = vec![
        call("a", AT, json!({"charge": "$0.5", "direction": "outbound"})),
        call("b", AT, json!({"direction": "outbound"})),
        call("c", AT, json!({"charge": "$0.25", "direction": null})),
        call(
            "d",
            AT,
            json!({"charge": "$4", "queues": [queue("A")], "voice_call_details": [
                {"queue": queue("A"), "charge": "$3"}, {"charge": "$1"},
            ]}),
        ),
        call("e", AT, json!({"charge": "free", "queues": [queue("A")]})),
        call("f", AT, json!({"queues": [queue("B")]})),
        call("g", AT, json!({"charge": "$1", "queues": [queue("A")]})),
    ];
    insta::assert_snapshot!(lines(calls, "legs").await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | a | A | USD | 3 | 0 | 1 | 3.000000 | NULL | NULL
    queue | all | b | B | USD | 1 | 1 | 0 | NULL | NULL | NULL
    unallocated | all | NULL | NULL | USD | 2 | 1 | 0 | 0.500000 | NULL | outbound without queue
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 0.250000 | NULL | without queue
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 1.000000 | NULL | legs without queue
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 1.000000 | NULL | no usable legs
    total | all | NULL | NULL | USD | 7 | 2 | 1 | 5.750000 | 0.000000 | NULL
    "#);
}

#[tokio::test]
async fn local_periods_balance_individually() {
    let calls = vec![
        // Still October in Los Angeles.
        call("a", "2026-11-01T06:59:59Z", json!({"charge": "$0.5", "queues": [queue("A")]})),
        call("b", "2026-11-01T07:00:00Z", json!({"charge": "$0.25", "queues": [queue("A")]})),
        call("c", "2026-11-02T08:00:00Z", json!({"charge": "$0.1"})),
    ];
    let per = |per| {
        in_november(&[("per", per), ("timezone", "America/Los_Angeles"), ("to", "2026-11-02T09:00:00Z")])
    };
    insta::assert_snapshot!(TestLake::with_calls(calls.clone()).named("queue_charges", &per("month")).await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | 2026-10 | a | A | USD | 1 | 0 | 0 | 0.500000 | NULL | NULL
    total | 2026-10 | NULL | NULL | USD | 1 | 0 | 0 | 0.500000 | 0.000000 | NULL
    queue | 2026-11 | a | A | USD | 1 | 0 | 0 | 0.250000 | NULL | NULL
    unallocated | 2026-11 | NULL | NULL | USD | 1 | 0 | 0 | 0.100000 | NULL | inbound without queue
    total | 2026-11 | NULL | NULL | USD | 2 | 0 | 0 | 0.350000 | 0.000000 | NULL
    "#);
    insta::assert_snapshot!(TestLake::with_calls(calls).named("queue_charges", &per("day")).await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | 2026-10-31 | a | A | USD | 1 | 0 | 0 | 0.500000 | NULL | NULL
    total | 2026-10-31 | NULL | NULL | USD | 1 | 0 | 0 | 0.500000 | 0.000000 | NULL
    queue | 2026-11-01 | a | A | USD | 1 | 0 | 0 | 0.250000 | NULL | NULL
    total | 2026-11-01 | NULL | NULL | USD | 1 | 0 | 0 | 0.250000 | 0.000000 | NULL
    unallocated | 2026-11-02 | NULL | NULL | USD | 1 | 0 | 0 | 0.100000 | NULL | inbound without queue
    total | 2026-11-02 | NULL | NULL | USD | 1 | 0 | 0 | 0.100000 | 0.000000 | NULL
    "#);
}

#[tokio::test]
async fn selected_queues_keep_their_shares() {
    let params = in_november(&[("attribution", "auto"), ("queue", "Care")]);
    insta::assert_snapshot!(TestLake::with_calls(calls()).named("queue_charges", &params).await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | care | Care | USD | 2 | 0 | 0 | 0.733333 | NULL | NULL
    other | all | NULL | NULL | USD | 3 | 0 | 0 | 0.266667 | NULL | NULL
    unallocated | all | NULL | NULL | USD | 1 | 0 | 0 | 0.100000 | NULL | legs without queue
    total | all | NULL | NULL | USD | 2 | 0 | 0 | 1.100000 | 0.000000 | NULL
    "#);
}

/// A queue with three names, of which one is another queue's as well.
fn renamed() -> TestLake {
    let visit = |id: &str, at: &str, names: &[(&str, &str)]| {
        let queues = names.iter().map(|(id, name)| json!({"cc_queue_id": id, "queue_name": name}));
        call(id, at, json!({"charge": "$1", "queues": queues.collect::<Vec<_>>()}))
    };
    TestLake::with_calls([
        visit("a", "2026-11-01T10:00:00Z", &[("q1", "Sales")]),
        visit("b", "2026-11-02T10:00:00Z", &[("q1", "Vertrieb"), ("q2", "Care")]),
        visit("c", "2026-11-03T10:00:00Z", &[("q2", "Care"), ("q1", "Sales EMEA")]),
    ])
}

#[tokio::test]
async fn queues_have_one_name() {
    let lake = renamed();
    insta::assert_snapshot!(lake.named("queue_charges", &in_november(&[("per", "week")])).await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | 2026-W44 | q1 | Sales EMEA | USD | 1 | 0 | 0 | 1.000000 | NULL | NULL
    total | 2026-W44 | NULL | NULL | USD | 1 | 0 | 0 | 1.000000 | 0.000000 | NULL
    queue | 2026-W45 | q2 | Care | USD | 2 | 0 | 0 | 1.000000 | NULL | NULL
    queue | 2026-W45 | q1 | Sales EMEA | USD | 2 | 0 | 0 | 1.000000 | NULL | NULL
    total | 2026-W45 | NULL | NULL | USD | 2 | 0 | 0 | 2.000000 | 0.000000 | NULL
    total | 2026-W46 | NULL | NULL | USD | 0 | 0 | 0 | 0.000000 | 0.000000 | NULL
    total | 2026-W47 | NULL | NULL | USD | 0 | 0 | 0 | 0.000000 | 0.000000 | NULL
    total | 2026-W48 | NULL | NULL | USD | 0 | 0 | 0 | 0.000000 | 0.000000 | NULL
    total | 2026-W49 | NULL | NULL | USD | 0 | 0 | 0 | 0.000000 | 0.000000 | NULL
    "#);
    // Up to the end of the period, and no further.
    let until = in_november(&[("to", "2026-11-03T10:00:00Z")]);
    insta::assert_snapshot!(lake.named("queue_charges", &until).await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | q2 | Care | USD | 1 | 0 | 0 | 0.500000 | NULL | NULL
    queue | all | q1 | Vertrieb | USD | 2 | 0 | 0 | 1.500000 | NULL | NULL
    total | all | NULL | NULL | USD | 2 | 0 | 0 | 2.000000 | 0.000000 | NULL
    "#);
}

#[tokio::test]
async fn former_names_select_only_their_queue() {
    let lake = renamed();
    insta::assert_snapshot!(lake.named("queue_charges", &in_november(&[("queue", "Sales EMEA")])).await, @r#"
    line | period | queue_id | queue_name | charge_currency | calls | calls_without_charge | calls_with_unreadable_charge | charge | difference | part
    queue | all | q1 | Sales EMEA | USD | 3 | 0 | 0 | 2.000000 | NULL | NULL
    other | all | NULL | NULL | USD | 2 | 0 | 0 | 1.000000 | NULL | NULL
    total | all | NULL | NULL | USD | 3 | 0 | 0 | 3.000000 | 0.000000 | NULL
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn attributions_add_up_to_the_total(
        calls in prop::collection::vec(
            (
                prop::option::of((-5_000_000_i64..5_000_000, 0_usize..3)),
                prop::collection::vec(0_usize..4, 0..4),
                prop::collection::vec((prop::option::of(0_usize..4), prop::option::of(0_i64..900_000)), 0..4),
            ),
            0..12,
        )
    ) {
        const QUEUES: [&str; 4] = ["Sales", "Care", "Billing", "Desk"];
        const SYMBOLS: [&str; 3] = ["$", "€", ""];
        let money = |millionths: i64, currency: usize| {
            let sign = if millionths < 0 { "-" } else { "" };
            let amount = millionths.unsigned_abs();
            format!("{sign}{}{}.{:06}", SYMBOLS[currency], amount / 1_000_000, amount % 1_000_000)
        };
        let calls = calls.iter().enumerate().map(|(i, (charge, queues, legs))| {
            let currency = charge.map_or(0, |(_, currency)| currency);
            let legs = legs.iter().map(|(place, charge)| json!({
                "queue": place.map(|i| queue(QUEUES[i])),
                "charge": charge.map(|charge| money(charge, currency)),
            }));
            call(&i.to_string(), AT, json!({
                "charge": charge.map(|(amount, currency)| money(amount, currency)),
                "queues": queues.iter().map(|i| queue(QUEUES[*i])).collect::<Vec<_>>(),
                "voice_call_details": legs.collect::<Vec<_>>(),
            }))
        }).collect::<Vec<_>>();
        let lake = TestLake::with_calls(calls);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for attribution in ATTRIBUTIONS {
            let params = in_november(&[("attribution", attribution)]);
            let answer = runtime.block_on(lake.named("queue_charges", &params));
            for line in answer.lines().filter(|line| line.starts_with("total")) {
                prop_assert!(line.ends_with("| 0.000000 | NULL"), "{}:\n{}", attribution, answer);
            }
        }
    }
}
