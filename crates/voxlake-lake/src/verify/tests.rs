//! Verification of intact files, and of files that another program wrote or truncated.

use std::fs::File;

use arrow::array::RecordBatch;

use super::*;
use crate::test_calls::{MIDNIGHT, calls};
use crate::write::DayWriter;
use crate::{ConflictPolicy, Coverage};

fn second(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(MIDNIGHT + second, 0).unwrap()
}

fn date() -> NaiveDate {
    second(0).date_naive()
}

/// Verifies a day file with these calls, in row groups of at most `group` rows.
async fn verdict_of(batches: &[RecordBatch], coverage: &Coverage, group: usize) -> VerifyReport {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
    let day = folder.path().join(format!("voice_calls/date={}", date()));
    std::fs::create_dir_all(&day).unwrap();
    let mut file = File::create(day.join("calls.parquet")).unwrap();
    let mut writer = DayWriter::new(&mut file, group).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish(coverage).unwrap();
    lake.verify_day(date()).await.unwrap()
}

async fn violations_of(batches: &[RecordBatch]) -> Vec<Violation> {
    verdict_of(batches, &Coverage::default(), 100).await.violations
}

#[tokio::test]
async fn counts_violations() {
    let tidy = calls(0, &[("a", 1, "missed", None), ("b", 1, "missed", None), ("a", 2, "missed", None)]);
    assert_eq!(violations_of(&[tidy]).await, []);
    let disorder = calls(0, &[("b", 1, "missed", None), ("a", 1, "missed", None), ("c", 0, "missed", None)]);
    assert_eq!(violations_of(&[disorder]).await, [Violation::OutOfOrder { calls: 2 }]);
    let (first, second) = (calls(0, &[("a", 1, "missed", None)]), calls(0, &[("a", 1, "completed", None)]));
    assert_eq!(violations_of(&[first, second]).await, [Violation::Duplicated { calls: 1 }]);
    let apart = calls(0, &[("a", 1, "missed", None), ("b", 2, "missed", None), ("a", 1, "missed", None)]);
    assert_eq!(
        violations_of(&[apart]).await,
        [Violation::OutOfOrder { calls: 1 }, Violation::Duplicated { calls: 1 }]
    );
    let strayed =
        calls(0, &[("a", -1, "missed", None), ("b", 1, "missed", None), ("c", 86_400, "missed", None)]);
    assert_eq!(violations_of(&[strayed]).await, [Violation::WrongDay { calls: 2 }]);
}

#[tokio::test]
async fn reports_missing_calls() {
    let mut coverage = Coverage::default();
    let (from, to, fetched_at) = (second(0), second(10), second(100));
    coverage.add(FetchedRange { from, to, fetched_at, total_records: Some(2), calls: Some(2), scope: None });
    // A range without a recorded count guarantees none.
    coverage.add(FetchedRange {
        from: to,
        to: fetched_at,
        fetched_at,
        total_records: Some(9),
        calls: None,
        scope: None,
    });
    let both = calls(0, &[("a", 1, "missed", None), ("b", 9, "missed", None), ("c", 10, "missed", None)]);
    assert_eq!(verdict_of(&[both], &coverage, 100).await.violations, []);
    let one = calls(0, &[("a", 1, "missed", None), ("c", 10, "missed", None)]);
    assert_eq!(
        verdict_of(&[one], &coverage, 100).await.violations,
        [Violation::Missing { from, to, expected: 2, found: 1 }]
    );
}

#[tokio::test]
async fn checksum_is_independent_of_encoding() {
    let rows = [("a", 1, "missed", Some("x")), ("b", 2, "missed", None), ("c", 3, "completed", Some("y"))];
    let sum = |batches: Vec<RecordBatch>, group| async move {
        verdict_of(&batches, &Coverage::default(), group).await.checksum
    };
    let whole = sum(vec![calls(0, &rows)], 100).await;
    let (one, two) = rows.split_at(1);
    assert_eq!(sum(vec![calls(7, one), calls(9, two)], 2).await, whole, "other groups, fetched later");
    for other in [
        calls(0, &rows[..2]),
        calls(0, &[rows[0], rows[1], ("c", 3, "completed", Some("z"))]),
        calls(0, &[rows[0], rows[1], ("c", 3, "completed", None)]),
        calls(0, &[rows[0], ("b", 2, "missed", Some("x")), ("c", 3, "completed", Some("y"))]),
        calls(0, &[rows[0], ("bc", 2, "missed", None), ("", 3, "completed", Some("y"))]),
    ] {
        assert_ne!(sum(vec![other], 100).await, whole);
    }
}

#[tokio::test]
async fn missing_file_passes_truncated_file_fails() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
    let verdict = lake.verify_day(date()).await.unwrap();
    assert_eq!((verdict.calls, verdict.violations.len()), (0, 0));
    assert_eq!(verdict.checksum, verdict_of(&[], &Coverage::default(), 100).await.checksum);

    let lock = lake.lock(second(0)).await.unwrap();
    let fetched = vec![calls(0, &[("a", 1, "missed", None)])];
    lake.merge_day(&lock, date(), fetched, &[], ConflictPolicy::Replace).await.unwrap();
    let file = folder.path().join(format!("voice_calls/date={}/calls.parquet", date()));
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let error = lake.verify_day(date()).await.unwrap_err();
    assert!(matches!(&error, LakeError::Damaged { path, .. } if path.contains("calls.parquet")), "{error}");
}

#[tokio::test]
async fn lists_unexpected_files() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
    let calls = folder.path().join("voice_calls");
    let odd_dates = ["date=+262142-12-31", "date=-0001-01-01", "date=1999-12-31", "date=2200-01-01"];
    let odd = odd_dates.map(|folder| format!("{folder}/calls.parquet"));
    let files = ["date=2026-11-01/calls.parquet", "date=2026-11-01/more.parquet", "x.csv"];
    for file in files.into_iter().chain(odd.iter().map(String::as_str)) {
        std::fs::create_dir_all(calls.join(file).parent().unwrap()).unwrap();
        std::fs::write(calls.join(file), "").unwrap();
    }
    for hidden in ["date=2026-11-01/.calls.parquet.a1.tmp", "_temporary/part.parquet"] {
        std::fs::create_dir_all(calls.join(hidden).parent().unwrap()).unwrap();
        std::fs::write(calls.join(hidden), "").unwrap();
    }
    let unexpected_files = lake.unexpected_files().await.unwrap();
    let mut expected: Vec<String> = odd
        .iter()
        .map(String::as_str)
        .chain(files.into_iter().skip(1))
        .map(|file| format!("voice_calls/{file}"))
        .collect();
    expected.sort();
    assert_eq!(unexpected_files, expected);
}
