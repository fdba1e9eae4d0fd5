//! Plans that were encoded and decoded answer like the session itself.

#![allow(clippy::panic, clippy::unwrap_used, dead_code, unreachable_pub, reason = "tests")]

mod support;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use datafusion::arrow::datatypes::Schema;
use datafusion::common::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionStateBuilder, TaskContext};
use datafusion::physical_plan::{ExecutionPlan, collect, displayable};
use datafusion::prelude::{SessionConfig, SessionContext};
use voxlake_cluster::{Job, LakeStores, PlanCodec, decode, encode, lake_url, portable};
use voxlake_lake::Lake;
use voxlake_query::test_lake::{TestLake, call, rows};
use voxlake_query::{LakeSession, RemoteEngine};

/// Engine that encodes plans, records them and leaves them in the session.
#[derive(Debug)]
struct Recorder {
    partitions: usize,
    plans: Mutex<Vec<Vec<u8>>>,
}

impl Recorder {
    fn new(partitions: usize) -> Arc<Self> {
        Arc::new(Self { partitions, plans: Mutex::default() })
    }

    fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.plans.lock().unwrap())
    }
}

impl RemoteEngine for Recorder {
    fn target_partitions(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.partitions).unwrap()
    }

    fn place(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        lake: &Lake,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (codec, url) = (PlanCodec::default(), lake_url(lake)?);
        Job::new(Arc::clone(&plan), &url, config, &codec)?;
        self.plans.lock().unwrap().push(encode(&portable(Arc::clone(&plan), &url)?, &codec)?);
        Ok(plan)
    }
}

/// Context of an executor.
fn context() -> Arc<TaskContext> {
    let runtime = RuntimeEnvBuilder::new().with_object_store_registry(Arc::new(LakeStores::default()));
    let mut config = SessionConfig::new();
    config.options_mut().execution.time_zone = Some("UTC".to_owned());
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_default_features()
        .with_runtime_env(Arc::new(runtime.build().unwrap()))
        .build();
    SessionContext::new_with_state(state).task_ctx()
}

/// Rows of the last plan that `recorder` encoded, if it has the columns of `schema`.
async fn rerun(recorder: &Recorder, schema: Option<&Schema>) -> Option<Vec<String>> {
    let plan = recorder.take().pop()?;
    let context = context();
    let plan = decode(&plan, &context, &PlanCodec::default()).unwrap();
    let names =
        |schema: &Schema| schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    if schema.is_some_and(|schema| names(schema) != names(&plan.schema())) {
        return None;
    }
    Some(rows(&collect(plan, context).await.unwrap()))
}

async fn check_all(partitions: usize) {
    let lake = support::sample().await;
    let local = LakeSession::open(&lake, support::options(partitions, None)).await.unwrap();
    let recorder = Recorder::new(partitions);
    let session =
        LakeSession::open(&lake, support::options(partitions, Some(recorder.clone()))).await.unwrap();
    let (mut failures, mut stayed, mut encoded) = (Vec::new(), Vec::new(), 0);
    for statement in support::statements().await {
        let expected = match statement.run(&local).await {
            Ok(result) => rows(&result.collect().await.unwrap()),
            Err(error) => panic!("{}: {error}", statement.name()),
        };
        recorder.take();
        let schema = match statement.run(&session).await {
            Ok(result) => result.schema(),
            Err(error) => {
                failures.push(format!("{}: {error}", statement.name()));
                continue;
            }
        };
        // A named query may run other statements first, to find its queues.
        let Some(mut found) = rerun(&recorder, Some(&schema)).await else {
            stayed.push(statement.name());
            continue;
        };
        encoded += 1;
        let mut expected = expected;
        if !is_ordered(&statement) {
            found.sort();
            expected.sort();
        }
        if found != expected {
            failures.push(format!("{}: {} rows for {}", statement.name(), found.len(), expected.len()));
        }
    }
    assert!(failures.is_empty(), "{} of {encoded} differ:\n{}", failures.len(), failures.join("\n"));
    assert!(stayed.is_empty(), "{encoded} were encoded; not these:\n{}", stayed.join("\n"));
}

