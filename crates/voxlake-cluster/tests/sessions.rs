//! Lakes and settings of sessions whose queries run on a cluster: the answers are those of a
//! session without one.

#![allow(clippy::panic, clippy::unwrap_used, dead_code, unreachable_pub, reason = "tests")]

mod support;

use std::sync::Arc;

use serde_json::json;
use voxlake_query::test_lake::{TestLake, call, queue, rows};
use voxlake_query::{LakeSession, QueryError, RemoteEngine, SessionOptions};

use crate::support::cluster::Cluster;

fn one_day() -> TestLake {
    TestLake::with_calls([
        call(
            "a",
            "2026-11-01T08:00:00Z",
            json!({"result": "brand_new", "charge": "kr 5", "total_duration": 7, "queues": [queue("Sales")]}),
        ),
        call(
            "b",
            "2026-11-01T23:30:00Z",
            json!({"result": "completed", "charge": "$0.5", "total_duration": 9}),
        ),
        call("c", "2026-11-01T23:40:00Z", json!({"total_duration": 11})),
    ])
}

/// A session without an engine and one with it, with the same options and settings.
struct Pair {
    local: LakeSession,
    remote: LakeSession,
}

impl Pair {
    async fn open(lake: &TestLake, engine: Arc<dyn RemoteEngine>, options: SessionOptions) -> Self {
        let options = options.no_summaries(true);
        let local = lake.open(options.clone()).await.unwrap();
        Self { local, remote: lake.open(options.engine(Some(engine))).await.unwrap() }
    }

    async fn set(&mut self, sql: &str) {
        for session in [&mut self.local, &mut self.remote] {
            let statement = session.parse(sql).unwrap();
            session.define(&statement, sql).await.unwrap();
        }
    }

    /// Compares the answers to statements, which run on the cluster.
    async fn compare(&self, statements: &[&str]) {
        for sql in statements {
            let plan = rows(&answer(&self.remote, &format!("EXPLAIN FORMAT INDENT {sql}")).await.unwrap());
            assert!(plan.join("\n").contains("ClusterExec"), "{sql} stays in the session");
            let expected = answer(&self.local, sql).await.map(|batches| rows(&batches));
            let found = answer(&self.remote, sql).await.map(|batches| rows(&batches));
            match (expected, found) {
                (Ok(expected), Ok(found)) => assert_eq!(found, expected, "{sql}"),
                (expected, found) => panic!("{sql}: {expected:?} and {found:?}"),
            }
        }
    }
}

async fn answer(
    session: &LakeSession,
    sql: &str,
) -> Result<Vec<datafusion::arrow::array::RecordBatch>, QueryError> {
    session.sql(sql).await?.collect().await
}

const PLAIN: [&str; 8] = [
    "SELECT count(*), count(consumer_number), sum(total_duration) FROM voice_calls",
    "SELECT result, count(*) FROM voice_calls GROUP BY 1 ORDER BY 1",
    "SELECT engagement_id FROM voice_calls ORDER BY start_time DESC, engagement_id LIMIT 2",
    "SELECT engagement_id FROM voice_calls ORDER BY start_time, engagement_id LIMIT 2 OFFSET 1",
    "SELECT queue_name, count(*) FROM queue_calls GROUP BY 1 ORDER BY 1",
    "SELECT count(*) FROM voice_calls a LEFT JOIN queue_calls b ON a.engagement_id = b.engagement_id",
    "SELECT count(*) FROM voice_calls WHERE engagement_id NOT IN (SELECT engagement_id FROM queue_calls)",
    "SELECT max(n) FROM (SELECT count(*) n FROM voice_calls UNION ALL SELECT total_duration FROM voice_calls)",
];

