use serde_json::json;

use voxlake_query::test_lake::{TestLake, call};

fn lake() -> TestLake {
    let queue = |id: &str| json!({"cc_queue_id": id, "queue_name": format!("{id} queue"), "queue_id": format!("old {id}")});
    TestLake::with_calls([
        call(
            "a",
            "2026-11-01T08:00:00Z",
            json!({"queues": [queue("q1"), queue("q2")], "total_duration": 5, "voice_call_details": [
                {"result": "completed", "queue": {"cc_queue_id": "q1", "queue_name": "one"}},
                {"result": "missed", "queue": null},
            ]}),
        ),
        call("b", "2026-11-01T09:00:00Z", json!({"queues": [], "total_duration": 6})),
        call("c", "2026-11-01T10:00:00Z", json!({"total_duration": 7})),
        call("d", "2026-11-02T10:00:00Z", json!({"queues": [queue("q1"), {}], "total_duration": 8})),
    ])
}

/// Returns the result, and the fields that the scan reads from its lists of structs.
async fn rows_and_scan(sql: &str) -> (Vec<String>, String) {
    let lake = lake();
    let plan = lake.sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.join("\n");
    let scan = plan.lines().filter(|line| line.contains("DataSourceExec")).collect::<Vec<_>>().join("\n");
    (lake.sql(sql).await, scan)
}

#[tokio::test]
async fn only_the_used_field_is_read() {
    let (rows, scan) = rows_and_scan(
        "SELECT q['queue_name'] AS name, count(*) AS calls, sum(total_duration) AS s
         FROM (SELECT unnest(queues) AS q, total_duration FROM voice_calls) AS v GROUP BY 1 ORDER BY 1",
    )
    .await;
    assert_eq!(rows, ["q1 queue | 2 | 13", "q2 queue | 1 | 5", "NULL | 1 | 8"]);
    assert!(scan.contains("queue_name") && !scan.contains("cc_queue_id"), "{scan}");
}

#[tokio::test]
async fn several_paths_are_kept() {
    let (rows, scan) = rows_and_scan(
        "SELECT leg['queue']['cc_queue_id'] AS id, leg['result'] AS result
         FROM (SELECT unnest(voice_call_details) AS leg FROM voice_calls) AS v ORDER BY 2",
    )
    .await;
    assert_eq!(rows, ["q1 | completed", "NULL | missed"]);
    assert!(
        scan.contains("cc_queue_id") && !scan.contains("queue_name") && !scan.contains("charge"),
        "{scan}"
    );
}

#[tokio::test]
async fn padded_lists_are_pruned() {
    let (rows, scan) = rows_and_scan(
        "SELECT q['queue_name'] AS name, count(*) AS calls
         FROM (SELECT unnest(or_null_entry(queues)) AS q FROM voice_calls) AS v GROUP BY 1 ORDER BY 1",
    )
    .await;
    assert_eq!(rows, ["q1 queue | 2", "q2 queue | 1", "NULL | 2"]);
    assert!(scan.contains("queue_name") && !scan.contains("queue_id"), "{scan}");
    let (rows, scan) = rows_and_scan(
        "SELECT visit['queue_id'] AS id, visit['result'] AS result
         FROM (SELECT unnest(or_null_entry(visits)) AS visit FROM (SELECT
             queue_visits(queues, voice_call_details, result, charge_amount, charge_currency) AS visits
         FROM voice_calls) AS v) AS v ORDER BY 1, 2",
    )
    .await;
    assert_eq!(rows.len(), 5, "{rows:?}");
    assert!(scan.contains("result") && !scan.contains("charge"), "{scan}");
}

#[tokio::test]
async fn counting_the_entries_reads_no_other_field() {
    let (rows, scan) = rows_and_scan(
        "SELECT q['queue_name'] AS name, ordinal, n
         FROM (SELECT unnest(queues) AS q, cardinality(queues) AS n,
                   unnest(range(1, CAST(cardinality(queues) AS BIGINT) + 1)) AS ordinal
               FROM voice_calls WHERE total_duration > 0) AS v ORDER BY 1, 2",
    )
    .await;
    assert_eq!(rows, ["q1 queue | 1 | 2", "q1 queue | 1 | 2", "q2 queue | 2 | 2", "NULL | 2 | 2"]);
    assert!(scan.contains("queue_name") && !scan.contains("queue_id"), "{scan}");
}

#[tokio::test]
async fn lists_used_whole_are_not_pruned() {
    let (rows, scan) = rows_and_scan(
        "SELECT q['queue_name'] AS name, q FROM (SELECT unnest(queues) AS q FROM voice_calls) AS v
         WHERE q['queue_name'] = 'q2 queue'",
    )
    .await;
    assert_eq!(rows, ["q2 queue | {queue_id: old q2, queue_name: q2 queue, cc_queue_id: q2}"]);
    assert!(!scan.contains("CAST(queues"), "{scan}");
    let (rows, _) = rows_and_scan(
        "SELECT q['queue_name'] AS name, queues FROM (SELECT unnest(queues) AS q, queues FROM voice_calls) AS v
         WHERE q['queue_name'] = 'q2 queue'",
    )
    .await;
    assert!(rows[0].contains("old q1"), "{rows:?}");
}
