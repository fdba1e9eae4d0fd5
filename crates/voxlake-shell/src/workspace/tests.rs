//! Workspaces: objects that stay, statements that are rejected, and changes of the lake.

use futures::TryStreamExt as _;
use serde_json::json;

use super::*;
use voxlake_query::test_lake::{TestLake, call, decoded, queue, rows};

fn lake() -> TestLake {
    TestLake::with_calls([call("a", "2026-11-02T08:00:00Z", json!({"queues": [queue("Sales")]}))])
}

async fn workspace(lake: &TestLake) -> Workspace {
    Workspace::open(&lake.lake().await, SessionOptions::default()).await.unwrap()
}

/// Runs statements; returns the workspace and the rows of the last.
async fn after(
    mut workspace: Workspace,
    statements: &[&str],
) -> Result<(Workspace, Vec<String>), QueryError> {
    let mut answer = Vec::new();
    for sql in statements {
        let (new, outcome) = workspace.run(sql).await?;
        workspace = new;
        answer = match outcome {
            StatementOutcome::Rows(answer) => rows(&answer.try_collect::<Vec<_>>().await?),
            StatementOutcome::Copy(copy) => vec![format!("to {} as {:?}", copy.target, copy.format)],
            StatementOutcome::Done(done) => vec![done],
        };
    }
    Ok((workspace, answer))
}

#[tokio::test]
async fn writing_statements_are_rejected() {
    let lake = lake();
    for sql in [
        "INSERT INTO voice_calls SELECT * FROM voice_calls",
        "UPDATE voice_calls SET result = 'x'",
        "DELETE FROM voice_calls",
        "TRUNCATE TABLE voice_calls",
        "DROP TABLE voice_calls",
        "DROP VIEW IF EXISTS queue_calls",
        "DROP SCHEMA public CASCADE",
        "ALTER TABLE voice_calls RENAME TO x",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "CREATE OR REPLACE VIEW calls AS SELECT 1",
        "CREATE TABLE voice_calls AS SELECT 1",
        "CREATE VIEW information_schema.tables AS SELECT 1",
        "CREATE SCHEMA x",
        "CREATE DATABASE x",
        "CREATE FUNCTION f(INT) RETURNS INT RETURN $1",
        "EXPLAIN ANALYZE INSERT INTO voice_calls SELECT * FROM voice_calls",
        "EXPLAIN COPY voice_calls TO 'x.csv'",
        "EXPLAIN CREATE TABLE x AS SELECT 1",
        "SELECT * INTO x FROM voice_calls",
        "WITH w AS (INSERT INTO voice_calls SELECT 1) SELECT * FROM w",
        "CREATE VIEW x AS WITH w AS (DELETE FROM voice_calls) SELECT * FROM w",
        "CREATE TABLE x AS SELECT * INTO y FROM voice_calls",
        "PREPARE p AS SELECT 1",
        "BEGIN",
        "COMMIT",
        "SET datafusion.catalog.location = '/etc'",
        "SET datafusion.runtime.memory_limit = '1G'",
        "SET datafusion.sql_parser.dialect = 'mysql'",
        "RESET datafusion.catalog.location",
        "SET datafusion.execution.batch_size = 0",
        "SET datafusion.execution.batch_size = 18446744073709551615",
        "SET datafusion.execution.target_partitions = 100000",
        "SET datafusion.optimizer.skip_failed_rules = true",
        "SET datafusion.optimizer.prefer_hash_join = false",
        "SET datafusion.execution.time_zone = 'Asia/Singapore'",
        "SET TIME ZONE = 'Asia/Nowhere'",
        "SET timezone = '+01:00'",
        "COPY voice_calls TO 'x.csv' OPTIONS (format.delimiter ';')",
    ] {
        let refused = after(workspace(&lake).await, &[sql]).await;
        let is_refused = matches!(
            refused,
            Err(QueryError::ReadOnly { .. } | QueryError::NotAllowed { .. } | QueryError::Setting { .. })
        );
        assert!(is_refused, "{sql}: {refused:?}");
    }
    assert_eq!(lake.sql("SELECT engagement_id FROM voice_calls").await, ["a"]);
}

