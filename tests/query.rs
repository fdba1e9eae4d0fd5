//! `voxlake query`: by name, in SQL, from a file; formats, periods and errors.

mod catalog;
mod output;
mod periods;
mod tables;

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;

use crate::support::{Case, run};

pub(crate) async fn synced() -> Case {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    case
}

/// Returns the rows of a CSV as maps from header to cell.
fn rows(csv: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    // The simulator's queue names contain quotes, but no commas or line breaks.
    lines
        .map(|line| names.iter().map(ToString::to_string).zip(line.split(',').map(str::to_owned)).collect())
        .collect()
}

/// SQL comes from an argument, a file or standard input.
#[tokio::test(flavor = "multi_thread")]
async fn sql_is_read_from_all_sources() {
    let case = synced().await;
    let calls = case.calls().len();
    let sql = "SELECT count(*) AS calls FROM voice_calls WHERE start_time < '2025-03-06T00:00:00Z'";
    let expected = format!("calls\n{calls}\n");
    let out = run(&mut case.voxlake(["query", "-c", sql, "--format", "csv"])).await.ok();
    assert_eq!(out, expected);

    std::fs::write(case.folder.path().join("count.sql"), sql).unwrap();
    let out = run(&mut case.voxlake(["query", "-f", "count.sql", "--format", "csv"])).await.ok();
    assert_eq!(out, expected);

    let mut command = case.voxlake(["query", "-f", "-", "--format", "csv"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(sql.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_format_says_the_same() {
    let case = synced().await;
    let sql = "SELECT 1 AS one, CAST('0.019' AS DECIMAL(18,6)) AS charge, NULL AS nothing";
    for (format, expected) in [
        ("csv", "one,charge,nothing\n1,0.019000,\n"),
        ("tsv", "one\tcharge\tnothing\n1\t0.019000\t\n"),
        ("json", "[{\"one\":1,\"charge\":0.019000,\"nothing\":null}]\n"),
        ("ndjson", "{\"one\":1,\"charge\":0.019000,\"nothing\":null}\n"),
    ] {
        let out = run(&mut case.voxlake(["query", "-c", sql, "--format", format])).await.ok();
        assert_eq!(out.trim_end(), expected.trim_end(), "{format}");
    }
    let table = run(&mut case.voxlake(["query", "-c", sql])).await.ok();
    assert!(table.contains("0.019000") && table.contains("NULL"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn queue_charges_add_up_per_attribution() {
    let case = synced().await;
    let micros: i64 =
        case.calls().iter().filter_map(|call| call.charge.amount()).map(|amount| amount.0).sum();
    let total = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    for attribution in ["auto", "legs", "split", "first", "last"] {
        let choice = format!("attribution={attribution}");
        let args = ["query", "queue_charges", "--to", "2025-03-06", "--format", "csv", "-p", &choice];
        let out = run(&mut case.voxlake(args)).await.ok();
        let rows = rows(&out);
        let sum = |kind: &str| -> i64 {
            rows.iter()
                .filter(|row| row["line"] == kind)
                .map(|row| row["charge"].replace('.', "").parse::<i64>().unwrap_or(0))
                .sum()
        };
        assert_eq!(sum("queue") + sum("unallocated"), sum("total"), "{attribution}: {out}");
        assert_eq!(rows.iter().find(|row| row["line"] == "total").unwrap()["charge"], total, "{attribution}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_query_has_period_and_timezone() {
    let case = synced().await;
    let args = [
        "query",
        "abandonment_rate",
        "--from",
        "2025-03-04",
        "--to",
        "2025-03-05",
        "--timezone",
        "Asia/Tokyo",
    ];
    let table = run(&mut case.voxlake(args)).await.ok();
    assert!(table.starts_with("abandonment_rate: "), "{table}");
    assert!(table.contains("2025-03-04 00:00 to 2025-03-05 00:00 (not included), Asia/Tokyo"), "{table}");

    let csv =
        run(&mut case.voxlake(args.into_iter().chain(["-p", "by=total", "--format", "csv"]))).await.ok();
    let (from, to) = ("2025-03-03T15:00:00Z".parse().unwrap(), "2025-03-04T15:00:00Z".parse().unwrap());
    let offered = case
        .centre
        .calls(from, to)
        .filter(|call| call.direction.as_str() == "inbound")
        .filter(|call| call.distributions.iter().any(|d| d.as_str() == "acd"))
        .filter(|call| call.result.is_none_or(|result| result.as_str() != "contained"))
        .count();
    assert_eq!(rows(&csv).last().unwrap()["offered"], offered.to_string(), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_query_gets_a_suggestion() {
    let case = synced().await;
    for (args, code, expected) in [
        (vec!["query", "abandonement_rate"], 2, "abandonment_rate"),
        (vec!["query", "abandonment_rate", "-p", "by=planet"], 2, "queue"),
        (vec!["query", "abandonment_rate", "-p", "per=queue"], 2, "by"),
        (vec!["query", "abandonment_rate", "-p", "by"], 2, "name=value"),
        (vec!["query", "abandonment_rate", "-p", "from=2025-03-04"], 2, "--from"),
        (vec!["query", "-c", "-- a note\nSELECT concat(chr(27), 'x')::INT"], 1, "\\u{1b}x"),
        (vec!["query", "abandonment_rate", "--from", "soon"], 2, "2026-11-01"),
        (vec!["query", "abandonment_rate", "--timezone", "Berlin"], 2, "Europe/Berlin"),
        (vec!["query", "abandonment_rate", "--from", "2025-03-05", "--to", "2025-03-04"], 2, "2025-03-0"),
        (vec!["query"], 2, "--list"),
        (vec!["query", "-c", "SELECT reslt FROM voice_calls"], 2, "result"),
        (vec!["query", "-c", "SELECT FROM WHERE"], 2, "error"),
        (vec!["query", "-c", "DROP VIEW queue_calls"], 2, "read-only session"),
        (vec!["query", "-c", "COPY voice_calls TO 'x.csv'"], 2, "read-only session"),
        (vec!["query", "-f", "none.sql"], 2, "none.sql"),
        (vec!["query", "abandonment_rate", "--lake", "none"], 1, "voxlake demo"),
    ] {
        let ran = run(&mut case.voxlake(args.iter().copied())).await;
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        assert!(ran.err.contains(expected), "{args:?}: {ran:?}");
        assert!(ran.out.is_empty(), "{args:?}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_result_class_is_refused() {
    let case = synced().await;
    let ask = ["query", "abandonment_rate", "-p", "by=total", "--format", "csv"];
    let config = case.folder.path().join("voxlake.toml");
    std::fs::write(&config, "[result_classes]\ncompleted = 'handeld'\n").unwrap();
    let ran = run(&mut case.voxlake(ask)).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("result_classes.completed") && ran.err.contains("handled"), "{ran:?}");

    std::fs::write(&config, "[result_classes]\ncompleted = 'abandoned'\n").unwrap();
    let csv = run(&mut case.voxlake(ask)).await.ok();
    let row = rows(&csv).remove(0);
    assert!(row["abandoned"].parse::<u32>().unwrap() > row["offered"].parse::<u32>().unwrap() / 2, "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_lakes_and_periods_have_no_calls() {
    let case = Case::new().await;
    std::fs::create_dir_all(case.lake().join("voice_calls")).unwrap();
    let args = ["query", "-c", "SELECT count(*) AS n FROM queue_calls", "--format", "csv"];
    assert_eq!(run(&mut case.voxlake(args)).await.ok(), "n\n0\n");
    for name in ["abandonment_rate", "duration_percentiles", "queue_charges"] {
        run(&mut case.voxlake(["query", name])).await.ok();
        run(&mut case.voxlake(["query", name, "--from", "2020-01-01", "--to", "2020-01-02"])).await.ok();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pipe_is_no_failure() {
    let case = synced().await;
    let mut command = case.voxlake(["query", "-c", "SELECT * FROM voice_calls", "--format", "csv"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}
