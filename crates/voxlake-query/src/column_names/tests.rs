//! Names of unnamed columns.

use crate::classify;
use crate::test_lake::TestLake;

async fn headers(sql: &str) -> Vec<String> {
    let answer = TestLake::empty().session().await.sql(sql).await;
    let schema = answer.unwrap_or_else(|error| panic!("{sql}: {error}")).schema();
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

#[tokio::test]
async fn unnamed_columns_have_their_text() {
    for (sql, expected) in [
        ("SELECT 'x', 1, -1.5, NULL, true", &["'x'", "1", "-1.5", "NULL", "true"][..]),
        (
            "SELECT result, c.result AS r, upper( c.result ) FROM calls c",
            &["result", "r", "upper( c.result )"],
        ),
        (
            "SELECT count(*), COUNT(*) FILTER (WHERE result = 'x') FROM calls",
            &["count(*)", "COUNT(*) FILTER (WHERE result = 'x')"],
        ),
        (
            "SELECT CAST(result AS INT), result::text, (1), (result) FROM calls",
            &["CAST(result AS INT)", "result::text", "(1)", "result"],
        ),
        ("SELECT DISTINCT upper(result) FROM calls ORDER BY upper(result)", &["upper(result)"]),
        ("SELECT DISTINCT ON (result) upper(result), 2 FROM calls ORDER BY result", &["upper(result)", "2"]),
        (
            "SELECT DISTINCT ON (upper(result)) upper(result) FROM calls ORDER BY upper(result)",
            &["upper(result)"],
        ),
        ("SELECT ALL 1 + 1", &["1 + 1"]),
        (
            "SELECT recorded IS DISTINCT FROM monitored, 2 FROM calls",
            &["recorded IS DISTINCT FROM monitored", "2"],
        ),
        ("SELECT\n  'é', -- one, two\n\t1 +\n  2 /* , */ FROM calls", &["'é'", "1 + 2"]),
        ("SELECT 1, 1, 1 AS \"1\"", &["1_2", "1_3", "1"]),
        (
            "SELECT queues[1]['queue_name'], ARRAY[1, 2], extract(hour FROM start_time) FROM voice_calls",
            &["queues[1]['queue_name']", "ARRAY[1, 2]", "extract(hour FROM start_time)"],
        ),
        ("SELECT CASE WHEN 1 = 1 THEN 'a,b' ELSE 'c' END", &["CASE WHEN 1 = 1 THEN 'a,b' ELSE 'c' END"]),
        ("SELECT 1 UNION ALL SELECT 2 ORDER BY 1", &["1"]),
        ("(SELECT 1) UNION SELECT 2", &["1"]),
        ("SELECT * FROM (SELECT 'x', count(*) FROM calls) t", &["'x'", "count(*)"]),
        ("SELECT * FROM calls a JOIN (SELECT 1) b ON false", &[]),
        ("WITH w AS (SELECT 1, upper('x')) SELECT * FROM w", &["1", "upper('x')"]),
        ("SELECT (SELECT max(start_time) FROM calls), 2", &["(SELECT max(start_time) FROM calls)", "2"]),
        (
            "SELECT row_number() OVER (PARTITION BY result ORDER BY start_time) FROM calls",
            &["row_number() OVER (PARTITION BY result ORDER BY start_time)"],
        ),
        (
            "SELECT upper(result) FROM calls GROUP BY upper(result) HAVING upper(result) > 'A' ORDER BY upper(result)",
            &["upper(result)"],
        ),
        (
            "SELECT date_trunc('day', start_time), sum(total_duration) FROM calls GROUP BY 1 ORDER BY sum(total_duration) DESC, date_trunc('day', start_time)",
            &["date_trunc('day', start_time)", "sum(total_duration)"],
        ),
    ] {
        let found = headers(sql).await;
        if !expected.is_empty() {
            assert_eq!(found, expected, "{sql}");
        }
    }
}

#[tokio::test]
async fn long_texts_are_cut() {
    let sql = format!("SELECT 1{}, 2", " + 1".repeat(100));
    let found = headers(&sql).await;
    assert_eq!((found[0].chars().count(), found[1].as_str()), (64, "2"), "{found:?}");
    assert!(found[0].ends_with('…'), "{found:?}");
}

#[tokio::test]
async fn kept_tables_have_the_names_too() {
    let lake = TestLake::empty();
    let session = lake.session().await;
    for sql in
        ["CREATE TABLE t AS SELECT 'x', count(*) FROM calls", "CREATE VIEW v AS SELECT *, 1 + 1 FROM t"]
    {
        let statement = session.parse(sql).unwrap();
        classify(&statement).unwrap();
        session.define(&statement, sql).await.unwrap();
    }
    for sql in [
        "SELECT * FROM v",
        "SELECT \"'x'\", \"count(*)\", \"1 + 1\" FROM v",
        "SELECT 'x', \"count(*)\", 1 + 1 FROM v",
    ] {
        let answer = session.sql(sql).await.unwrap();
        let schema = answer.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["'x'", "count(*)", "1 + 1"], "{sql}");
    }
}
