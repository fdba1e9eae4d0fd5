use serde_json::{Value, json};

use crate::test_lake::{TestLake, call, rows};

fn lake() -> TestLake {
    let named = |id: &str, at: &str, queue: Value| call(id, at, json!({"queues": [queue]}));
    TestLake::with_calls([
        named("z", "2026-11-01T08:00:00Z", json!({"cc_queue_id": "q", "queue_name": "Zulu"})),
        named("y", "2026-11-01T08:00:00Z", json!({"cc_queue_id": "old", "queue_name": "Old"})),
        named("a", "2026-11-02T08:00:00Z", json!({"cc_queue_id": "q", "queue_name": "Alpha"})),
        named("b", "2026-11-02T08:00:00Z", json!({"cc_queue_id": "q", "queue_name": "Aardvark"})),
        named("c", "2026-11-03T08:00:00Z", json!({"cc_queue_id": "q"})),
        named("d", "2026-11-03T08:00:00Z", json!({"cc_queue_id": "n"})),
    ])
}

/// The names of a period, and the days of the files that were read for them.
async fn names(kind: &str, from: &str, to: &str) -> (Vec<String>, Vec<String>) {
    let lake = lake();
    let sql = format!("SELECT id, name FROM last_names('{kind}', '{from}', '{to}') ORDER BY id");
    let answer = lake.session().await.sql(&sql).await.unwrap();
    let gauge = answer.progress();
    let names = rows(&answer.collect().await.unwrap());
    let days = gauge
        .files()
        .iter()
        .map(|path| path.as_ref()["voice_calls/date=".len()..][..10].to_owned())
        .collect();
    (names, days)
}

#[tokio::test]
async fn last_name_before_period_end() {
    let (names_of_all, days) = names("queue", "2026-11-01", "2026-12-01").await;
    assert_eq!(names_of_all, ["n | NULL", "old | Old", "q | Aardvark"]);
    assert_eq!(days, ["2026-11-01", "2026-11-02", "2026-11-03"]);
    // A tie in time goes by engagement_id, and what is used at the end is not used before it.
    let (names_at, days) = names("queue", "2026-11-01", "2026-11-02T08:00:00Z").await;
    assert_eq!(names_at, ["old | Old", "q | Zulu"]);
    assert_eq!(days, ["2026-11-01", "2026-11-02"]);
    assert_eq!(names("country", "2026-11-01", "2026-12-01").await.0, [""; 0]);
}

#[tokio::test]
async fn missing_names_come_from_earlier_days() {
    let (used, days) = names("queue", "2026-11-02", "2026-11-03").await;
    assert_eq!((used, days), (vec!["q | Aardvark".to_owned()], vec!["2026-11-02".to_owned()]));
    let (used, days) = names("queue", "2026-11-03", "2026-11-04").await;
    assert_eq!(used, ["n | NULL", "q | Aardvark"]);
    assert_eq!(days, ["2026-11-01", "2026-11-02", "2026-11-03"]);
}