/// Views follow the new zone.
#[tokio::test]
async fn the_time_zone_can_be_set() {
    let lake = lake();
    let shown = "SELECT min(start_time) FROM mine";
    let view = "CREATE VIEW mine AS SELECT start_time FROM calls";
    let (_, utc) = after(workspace(&lake).await, &[view, shown]).await.unwrap();
    for set in [
        "SET TIME ZONE 'Asia/Tokyo'",
        "SET TIME ZONE = 'Asia/Tokyo'",
        "SET timezone = 'Asia/Tokyo'",
        "SET TimeZone TO 'Asia/Tokyo'",
    ] {
        let (zoned, tokyo) = after(workspace(&lake).await, &[view, set, shown]).await.unwrap();
        assert_eq!(zoned.timezone(), chrono_tz::Asia::Tokyo, "{set}");
        assert!(tokyo[0].ends_with("+09:00"), "{set}: {tokyo:?}");
        for reset in ["RESET timezone", "SET TIME ZONE DEFAULT", "SET TIME ZONE LOCAL"] {
            let (_, again) = after(zoned.clone(), &[reset, shown]).await.unwrap();
            assert_eq!(again, utc, "{reset}");
        }
    }
}

#[tokio::test]
async fn what_only_reads_is_answered() {
    let lake = lake();
    for sql in [
        "SELECT 1",
        "WITH w AS (SELECT 1 AS x) SELECT * FROM w UNION ALL (SELECT 2)",
        "VALUES (1), (2)",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT count(*) FROM voice_calls",
        "DESCRIBE queue_calls",
        "SHOW TABLES",
        "SHOW COLUMNS FROM calls",
        "SHOW ALL",
        "SHOW datafusion.execution.batch_size",
        "SHOW FUNCTIONS",
    ] {
        let (_, answer) =
            after(workspace(&lake).await, &[sql]).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        assert!(!answer.is_empty(), "{sql}");
    }
}

#[tokio::test]
async fn user_objects_survive_lake_changes() {
    let lake = lake();
    let (workspace, _) = after(
        workspace(&lake).await,
        &[
            "CREATE TABLE then AS SELECT count(*) AS n FROM voice_calls",
            "CREATE VIEW now AS SELECT count(*) AS n FROM voice_calls",
            "CREATE VIEW both_of_them AS SELECT then.n AS a, now.n AS b FROM then CROSS JOIN now",
            "SET datafusion.execution.batch_size = 17",
        ],
    )
    .await
    .unwrap();
    lake.write("2026-11-03", &decoded(&[call("b", "2026-11-03T08:00:00Z", json!({}))]));
    let (workspace, answer) = after(workspace, &["SELECT * FROM both_of_them"]).await.unwrap();
    assert_eq!(answer, ["1 | 2"]);
    let (workspace, answer) = after(workspace, &["SHOW datafusion.execution.batch_size"]).await.unwrap();
    assert_eq!(answer, ["datafusion.execution.batch_size | 17"]);
    assert_eq!(workspace.user_tables().collect::<Vec<_>>(), ["then", "now", "both_of_them"]);
    let (workspace, _) =
        after(workspace, &["DROP VIEW both_of_them", "DROP TABLE IF EXISTS then, never"]).await.unwrap();
    assert_eq!(workspace.user_tables().collect::<Vec<_>>(), ["now"]);
    assert!(matches!(after(workspace, &["DROP TABLE then"]).await, Err(QueryError::NoSuchTable { .. })));
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let lake = lake();
    let (workspace, _) = after(workspace(&lake).await, &["CREATE TABLE x AS SELECT 1 AS a"]).await.unwrap();
    let again = after(workspace.clone(), &["CREATE TABLE X AS SELECT 2 AS a"]).await;
    assert!(matches!(again, Err(QueryError::NameTaken { .. })), "{again:?}");
    let (_, answer) = after(
        workspace,
        &[
            "CREATE TABLE IF NOT EXISTS x AS SELECT 3",
            "CREATE OR REPLACE TABLE x AS SELECT 4 AS a",
            "SELECT a FROM x",
        ],
    )
    .await
    .unwrap();
    assert_eq!(answer, ["4"]);
}

