//! Sessions over small lakes.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use datafusion::physical_plan::ExecutionPlan;
use futures::StreamExt as _;
use serde_json::json;

use super::*;
use crate::Params;
use crate::test_lake::{TestLake, call, queue, rows};

const DAYS: [&str; 4] = ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"];

/// Four days with one call each, at 08:00 UTC.
fn four_days() -> TestLake {
    TestLake::with_calls(
        DAYS.map(|day| call(day, &format!("{day}T08:00:00Z"), json!({"queues": [queue("Sales")]}))),
    )
}

#[tokio::test]
async fn an_empty_lake_answers_with_no_rows() {
    let lake = TestLake::empty();
    assert_eq!(lake.sql("SELECT count(*), max(start_time) FROM voice_calls").await, ["0 | NULL"]);
    for view in ["calls", "queue_calls", "agent_calls", "flow_calls", "call_legs"] {
        assert_eq!(lake.sql(&format!("SELECT * FROM {view}")).await, [""; 0], "{view}");
    }
}

#[tokio::test]
async fn dates_and_starts_prune_files() {
    let lake = four_days();
    let session = lake.session().await;
    for (filter, days) in [
        ("date = '2026-11-02'", vec![1]),
        ("date IN ('2026-11-01', '2026-11-04', '2027-01-01')", vec![0, 3]),
        ("date >= '2026-11-02' AND date < '2026-11-04'", vec![1, 2]),
        ("NOT (date <> '2026-11-02')", vec![1]),
        ("start_time >= '2026-11-03T23:59:59.999Z'", vec![2, 3]),
        ("start_time > '2026-11-03T23:59:59.999Z'", vec![3]),
        ("start_time BETWEEN '2026-11-02' AND '2026-11-03'", vec![1, 2]),
        ("start_time >= '2026-11-02' AND start_time < '2026-11-03'", vec![1]),
        ("start_time >= TIMESTAMP '2026-11-04 00:00:00'", vec![3]),
        ("start_time >= '2026-11-04T00:30:00+01:00'", vec![2, 3]),
        ("start_time < '2026-11-02' OR date = '2026-11-04'", vec![0, 3]),
        ("start_time < '2026-11-02' OR direction = 'inbound'", vec![0, 1, 2, 3]),
        ("start_time >= '2027-01-01'", vec![]),
    ] {
        for table in ["voice_calls", "calls", "queue_calls", "agent_calls", "flow_calls"] {
            let answer = session.sql(&format!("SELECT direction FROM {table} WHERE {filter}")).await.unwrap();
            let files = answer.files();
            let dates = files.iter().map(|path| path.parts().nth(1).unwrap().as_ref().to_owned());
            let wanted = days.iter().map(|day| format!("date={}", DAYS[*day])).collect::<Vec<_>>();
            assert_eq!(dates.collect::<Vec<_>>(), wanted, "{table}: {filter}");
        }
    }
}

#[tokio::test]
async fn pruning_loses_no_call() {
    let lake = four_days();
    for filter in
        ["start_time > '2026-11-01T08:00:00Z'", "date = '2026-11-03' OR start_time <= '2026-11-01T08:00:00Z'"]
    {
        let pruned = lake.sql(&format!("SELECT date FROM voice_calls WHERE {filter} ORDER BY 1")).await;
        // The sum hides the filter from pruning.
        let full = lake
            .sql(&format!("SELECT date FROM voice_calls WHERE ({filter}) = (1 + random() > 0) ORDER BY 1"))
            .await;
        assert_eq!(pruned, full);
        assert!(!pruned.is_empty());
    }
}

#[tokio::test]
async fn views_read_only_needed_columns() {
    let lake = four_days();
    let session = lake.session().await;
    for (sql, columns) in [
        ("SELECT count(*) FROM calls", "[]"),
        ("SELECT result_class FROM calls", "[result]"),
        ("SELECT agent_name FROM agent_calls", "[agents]"),
        ("SELECT flow_name FROM flow_calls", "[flows]"),
        (
            "SELECT sum(total_duration) FROM queue_calls",
            "[total_duration, queues, result, voice_call_details, charge_amount, charge_currency]",
        ),
        ("SELECT leg_duration FROM call_legs", "[voice_call_details]"),
    ] {
        let plan = session.sql(&format!("EXPLAIN {sql}")).await.unwrap();
        let plan = rows(&plan.collect().await.unwrap()).join("\n");
        assert!(plan.contains(&format!("TableScan: voice_calls projection={columns}")), "{columns}\n{plan}");
    }
}

/// Bytes that the scans of a finished plan read.
fn bytes_scanned(plan: &Arc<dyn ExecutionPlan>) -> usize {
    let own = plan.metrics().and_then(|metrics| metrics.sum_by_name("bytes_scanned"));
    own.map_or(0, |bytes| bytes.as_usize()) + plan.children().into_iter().map(bytes_scanned).sum::<usize>()
}

