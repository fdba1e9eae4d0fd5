use std::num::NonZeroUsize;

use serde_json::{Value, json};

use voxlake_query::test_lake::{TestLake, call, queue, rows};
use voxlake_query::{LakeSession, SessionOptions};

const AT: &str = "2026-11-01T08:00:00Z";

fn lake() -> TestLake {
    let details = |direction: Value, result: Value, queues: Value| json!({"direction": direction, "result": result, "queues": queues, "distributions": ["acd"]});
    let (care, sales) = (queue("Care"), queue("Sales"));
    TestLake::with_calls([
        call("a", AT, details(json!("inbound"), json!("completed"), json!([care, sales]))),
        call("b", AT, details(json!("inbound"), json!("missed"), json!([care]))),
        call("c", AT, details(json!("outbound"), json!("completed"), json!([]))),
        call(
            "d",
            "2026-11-02T08:00:00Z",
            details(json!("inbound"), json!(null), json!([{"queue_id": "q"}, sales])),
        ),
        call("e", "2026-11-02T09:00:00Z", details(json!("inbound"), json!("missed"), json!(null))),
    ])
}

async fn plan(lake: &TestLake, sql: &str) -> String {
    let options = SessionOptions::new().target_partitions(Some(NonZeroUsize::MIN));
    let session = LakeSession::open(&lake.lake().await, options).await.unwrap();
    let answer = session.sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.unwrap();
    rows(&answer.collect().await.unwrap()).join("\n")
}

#[tokio::test]
async fn texts_are_grouped_by_dictionary_keys() {
    let lake = lake();
    let sql =
        "SELECT direction, count(*), result, min(engagement_id) FROM voice_calls GROUP BY result, direction
               ORDER BY direction, result";
    let expected = [
        "inbound | 1 | completed | a",
        "inbound | 2 | missed | b",
        "inbound | 1 | NULL | d",
        "outbound | 1 | completed | c",
    ];
    assert_eq!(lake.sql(sql).await, expected);
    assert!(plan(&lake, sql).await.contains("group_code(result"), "{}", plan(&lake, sql).await);
}

#[tokio::test]
async fn unnested_queues_are_grouped_by_keys() {
    let lake = lake();
    let sql =
        "SELECT queue['queue_name'] AS name, count(*), count(*) FILTER (WHERE result IN ('missed', 'lost')),
                   sum(n)
               FROM (SELECT unnest(queues) AS queue, result, cardinality(queues) AS n FROM voice_calls
                   WHERE direction = 'inbound' AND array_has(distributions, 'acd'))
               GROUP BY queue['queue_name'] ORDER BY name";
    assert_eq!(lake.sql(sql).await, ["Care | 2 | 1 | 3", "Sales | 2 | 0 | 4", "NULL | 1 | 0 | 2"]);
    let plan = plan(&lake, sql).await;
    assert!(plan.contains("group_code(") && plan.contains("\"queue_name\": Dictionary"), "{plan}");
}

#[tokio::test]
async fn other_expressions_see_texts() {
    let lake = lake();
    let sql = "SELECT result, local_period(start_time, 'day', 'UTC') AS day, max(upper(result)), count(DISTINCT direction)
               FROM voice_calls WHERE result LIKE '%e%' AND length(direction) > 3 GROUP BY result, day
               ORDER BY result, day";
    assert_eq!(
        lake.sql(sql).await,
        [
            "completed | 2026-11-01 | COMPLETED | 2",
            "missed | 2026-11-01 | MISSED | 1",
            "missed | 2026-11-02 | MISSED | 1"
        ]
    );
    assert!(plan(&lake, sql).await.contains("group_code("));
}

#[tokio::test]
async fn other_groupings_are_not_rewritten() {
    let lake = lake();
    for by in ["engagement_id", "upper(result)", "GROUPING SETS ((result), ())", "total_duration"] {
        let sql = format!("SELECT count(*) FROM voice_calls GROUP BY {by}");
        assert!(!plan(&lake, &sql).await.contains("group_code("), "{by}");
    }
    let joined = "SELECT a.result, count(*) FROM voice_calls AS a JOIN voice_calls AS b USING (engagement_id)
                  GROUP BY a.result ORDER BY 1";
    assert_eq!(lake.sql(joined).await, ["completed | 2", "missed | 2", "NULL | 1"]);
}

#[tokio::test]
async fn nested_and_joined_groups_are_separate() {
    let lake = lake();
    let sql = "WITH by_both AS (SELECT direction, result, count(*) AS n FROM voice_calls GROUP BY 1, 2)
               SELECT d.direction, d.n, sum(b.n) FROM by_both AS b
               JOIN (SELECT direction, count(DISTINCT result) AS n FROM voice_calls GROUP BY 1) AS d
                   ON b.direction = d.direction
               GROUP BY d.direction, d.n ORDER BY 1";
    assert_eq!(lake.sql(sql).await, ["inbound | 2 | 4", "outbound | 1 | 1"]);
}

#[tokio::test]
async fn column_descriptions_are_kept() {
    let lake = lake();
    let session = LakeSession::open(&lake.lake().await, SessionOptions::default()).await.unwrap();
    let answer = session.sql("SELECT result FROM voice_calls GROUP BY result").await.unwrap();
    let batches = answer.collect().await.unwrap();
    let schema = batches[0].schema();
    assert!(schema.field(0).metadata().contains_key("description"), "{schema:?}");
}