#[tokio::test]
async fn copy_returns_result_and_target() {
    let lake = lake();
    let copied = async |sql: &str| after(workspace(&lake).await, &[sql]).await.unwrap().1;
    assert_eq!(copied("COPY voice_calls TO 'a.csv'").await, ["to a.csv as None"]);
    assert_eq!(copied("COPY (SELECT 1) TO 'b' STORED AS PARQUET").await, ["to b as Some(\"PARQUET\")"]);
}

/// Attaches a file with detected options.
async fn attach(workspace: Workspace, name: &str, file: &Path) -> Result<Workspace, QueryError> {
    workspace.attach(name, file, &AttachOptions::default()).await.map(|(workspace, _)| workspace)
}

#[tokio::test]
async fn files_are_attached_as_tables() {
    let lake = lake();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let plan = path("plan [1].csv", "queue_name,agents\nSales,3\n");
    let prices = path("prices.CSV", "country;price\nFrance;0,5\n");
    let workspace = attach(workspace(&lake).await, "Plan", &plan).await.unwrap();
    let (workspace, notices) = workspace.attach("prices", &prices, &AttachOptions::default()).await.unwrap();
    assert_eq!(notices, ["cells are separated by ';'", "price has decimal commas"]);
    let joined = "SELECT q.queue_name, p.agents + 1 FROM queue_calls q JOIN plan p USING (queue_name)";
    let (workspace, answer) = after(workspace, &[joined]).await.unwrap();
    assert_eq!(answer, ["Sales | 4"]);
    lake.write("2026-11-03", &decoded(&[]));
    let (workspace, answer) = after(workspace, &["SELECT price FROM prices"]).await.unwrap();
    assert_eq!(answer, ["0.5"]);
    for (name, file) in [
        ("calls", &plan),
        ("plan", &plan),
        ("a b", &plan),
        ("x", &folder.path().join("none.csv")),
        ("x", &folder.path().to_owned()),
    ] {
        attach(workspace.clone(), name, file).await.unwrap_err();
    }
}

#[tokio::test]
async fn attached_columns_join_without_casts() {
    let with = |id: &str, number: &str| {
        call(id, "2026-11-02T08:00:00Z", json!({"consumer_number": number, "charge": "$0.50"}))
    };
    let lake = TestLake::with_calls([with("a", "+15551234"), with("b", "anonymous"), with("c", "0123")]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vip.csv");
    let text = "phone,limit,until\n+15551234,0.5,2026-11-02 09:00\n0123,0.25,2026-11-02 07:00\n";
    std::fs::write(&file, text).unwrap();
    let workspace = attach(workspace(&lake).await, "vip", &file).await.unwrap();
    for (condition, expected) in [
        ("v.phone = c.consumer_number", &["a", "c"][..]),
        ("v.phone = c.consumer_number AND c.charge_amount = v.\"limit\"", &["a"]),
        ("v.phone = c.consumer_number AND c.charge_amount > v.\"limit\"", &["c"]),
        ("v.phone = c.consumer_number AND c.start_time < v.until", &["a"]),
    ] {
        let sql = format!("SELECT engagement_id FROM calls c JOIN vip v ON {condition} ORDER BY 1");
        let (_, answer) = after(workspace.clone(), &[&sql]).await.unwrap();
        assert_eq!(answer, expected, "{condition}");
    }
}
