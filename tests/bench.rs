//! `voxlake bench` on the committed sample: as a table, as JSON, and driven by another program.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::support::{RunOutput, run, sample, voxlake};

async fn bench(args: &[&str]) -> RunOutput {
    let folder = tempfile::tempdir().unwrap();
    run(voxlake(folder.path()).args(["bench", "--lake"]).arg(sample()).args(args)).await
}

/// The report holds no data of the calls.
#[tokio::test(flavor = "multi_thread")]
async fn every_query_is_timed() {
    let out = bench(&["--rounds", "2", "--threads", "2", "--format", "json"]).await.ok();
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["days"], json!(7), "{out}");
    assert_eq!(report["threads"], json!(2), "{out}");
    assert_eq!((&report["day"], &report["month"]), (&json!("2026-11-05"), &json!("2026-11")), "{out}");
    let questions = report["questions"].as_array().unwrap();
    let names: Vec<&str> = questions.iter().map(|question| question["name"].as_str().unwrap()).collect();
    for number in ["q1_", "q2_", "q2q_", "q3_", "q4_", "q5_", "q6_", "q7_", "q8_", "q9_", "q10_"] {
        assert!(names.iter().any(|name| name.starts_with(number)), "{names:?}");
    }
    for question in questions {
        assert!(question["rows"].as_u64().unwrap() > 0, "{question}");
        assert_eq!(question["seconds"].as_array().unwrap().len(), 2, "{question}");
        assert_eq!(question["digest"].as_str().unwrap().len(), 16, "{question}");
        let calls_read = question["calls_read"].as_u64().unwrap();
        assert!(calls_read > 0 && question["bytes_read"].as_u64().unwrap() > 0, "{question}");
    }
    // Results from summaries equal those from the calls.
    let scanned = || questions.iter().filter(|q| !q["name"].as_str().unwrap().ends_with(".summaries"));
    let digests: BTreeSet<&str> = scanned().map(|question| question["digest"].as_str().unwrap()).collect();
    assert_eq!(digests.len(), scanned().count(), "each answer has a digest of its own: {out}");
    // Start of the number of the consumer in the suite's query.
    assert!(!out.contains("\"+"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_gets_the_same_queries_again() {
    let digests = async || {
        let out = bench(&["--rounds", "1", "--questions", "q2,q5,q6,q9", "--format", "json"]).await.ok();
        let report: Value = serde_json::from_str(&out).unwrap();
        report["questions"].as_array().unwrap().iter().map(|q| q["digest"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(digests().await, digests().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_has_a_line_per_query() {
    let out =
        bench(&["--rounds", "1", "--questions", "q10,q2_durations", "--memory-limit", "64MB"]).await.ok();
    let first_words = out.lines().filter_map(|line| line.split_whitespace().next());
    let asked: Vec<&str> = first_words.filter(|word| word.starts_with('q')).collect();
    assert_eq!(asked, ["question", "q10_repeats", "q2_durations"], "{out}");
    assert!(out.contains("about 2026-11-05 and 2026-11"), "{out}");
    assert!(out.contains("threads: 1;"), "one thread where memory is limited: {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_gets_a_suggestion() {
    let ran = bench(&["--questions", "q2_duration"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("there is q2_durations"), "{ran:?}");
    let ran = bench(&["--rounds", "0"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_without_calls_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("lake/voice_calls")).unwrap();
    let ran = run(voxlake(folder.path()).args(["bench", "--lake", "lake"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("no calls to query"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_runs_single_queries() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = voxlake(folder.path());
    command.args(["bench", "--serve", "--lake"]).arg(sample()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"q5_engagement\nq11\nq4_heatmap\n").await.unwrap();
    let ran: RunOutput = child.wait_with_output().await.unwrap().into();
    let lines: Vec<Value> = ran.ok().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [greeting, engagement, unknown, heatmap] = lines.as_slice() else { panic!("{lines:?}") };

    let asked = &greeting["params"]["engagement"];
    assert_eq!(engagement["answer"].as_array().unwrap().len(), 1);
    assert_eq!(&engagement["answer"][0]["engagement_id"], asked);
    assert!(unknown["error"].as_str().unwrap().contains("q11"), "{unknown}");
    // Every call of the lake is in one hour.
    let calls: u64 =
        heatmap["answer"].as_array().unwrap().iter().map(|row| row["calls"].as_u64().unwrap()).sum();
    assert_eq!(json!(calls), greeting["calls"]);
    let declared =
        greeting["questions"].as_array().unwrap().iter().find(|q| q["name"] == "q4_heatmap").unwrap();
    let columns: Vec<&Value> =
        declared["columns"].as_array().unwrap().iter().map(|column| &column["name"]).collect();
    assert_eq!(columns, ["weekday", "hour", "calls"]);
}
