use std::num::NonZeroUsize;

use serde_json::{Value, json};

use voxlake_query::test_lake::{TestLake, call, queue, rows};
use voxlake_query::{LakeSession, SessionOptions};

fn lake() -> TestLake {
    let details = |direction: Value, result: Value, queues: Value, distributions: Value| {
        json!({
            "direction": direction, "result": result, "queues": queues, "distributions": distributions,
            "charge": "$0.5", "consumer_number": "+15550100",
        })
    };
    let (care, sales) = (queue("Care"), queue("Sales"));
    let acd = json!(["acd"]);
    let mut calls = vec![
        call(
            "a",
            "2026-11-01T08:00:00Z",
            details(json!("inbound"), json!("5"), json!([care, sales]), acd.clone()),
        ),
        call(
            "b",
            "2026-11-01T09:00:00Z",
            details(json!("outbound"), json!("missed"), json!([care]), acd.clone()),
        ),
        call("c", "2026-11-01T10:00:00Z", details(json!("inbound"), json!("missed"), json!([]), acd.clone())),
        call("d", "2026-11-02T08:00:00Z", details(json!(null), json!("missed"), json!([sales]), acd.clone())),
        call("e", "2026-11-02T09:00:00Z", details(json!("inbound"), json!(null), json!(null), acd.clone())),
        call(
            "f",
            "2026-11-02T10:00:00Z",
            details(json!("inbound"), json!("missed"), json!([sales]), json!(null)),
        ),
        call(
            "g",
            "2026-11-02T11:00:00Z",
            details(json!("inbound"), json!("lost"), json!([sales, care]), json!(["direct", "acd"])),
        ),
    ];
    // A call without a charge.
    calls.push(call(
        "h",
        "2026-11-02T12:00:00Z",
        json!({"direction": "inbound", "result": null, "distributions": ["manual"], "queues": [care]}),
    ));
    TestLake::with_calls(calls)
}

async fn plan(lake: &TestLake, sql: &str) -> String {
    let options = SessionOptions::new().target_partitions(Some(NonZeroUsize::MIN));
    let session = LakeSession::open(&lake.lake().await, options).await.unwrap();
    let answer = session.sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.unwrap();
    rows(&answer.collect().await.unwrap()).join("\n")
}