#[tokio::test(flavor = "multi_thread")]
async fn lakes_without_days_and_of_one_day() {
    let cluster = Cluster::start(1, 2).await;
    for lake in [TestLake::empty(), one_day()] {
        for partitions in [1, 4] {
            let engine = cluster.engine(&format!("partitions={partitions}&deadline=60"));
            Pair::open(&lake, engine, SessionOptions::new()).await.compare(&PLAIN).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_currencies_and_time_zones() {
    let cluster = Cluster::start(1, 2).await;
    let lake = one_day();
    let symbols = voxlake_model::CurrencySymbols::try_new(&[("kr".to_owned(), "SEK".to_owned())].into());
    let options = SessionOptions::new()
        .result_classes([("brand_new".to_owned(), "handled".to_owned())].into())
        .currency_symbols(symbols.unwrap());
    let mut pair = Pair::open(&lake, cluster.engine("partitions=4&deadline=60"), options).await;
    pair.compare(&[
        "SELECT result_class, count(*) FROM calls GROUP BY 1 ORDER BY 1",
        "SELECT v.result, r.class FROM voice_calls v JOIN result_classes r ON v.result = r.result ORDER BY 1",
        "SELECT charge_currency, sum(charge_amount), price('kr ' || '5')['currency'] FROM calls GROUP BY 1 ORDER BY 1",
    ])
    .await;
    let by_time = [
        "SELECT date_trunc('day', start_time) d, count(*) FROM voice_calls GROUP BY 1 ORDER BY 1",
        "SELECT date_part('hour', start_time) h, count(*) FROM voice_calls GROUP BY 1 ORDER BY 1",
        "SELECT CAST(start_time AS VARCHAR) t FROM voice_calls ORDER BY 1",
        "SELECT local_period(start_time, 'day', 'Europe/Berlin') d, count(*) FROM voice_calls GROUP BY 1 ORDER BY 1",
        "SELECT date_trunc('hour', start_time AT TIME ZONE 'Asia/Kolkata') h FROM voice_calls ORDER BY 1",
        "SELECT count(*) FROM voice_calls WHERE start_time >= '2026-11-02 00:00:00'",
    ];
    pair.compare(&by_time).await;
    pair.set("SET datafusion.execution.batch_size = 2").await;
    pair.compare(&by_time).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_rows_of_a_scalar_subquery_are_an_error() {
    let cluster = Cluster::start(1, 2).await;
    let lake = one_day();
    let pair = Pair::open(&lake, cluster.engine("partitions=4&deadline=60"), SessionOptions::new()).await;
    for sql in [
        "SELECT count(*) FROM voice_calls WHERE total_duration = (SELECT total_duration FROM voice_calls)",
        "SELECT (SELECT total_duration FROM voice_calls) FROM voice_calls",
        "SELECT (SELECT b.total_duration FROM voice_calls b WHERE b.date = a.date) FROM voice_calls a",
    ] {
        let expected = answer(&pair.local, sql).await.unwrap_err().to_string();
        assert_eq!(answer(&pair.remote, sql).await.unwrap_err().to_string(), expected, "{sql}");
    }
}

/// The files of a session are those of its opening.
#[tokio::test(flavor = "multi_thread")]
async fn replaced_days_are_an_error() {
    let cluster = Cluster::start(1, 2).await;
    let lake = one_day();
    let pair = Pair::open(&lake, cluster.engine("partitions=4&deadline=60"), SessionOptions::new()).await;
    let path = lake.path("2026-11-01");
    let bytes = std::fs::read(&path).unwrap();
    let result = pair.remote.sql("SELECT sum(total_duration) FROM voice_calls").await.unwrap();
    // The query is planned, and runs when its batches are read.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let error = result.collect().await.unwrap_err().to_string();
    assert!(error.contains("replaced"), "{error}");
}

/// Errors of the statement are those of a session without a cluster.
#[tokio::test(flavor = "multi_thread")]
async fn errors_of_statements_are_the_same() {
    let cluster = Cluster::start(1, 2).await;
    let lake = one_day();
    let pair = Pair::open(&lake, cluster.engine("partitions=2&deadline=60"), SessionOptions::new()).await;
    for sql in [
        "SELECT CAST(result AS BIGINT) FROM voice_calls",
        "SELECT sum(total_duration / (total_duration - 7)) FROM voice_calls",
        "SELECT total_duration * 9223372036854775807 FROM voice_calls",
        "SELECT count(*) FROM voice_calls WHERE total_duration * 9223372036854775807 > 5",
    ] {
        let expected = answer(&pair.local, sql).await.unwrap_err().to_string();
        assert_eq!(answer(&pair.remote, sql).await.unwrap_err().to_string(), expected, "{sql}");
    }
}
