//! `voxlake generate`: simulated calls, equal to those of a sync.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::{Child, Command};

use crate::support::{Case, run, stored_calls, voxlake};

/// End of the period of five days, which is settled by the clock of any machine.
const UNTIL: &str = "2025-03-06";

/// Returns `voxlake generate` of the period's calls into a lake.
fn generate(folder: &Path, lake: &str, calls: &str, more: &[&str]) -> Command {
    let mut command = voxlake(folder);
    command.args(["generate", "--days", "5", "--until", UNTIL, "--seed", "5", "--calls", calls]);
    command.args(["--lake", lake]).args(more);
    command
}

async fn json(folder: &Path, args: &[&str]) -> Value {
    let out = run(voxlake(folder).args(args).args(["--format", "json"])).await.ok();
    serde_json::from_str(&out).unwrap()
}

/// Returns every file of a lake's calls by path, including unfinished ones.
fn files(lake: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for day in std::fs::read_dir(lake.join("voice_calls")).unwrap() {
        for file in std::fs::read_dir(day.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            files.insert(path.strip_prefix(lake).unwrap().to_owned(), std::fs::read(&path).unwrap());
        }
    }
    files
}

/// Returns the checksums of the days, which do not depend on the time of the fetch.
async fn checksums(folder: &Path, lake: &str) -> Vec<(String, String)> {
    let verified = json(folder, &["verify", "--lake", lake]).await;
    assert_eq!(verified["clean"], true, "{verified}");
    let text = |day: &Value, name: &str| day[name].as_str().unwrap().to_owned();
    let days = verified["days"].as_array().unwrap().iter();
    days.map(|day| (text(day, "date"), text(day, "checksum"))).filter(|(date, _)| date != UNTIL).collect()
}

/// The files do not depend on the number of threads.
#[tokio::test(flavor = "multi_thread")]
async fn the_requested_calls_fill_whole_days() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(&mut generate(folder.path(), "one", "2,500", &["--jobs", "1"])).await.ok();
    assert!(out.starts_with("2,500 calls in 5 days at one: "), "{out}");
    run(&mut generate(folder.path(), "three", "2.5k", &["--jobs", "3"])).await.ok();
    let files_of_one = files(&folder.path().join("one"));
    assert_eq!(files_of_one.len(), 5);
    assert!(files_of_one == files(&folder.path().join("three")), "the files differ");

    let status = json(folder.path(), &["status", "--lake", "one", "--days"]).await;
    assert_eq!((&status["calls"], &status["gaps"]), (&2500.into(), &Value::Array(Vec::new())), "{status}");
    let days = status["by_day"].as_array().unwrap();
    assert_eq!((days.len(), days.iter().all(|day| day["complete"] == true)), (5, true), "{status}");
    // No range of the period is unsettled.
    assert_eq!(status["unsettled"][0]["from"], "2025-03-06T00:00:00Z", "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_calls_equal_synced_calls() {
    let folder = tempfile::tempdir().unwrap();
    run(&mut generate(folder.path(), "made", "1500", &[])).await.ok();
    let origin = std::fs::read_to_string(folder.path().join("made/_voxlake/origin")).unwrap();
    let rate = origin.split(", ").find_map(|part| part.strip_suffix(" a day")).unwrap();
    let demo =
        ["demo", "--lake", "fetched", "--days", "5", "--until", UNTIL, "--seed", "5", "--calls-per-day"];
    run(voxlake(folder.path()).args(demo).arg(rate)).await.ok();
    let made = checksums(folder.path(), "made").await;
    assert_eq!(made.len(), 5);
    assert_eq!(made, checksums(folder.path(), "fetched").await);
}

/// It keeps complete days only, and the next run generates the others.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    run(&mut generate(folder.path(), "whole", "20k", &[])).await.ok();
    let whole = files(&folder.path().join("whole"));

    let lake = folder.path().join("ended");
    for signal in ["-TERM", "-KILL"] {
        let mut child = generate(folder.path(), "ended", "20k", &["--jobs", "1"]);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let before = if signal == "-TERM" { 0 } else { committed(&lake).len() };
        let status = end_after_a_day(&mut child, signal, &lake, before).await;
        if signal == "-TERM" {
            assert_eq!(status, Some(130), "ended too late");
            // The unfinished file is removed.
            assert!(files(&lake).keys().all(|path| path.ends_with("calls.parquet")));
        }
        run(voxlake(folder.path()).args(["verify", "--lake", "ended"])).await.ok();
    }
    let kept = committed(&lake);
    let out = run(&mut generate(folder.path(), "ended", "20k", &[])).await.ok();
    let days = if kept.len() == 1 { "1 day".to_owned() } else { format!("{} days", kept.len()) };
    assert!(out.contains(&format!("in {days}, were there already")), "{out}");
    assert!(files(&lake) == whole, "the files differ");
    for (path, changed) in &kept {
        assert_eq!(committed(&lake).get(path), Some(changed), "{} was made again", path.display());
    }
    let out = run(&mut generate(folder.path(), "ended", "20k", &[])).await.ok();
    assert!(out.contains("in 5 days, were there already") && !out.contains("a second"), "{out}");
}