fn scan(plan: &str) -> String {
    plan.lines().filter(|line| line.contains("DataSourceExec")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn lists_of_rejected_calls_yield_no_rows() {
    let lake = lake();
    let sql = "SELECT queue['queue_name'] AS name, count(*), count(*) FILTER (WHERE result = 'lost')
               FROM (SELECT unnest(queues) AS queue, result FROM voice_calls
                   WHERE direction = 'inbound' AND array_has(distributions, 'acd')) AS visits
               GROUP BY queue['queue_name'] ORDER BY name";
    assert_eq!(lake.sql(sql).await, ["Care | 2 | 1", "Sales | 2 | 1"]);
    let plan = plan(&lake, sql).await;
    assert!(plan.contains("list_where(") && !scan(&plan).contains("predicate=direction"), "{plan}");
}

#[tokio::test]
async fn parallel_lists_lose_the_same_calls() {
    let lake = lake();
    let sql = "SELECT queue['queue_name'] AS name, sum(share) AS charge
               FROM (SELECT unnest(queues) AS queue, unnest(equal_shares(charge_amount, cardinality(queues))) AS share
                   FROM voice_calls WHERE charge_amount IS NOT NULL AND direction <> 'outbound') AS visits
               GROUP BY queue['queue_name'] ORDER BY name";
    assert_eq!(lake.sql(sql).await, ["Care | 0.500000", "Sales | 1.000000"]);
    assert!(plan(&lake, sql).await.contains("list_where("), "{}", plan(&lake, sql).await);
}

#[tokio::test]
async fn selective_filters_are_not_masks() {
    let lake = lake();
    let of = |filter: &str| {
        format!(
            "SELECT id, queue['queue_name'] FROM (SELECT engagement_id AS id, unnest(queues) AS queue FROM voice_calls
             WHERE {filter}) AS visits ORDER BY 1, 2"
        )
    };
    let few = of("engagement_id = 'g' AND direction = 'inbound'");
    assert_eq!(lake.sql(&few).await, ["g | Care", "g | Sales"]);
    let planned = plan(&lake, &few).await;
    assert!(
        planned.contains("list_where(") && scan(&planned).contains("predicate=engagement_id"),
        "{planned}"
    );
    for filter in [
        "start_time >= TIMESTAMP '2026-11-02T11:00:00Z'",
        "total_duration > 5",
        "consumer_number = '+15550100'",
        "direction || random() = 'x'",
        "direction = (SELECT min(direction) FROM voice_calls)",
        "direction IN (SELECT min(direction) FROM voice_calls)",
    ] {
        let planned = plan(&lake, &of(filter)).await;
        assert!(!planned.contains("list_where("), "{filter}: {planned}");
    }
}

#[tokio::test]
async fn failing_expressions_prevent_masks() {
    let lake = lake();
    let sql = "SELECT queue['queue_name'] AS name, n
               FROM (SELECT unnest(queues) AS queue, CAST(result AS INT) AS n FROM voice_calls WHERE result = '5') AS visits
               ORDER BY name";
    assert_eq!(lake.sql(sql).await, ["Care | 5", "Sales | 5"]);
    assert!(!plan(&lake, sql).await.contains("list_where("));
    for guarded in [
        "result = '5' AND CAST(result AS INT) < 6",
        "result = '5' AND 100 / (CAST(result AS INT) - 4) > 0",
        "direction = 'inbound' AND CASE WHEN result = '5' THEN CAST(result AS INT) END > 3",
    ] {
        let sql = format!(
            "SELECT unnest(queues)['queue_name'] AS name FROM voice_calls WHERE {guarded} ORDER BY name"
        );
        assert_eq!(lake.sql(&sql).await, ["Care", "Sales"], "{guarded}");
    }
}

#[tokio::test]
async fn masked_texts_have_other_uses() {
    let lake = lake();
    let sql = "SELECT upper(direction), result, queue['queue_name'] AS name
               FROM (SELECT unnest(queues) AS queue, direction, result FROM voice_calls
                   WHERE direction = 'inbound' AND result IS NOT NULL AND result NOT IN ('a', 'b', 'c', 'lost')) AS visits
               ORDER BY result, name";
    assert_eq!(
        lake.sql(sql).await,
        ["INBOUND | 5 | Care", "INBOUND | 5 | Sales", "INBOUND | missed | Sales"]
    );
    assert!(plan(&lake, sql).await.contains("list_where("));
}

#[tokio::test]
async fn list_searches_compare_dictionaries() {
    let lake = lake();
    let sql = "SELECT id, queue['queue_name'] FROM (SELECT engagement_id AS id, unnest(queues) AS queue FROM voice_calls
                   WHERE array_has(distributions, 'acd') AND direction <> 'outbound'
                     AND (array_has(distributions, 'direct') OR total_duration < 0 OR direction = 'inbound')) AS visits
               ORDER BY 1, 2";
    assert_eq!(lake.sql(sql).await, ["a | Care", "a | Sales", "g | Care", "g | Sales"]);
    let plan = plan(&lake, sql).await;
    assert!(plan.contains("is_text(distributions") && plan.contains("NOT is_text(direction"), "{plan}");
    let whole = "SELECT id, d, queue['queue_name'] FROM (SELECT engagement_id AS id, distributions AS d, unnest(queues) AS queue
                     FROM voice_calls WHERE array_has(distributions, 'direct')) AS visits ORDER BY 1, 3";
    assert_eq!(lake.sql(whole).await, ["g | [direct, acd] | Care", "g | [direct, acd] | Sales"]);
}
