//! Checks of the data judged by hand.

use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call, queue};

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("data_quality", &in_november(params)).await
}

/// The checks that found something, with their counts.
async fn found(call: Value) -> Vec<String> {
    let lines = lines(vec![call], &[]).await;
    let checks = lines
        .lines()
        .filter(|line| line.starts_with("check") && line.ends_with("| 1 | 1.000000 | NULL | NULL"));
    checks.map(|line| line.split(" | ").nth(2).unwrap().to_owned()).collect()
}

fn sound(more: &Value) -> Value {
    let mut all = json!({
        "end_time": "2026-11-02T08:01:00Z", "total_duration": 60, "charge": "$0.02", "country_name": "France",
        "consumer_number": "+1", "queues": [queue("Sales")], "agents": [{"user_id": "u"}],
        "voice_call_details": [{"queue": queue("Sales")}],
    });
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    call("a", "2026-11-02T08:00:00Z", all)
}

#[tokio::test]
async fn an_empty_period_has_zero_calls() {
    let empty = TestLake::empty().named("data_quality", &NOVEMBER).await;
    assert!(empty.contains("check | all | no direction | 0 | NULL"), "{empty}");
    assert!(empty.ends_with("total | all | NULL | 0 | NULL | NULL | NULL"), "{empty}");
}

#[tokio::test]
async fn each_check_finds_its_fault() {
    for (more, checks) in [
        (json!({}), vec![]),
        (json!({"direction": null}), vec!["no direction"]),
        (json!({"result": null}), vec!["no result"]),
        (json!({"direction": "", "result": " "}), vec!["no direction", "no result"]),
        (json!({"country_name": "\t", "consumer_number": "\t"}), vec!["no consumer number", "no country"]),
        (json!({"result": "brand_new"}), vec!["result not classified"]),
        (json!({"end_time": null}), vec!["no end time"]),
        (json!({"total_duration": null}), vec!["no duration"]),
        (
            json!({"end_time": "2026-11-02T07:59:00Z", "total_duration": -60}),
            vec!["end before start", "duration below zero"],
        ),
        (json!({"total_duration": 61}), vec!["duration is not end - start"]),
        (json!({"total_duration": i64::MAX}), vec!["duration that cannot be", "duration is not end - start"]),
        (json!({"total_duration": i64::MIN, "end_time": null}), vec!["no end time", "duration below zero"]),
        (
            json!({"voice_call_details": [{"queue": queue("Sales"), "total_duration": -1}]}),
            vec!["durations of legs that cannot be"],
        ),
        (
            json!({"voice_call_details": [{"total_duration": i64::MAX}, {"total_duration": i64::MAX}]}),
            vec!["durations of legs that cannot be"],
        ),
        (json!({"end_time": "2026-11-02T08:01:00.999Z"}), vec![]),
        (json!({"charge": " "}), vec!["no charge"]),
        (json!({"charge": null}), vec!["no charge"]),
        (json!({"charge": "much"}), vec!["charge not readable"]),
        (json!({"charge": "0.02"}), vec!["charge without currency"]),
        (json!({"consumer_number": null}), vec!["no consumer number"]),
        (json!({"consumer_number": "Anonymous"}), vec!["consumer number hidden"]),
        (json!({"country_name": null}), vec!["no country"]),
        (
            json!({"queues": [], "voice_call_details": [{"queue": null}]}),
            vec!["no queue", "offered, no queue"],
        ),
        (json!({"agents": null}), vec!["no agent", "handled, no agent"]),
        (json!({"voice_call_details": []}), vec!["no legs"]),
        (json!({"a_new_field": 1}), vec!["fields that no column takes"]),
    ] {
        assert_eq!(found(sound(&more)).await, checks, "{more}");
    }
}

#[tokio::test]
async fn shares_relate_to_the_period() {
    let calls = vec![
        sound(&json!({"country_name": null})),
        sound(&json!({"engagement_id": "b"})),
        sound(&json!({"engagement_id": "c", "start_time": "2026-11-03T08:00:00Z"})),
    ];
    let lines = lines(calls, &[("per", "day")]).await;
    assert!(lines.contains("check | 2026-11-02 | no country | 1 | 0.500000"), "{lines}");
    assert!(lines.contains("total | 2026-11-02 | NULL | 2 | 1.000000"), "{lines}");
    assert!(lines.contains("check | 2026-11-04 | no country | 0 | NULL"), "{lines}");
    assert!(lines.contains("check | 2026-11-03 | no country | 0 | 0.000000"), "{lines}");
}

#[tokio::test]
async fn engagements_with_several_starts_are_suspicious() {
    let at = |id: &str, start: &str, charge: Value| call(id, start, json!({"charge": charge}));
    let calls = vec![
        at("a", "2026-11-02T08:00:00Z", json!("$1")),
        at("a", "2026-11-02T08:00:01Z", json!("$2")),
        at("a", "2026-11-03T08:00:00Z", json!("$4")),
        at("b", "2026-11-02T08:00:00Z", json!("€8")),
        at("b", "2026-11-02T08:00:01Z", json!(null)),
        at("c", "2026-11-02T08:00:00Z", json!("$16")),
    ];
    let lines = lines(calls, &[]).await;
    let several = lines.lines().filter(|line| line.contains("several start times")).collect::<Vec<_>>();
    assert_eq!(
        several,
        [
            "check | all | engagement_id under several start times | 5 | 0.833333 | NULL | NULL",
            "at stake | all | engagement_id under several start times | 1 | 0.166667 | EUR | 8.000000",
            "at stake | all | engagement_id under several start times | 2 | 0.333333 | USD | 3.000000",
        ]
    );
}