#[tokio::test]
async fn visits_read_only_used_leg_fields() {
    // Text that legs carry and visits do not read; it does not compress.
    let noise =
        (0..20_000).map(|i| format!("{:x}", (i * i * 2_654_435_761_u64) ^ (i << 17))).collect::<String>();
    let legs = json!([{"queue": queue("Sales"), "result": "completed", "consumer_display_name": noise, "caller_id": noise}]);
    let lake = TestLake::with_calls([call("a", "2026-11-01T08:00:00Z", json!({"voice_call_details": legs}))]);
    // More partitions than files would add a repartitioning between the scan and its projection.
    let options = SessionOptions { target_partitions: NonZeroUsize::new(1), ..SessionOptions::default() };
    let session = lake.open(options).await.unwrap();
    let mut bytes = Vec::new();
    for sql in [
        "SELECT result FROM queue_calls WHERE start_time >= '2026-11-01'",
        "SELECT voice_call_details FROM voice_calls WHERE start_time >= '2026-11-01'",
    ] {
        let mut answer = session.sql(sql).await.unwrap();
        while let Some(batch) = answer.next().await {
            batch.unwrap();
        }
        bytes.push(bytes_scanned(answer.plan()));
    }
    assert!(bytes[0] > 0 && bytes[0] * 3 < bytes[1], "{bytes:?}");
}

#[tokio::test]
async fn nothing_that_changes_anything_is_answered() {
    let lake = four_days();
    let session = lake.session().await;
    for sql in [
        "DROP TABLE voice_calls",
        "CREATE TABLE t AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '/tmp'",
        "INSERT INTO voice_calls SELECT * FROM voice_calls",
        "DELETE FROM voice_calls",
        "COPY voice_calls TO '/tmp/calls.parquet'",
        "EXPLAIN ANALYZE COPY voice_calls TO '/tmp/calls.parquet'",
        "SET datafusion.execution.batch_size = 1",
        "PREPARE p AS SELECT 1",
    ] {
        match session.sql(sql).await {
            Err(QueryError::ReadOnly { .. } | QueryError::NotAllowed { .. }) => {}
            other => panic!("{sql}: {other:?}"),
        }
    }
    assert_eq!(
        rows(&session.sql("SELECT count(*) FROM voice_calls").await.unwrap().collect().await.unwrap()),
        ["4"]
    );
}

#[tokio::test]
async fn limit_counts_rows_of_the_view() {
    let mut calls = (0..20)
        .map(|hour| call(&hour.to_string(), &format!("2026-11-01T{hour:02}:00:00Z"), json!({})))
        .collect::<Vec<_>>();
    calls.push(call("z", "2026-11-01T23:00:00Z", json!({"queues": [queue("Sales"), queue("Care")]})));
    let lake = TestLake::with_calls(calls);
    for (sql, count) in [
        ("SELECT queue_id FROM queue_calls LIMIT 1", 1),
        ("SELECT queue_id FROM queue_calls WHERE start_time >= '2026-11-01' LIMIT 5", 2),
        ("SELECT queue_id FROM queue_calls ORDER BY queue_id LIMIT 1", 1),
        ("SELECT queue_id FROM queue_calls OFFSET 1", 1),
        ("SELECT engagement_id FROM voice_calls WHERE engagement_id = 'z' LIMIT 1", 1),
        ("SELECT engagement_id FROM voice_calls WHERE queues IS NOT NULL LIMIT 1", 1),
        ("SELECT engagement_id FROM voice_calls LIMIT 3", 3),
    ] {
        assert_eq!(lake.sql(sql).await.len(), count, "{sql}");
    }
}

#[tokio::test]
async fn tables_and_columns_can_be_looked_up() {
    let lake = TestLake::empty();
    let tables = lake.sql("SHOW TABLES").await.join("\n");
    for name in [
        "voice_calls",
        "calls",
        "queue_calls",
        "agent_calls",
        "flow_calls",
        "call_legs",
        "days",
        "result_classes",
    ] {
        assert!(tables.contains(&format!("| {name} |")), "{tables}");
    }
}

