//! A scheduler and two executors in this process.

#![allow(clippy::panic, clippy::unwrap_used, dead_code, unreachable_pub, reason = "tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use voxlake_cluster::{BallistaEngine, EngineAddress, ExecutorOptions, PlanCodec};
use voxlake_lake::Lake;
use voxlake_query::test_lake::rows;
use voxlake_query::{LakeSession, RemoteEngine};

use crate::support::cluster::{Cluster, two_free_ports};

/// Rows of a cross join that takes hours.
const ENDLESS: &str = "SELECT sum(a.total_duration * b.total_duration + c.total_duration) FROM voice_calls a, voice_calls b, voice_calls c";

async fn session(lake: &Lake, partitions: usize, engine: Option<Arc<dyn RemoteEngine>>) -> LakeSession {
    LakeSession::open(lake, support::options(partitions, engine)).await.unwrap()
}

/// Compares the statements with the session's own answers.
async fn compare(cluster: &Cluster, statements: Vec<support::Statement>, partitions: usize) -> Vec<String> {
    let lake = support::sample().await;
    let local = session(&lake, partitions, None).await;
    let engine = cluster.engine(&format!("partitions={partitions}&deadline=60"));
    let remote = session(&lake, partitions, Some(engine)).await;
    let mut failures = Vec::new();
    for statement in statements {
        let mut expected = rows(&statement.run(&local).await.unwrap().collect().await.unwrap());
        let found = match statement.run(&remote).await {
            Ok(result) => result.collect().await,
            Err(error) => Err(error),
        };
        let mut found = match found {
            Ok(batches) => rows(&batches),
            Err(error) => {
                failures.push(format!("{partitions} {}: {error}", statement.name()));
                continue;
            }
        };
        if matches!(&statement, support::Statement::Sql(sql) if !sql.contains(" ORDER BY ")) {
            found.sort();
            expected.sort();
        }
        if found != expected {
            failures.push(format!(
                "{partitions} {}: {} rows for {}",
                statement.name(),
                found.len(),
                expected.len()
            ));
        }
    }
    failures
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn statements_with_any_number_of_partitions() {
    let cluster = Cluster::start(2, 2).await;
    let mut failures = Vec::new();
    for partitions in [1, 2, 4, 5, 8, 16] {
        let statements = support::STATEMENTS.iter().map(|sql| support::Statement::Sql(sql)).collect();
        failures.extend(compare(&cluster, statements, partitions).await);
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_named_query() {
    let cluster = Cluster::start(2, 2).await;
    let failures = compare(&cluster, support::named_queries().await, 5).await;
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_another_release_are_refused() {
    let cluster = Cluster::start(0, 1).await;
    let codec = PlanCodec::of_release("voxlake 0.0.1 (plans 0)".to_owned());
    let engine = BallistaEngine::with_codec(cluster.address(""), codec);
    let lake = support::sample().await;
    let session = session(&lake, 2, Some(Arc::new(engine))).await;
    let result = session.sql("SELECT count(consumer_number) FROM voice_calls").await.unwrap();
    let error = result.collect().await.unwrap_err().to_string();
    assert!(error.contains("a plan of voxlake 0.0.1 (plans 0) arrived at voxlake"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn executors_of_another_release_are_refused() {
    let other = |options: &mut ExecutorOptions| options.release = "voxlake 0.0.1 (plans 0)".to_owned();
    let cluster = Cluster::start_with(1, 1, other).await;
    let lake = support::sample().await;
    let session = session(&lake, 2, Some(cluster.engine("deadline=60"))).await;
    let result = session.sql("SELECT count(consumer_number) FROM voice_calls").await.unwrap();
    let error = result.collect().await.unwrap_err().to_string();
    let ours = format!("check that scheduler and executors are {}", voxlake_cluster::release());
    assert!(error.contains("an executor refused a task") && error.contains(&ours), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_schedulers_are_named() {
    let port = two_free_ports();
    let engine: EngineAddress = format!("ballista://127.0.0.1:{port}?min_bytes=0").parse().unwrap();
    let lake = support::sample().await;
    let session = session(&lake, 2, Some(Arc::new(BallistaEngine::new(engine)))).await;
    let result = session.sql("SELECT count(consumer_number) FROM voice_calls").await.unwrap();
    let error = result.collect().await.unwrap_err().to_string();
    assert!(error.contains(&format!("cannot reach the scheduler at 127.0.0.1:{port}")), "{error}");
}

/// The only task slot is free again after the deadline and after a client has gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deadlines_and_dropped_results_cancel_jobs() {
    let cluster = Cluster::start(1, 1).await;
    let lake = support::sample().await;
    let short = "SELECT count(consumer_number) FROM voice_calls";
    let expected = rows(&session(&lake, 1, None).await.sql(short).await.unwrap().collect().await.unwrap());
    let patient = session(&lake, 1, Some(cluster.engine("partitions=1&deadline=60"))).await;
    assert_eq!(rows(&patient.sql(short).await.unwrap().collect().await.unwrap()), expected);

    let hasty = session(&lake, 1, Some(cluster.engine("partitions=1&deadline=1"))).await;
    let error = hasty.sql(ENDLESS).await.unwrap().collect().await.unwrap_err().to_string();
    assert!(error.contains("longer than 1 s"), "{error}");
    assert_eq!(rows(&patient.sql(short).await.unwrap().collect().await.unwrap()), expected);

    let mut endless = patient.sql(ENDLESS).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(500), endless.next()).await;
    assert!(waiting.is_err(), "the query takes hours");
    drop(endless);
    assert_eq!(rows(&patient.sql(short).await.unwrap().collect().await.unwrap()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_shows_where_a_query_runs() {
    let cluster = Cluster::start(1, 1).await;
    let lake = support::sample().await;
    let remote = session(&lake, 2, Some(cluster.engine("partitions=2"))).await;
    let explain = async |session: &LakeSession, sql: &str| {
        let result = session.sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.unwrap();
        rows(&result.collect().await.unwrap()).join("\n")
    };
    let count = "SELECT count(consumer_number) FROM voice_calls";
    let plan = explain(&remote, count).await;
    assert!(plan.contains(&format!("ClusterExec: engine=ballista://{}", cluster.scheduler)), "{plan}");
    let plan = explain(&remote, "SELECT count(*) FROM days").await;
    assert!(!plan.contains("ClusterExec"), "{plan}");
    // Small queries stay in the session.
    let engine: EngineAddress = format!("ballista://{}", cluster.scheduler).parse().unwrap();
    let thrifty = session(&lake, 2, Some(Arc::new(BallistaEngine::new(engine)))).await;
    let plan = explain(&thrifty, count).await;
    assert!(!plan.contains("ClusterExec"), "{plan}");
}
