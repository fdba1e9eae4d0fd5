//! `voxlake publish`: the Delta table follows the lake. Its log and files are read without a Delta
//! library.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::RecordBatch;
use serde_json::Value;

use crate::support::{Case, read_parquet, run, utc};

/// Calls of each day in a version of the table: the log is replayed, and the files are counted.
fn published_calls(table: &Path, version: usize) -> BTreeMap<String, usize> {
    let mut files = BTreeSet::new();
    for version in 0..=version {
        let commit = std::fs::read_to_string(table.join(format!("_delta_log/{version:020}.json"))).unwrap();
        for line in commit.lines() {
            let action: Value = serde_json::from_str(line).unwrap();
            if let Some(path) = action["remove"]["path"].as_str() {
                assert!(files.remove(path), "{path}");
            }
            if let Some(path) = action["add"]["path"].as_str() {
                assert!(files.insert(path.to_owned()), "{path}");
            }
        }
    }
    let days = files.into_iter().map(|path| {
        let rows = read_parquet(&table.join(&path)).iter().map(RecordBatch::num_rows).sum();
        let date = path.strip_prefix("date=").unwrap().split('/').next().unwrap();
        (date.to_owned(), rows)
    });
    days.collect()
}

/// Calls of each day file of the lake.
fn lake_calls(lake: &Path) -> BTreeMap<String, usize> {
    let days = std::fs::read_dir(lake.join("voice_calls")).unwrap().map(|folder| {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let rows = read_parquet(&folder.path().join("calls.parquet")).iter().map(RecordBatch::num_rows).sum();
        (name["date=".len()..].to_owned(), rows)
    });
    days.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_follows_every_sync() {
    let case = Case::new().await;
    case.clock.set(utc("2025-03-05T20:00:30Z"));
    run(&mut case.sync(&["--settle", "100000d"])).await.ok();
    let table = case.lake().join("published/delta/voice_calls");
    assert!(!table.exists(), "no lake is published by itself");
    let early = lake_calls(&case.lake());
    let out = run(&mut case.voxlake(["publish", "--keep", "2d"])).await.ok();
    let calls = early.values().sum::<usize>();
    let calls = format!("{},{:03}", calls / 1000, calls % 1000);
    let days = early.len();
    let expected =
        format!("published version 0: {days} days added, 0 replaced, 0 removed ({days} days, {calls} calls)");
    assert!(out.contains(&expected), "{expected:?} is not in {out}");
    assert!(out.contains("Delta table: lake/published/delta/voice_calls"), "{out}");
    assert_eq!(published_calls(&table, 0), early);
    let out = run(&mut case.voxlake(["publish"])).await.ok();
    assert!(out.contains("unchanged since version 0"), "{out}");

    case.clock.set(utc("2025-03-10T00:00:00Z"));
    run(&mut case.sync(&[])).await.ok();
    let late = lake_calls(&case.lake());
    assert_ne!(late, early);
    assert_eq!(published_calls(&table, 1), late);
    assert_eq!(published_calls(&table, 0), early, "the replaced version is readable");
    let status = run(&mut case.voxlake(["status"])).await.ok();
    assert!(status.contains("published    Delta table, version 1 of 2025-03-10 00:00:"), "{status}");
    assert!(status.contains("UTC, up to date"), "{status}");

    // A deleted day is removed, and comes back with the next sync.
    std::fs::remove_dir_all(case.lake().join("voice_calls/date=2025-03-04")).unwrap();
    let status = run(&mut case.voxlake(["status"])).await.ok();
    assert!(status.contains("1 day has changed since"), "{status}");
    run(&mut case.sync(&[])).await.ok();
    assert_eq!(published_calls(&table, 2), late);

    // Two days after it was replaced, version 0 is deleted.
    let files = || std::fs::read_dir(table.join("date=2025-03-05")).unwrap().count();
    assert_eq!(files(), 2);
    case.clock.set(utc("2025-03-12T01:00:00Z"));
    let out = run(&mut case.voxlake(["publish"])).await.ok();
    assert!(out.contains("of old versions deleted"), "{out}");
    assert_eq!(files(), 1);
    assert_eq!(published_calls(&table, 2), late);

    let out = run(&mut case.voxlake(["publish", "--drop"])).await.ok();
    assert!(out.contains("the lake is not published any more"), "{out}");
    assert!(!case.lake().join("published").exists());
    assert_eq!(lake_calls(&case.lake()), late);
    run(&mut case.sync(&[])).await.ok();
    assert!(!table.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_table_is_reported_and_not_overwritten() {
    let case = Case::new().await;
    run(&mut case.voxlake(["sync", "--from", "2025-03-03", "--to", "2025-03-04"])).await.ok();
    run(&mut case.voxlake(["publish"])).await.ok();
    let other = case.lake().join("published/delta/voice_calls/_delta_log/00000000000000000001.json");
    std::fs::write(&other, r#"{"commitInfo":{"timestamp":1,"operation":"OPTIMIZE"}}"#).unwrap();
    let ran = run(&mut case.sync(&[])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("another program wrote version 1 of the published table"), "{ran:?}");
    assert!(ran.err.contains("hint: `voxlake publish --drop`"), "{ran:?}");
    assert_eq!(lake_calls(&case.lake()).len(), 3, "the calls are in the lake");
    let ran = run(&mut case.voxlake(["publish"])).await;
    assert_eq!((ran.code, ran.err.contains("another program")), (1, true), "{ran:?}");
    let ran = run(&mut case.voxlake(["status"])).await;
    assert_eq!((ran.code, ran.out.contains("DAMAGED      another program")), (1, true), "{ran:?}");
    assert!(std::fs::read_to_string(&other).unwrap().contains("OPTIMIZE"));

    run(&mut case.voxlake(["publish", "--drop"])).await.ok();
    run(&mut case.voxlake(["publish"])).await.ok();
    run(&mut case.sync(&[])).await.ok();
    std::fs::write(case.lake().join("voice_calls/date=2025-03-04/calls.parquet"), "PAR1").unwrap();
    let ran = run(&mut case.voxlake(["publish"])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("not published: day file voice_calls/date=2025-03-04"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_formats_are_refused() {
    let case = Case::new().await;
    let ran = run(&mut case.voxlake(["publish", "--format", "iceberg"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("iceberg is not supported") && ran.err.contains("delta"), "{ran:?}");
    let ran = run(&mut case.voxlake(["publish", "--keep", "long"])).await;
    assert_eq!((ran.code, ran.err.contains("no duration such as 7d")), (2, true), "{ran:?}");
    let ran = run(&mut case.voxlake(["publish"])).await;
    assert_eq!((ran.code, ran.err.contains("no lake at lake")), (1, true), "{ran:?}");
}