fn is_ordered(statement: &support::Statement) -> bool {
    match statement {
        support::Statement::Sql(sql) => sql.contains(" ORDER BY "),
        support::Statement::Named(..) => true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_with_one_partition() {
    check_all(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_with_two_partitions() {
    check_all(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_with_five_partitions() {
    check_all(5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_with_eight_partitions() {
    check_all(8).await;
}

fn two_days() -> TestLake {
    let calls = ["2026-11-01T08:00:00Z", "2026-11-01T09:00:00Z", "2026-11-02T08:00:00Z"];
    TestLake::with_calls(calls.map(|start| {
        call(start, start, serde_json::json!({"total_duration": 7, "consumer_number": "+1 555"}))
    }))
}

/// The physical plan of a session without an engine.
async fn session_plan(lake: &TestLake, sql: &str) -> Arc<dyn ExecutionPlan> {
    let options = voxlake_query::SessionOptions::new().target_partitions(NonZeroUsize::new(4));
    Arc::clone(lake.open(options).await.unwrap().sql(sql).await.unwrap().plan())
}

async fn refusal(lake: &TestLake, sql: &str) -> String {
    let url = lake_url(&lake.lake().await).unwrap();
    let plan = session_plan(lake, sql).await;
    let shown = displayable(plan.as_ref()).indent(false).to_string();
    match portable(plan, &url).and_then(|plan| encode(&plan, &PlanCodec::default())) {
        Ok(_) => panic!("{sql}\n{shown}"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn operators_of_one_process_are_refused_by_name() {
    let lake = two_days();
    for (sql, name) in [
        (
            "SELECT lag(start_time) OVER (PARTITION BY consumer_number ORDER BY start_time) FROM voice_calls",
            "HashLagExec",
        ),
        ("SELECT unnest(queues) FROM voice_calls", "OffsetUnnestExec"),
        ("SELECT count(*) FROM days", "operator"),
        ("SELECT engagement_id FROM voice_calls ORDER BY total_duration LIMIT 1", "DynamicFilter"),
        (
            "SELECT date_part('hour', start_time), date_part('dow', start_time), count(*) FROM voice_calls GROUP BY 1, 2",
            "hour_",
        ),
        (
            "SELECT first_value(direction) IGNORE NULLS OVER (ORDER BY start_time) FROM voice_calls",
            "IGNORE NULLS",
        ),
        (
            "SELECT sum(total_duration) FILTER (WHERE direction = 'inbound') OVER (ORDER BY start_time) FROM voice_calls",
            "FILTER",
        ),
    ] {
        let error = refusal(&lake, sql).await;
        assert!(error.contains("the cluster cannot run") && error.contains(name), "{sql}: {error}");
    }
}

/// Statements that stay in the session.
#[tokio::test]
async fn local_statements_are_not_encoded() {
    let lake = two_days();
    let recorder = Recorder::new(2);
    let session = lake.open(support::options(2, Some(recorder.clone()))).await.unwrap();
    for sql in [
        "SELECT 1",
        "SELECT count(*) FROM days",
        "SELECT count(*) FROM rejects",
        "SELECT count(*) FROM result_classes",
        "SELECT count(*) FROM information_schema.columns",
        "SELECT count(*) FROM voice_calls v JOIN days d ON v.date = d.date",
        "WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT count(*) FROM n, voice_calls",
        "SELECT count(*) FROM generate_series(1, 3), voice_calls",
    ] {
        session.sql(sql).await.unwrap().collect().await.unwrap();
        assert!(recorder.take().is_empty(), "{sql}");
    }
    // More than one row is an error in the session, and would not be one elsewhere.
    let several =
        "SELECT count(*) FROM voice_calls WHERE total_duration = (SELECT total_duration FROM voice_calls)";
    let failed = session.sql(several).await.unwrap().collect().await;
    assert!(failed.is_err() && recorder.take().is_empty());
    session.sql("SELECT max(total_duration) FROM voice_calls").await.unwrap();
    assert_eq!(recorder.take().len(), 1);
}

#[tokio::test]
async fn classes_and_symbols_of_the_user_travel() {
    let lake = TestLake::with_calls([call(
        "a",
        "2026-11-01T08:00:00Z",
        serde_json::json!({"result": "brand_new", "charge": "kr 5"}),
    )]);
    let classes = [("brand_new".to_owned(), "handled".to_owned())].into();
    let symbols = [("kr".to_owned(), "SEK".to_owned())].into();
    let symbols = voxlake_model::CurrencySymbols::try_new(&symbols).unwrap();
    let recorder = Recorder::new(2);
    let options = support::options(2, Some(recorder.clone()));
    let options = options.result_classes(classes).currency_symbols(symbols);
    let session = lake.open(options).await.unwrap();
    session.sql("SELECT result_class, price('kr ' || '5')['currency'] FROM calls").await.unwrap();
    assert_eq!(rerun(&recorder, None).await.unwrap(), ["handled | SEK"]);
}

#[tokio::test]
async fn replaced_days_are_noticed() {
    let lake = two_days();
    let recorder = Recorder::new(2);
    let session = lake.open(support::options(2, Some(recorder.clone()))).await.unwrap();
    session.sql("SELECT sum(total_duration) FROM voice_calls").await.unwrap();
    let plan = recorder.take().pop().unwrap();
    // The same size and other bytes.
    let path = lake.path("2026-11-02");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let context = context();
    let plan = decode(&plan, &context, &PlanCodec::default()).unwrap();
    let error = collect(plan, context).await.unwrap_err().to_string();
    assert!(error.contains("replaced"), "{error}");
}

#[tokio::test]
async fn damaged_days_are_noticed() {
    let sample = support::sample().await;
    let folder = tempfile::tempdir().unwrap();
    let day = "voice_calls/date=2026-11-04/calls.parquet";
    std::fs::create_dir_all(folder.path().join(day).parent().unwrap()).unwrap();
    let mut bytes = std::fs::read(std::path::Path::new(&sample.absolute_location()).join(day)).unwrap();
    // Data pages come first, behind four magic bytes.
    for byte in &mut bytes[64..4096] {
        *byte ^= 0x55;
    }
    std::fs::write(folder.path().join(day), bytes).unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
    let recorder = Recorder::new(2);
    let session = LakeSession::open(&lake, support::options(2, Some(recorder.clone()))).await.unwrap();
    session.sql("SELECT * FROM voice_calls").await.unwrap();
    let context = context();
    let plan = decode(&recorder.take().pop().unwrap(), &context, &PlanCodec::default()).unwrap();
    let error = collect(plan, context).await.unwrap_err().to_string();
    assert!(error.contains("have changed since they were written"), "{error}");
}

#[tokio::test]
async fn plans_of_another_release_are_refused() {
    let lake = two_days();
    let recorder = Recorder::new(2);
    let session = lake.open(support::options(2, Some(recorder.clone()))).await.unwrap();
    session.sql("SELECT sum(total_duration) FROM voice_calls").await.unwrap();
    let plan = recorder.take().pop().unwrap();
    let other = PlanCodec::of_release("voxlake 0.0.1 (plans 0)".to_owned());
    let error = decode(&plan, &context(), &other).unwrap_err().to_string();
    assert!(error.contains("arrived at voxlake 0.0.1 (plans 0)"), "{error}");
}

/// The portable plan of `sql`, as text.
async fn portable_plan(lake: &TestLake, sql: &str) -> String {
    let url = lake_url(&lake.lake().await).unwrap();
    let plan = portable(session_plan(lake, sql).await, &url).unwrap();
    encode(&plan, &PlanCodec::default()).unwrap();
    displayable(plan.as_ref()).indent(false).to_string()
}

/// Position of a line of `plan` that contains all of `parts`.
fn line(plan: &str, parts: &[&str]) -> usize {
    let found = plan.lines().position(|line| parts.iter().all(|part| line.contains(part)));
    found.unwrap_or_else(|| panic!("{parts:?} is not in\n{plan}"))
}

#[tokio::test]
async fn groups_travel_as_texts() {
    let lake = two_days();
    let sql = "SELECT direction, result, count(*) FROM voice_calls GROUP BY 1, 2";
    let plan = portable_plan(&lake, sql).await;
    let partial = line(&plan, &["mode=Partial", "group_code(direction"]);
    let texts =
        line(&plan, &["ProjectionExec", "group_text(__group_code_0@0) as __text_1_of___group_code_0"]);
    let exchange = line(&plan, &["RepartitionExec", "Hash([__text_0_of___group_code_0@0, __text_1_of"]);
    let last = line(&plan, &["mode=FinalPartitioned", "gby=[__text_0_of___group_code_0@0"]);
    let ids = line(&plan, &["ProjectionExec", "group_code(__text_0_of___group_code_0@0"]);
    assert!(ids < last && last < exchange && exchange < texts && texts < partial, "{plan}");
}

/// A plan names every day file, and lakes have thousands of them.
#[tokio::test]
async fn day_files_add_few_bytes_to_a_plan() {
    let lake = support::sample().await;
    let recorder = Recorder::new(4);
    let session = LakeSession::open(&lake, support::options(4, Some(recorder.clone()))).await.unwrap();
    let mut bytes = Vec::new();
    for days in ["date = '2026-11-04'", "date >= '2026-11-02' AND date < '2026-11-09'"] {
        let sql = format!(
            "SELECT result, count(queues), min(consumer_number) FROM voice_calls WHERE {days} GROUP BY 1"
        );
        session.sql(&sql).await.unwrap();
        bytes.push(recorder.take().pop().unwrap().len());
    }
    assert!(bytes[1] - bytes[0] < 6 * 400, "{bytes:?}");
}

#[tokio::test]
async fn deep_plans_are_refused_by_name() {
    let lake = two_days();
    let (lake, mut sql) =
        (lake.lake().await, "SELECT direction AS d, count(*) AS n FROM voice_calls GROUP BY 1".to_owned());
    for _ in 0..30 {
        sql = format!("SELECT concat(d, 'x') AS d, count(*) AS n FROM ({sql}) GROUP BY 1");
    }
    let session = LakeSession::open(&lake, support::options(4, Some(Recorder::new(4)))).await.unwrap();
    let error = session.sql(&sql).await.unwrap_err().to_string();
    assert!(error.contains("nested too deeply"), "{error}");
}
