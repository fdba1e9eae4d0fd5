//! Tests of the table `days`.

use serde_json::json;
use voxlake_lake::TimeRange;

use voxlake_query::test_lake::{TestLake, call, decoded, rows};
use voxlake_query::{QueryError, SessionOptions};

#[tokio::test]
async fn each_day_file_is_a_row() {
    let lake = TestLake::empty();
    let at = |text: &str| text.parse().unwrap();
    let calls = [call("a", "2026-11-01T08:00:00Z", json!({})), call("b", "2026-11-01T09:30:00Z", json!({}))];
    lake.write_fetched(
        "2026-11-01",
        &decoded(&calls),
        &[
            (at("2026-11-01T00:00:00Z"), at("2026-11-01T12:00:00Z"), Some(2)),
            (at("2026-11-01T12:00:00Z"), at("2026-11-02T00:00:00Z"), Some(0)),
        ],
    );
    lake.write_fetched(
        "2026-11-02",
        &decoded(&[]),
        &[
            (at("2026-11-02T00:00:00Z"), at("2026-11-02T10:00:00Z"), Some(5)),
            (at("2026-11-02T09:00:00Z"), at("2026-11-02T12:00:00Z"), Some(5)),
        ],
    );
    lake.write("2026-11-03", &decoded(&[call("c", "2026-11-03T08:00:00Z", json!({}))]));
    let columns = "date, calls, first_start, last_start, fetched_at, covered, covered_seconds, total_records";
    assert_eq!(
        lake.sql(&format!("SELECT {columns} FROM days ORDER BY date")).await,
        [
            "2026-11-01 | 2 | 2026-11-01T08:00:00Z | 2026-11-01T09:30:00Z | 2026-11-04T12:00:00Z | true | 86400 | 2",
            "2026-11-02 | 0 | NULL | NULL | 2026-11-04T12:00:00Z | false | 43200 | NULL",
            "2026-11-03 | 1 | 2026-11-03T08:00:00Z | 2026-11-03T08:00:00Z | NULL | false | 0 | NULL",
        ]
    );
    let size = std::fs::metadata(lake.path("2026-11-03")).unwrap().len();
    assert_eq!(lake.sql("SELECT bytes FROM days WHERE date = '2026-11-03'").await, [size.to_string()]);
}

/// Coverage written by a clock that was ahead.
#[tokio::test]
async fn coverage_from_the_future_covers_nothing() {
    let lake = TestLake::empty();
    let at = |text: &str| text.parse().unwrap();
    // Fetched at noon of the 4th.
    let ranges = [(at("2026-11-01T00:00:00Z"), at("2026-11-02T00:00:00Z"), Some(1))];
    let calls = [call("a", "2026-11-01T08:00:00Z", json!({}))];
    lake.write_fetched("2026-11-01", &decoded(&calls), &ranges);
    let sql = "SELECT covered, covered_seconds, fetched_at, total_records FROM days";
    type Clock = fn() -> chrono::DateTime<chrono::Utc>;
    let clocks: [(Clock, &str, usize); 2] = [
        (|| "2026-11-05T00:00:00Z".parse().unwrap(), "true | 86400 | 2026-11-04T12:00:00Z | 1", 0),
        (|| "2026-11-04T10:00:00Z".parse().unwrap(), "false | 0 | NULL | NULL", 1),
    ];
    for (clock, row, gaps) in clocks {
        let options = SessionOptions::new().clock(Some(clock));
        let session = lake.open(options).await.unwrap();
        assert_eq!(rows(&session.sql(sql).await.unwrap().collect().await.unwrap()), [row]);
        let day = TimeRange { from: at("2026-11-01T00:00:00Z"), to: at("2026-11-02T00:00:00Z") };
        assert_eq!(session.gaps(day).await.unwrap().len(), gaps, "{row}");
    }
}

#[tokio::test]
async fn damaged_files_are_reported_on_demand() {
    let lake = TestLake::with_calls([call("a", "2026-11-01T08:00:00Z", json!({}))]);
    std::fs::write(lake.path("2026-11-01"), "this is no Parquet file").unwrap();
    let session = lake.session().await;
    match session.sql("SELECT * FROM days").await.unwrap().collect().await {
        Err(QueryError::Damaged { files }) => assert!(files[0].path.contains("2026-11-01"), "{files:?}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_needed_footers_are_read() {
    let days = ["2026-11-01", "2026-11-02", "2026-11-03"];
    let lake = TestLake::with_calls(days.map(|day| call(day, &format!("{day}T08:00:00Z"), json!({}))));
    std::fs::write(lake.path(days[2]), "this is no Parquet file").unwrap();
    for (filter, dates) in [
        ("date = '2026-11-01'", &days[..1]),
        ("date < '2026-11-03' AND calls > 0", &days[..2]),
        ("date IN ('2026-11-02', '2026-12-01')", &days[1..2]),
        ("date > '2026-11-03'", &[]),
    ] {
        let found = lake.sql(&format!("SELECT date FROM days WHERE {filter} ORDER BY date")).await;
        assert_eq!(found, dates, "{filter}");
    }
    assert_eq!(lake.sql("SELECT calls FROM days WHERE date = '2026-11-02' LIMIT 1").await, ["1"]);
}
