//! What authors of wrong statements are told.

use insta::assert_snapshot;

use super::*;
use crate::test_lake::TestLake;
use crate::{Outcome, SessionOptions, Workspace};

/// The errors of statements, each with its place and hint.
async fn told(statements: &[&str]) -> String {
    let lake = TestLake::of([crate::test_lake::call("a", "2026-11-02T08:00:00Z", serde_json::json!({}))]);
    let workspace = Workspace::open(&lake.lake().await, SessionOptions::default()).await.unwrap();
    let lexicon = workspace.lexicon().await.unwrap();
    let mut told = Vec::new();
    for sql in statements {
        let error = match workspace.clone().run(sql).await {
            Ok((_, Outcome::Rows(answer))) => answer.collect().await.unwrap_err(),
            Ok((_, other)) => panic!("{sql}: {other:?}"),
            Err(error) => error,
        };
        let Problem { message, place, hint } = Problem::of(&error, sql, &lexicon);
        let place = place.map_or_else(String::new, |place| {
            format!("\n{}{} line {}", " ".repeat(place.column - 1), "^".repeat(place.length), place.line)
        });
        told.push(format!("{sql}{place}\n{message}\nhint: {}", hint.unwrap_or_default()));
    }
    told.join("\n\n")
}

#[tokio::test]
async fn a_wrong_name_is_told_with_the_nearest() {
    assert_snapshot!(
        told(&[
            "SELECT reslt FROM voice_calls",
            "SELECT count(*) FROM voice_calls v WHERE v.directoin = 'inbound'",
            "SELECT queue_name FROM calls",
            "SELECT \"Result\" FROM calls",
            "SELECT count(*) FROM calls WHERE result = \"completed\"",
            "SELECT zzz FROM calls",
            "SELECT * FROM queue_cals",
            "SELECT * FROM zzz",
            "SELECT\n  coutn(*)\nFROM calls",
            "SELECT local_tme(start_time, 'UTC') FROM calls",
            "DROP TABLE mine",
        ])
        .await
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_told_with_its_place() {
    assert_snapshot!(
        told(&[
            "SELECT FROM WHERE",
            "SELCT 1",
            "SELECT count(*\nFROM calls",
            "SELECT 'open",
            "SELECT 1 LIMIT",
            "SELECT 1 FROM calls WHERE",
        ])
        .await
    );
}

#[tokio::test]
async fn groups_types_and_values_keep_the_engines_detail_without_its_noise() {
    assert_snapshot!(
        told(&[
            "SELECT direction, result, count(*) FROM calls GROUP BY direction",
            "SELECT sum(result) FROM calls",
            "SELECT local_time(result) FROM calls",
            "SELECT result + 1 FROM calls",
            "SELECT CAST(engagement_id AS INT) FROM calls",
            "SELECT CAST('soon' AS TIMESTAMP)",
            "SELECT 1 / 0",
            "SELECT * FROM calls WHERE total_duration",
            "SELECT direction FROM calls UNION SELECT direction, result FROM calls",
            "INSERT INTO calls SELECT 1",
            "SET datafusion.execution.batch_sizes = 3",
            "SELECT a.result FROM calls a JOIN calls b ON a.result = b.result WHERE direction = 'x'",
        ])
        .await
    );
}
