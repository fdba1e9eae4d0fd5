//! Sessions in a time zone.

use chrono_tz::Europe::Berlin;
use datafusion::arrow::array::RecordBatch;
use serde_json::json;

use crate::test_lake::{TestLake, call, rows};
use crate::{LakeSession, Params, QueryLibrary, SessionOptions};

/// A call on each side of midnight in Berlin, in summer and in winter, and around the change of the
/// clock at 01:00 UTC.
fn lake() -> TestLake {
    let starts = [
        "2026-07-01T21:30:00Z",
        "2026-07-01T22:30:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:30:00Z",
        "2026-11-02T22:30:00Z",
        "2026-11-02T23:30:00Z",
    ];
    TestLake::with_calls(starts.iter().map(|start| call(&start[..13], start, json!({"total_duration": 60}))))
}

async fn session(lake: &TestLake) -> LakeSession {
    lake.open(SessionOptions::new().timezone(Some(Berlin))).await.unwrap()
}

async fn answer(session: &LakeSession, sql: &str) -> Vec<String> {
    let result = session.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows(&result.collect().await.unwrap())
}

#[tokio::test]
async fn timestamps_are_shown_in_local_time() {
    let lake = lake();
    let session = session(&lake).await;
    for table in ["voice_calls", "calls"] {
        let sql = format!("SELECT start_time, end_time FROM {table} ORDER BY start_time LIMIT 1");
        assert_eq!(answer(&session, &sql).await, ["2026-07-01T23:30:00+02:00 | NULL"], "{table}");
    }
    let sql = "SELECT max(start_time), min(start_time) FROM calls";
    assert_eq!(answer(&session, sql).await, ["2026-11-03T00:30:00+01:00 | 2026-07-01T23:30:00+02:00"]);
    let sql = "SELECT to_timestamp_millis(0) AT TIME ZONE 'UTC' AS epoch";
    assert_eq!(answer(&session, sql).await, ["1970-01-01T01:00:00+01:00"]);
}

#[tokio::test]
async fn truncation_and_parts_follow_the_local_clock() {
    let lake = lake();
    let session = session(&lake).await;
    let sql = "SELECT date_trunc('day', start_time) AS day, count(*) FROM calls GROUP BY 1 ORDER BY 1";
    let days = [
        "2026-07-01T00:00:00+02:00 | 1",
        "2026-07-02T00:00:00+02:00 | 1",
        "2026-10-25T00:00:00+02:00 | 2",
        "2026-11-02T00:00:00+01:00 | 1",
        "2026-11-03T00:00:00+01:00 | 1",
    ];
    assert_eq!(answer(&session, sql).await, days);
    let sql = "SELECT extract(hour FROM start_time), date_part('day', start_time), CAST(start_time AS DATE), \
               start_time::date, to_char(start_time, '%H:%M') FROM calls ORDER BY start_time";
    let parts = [
        "23 | 1 | 2026-07-01 | 2026-07-01 | 23:30",
        "0 | 2 | 2026-07-02 | 2026-07-02 | 00:30",
        "2 | 25 | 2026-10-25 | 2026-10-25 | 02:30",
        "2 | 25 | 2026-10-25 | 2026-10-25 | 02:30",
        "23 | 2 | 2026-11-02 | 2026-11-02 | 23:30",
        "0 | 3 | 2026-11-03 | 2026-11-03 | 00:30",
    ];
    assert_eq!(answer(&session, sql).await, parts);
    let sql = "SELECT CAST(start_time AS TIMESTAMP) FROM calls ORDER BY start_time DESC LIMIT 1";
    assert_eq!(answer(&session, sql).await, ["2026-11-03T00:30:00"]);
}

/// Text is read as local time, and days outside of the range are not read.
#[tokio::test]
async fn comparisons_are_local_and_prune_days() {
    let lake = lake();
    let session = session(&lake).await;
    for (filter, calls, files) in [
        ("start_time >= '2026-11-03'", 1, 1),
        ("start_time >= '2026-11-03T00:00:00+01:00'", 1, 1),
        ("start_time >= '2026-11-02' AND start_time < '2026-11-03'", 1, 1),
        ("start_time BETWEEN '2026-07-02' AND '2026-07-03'", 1, 1),
        ("start_time < '2026-07-02 00:00:00'", 1, 1),
        // Local times are not instants, so that no day can be left out.
        ("start_time >= DATE '2026-11-03'", 1, 3),
        ("start_time >= TIMESTAMP '2026-11-03 00:00:00'", 1, 3),
        ("CAST(start_time AS DATE) = '2026-11-03'", 1, 3),
    ] {
        for table in ["voice_calls", "calls"] {
            let result = session.sql(&format!("SELECT direction FROM {table} WHERE {filter}")).await.unwrap();
            assert!(result.files().len() <= files, "{table}: {filter}: {:?}", result.files());
            let batches = result.collect().await.unwrap();
            let found: usize = batches.iter().map(RecordBatch::num_rows).sum();
            assert_eq!(found, calls, "{table}: {filter}");
        }
    }
}

#[tokio::test]
async fn the_zone_is_shown_and_named_queries_ignore_it() {
    let lake = lake();
    let session = session(&lake).await;
    for sql in ["SHOW TIME ZONE", "SHOW timezone"] {
        assert_eq!(answer(&session, sql).await, ["timezone | Europe/Berlin"], "{sql}");
    }
    assert!(
        answer(&session, "DESCRIBE calls").await.iter().any(|row| row.contains("timestamp (Europe/Berlin)"))
    );
    let library = QueryLibrary::shipped().unwrap();
    let params = Params::new().with("from", "2026-11-01").with("to", "2026-12-01").with("by", "day");
    let query = library.get("call_volume").unwrap();
    let params = params.with("direction", "all");
    let ran = session.run(query, &params).await.unwrap().collect().await.unwrap();
    let utc = lake.session().await.run(query, &params).await.unwrap().collect().await.unwrap();
    assert_eq!(rows(&ran), rows(&utc));
}

#[tokio::test]
async fn views_and_joins_keep_the_zone() {
    let lake = lake();
    let session = session(&lake).await;
    let view =
        "CREATE VIEW late AS SELECT engagement_id, start_time FROM calls WHERE start_time >= '2026-11-03'";
    session.define(&session.parse(view).unwrap(), view).await.unwrap();
    let sql = "SELECT l.start_time, c.start_time FROM late l JOIN calls c USING (engagement_id) \
               UNION ALL SELECT min(start_time), max(start_time) FROM late ORDER BY 1";
    let row = "2026-11-03T00:30:00+01:00 | 2026-11-03T00:30:00+01:00";
    assert_eq!(answer(&session, sql).await, [row, row]);
    assert!(session.table_names().contains("late"));
}
