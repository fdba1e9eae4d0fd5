//! Day files of earlier versions are queried together with today's, and `voxlake migrate` rewrites
//! them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::support::{Case, read_parquet, run, voxlake};

const DAYS: [&str; 3] = ["2025-03-03", "2025-03-04", "2025-03-05"];

fn day_file(lake: &Path, day: &str) -> PathBuf {
    lake.join(format!("voice_calls/date={day}/calls.parquet"))
}

/// Returns the type with list children named as earlier versions did.
fn former_type(of: &DataType) -> DataType {
    let renamed = |field: &FieldRef| Field::clone(field).with_data_type(former_type(field.data_type()));
    match of {
        DataType::List(child) => DataType::List(Arc::new(renamed(child).with_name("item"))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(renamed).collect()),
        other => other.clone(),
    }
}

/// Rewrites a day file as earlier versions wrote it, with its coverage.
pub(crate) fn make_former(file: &Path) {
    let metadata = SerializedFileReader::new(std::fs::File::open(file).unwrap()).unwrap();
    let entries = metadata.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let coverage = entries.into_iter().find(|entry| entry.key == "voxlake.coverage").unwrap();
    let batches = read_parquet(file);
    let whole = concat_batches(&batches[0].schema(), &batches).unwrap();
    let fields: Fields = whole
        .schema()
        .fields()
        .iter()
        .map(|field| Arc::new(Field::clone(field).with_data_type(former_type(field.data_type()))))
        .collect();
    let columns = fields.iter().zip(whole.columns());
    let columns = columns.map(|(field, column)| cast(column, field.data_type()).unwrap()).collect();
    let former = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let properties = WriterProperties::builder().set_created_by("voxlake 0.1.0".to_owned()).build();
    let out = std::fs::File::create(file).unwrap();
    let mut writer = ArrowWriter::try_new(out, former.schema(), Some(properties)).unwrap();
    writer.write(&former).unwrap();
    writer.append_key_value_metadata(coverage);
    writer.close().unwrap();
}

