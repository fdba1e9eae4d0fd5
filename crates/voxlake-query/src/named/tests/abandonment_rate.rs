//! Abandonment judged by hand.

use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call, queue};

const AT: &str = "2026-11-02T08:00:00Z";

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    let all = TestLake::with_calls(calls).named("abandonment_rate", &in_november(params)).await;
    // The definition is the same on every line; its presence is the other tests' matter.
    all.replace(" | abandoned / (offered - short_abandoned)", "").replace(" | definition", "")
}

#[tokio::test]
async fn empty_period_has_zero_total() {
    let empty = TestLake::empty().named("abandonment_rate", &NOVEMBER).await;
    insta::assert_snapshot!(empty, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross | definition
    total | NULL | NULL | 0 | 0 | 0 | 0 | 0 | 0 | 0 | NULL | NULL | abandoned / (offered - short_abandoned)
    "#);
}

#[tokio::test]
async fn calls_count_once_per_queue() {
    let calls = vec![
        call(
            "a",
            AT,
            json!({"queues": [queue("Sales"), queue("Care"), queue("Sales")], "result": "long_abandoned"}),
        ),
        call("b", AT, json!({"queues": [queue("Sales")], "result": "completed"})),
        call("c", AT, json!({"queues": [queue("Sales")], "result": "short_abandoned"})),
        call("d", AT, json!({"queues": [queue("Care")], "result": "hold_abandoned"})),
        call("e", AT, json!({"queues": [queue("Care")], "result": "a_new_result"})),
        call("f", AT, json!({"queues": [queue("Care")], "result": null})),
        call("g", AT, json!({"result": "abandon_quit"})),
    ];
    insta::assert_snapshot!(lines(calls, &[]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | care | Care | 4 | 0 | 1 | 0 | 1 | 2 | 4 | 0.250000 | 0.250000
    group | sales | Sales | 3 | 1 | 1 | 1 | 0 | 0 | 2 | 0.500000 | 0.666667
    none | NULL | NULL | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 1.000000 | 1.000000
    total | NULL | NULL | 7 | 1 | 2 | 1 | 1 | 2 | 6 | 0.333333 | 0.428571
    "#);
}

#[tokio::test]
async fn what_was_not_offered_does_not_count() {
    let calls = vec![
        call("a", AT, json!({"direction": "outbound", "result": "long_abandoned"})),
        call("b", AT, json!({"direction": null, "result": "long_abandoned"})),
        call("c", AT, json!({"distributions": ["non_acd"], "result": "long_abandoned"})),
        call("d", AT, json!({"distributions": null, "result": "long_abandoned"})),
        call("e", AT, json!({"queues": [queue("Sales")], "result": "contained"})),
        call("f", AT, json!({"distributions": ["non_acd", "acd"], "result": "long_abandoned"})),
        call("g", "2026-12-01T00:00:00Z", json!({"result": "long_abandoned"})),
        call("h", "2026-10-31T23:59:59Z", json!({"result": "long_abandoned"})),
        call("i", "2026-11-01T00:00:00Z", json!({"result": "completed"})),
    ];
    insta::assert_snapshot!(lines(calls, &[]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    none | NULL | NULL | 2 | 1 | 1 | 0 | 0 | 0 | 2 | 0.500000 | 0.500000
    total | NULL | NULL | 2 | 1 | 1 | 0 | 0 | 0 | 2 | 0.500000 | 0.500000
    "#);
}

#[tokio::test]
async fn a_denominator_of_zero_gives_no_rate() {
    let calls = vec![
        call("a", AT, json!({"queues": [queue("Sales")], "result": "short_abandoned"})),
        call("b", AT, json!({"queues": [queue("Sales")], "result": "short_abandoned"})),
    ];
    insta::assert_snapshot!(lines(calls, &[]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | sales | Sales | 2 | 0 | 0 | 2 | 0 | 0 | 0 | NULL | 1.000000
    total | NULL | NULL | 2 | 0 | 0 | 2 | 0 | 0 | 0 | NULL | 1.000000
    "#);
}

#[tokio::test]
async fn a_leg_speaks_for_its_queue() {
    let calls = vec![
        call(
            "a",
            AT,
            json!({
                "result": "long_abandoned",
                "queues": [queue("Sales"), queue("Care")],
                "voice_call_details": [
                    {"queue": queue("Sales"), "result": "overflowed"},
                    {"queue": queue("Care"), "result": "long_abandoned"},
                ],
            }),
        ),
        call("b", AT, json!({"result": "completed", "queues": [queue("Sales"), queue("Care")]})),
    ];
    insta::assert_snapshot!(lines(calls, &[]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | care | Care | 2 | 1 | 1 | 0 | 0 | 0 | 2 | 0.500000 | 0.500000
    group | sales | Sales | 2 | 1 | 0 | 0 | 0 | 0 | 2 | 0.000000 | 0.000000
    total | NULL | NULL | 2 | 1 | 1 | 0 | 0 | 0 | 2 | 0.500000 | 0.500000
    "#);
}

#[tokio::test]
async fn days_and_hours_are_local() {
    // In Berlin: 23:30 on the 1st, 00:30 and 01:00 on the 2nd.
    let starts = ["2026-11-01T22:30:00Z", "2026-11-01T23:30:00Z", "2026-11-02T00:00:00Z"];
    let calls =
        || starts.iter().map(|start| call(start, start, json!({"result": "long_abandoned"}))).collect();
    let berlin = ("timezone", "Europe/Berlin");
    let (from, to) = (("from", "2026-11-01T22:00:00Z"), ("to", "2026-11-02T02:00:00Z"));
    insta::assert_snapshot!(lines(calls(), &[("by", "day"), berlin, from, to]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | 2026-11-01 | 2026-11-01 | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 1.000000 | 1.000000
    group | 2026-11-02 | 2026-11-02 | 2 | 0 | 2 | 0 | 0 | 0 | 2 | 1.000000 | 1.000000
    total | NULL | NULL | 3 | 0 | 3 | 0 | 0 | 0 | 3 | 1.000000 | 1.000000
    "#);
    insta::assert_snapshot!(lines(calls(), &[("by", "hour"), berlin, from, to]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | 00 | 00 | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 1.000000 | 1.000000
    group | 01 | 01 | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 1.000000 | 1.000000
    group | 02 | 02 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | NULL | NULL
    group | 23 | 23 | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 1.000000 | 1.000000
    total | NULL | NULL | 3 | 0 | 3 | 0 | 0 | 0 | 3 | 1.000000 | 1.000000
    "#);
    insta::assert_snapshot!(lines(calls(), &[("by", "day"), from, to]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | 2026-11-01 | 2026-11-01 | 2 | 0 | 2 | 0 | 0 | 0 | 2 | 1.000000 | 1.000000
    group | 2026-11-02 | 2026-11-02 | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 1.000000 | 1.000000
    total | NULL | NULL | 3 | 0 | 3 | 0 | 0 | 0 | 3 | 1.000000 | 1.000000
    "#);
    insta::assert_snapshot!(lines(calls(), &[("by", "total")]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    total | NULL | NULL | 3 | 0 | 3 | 0 | 0 | 0 | 3 | 1.000000 | 1.000000
    "#);
}

#[tokio::test]
async fn renamed_queue_has_one_row() {
    let named = |name: &str| json!({"queues": [{"cc_queue_id": "q", "queue_name": name}]});
    let calls = vec![
        call("a", "2026-11-02T08:00:00Z", named("Zulu")),
        call("b", "2026-11-03T08:00:00Z", named("Alpha")),
        call("c", "2026-11-04T08:00:00Z", json!({"queues": [{"cc_queue_id": "q"}]})),
    ];
    insta::assert_snapshot!(lines(calls, &[]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | q | Alpha | 3 | 3 | 0 | 0 | 0 | 0 | 3 | 0.000000 | 0.000000
    total | NULL | NULL | 3 | 3 | 0 | 0 | 0 | 0 | 3 | 0.000000 | 0.000000
    "#);
}

#[tokio::test]
async fn rates_round_half_up() {
    let calls = (0..3)
        .map(|i| {
            call(&i.to_string(), AT, json!({"result": if i < 2 { "long_abandoned" } else { "completed" }}))
        })
        .collect();
    let lines = lines(calls, &[("by", "total")]).await;
    assert!(lines.ends_with("| 3 | 0.666667 | 0.666667"), "{lines}");
}

#[tokio::test]
async fn calls_count_once_per_team() {
    let agent = |id: &str, team: &str| json!({"user_id": id, "team_ids": [team], "team_names": [team]});
    let calls = vec![
        call("a", AT, json!({"agents": [agent("u1", "North"), agent("u2", "North"), agent("u3", "South")]})),
        call("b", AT, json!({"result": "long_abandoned"})),
    ];
    insta::assert_snapshot!(lines(calls, &[("by", "team")]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | North | North | 1 | 1 | 0 | 0 | 0 | 0 | 1 | 0.000000 | 0.000000
    group | South | South | 1 | 1 | 0 | 0 | 0 | 0 | 1 | 0.000000 | 0.000000
    none | NULL | NULL | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 1.000000 | 1.000000
    total | NULL | NULL | 2 | 1 | 1 | 0 | 0 | 0 | 2 | 0.500000 | 0.500000
    "#);
}

#[tokio::test]
async fn selected_queues_have_rows_and_total() {
    let calls = vec![
        call("a", AT, json!({"queues": [queue("Sales"), queue("Care")], "result": "long_abandoned"})),
        call("b", AT, json!({"queues": [queue("Care")]})),
        call("c", AT, json!({"queues": [queue("Desk")]})),
        call("d", AT, json!({})),
    ];
    insta::assert_snapshot!(lines(calls, &[("queue", "Care")]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | care | Care | 2 | 1 | 1 | 0 | 0 | 0 | 2 | 0.500000 | 0.500000
    total | NULL | NULL | 2 | 1 | 1 | 0 | 0 | 0 | 2 | 0.500000 | 0.500000
    "#);
}

#[tokio::test]
async fn weeks_are_iso_weeks() {
    let calls = vec![
        call("a", "2026-11-08T23:59:59Z", json!({"country_name": "France"})),
        call("b", "2026-11-09T00:00:00Z", json!({})),
    ];
    let groups = async |by| {
        let all = lines(calls.clone(), &[("by", by)]).await;
        all.lines().skip(1).map(|line| line.split(" | ").nth(2).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let weeks = ["2026-W44", "2026-W45", "2026-W46", "2026-W47", "2026-W48", "2026-W49", "NULL"];
    assert_eq!(groups("week").await, weeks);
    let weekdays = groups("weekday").await;
    assert_eq!((weekdays.len(), &*weekdays[0], &*weekdays[6]), (8, "1 Monday", "7 Sunday"));
    assert_eq!(groups("month").await, ["2026-11", "NULL"]);
    assert_eq!(groups("country").await, ["France", "NULL", "NULL"]);
}

#[tokio::test]
async fn times_without_a_call_have_zeros() {
    let calls = vec![call("a", AT, json!({"result": "long_abandoned"}))];
    let day = [("from", "2026-11-02T07:00:00Z"), ("to", "2026-11-02T10:00:00Z")];
    let hours = lines(calls.clone(), &[&day[..], &[("by", "hour")]].concat()).await;
    insta::assert_snapshot!(hours, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | 07 | 07 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | NULL | NULL
    group | 08 | 08 | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 1.000000 | 1.000000
    group | 09 | 09 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | NULL | NULL
    total | NULL | NULL | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 1.000000 | 1.000000
    "#);
    // An empty period has no hour.
    let empty = [("from", "2026-11-02T07:00:00Z"), ("to", "2026-11-02T07:00:00Z"), ("by", "hour")];
    insta::assert_snapshot!(lines(calls, &empty).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    total | NULL | NULL | 0 | 0 | 0 | 0 | 0 | 0 | 0 | NULL | NULL
    "#);
}

#[tokio::test]
async fn legs_without_id_match_by_name() {
    let legs = json!([
        {"queue": {"queue_name": "Sales"}, "result": "long_abandoned", "start_time": "2026-11-02T08:01:00Z"},
        {"queue": {"cc_queue_id": "q1", "queue_name": "Sales"}, "result": "overflowed", "start_time": "2026-11-02T08:00:00Z"},
    ]);
    let calls = vec![
        call(
            "a",
            AT,
            json!({"queues": [{"cc_queue_id": "q1", "queue_name": "Sales"}], "voice_call_details": legs}),
        ),
        // Of two queues of one name, neither: a queue that is known only by name.
        call(
            "b",
            AT,
            json!({"queues": [
                {"cc_queue_id": "q1", "queue_name": "Sales"}, {"cc_queue_id": "q2", "queue_name": "Sales"}, {"queue_name": "Sales"},
            ]}),
        ),
    ];
    insta::assert_snapshot!(lines(calls, &[]).await, @r#"
    line | group_id | group_name | offered | handled | abandoned | short_abandoned | hold_abandoned | unclassified | rate_base | abandonment_rate | abandonment_rate_gross
    group | Sales | Sales | 1 | 1 | 0 | 0 | 0 | 0 | 1 | 0.000000 | 0.000000
    group | q1 | Sales | 2 | 1 | 1 | 0 | 0 | 0 | 2 | 0.500000 | 0.500000
    group | q2 | Sales | 1 | 1 | 0 | 0 | 0 | 0 | 1 | 0.000000 | 0.000000
    total | NULL | NULL | 2 | 2 | 0 | 0 | 0 | 0 | 2 | 0.000000 | 0.000000
    "#);
}