#[tokio::test]
async fn sql_that_cannot_be_understood_says_why() {
    let lake = four_days();
    let session = lake.session().await;
    for (sql, reason) in [
        ("SELEC 1", "expected an SQL statement"),
        ("SELECT no_such FROM voice_calls", "no_such"),
        ("SELECT * FROM no_such", "no_such"),
        ("SELECT 1; SELECT 2", "only one statement"),
        ("SELECT local_time(start_time, 'Mars/Olympus') FROM voice_calls", "Mars/Olympus"),
    ] {
        let error = match session.sql(sql).await {
            Ok(answer) => answer.collect().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(error.to_string().contains(reason), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_mapping_of_results_can_be_overridden() {
    let calls = ["completed", "missed", "brand_new"]
        .map(|result| call(result, "2026-11-01T08:00:00Z", json!({"result": result})));
    let lake = TestLake::with_calls(calls);
    let result_classes = BTreeMap::from([
        ("missed".to_owned(), "abandoned".to_owned()),
        ("brand_new".to_owned(), "handled".to_owned()),
    ]);
    let session = lake.open(SessionOptions { result_classes, ..SessionOptions::default() }).await.unwrap();
    let answer = session.sql("SELECT result, result_class FROM calls ORDER BY 1").await.unwrap();
    assert_eq!(
        rows(&answer.collect().await.unwrap()),
        ["brand_new | handled", "completed | handled", "missed | abandoned"]
    );
    let answer = session.sql("SELECT class FROM result_classes WHERE result = 'missed'").await.unwrap();
    assert_eq!(rows(&answer.collect().await.unwrap()), ["abandoned"]);
}

#[tokio::test]
async fn results_stream_and_can_be_dropped() {
    let lake = four_days();
    let session = lake.session().await;
    let mut answer = session.sql("SELECT engagement_id FROM voice_calls").await.unwrap();
    let mut calls = answer.next().await.unwrap().unwrap().num_rows();
    while let Some(batch) = answer.next().await {
        calls += batch.unwrap().num_rows();
    }
    assert_eq!(calls, 4);
    drop(session.sql("SELECT engagement_id FROM voice_calls").await.unwrap());
}

#[tokio::test]
async fn too_little_memory_is_said_so() {
    let lake = four_days();
    let session =
        lake.open(SessionOptions { memory_limit: Some(1000), ..SessionOptions::default() }).await.unwrap();
    let sql = "SELECT engagement_id, count(*) FROM voice_calls GROUP BY 1 ORDER BY 2";
    let answer = session.sql(sql).await.unwrap();
    match answer.collect().await {
        Err(QueryError::OutOfMemory(_)) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn queries_fit_the_worker_stack() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::spawn(async {
            let lake = four_days();
            for query in crate::QueryLibrary::shipped().unwrap().iter() {
                let _ = lake.named(&query.name, &[("from", "2026-11-01"), ("to", "2026-12-01")]).await;
            }
            let deep = format!("SELECT {}1{}", "(1 + ".repeat(20), ")".repeat(20));
            lake.sql(&deep).await;
        })
        .await
        .unwrap();
    });
}

#[tokio::test]
async fn pushed_down_filters_change_no_result() {
    const RESULTS: [&str; 5] = ["completed", "long_abandoned", "short_abandoned", "contained", "missed"];
    const QUEUES: [&str; 3] = ["Sales", "Care", "Desk"];
    let calls = (0..600_usize).map(|i| {
        let start = format!("2026-11-{:02}T{:02}:{:02}:00Z", 1 + i % 4, i / 7 % 24, i % 60);
        let queues = QUEUES.iter().take(i % 4).map(|name| queue(name)).collect::<Vec<_>>();
        let legs = (i % 5 == 0).then(|| json!([{"queue": queue(QUEUES[i % 3]), "result": RESULTS[i % 5], "charge": "$0.01"}]));
        call(
            &i.to_string(),
            &start,
            json!({
                "direction": if i % 3 == 0 { "outbound" } else { "inbound" },
                "distributions": if i % 7 == 0 { json!(null) } else { json!(["non_acd", if i % 2 == 0 { "acd" } else { "non_acd" }]) },
                "result": RESULTS[i * i % 5],
                "queues": queues,
                "voice_call_details": legs,
                "total_duration": i * 13 % 97,
                "charge": format!("$0.{:06}", i * 7919 % 1_000_000),
            }),
        )
    });
    let lake = TestLake::with_calls(calls);
    let params =
        [("from", "2026-11-01T05:30:00Z"), ("to", "2026-11-04T17:11:00Z")].into_iter().collect::<Params>();
    let mut answers = Vec::new();
    for pushdown in [true, false] {
        let session = lake.session().await;
        session.context().state_ref().write().config_mut().options_mut().execution.parquet.pushdown_filters =
            pushdown;
        for query in crate::QueryLibrary::shipped().unwrap().iter() {
            let batches = session.run(query, &params).await.unwrap().collect().await.unwrap();
            answers.push((query.name.clone(), rows(&batches)));
        }
    }
    let (pushed, above) = answers.split_at(answers.len() / 2);
    assert!(pushed.iter().all(|(_, rows)| !rows.is_empty()));
    assert_eq!(pushed, above);
}