/// Returns the day files and their modification times.
fn committed(lake: &Path) -> BTreeMap<PathBuf, std::time::SystemTime> {
    let Ok(days) = std::fs::read_dir(lake.join("voice_calls")) else { return BTreeMap::new() };
    let files = days.map(|day| day.unwrap().path().join("calls.parquet"));
    files.filter_map(|file| Some((file.clone(), file.metadata().ok()?.modified().ok()?))).collect()
}

/// Ends a process as soon as it has committed another day. Returns its exit code.
async fn end_after_a_day(child: &mut Child, signal: &str, lake: &Path, before: usize) -> Option<i32> {
    while committed(lake).len() <= before {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let id = child.id().unwrap().to_string();
    Command::new("kill").args([signal, &id]).status().await.unwrap();
    child.wait().await.unwrap().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_day_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    run(&mut generate(folder.path(), "lake", "500", &[])).await.ok();
    let lake = folder.path().join("lake");
    let whole = files(&lake);
    let damaged = lake.join("voice_calls/date=2025-03-03/calls.parquet");
    std::fs::write(&damaged, &whole[Path::new("voice_calls/date=2025-03-03/calls.parquet")][..100]).unwrap();
    std::fs::remove_file(lake.join("voice_calls/date=2025-03-04/calls.parquet")).unwrap();
    let out = run(&mut generate(folder.path(), "lake", "500", &[])).await.ok();
    assert!(out.contains("in 3 days, were there already"), "{out}");
    assert!(files(&lake) == whole, "the files differ");
}

#[tokio::test(flavor = "multi_thread")]
async fn few_columns_suffice_for_standard_queries() {
    let folder = tempfile::tempdir().unwrap();
    run(&mut generate(folder.path(), "summary", "2000", &["--view", "summary"])).await.ok();
    run(&mut generate(folder.path(), "few", "2000", &["--columns", "few"])).await.ok();
    assert!(stored_calls(&folder.path().join("summary")).values().flatten().all(|call| call.legs == 0));
    run(voxlake(folder.path()).args(["verify", "--lake", "few"])).await.ok();
    let period = ["--from", "2025-03-01", "--to", UNTIL, "--format", "csv"];
    for question in [
        &["abandonment_rate", "-p", "by=queue"][..],
        &["abandonment_rate", "-p", "by=hour", "--timezone", "Asia/Kolkata"],
        &["duration_percentiles", "-p", "by=queue"],
        &["queue_charges", "-p", "attribution=split"],
        &["call_volume"],
        &["result_mix"],
    ] {
        let mut answers = Vec::new();
        for lake in ["summary", "few"] {
            let mut query = voxlake(folder.path());
            query.args(["query", "--lake", lake]).args(question).args(period);
            answers.push(run(&mut query).await.ok());
        }
        assert!(answers[0].lines().count() > 3, "{question:?}: {}", answers[0]);
        assert_eq!(answers[0], answers[1], "{question:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mixed_and_invalid_requests_are_refused() {
    let case = Case::new().await;
    let folder = case.folder.path();
    run(&mut generate(folder, "made", "100", &[])).await.ok();
    let before = files(&folder.join("made"));
    run(&mut case.sync(&[])).await.ok();
    for (lake, calls, more, said) in [
        // Another centre, another number, fewer columns, no legs: not the calls of the lake.
        ("made", "100", &["--queues", "3"][..], "queues"),
        ("made", "101", &[], "name another --lake"),
        ("made", "100", &["--columns", "few"], "name another --lake"),
        ("made", "100", &["--view", "summary"], "name another --lake"),
        ("lake", "100", &[], "calls that were not simulated here"),
        ("new", "1B", &[], "more --days"),
        ("new", "0", &[], "at least one call"),
        ("new", "many", &[], "is not a number of calls"),
        ("new", "5", &["--queues", "0"], "queues"),
    ] {
        let ran = run(&mut generate(folder, lake, calls, more)).await;
        assert_eq!(ran.code, 2, "{calls} {more:?}: {ran:?}");
        assert!(ran.err.contains(said), "{calls} {more:?}: {ran:?}");
    }
    // Real calls are refused, too.
    let ran = run(&mut case.sync(&["--lake", "made"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("simulated calls"), "{ran:?}");
    assert!(files(&folder.join("made")) == before);
    assert!(!folder.join("new").exists());
}
