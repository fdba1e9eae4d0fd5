//! Plans that hide properties, and plans that do not.

use serde_json::json;

use voxlake_query::test_lake::{TestLake, call};

async fn plan(sql: &str) -> String {
    let lake = TestLake::with_calls([
        call("a", "2026-11-02T08:00:00Z", json!({})),
        call("b", "2026-11-02T09:00:00Z", json!({"direction": "outbound"})),
    ]);
    // EXPLAIN shows a plan that is refused, too.
    lake.sql(sql).await;
    lake.sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.join("\n")
}

#[tokio::test]
async fn plain_groups_keep_constants() {
    let plan = plan(
        "SELECT total_duration, start_time, count(*) FROM voice_calls WHERE total_duration = 5 GROUP BY 1, 2",
    )
    .await;
    assert!(!plan.contains("HidePropertiesExec"), "{plan}");
    assert!(plan.contains("ordering_mode=PartiallySorted([0])"), "{plan}");
}

#[tokio::test]
async fn inner_joins_keep_constants() {
    let plan = plan(
        "SELECT b.t, a.engagement_id FROM voice_calls a
         JOIN (SELECT engagement_id, 'p' AS t FROM voice_calls) b ON a.engagement_id = b.engagement_id
         ORDER BY b.t",
    )
    .await;
    assert!(!plan.contains("HidePropertiesExec"), "{plan}");
    // Of each partition: the join forgets the constant when it takes the projection.
    assert!(plan.contains("SortExec: expr=[t@0 ASC NULLS LAST], preserve_partitioning=[true]"), "{plan}");
}

#[tokio::test]
async fn outer_joins_hide_only_what_is_there() {
    let joined = |columns: &str| {
        format!(
            "SELECT a.engagement_id, b.* FROM voice_calls a
             LEFT JOIN (SELECT {columns} FROM voice_calls) b ON a.engagement_id = b.engagement_id"
        )
    };
    let plain = plan(&joined("engagement_id, result")).await;
    assert!(!plain.contains("HidePropertiesExec"), "{plain}");
    let constant = plan(&joined("engagement_id, 'p' AS t")).await;
    assert!(constant.contains("HidePropertiesExec: hides=constants, orderings"), "{constant}");
}
