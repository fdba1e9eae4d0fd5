//! Plans of statements with an offset.

use serde_json::json;

use voxlake_query::test_lake::{TestLake, call};

async fn plan(sql: &str) -> String {
    let lake = TestLake::with_calls([
        call("a", "2026-11-02T08:00:00Z", json!({})),
        call("b", "2026-11-02T09:00:00Z", json!({"direction": "outbound"})),
    ]);
    lake.sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.join("\n")
}

#[tokio::test]
async fn statements_with_offsets_sort_once() {
    for tail in ["OFFSET 1", "LIMIT 5 OFFSET 1"] {
        for columns in ["engagement_id", "start_time, engagement_id"] {
            let plan = plan(&format!("SELECT {columns} FROM voice_calls ORDER BY start_time {tail}")).await;
            assert_eq!(plan.matches("SortExec").count(), 1, "{plan}");
            assert_eq!(plan.matches("GlobalLimitExec: skip=1").count(), 1, "{plan}");
        }
    }
}

#[tokio::test]
async fn sorts_stay_on_their_side_of_offsets() {
    let plan = plan(
        "SELECT engagement_id FROM (SELECT engagement_id, start_time, total_duration FROM voice_calls
             ORDER BY start_time LIMIT 6 OFFSET 4) p ORDER BY total_duration",
    )
    .await;
    let (above, below) = plan.split_once("GlobalLimitExec: skip=4, fetch=6").unwrap();
    assert!(above.contains("SortExec: expr=[total_duration"), "{plan}");
    assert!(below.contains("SortExec: TopK(fetch=10), expr=[start_time"), "{plan}");
    assert!(!plan.contains("OffsetExec"), "{plan}");
}
