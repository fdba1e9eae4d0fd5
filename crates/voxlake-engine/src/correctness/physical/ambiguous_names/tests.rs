//! Plans in which filters are pushed down, or stay where they are.

use serde_json::json;

use voxlake_query::test_lake::{TestLake, call, queue};

fn lake() -> TestLake {
    TestLake::with_calls([
        call("a", "2026-11-02T08:00:00Z", json!({"queues": [queue("Sales")]})),
        call("b", "2026-11-02T09:00:00Z", json!({"direction": "outbound"})),
    ])
}

async fn plan(sql: &str) -> String {
    lake().sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.join("\n")
}

#[tokio::test]
async fn unambiguous_filters_are_still_pushed() {
    let plan_of_filter = plan("SELECT engagement_id FROM voice_calls WHERE direction = 'outbound'").await;
    assert!(plan_of_filter.contains("predicate=direction"), "{plan_of_filter}");
    assert!(!plan_of_filter.contains("FilterExec"), "{plan_of_filter}");
    let top = plan("SELECT engagement_id FROM voice_calls ORDER BY start_time LIMIT 1").await;
    assert!(top.contains("DynamicFilter"), "{top}");
    let joined = plan(
        "SELECT count(*) FROM (SELECT engagement_id AS e FROM voice_calls WHERE direction = 'outbound') a
         JOIN voice_calls b ON a.e = b.engagement_id",
    )
    .await;
    assert!(joined.contains("DynamicFilter"), "{joined}");
}

#[tokio::test]
async fn ambiguous_filters_stay_above_joins() {
    let plan = plan(
        "SELECT count(*) FROM queue_calls q RIGHT JOIN calls c ON q.engagement_id = c.engagement_id
         WHERE q.result IS NULL OR q.result <> c.result",
    )
    .await;
    assert!(plan.contains("FilterExec: result"), "{plan}");
    assert!(!plan.contains("FilterGuardExec"), "{plan}");
}

/// A filter that names only unambiguous columns crosses a schema that has ambiguous ones.
#[tokio::test]
async fn other_columns_cross_ambiguous_schemas() {
    let plan = plan(
        "SELECT q.result, c.result, c.start_time FROM voice_calls q JOIN voice_calls c ON q.engagement_id = c.engagement_id
         ORDER BY c.start_time LIMIT 1",
    )
    .await;
    assert_eq!(plan.matches("DynamicFilter").count(), 2, "{plan}");
}
