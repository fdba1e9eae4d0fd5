//! Tests of `lag` by hash against expected rows, plain code and DataFusion's sort.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};

use voxlake_query::test_lake::{TestLake, call, rows};
use voxlake_query::{LakeSession, SessionOptions};

fn of_number(id: &str, at: &str, number: &Value, direction: &str) -> Value {
    call(id, at, json!({"consumer_number": number, "direction": direction}))
}

fn lake() -> TestLake {
    TestLake::with_calls([
        of_number("a", "2026-11-01T08:00:00Z", &json!("+1"), "inbound"),
        of_number("b", "2026-11-01T09:00:00Z", &json!("+2"), "inbound"),
        of_number("c", "2026-11-02T08:00:00Z", &json!(null), "inbound"),
        of_number("d", "2026-11-02T08:00:00Z", &json!("+1"), "outbound"),
        of_number("e", "2026-11-03T08:00:00Z", &json!("+1"), "inbound"),
        of_number("f", "2026-11-04T08:00:00Z", &json!(null), "inbound"),
    ])
}

async fn answer(lake: &TestLake, sql: &str, options: SessionOptions) -> Vec<String> {
    let session = LakeSession::open(&lake.lake().await, options).await.unwrap();
    rows(&session.sql(sql).await.unwrap().collect().await.unwrap())
}

async fn is_hashed(lake: &TestLake, sql: &str) -> bool {
    let plan = answer(lake, &format!("EXPLAIN FORMAT INDENT {sql}"), SessionOptions::default()).await;
    plan.join("\n").contains("HashLagExec")
}

#[tokio::test]
async fn previous_call_of_the_number_is_found() {
    let lake = lake();
    let sql = "SELECT engagement_id, lag(engagement_id) OVER w AS id, lag(start_time) OVER w AS at
               FROM voice_calls WINDOW w AS (PARTITION BY consumer_number ORDER BY start_time)
               ORDER BY engagement_id";
    assert!(is_hashed(&lake, sql).await);
    let expected = [
        "a | NULL | NULL",
        "b | NULL | NULL",
        "c | NULL | NULL",
        "d | a | 2026-11-01T08:00:00Z",
        "e | d | 2026-11-02T08:00:00Z",
        "f | c | 2026-11-02T08:00:00Z",
    ];
    assert_eq!(lake.sql(sql).await, expected);
}

#[tokio::test]
async fn ties_are_ordered_by_id() {
    let at = "2026-11-01T08:00:00Z";
    let lake = TestLake::with_calls(["c", "a", "b"].map(|id| of_number(id, at, &json!("+1"), "inbound")));
    let sql = "SELECT engagement_id, lag(engagement_id) OVER (
                   PARTITION BY consumer_number ORDER BY start_time, engagement_id
               ) FROM voice_calls ORDER BY 1";
    assert!(is_hashed(&lake, sql).await);
    assert_eq!(lake.sql(sql).await, ["a | NULL", "b | a", "c | b"]);
}

#[tokio::test]
async fn keys_can_be_several_expressions() {
    let lake = lake();
    let sql = "SELECT date_part('day', at) AS day, count(*) FROM (
                   SELECT start_time, direction, consumer_number,
                       lag(start_time) OVER (
                           PARTITION BY direction, upper(consumer_number) ORDER BY start_time
                       ) AS at
                   FROM voice_calls WHERE consumer_number IS NOT NULL
               ) WHERE start_time >= '2026-11-02' GROUP BY day ORDER BY day";
    assert!(is_hashed(&lake, sql).await);
    assert_eq!(lake.sql(sql).await, ["1 | 1", "NULL | 1"]);
    let none = "SELECT lag(start_time) OVER (PARTITION BY result ORDER BY start_time) FROM voice_calls
                WHERE direction = 'sideways'";
    assert!(is_hashed(&lake, none).await);
    assert_eq!(lake.sql(none).await, [""; 0]);
}

#[tokio::test]
async fn other_windows_are_not_rewritten() {
    let lake = lake();
    for window in [
        "lag(start_time, 2) OVER (PARTITION BY consumer_number ORDER BY start_time)",
        "lag(start_time, 1, start_time) OVER (PARTITION BY consumer_number ORDER BY start_time)",
        "lag(end_time) IGNORE NULLS OVER (PARTITION BY consumer_number ORDER BY start_time)",
        "lead(start_time) OVER (PARTITION BY consumer_number ORDER BY start_time)",
        "lag(start_time) OVER (PARTITION BY consumer_number ORDER BY start_time DESC)",
        "lag(start_time) OVER (PARTITION BY consumer_number ORDER BY end_time)",
        "lag(start_time) OVER (PARTITION BY consumer_number ORDER BY start_time, engagement_id DESC)",
        "lag(start_time) OVER (PARTITION BY consumer_number ORDER BY start_time, direction)",
        "lag(start_time) OVER (PARTITION BY consumer_number ORDER BY start_time, engagement_id, direction)",
        "lag(start_time) OVER (PARTITION BY consumer_number ORDER BY CASE WHEN direction = 'inbound'
            THEN start_time ELSE (SELECT start_time FROM voice_calls WHERE engagement_id = 'none') END)",
        "lag(start_time) OVER (ORDER BY start_time)",
        "max(start_time) OVER (PARTITION BY consumer_number ORDER BY start_time)",
    ] {
        assert!(!is_hashed(&lake, &format!("SELECT {window} FROM voice_calls")).await, "{window}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn hash_equals_sort_and_plain_code(
        calls in prop::collection::vec((0_i64..400, prop::option::of(0_u8..6)), 1..120),
    ) {
        let at = |minutes: i64| DateTime::from_timestamp(1_793_491_200 + minutes * 60 * 17, 0).unwrap();
        let lake = TestLake::with_calls(calls.iter().enumerate().map(|(id, (minutes, number))| {
            let number = number.map_or(Value::Null, |number| json!(format!("+{number}")));
            of_number(&format!("id{id}"), &at(*minutes).to_rfc3339(), &number, "inbound")
        }));
        let mut times: BTreeMap<Option<u8>, Vec<i64>> = BTreeMap::new();
        for (minutes, number) in &calls {
            times.entry(*number).or_default().push(at(*minutes).timestamp());
        }
        let mut expected = Vec::new();
        for (number, times) in &mut times {
            times.sort_unstable();
            let number = number.map_or("NULL".to_owned(), |number| format!("+{number}"));
            let before = [None].into_iter().chain(times.iter().map(Some));
            expected.extend(times.iter().zip(before).map(|(time, before)| {
                format!("{number} | {time} | {}", before.map_or("NULL".to_owned(), i64::to_string))
            }));
        }
        expected.sort_unstable();

        let sql = "SELECT consumer_number, CAST(date_part('epoch', start_time) AS BIGINT),
                       CAST(date_part('epoch', lag(start_time) OVER (
                           PARTITION BY consumer_number ORDER BY start_time)) AS BIGINT)
                   FROM voice_calls";
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            assert!(is_hashed(&lake, sql).await);
            for options in [
                SessionOptions::new().target_partitions(NonZeroUsize::new(3)),
                // With a memory limit, the plan sorts, which can spill.
                SessionOptions::new().memory_limit(Some(64 << 20)),
            ] {
                let mut found = answer(&lake, sql, options).await;
                found.sort_unstable();
                assert_eq!(found, expected);
            }
        });
    }
}