/// Returns the names of the children of all lists in a day file.
fn list_children(file: &Path) -> Vec<String> {
    let reader = SerializedFileReader::new(std::fs::File::open(file).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    let mut names = Vec::new();
    for column in schema.columns() {
        let path = column.path().parts();
        names.extend(path.windows(2).filter(|pair| pair[0] == "list").map(|pair| pair[1].clone()));
    }
    assert!(names.len() > 60, "{names:?}");
    names.sort();
    names.dedup();
    names
}

/// Runs `voxlake ARGS --format json` and returns the object.
async fn json(case: &Case, args: &[&str]) -> serde_json::Value {
    let args = args.iter().copied().chain(["--format", "json"]);
    serde_json::from_str(&run(&mut case.voxlake(args)).await.ok()).unwrap()
}

const QUERIES: [&[&str]; 6] = [
    &["abandonment_rate", "-p", "by=queue"],
    &["queue_charges", "--timezone", "Europe/Berlin"],
    &["duration_percentiles", "-p", "by=agent"],
    &["-c", "SELECT * FROM voice_calls ORDER BY start_time, engagement_id"],
    &["-c", "SELECT * FROM queue_calls ORDER BY start_time, engagement_id, queue_ordinal"],
    &[
        "-c",
        "SELECT date, array_agg(DISTINCT array_concat(sub_types, ['x'])) IS NULL AS n, count(*) AS calls
         FROM voice_calls WHERE array_has(distributions, 'acd') GROUP BY date ORDER BY date",
    ],
];

async fn answers(case: &Case) -> Vec<String> {
    let mut answers = Vec::new();
    for query in QUERIES {
        let args = ["query"].iter().chain(query).copied().chain(["--no-summaries", "--format", "csv"]);
        answers.push(run(&mut case.voxlake(args)).await.ok());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_with_former_files_is_migrated() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    let lake = case.lake();
    assert_eq!(list_children(&day_file(&lake, DAYS[0])), ["element"]);
    let (right, verified) = (answers(&case).await, json(&case, &["verify"]).await);
    let status = json(&case, &["status", "--days"]).await;
    for day in &DAYS[..2] {
        make_former(&day_file(&lake, day));
        assert_eq!(list_children(&day_file(&lake, day)), ["item"]);
    }

    assert_eq!(answers(&case).await, right);
    let told = run(&mut case.voxlake(["verify"])).await;
    assert!(told.err.contains("hint: `voxlake migrate`"), "{told:?}");
    assert!(told.ok().contains("2 days have an outdated column layout."));
    let told = run(&mut case.voxlake(["status"])).await.ok();
    assert!(told.contains("layout       2 days have an outdated column layout\n"), "{told}");
    run(&mut case.voxlake(["summarize"])).await.ok();
    run(&mut case.voxlake(["publish"])).await.ok();
    let former = std::fs::read(day_file(&lake, DAYS[0])).unwrap();
    let planned = run(&mut case.voxlake(["migrate", "--dry-run"])).await.ok();
    let lines: Vec<_> = planned.lines().collect();
    assert!(lines[0].starts_with(DAYS[0]) && lines[0].ends_with("list children are named item"), "{planned}");
    assert!(lines[2].starts_with("would rewrite 2 of 3 days (") && lines[2].ends_with("1 is current"));
    assert_eq!(std::fs::read(day_file(&lake, DAYS[0])).unwrap(), former);

    let migrated = run(&mut case.voxlake(["migrate"])).await.ok();
    assert_eq!(migrated, "rewrote 2 of 3 days; 1 was current\n");
    for day in DAYS {
        assert_eq!(list_children(&day_file(&lake, day)), ["element"]);
    }
    assert_eq!(json(&case, &["verify"]).await["days"], verified["days"]);
    let now = json(&case, &["status", "--days"]).await;
    for field in ["calls", "fetched", "gaps", "outdated_days"] {
        assert_eq!(now[field], status[field], "{field}");
    }
    let fetched = |status: &serde_json::Value| {
        let days = status["by_day"].as_array().unwrap().iter();
        days.map(|day| (day["fetched_at"].clone(), day["complete"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(fetched(&now), fetched(&status));
    assert_eq!(answers(&case).await, right);
    // The summaries of the former files are still valid.
    let told = run(&mut case.voxlake(["query", "abandonment_rate", "-p", "by=queue"])).await;
    assert!(told.err.contains("summaries of 1 month, 0 of 3 day files read"), "{told:?}");
    let told = run(&mut case.voxlake(["status"])).await.ok();
    assert!(told.contains("Delta table, version 1 of") && told.contains("up to date"), "{told}");
    let again = run(&mut case.voxlake(["migrate"])).await.ok();
    assert_eq!(again, "nothing to rewrite: 3 days are current\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_are_named_and_kept() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    let lake = case.lake();
    for day in &DAYS[..2] {
        make_former(&day_file(&lake, day));
    }
    let whole = std::fs::read(day_file(&lake, DAYS[0])).unwrap();
    std::fs::write(day_file(&lake, DAYS[0]), &whole[..whole.len() / 2]).unwrap();
    for dry_run in [&["--dry-run"][..], &[]] {
        let told = run(&mut case.voxlake(["migrate"].iter().chain(dry_run).copied())).await;
        assert_eq!(told.code, 1, "{told:?}");
        assert!(told.out.contains("FAULT 2025-03-03: "), "{told:?}");
        assert!(told.err.contains("hint: `voxlake sync --repair`"), "{told:?}");
    }
    assert_eq!(std::fs::read(day_file(&lake, DAYS[0])).unwrap(), &whole[..whole.len() / 2]);
    assert_eq!(list_children(&day_file(&lake, DAYS[1])), ["element"]);
}

/// A migration that is killed after each second day loses nothing and continues.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_migration_continues() {
    const ALL: usize = 12;
    let folder = tempfile::tempdir().unwrap();
    let voxlake = |args: &[&str]| {
        let mut command = voxlake(folder.path());
        command.args(args).args(["--lake", "lake"]);
        command
    };
    let days = ["generate", "--calls", "3000", "--days", "12", "--until", "2026-11-13"];
    run(&mut voxlake(&days)).await.ok();
    let verify = async || run(&mut voxlake(&["verify", "--days"])).await;
    let right = verify().await.ok();
    let folders = std::fs::read_dir(folder.path().join("lake/voice_calls")).unwrap();
    let files: Vec<_> = folders.map(|folder| folder.unwrap().path().join("calls.parquet")).collect();
    assert_eq!(files.len(), ALL);
    files.iter().for_each(|file| make_former(file));

    let checksums = |told: &str| -> Vec<String> {
        told.lines().filter(|line| line.starts_with("2026-")).map(str::to_owned).collect()
    };
    let mut rewritten = 0;
    loop {
        let mut child = voxlake(&["migrate", "-v"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let before = rewritten;
        while rewritten < before + 2
            && let Some(line) = lines.next_line().await.unwrap()
        {
            rewritten += usize::from(line.contains("rewrote a day file"));
        }
        child.kill().await.unwrap();
        assert_eq!(checksums(&verify().await.ok()), checksums(&right), "after {rewritten} days");
        if rewritten < before + 2 {
            break;
        }
    }
    assert!((2..=ALL).contains(&rewritten), "{rewritten} of {ALL} days");
    let told = run(&mut voxlake(&["migrate"])).await.ok();
    assert_eq!(told, format!("nothing to rewrite: {ALL} days are current\n"));
    assert_eq!(verify().await.ok(), right);
    for file in files {
        assert_eq!(list_children(&file), ["element"]);
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }
}
