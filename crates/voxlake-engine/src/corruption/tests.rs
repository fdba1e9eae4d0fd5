//! Damaged files of every kind and their errors.

use std::fs;
use std::path::Path;

use chrono::DateTime;
use serde_json::json;
use voxlake_lake::ConflictPolicy;

use voxlake_query::test_lake::{TestLake, call, decoded, rows};
use voxlake_query::{DamagedFile, QueryError, SessionOptions};

const SECOND: &str = "voice_calls/date=2026-11-02/calls.parquet";

fn three_days() -> TestLake {
    TestLake::with_calls(["2026-11-01", "2026-11-02", "2026-11-03"].map(|day| {
        call(day, &format!("{day}T08:00:00Z"), json!({"consumer_display_name": "x".repeat(2000)}))
    }))
}

fn length(path: &Path) -> usize {
    fs::read(path).unwrap().len()
}

fn cut(path: &Path, bytes: usize) {
    let file = fs::read(path).unwrap();
    fs::write(path, &file[..bytes]).unwrap();
}

fn damaged(error: &QueryError) -> &[DamagedFile] {
    match error {
        QueryError::Damaged { files } => files,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn empty_files_are_reported_on_open() {
    for bytes in [0, 11] {
        let lake = three_days();
        cut(&lake.path("2026-11-02"), bytes);
        let error = lake.open(SessionOptions::default()).await.unwrap_err();
        assert_eq!(damaged(&error)[0].path, SECOND);
        let text = error.to_string();
        assert!(text.contains(SECOND), "{text}");
    }
}

#[tokio::test]
async fn damaged_files_are_reported_by_queries() {
    let harms: [fn(&Path); 4] = [
        |path| cut(path, 12),
        |path| cut(path, length(path) / 2),
        |path| cut(path, length(path) - 1),
        |path| fs::write(path, "<html>not found</html>").unwrap(),
    ];
    for (kind, harm) in harms.into_iter().enumerate() {
        let lake = three_days();
        harm(&lake.path("2026-11-02"));
        let session = lake.session().await;
        for sql in ["SELECT count(*) FROM voice_calls", "SELECT * FROM calls WHERE date >= '2026-11-02'"] {
            // Planning reads the footer, and execution reads the rest.
            let error = match session.sql(sql).await {
                Ok(answer) => answer.collect().await.unwrap_err(),
                Err(error) => error,
            };
            assert_eq!(damaged(&error)[0].path, SECOND, "kind {kind}");
        }
        // Queries that do not need the file succeed.
        let answer = session.sql("SELECT date FROM voice_calls WHERE date = '2026-11-03'").await.unwrap();
        assert_eq!(rows(&answer.collect().await.unwrap()), ["2026-11-03"]);
    }
}

#[tokio::test]
async fn damaged_pages_are_found_by_full_reads() {
    let lake = three_days();
    let path = lake.path("2026-11-02");
    let mut file = fs::read(&path).unwrap();
    let end = file.len() - 8;
    let footer = u32::from_le_bytes(file[end..end + 4].try_into().unwrap()) as usize;
    // Overwrites everything but the magic numbers at both ends and the footer.
    for byte in &mut file[4..end - footer] {
        *byte ^= 0xff;
    }
    fs::write(&path, file).unwrap();
    let session = lake.session().await;
    let answer = session.sql("SELECT consumer_display_name FROM voice_calls").await.unwrap();
    let error = answer.collect().await.unwrap_err();
    assert_eq!(damaged(&error)[0].path, SECOND);
}

#[tokio::test]
async fn damaged_days_are_skipped_on_request() {
    let lake = three_days();
    cut(&lake.path("2026-11-02"), 0);
    cut(&lake.path("2026-11-03"), 100);
    let session = lake.open(SessionOptions::new().skip_damaged(true)).await.unwrap();
    let skipped = session.skipped().iter().map(|file| file.path.as_str()).collect::<Vec<_>>();
    assert_eq!(skipped, [SECOND, "voice_calls/date=2026-11-03/calls.parquet"]);
    let answer = session.sql("SELECT date FROM voice_calls").await.unwrap();
    assert_eq!(rows(&answer.collect().await.unwrap()), ["2026-11-01"]);
}

#[tokio::test]
async fn replaced_files_are_not_damaged() {
    let lake = three_days();
    let session = lake.session().await;
    lake.write("2026-11-02", &decoded(&[call("b", "2026-11-02T09:00:00Z", json!({}))]));
    // Planning reads the footer.
    let answer = async || session.sql("SELECT * FROM voice_calls").await?.collect().await;
    let error = answer().await.unwrap_err();
    assert!(matches!(&error, QueryError::Replaced { path } if path == SECOND), "{error:?}");
    fs::remove_file(lake.path("2026-11-02")).unwrap();
    let error = answer().await.unwrap_err();
    assert!(matches!(&error, QueryError::Replaced { path } if path == SECOND), "{error:?}");
}

#[tokio::test]
async fn a_byte_that_changed_changes_no_answer() {
    let lake = three_days();
    let path = lake.path("2026-11-02");
    // Files written by the lake have checksums.
    let writer = lake.lake().await;
    let lock = writer.lock(DateTime::UNIX_EPOCH).await.unwrap();
    let date = "2026-11-02".parse().unwrap();
    let more = decoded(&[call("more", "2026-11-02T09:00:00Z", json!({"consumer_number": "+1 555"}))]);
    writer.merge_day(&lock, date, vec![more], &[], ConflictPolicy::Replace).await.unwrap();
    let whole = fs::read(&path).unwrap();
    let sql = "SELECT * FROM voice_calls WHERE date = '2026-11-02'";
    let answer = async || {
        let session = lake.open(SessionOptions::default()).await?;
        session.sql(sql).await?.collect().await.map(|batches| rows(&batches))
    };
    let right = answer().await.unwrap();
    for place in (0..whole.len()).step_by(331) {
        let mut changed = whole.clone();
        changed[place] ^= 1 << (place % 8);
        fs::write(&path, changed).unwrap();
        match answer().await {
            Ok(rows) => assert_eq!(rows, right, "byte {place} of {}", whole.len()),
            Err(error) => assert_eq!(damaged(&error)[0].path, SECOND, "byte {place} of {}", whole.len()),
        }
    }
}
