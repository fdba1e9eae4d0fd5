//! Calls that named queries answered wrongly in use, with the right answers.

use serde_json::Value;

use crate::test_lake::{self, TestLake};
use crate::{Params, QueryLibrary};

/// Legs out of order, without ids and without charges.
const LEGS: &str = include_str!("reported/legs.ndjson");
/// A queue and an agent that are renamed.
const NAMES: &str = include_str!("reported/names.ndjson");
/// Durations whose sum does not fit into 64 bits.
const BIG: &str = include_str!("reported/big.ndjson");

fn lake(calls: &str) -> TestLake {
    TestLake::with_calls(calls.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()))
}

/// The rows of a query about October 2026, without a header.
async fn rows(calls: &str, name: &str, params: &[(&str, &str)]) -> Vec<String> {
    let period = [("from", "2026-10-01"), ("to", "2026-11-01")];
    let params = params.iter().fold(period.into_iter().collect::<Params>(), |all, (name, value)| {
        if *name == "queue" { all.with_item(*name, *value) } else { all.with(*name, *value) }
    });
    let lake = lake(calls);
    let catalog = QueryLibrary::shipped().unwrap();
    let answer = lake.session().await.run(catalog.get(name).unwrap(), &params).await.unwrap();
    test_lake::rows(&answer.collect().await.unwrap())
}

#[tokio::test]
async fn a_queue_to_itself_is_no_move() {
    assert_eq!(
        rows(LEGS, "transfers", &[]).await,
        ["total | all | NULL | NULL | NULL | NULL | 0 | 0 | NULL | 0"]
    );
}

#[tokio::test]
async fn one_name_in_every_query() {
    let names = |rows: Vec<String>, columns: &[usize]| {
        let mut names = Vec::new();
        for row in rows.iter().filter(|row| !row.starts_with("total")) {
            let cells: Vec<_> = row.split(" | ").collect();
            names.extend(columns.iter().map(|column| format!("{}: {}", cells[column - 1], cells[*column])));
        }
        names.sort();
        names.dedup();
        names
    };
    let queues = ["q1: Sales EMEA", "q2: Care"];
    assert_eq!(names(rows(NAMES, "queue_charges", &[]).await, &[3]), queues);
    assert_eq!(names(rows(NAMES, "transfers", &[]).await, &[3, 5]), queues);
    assert_eq!(names(rows(NAMES, "abandonment_rate", &[]).await, &[2]), queues);
    assert_eq!(names(rows(NAMES, "charges", &[("by", "agent")]).await, &[2]), ["u: Ann New"]);
    assert_eq!(names(rows(NAMES, "agent_activity", &[]).await, &[2]), ["u: Ann New"]);
}

#[tokio::test]
async fn calls_without_leg_charges_are_audited() {
    assert_eq!(
        rows(LEGS, "charge_audit", &[]).await,
        [
            "mismatch | d | 2026-10-10 10:00:00 | NULL | USD | NULL | 180 | 3 | 0.019000 | 0.057000 | 0.999000 | 0.942000 | NULL | NULL | NULL | NULL",
            "total | NULL | NULL | NULL | USD | NULL | 300 | 5 | NULL | 0.095000 | 1.037000 | 0.942000 | 3 | 1 | 0 | 1 of 3 differ",
            "unchecked | NULL | NULL | NULL | NULL | currency of the charge not known | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | 2 | NULL",
            "total | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | 0 | NULL | 2 | not checked (2)",
        ]
    );
}

#[tokio::test]
async fn very_large_durations_are_exact() {
    assert_eq!(
        rows(BIG, "charges", &[("by", "total")]).await,
        ["total | NULL | NULL | USD | 3 | 0 | 0 | 9223372036854775868 | 2000000000000.018998 | NULL"]
    );
    let percentiles = rows(BIG, "duration_percentiles", &[("by", "total")]).await;
    let large = "4611686018427387904";
    assert_eq!(
        percentiles,
        [format!(
            "total | NULL | NULL | 3 | 0 | {large}.00 | {large}.00 | {large}.00 | {large}.00 | {large}.00 | 3074457345618258622.667 | {large}"
        )]
    );
    // Both run to the end of the period: 14 and 13 hours of the 10th and the 21 days after it, and
    // the minute of `c`.
    let total = rows(BIG, "traffic", &[("minutes", "60")]).await.pop().unwrap();
    assert!(total.starts_with("total | NULL | NULL | 3 | 3726060.000 |"), "{total}");
    let impossible = rows(BIG, "data_quality", &[]).await;
    assert!(
        impossible.iter().any(|row| row.starts_with("check | all | duration that cannot be | 2 |")),
        "{impossible:?}"
    );
}

#[tokio::test]
async fn queue_result_comes_from_last_leg() {
    let queues = rows(LEGS, "abandonment_rate", &[("by", "queue")]).await;
    let late = queues.iter().find(|row| row.contains("q5")).unwrap();
    // One call offered and handled: its leg `missed` is listed last and started first.
    assert!(late.starts_with("group | q5 | Late | 1 | 1 | 0 | 0 | 0 | 0 |"), "{late}");
    assert_eq!(lake(LEGS).sql("SELECT result FROM queue_calls WHERE queue_id = 'q5'").await, ["completed"]);
}

#[tokio::test]
async fn a_name_chooses_calls_under_every_name() {
    for name in ["Sales", "Vertrieb", "Sales EMEA"] {
        let total = rows(NAMES, "call_volume", &[("by", "day"), ("direction", "all"), ("queue", name)])
            .await
            .pop()
            .unwrap();
        assert_eq!(total.split(" | ").nth(3), Some("3"), "{name}: {total}");
        let charges = rows(NAMES, "queue_charges", &[("queue", name)]).await;
        assert!(!charges.iter().any(|row| row.starts_with("other") && row.contains("q1")), "{charges:?}");
    }
}
