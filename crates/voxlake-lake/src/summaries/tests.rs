use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use chrono::{DateTime, NaiveDate};

use super::*;
use crate::TimeRange;

fn rows(values: &[i64]) -> RecordBatch {
    let values = Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
    RecordBatch::try_from_iter([("calls", values)]).unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Reads all rows of a summary. `None` if it counts as missing.
async fn read(lake: &Lake, file: &SummaryFile) -> Option<RecordBatch> {
    let content = lake.read_summary(file).await.unwrap()?;
    let all: Vec<_> = (0..content.schema().fields().len()).collect();
    Some(content.rows(&all).unwrap())
}

async fn lake() -> (tempfile::TempDir, Lake, WriterLock) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    (folder, lake, lock)
}

#[tokio::test]
async fn writes_finds_reads_and_replaces() {
    let (_folder, lake, lock) = lake().await;
    let (day, month) = (SummaryPeriod::Day(date("2026-11-01")), SummaryPeriod::Month(date("2026-11-17")));
    let (old, new) = (Fingerprint::from_parts(["old"]), Fingerprint::from_parts(["new"]));
    let first = lake.write_summary(&lock, "queues", day, old, &rows(&[1]), &[]).await.unwrap();
    let whole = lake.write_summary(&lock, "queues", month, old, &rows(&[]), &[]).await.unwrap();
    lake.write_summary(&lock, "others", day, old, &rows(&[9]), &[]).await.unwrap();
    let mut found = lake.summaries("queues").await.unwrap();
    found.sort_by_key(|file| file.span);
    assert_eq!(found, [first.clone(), whole.clone()]);
    assert_eq!(whole.span, SummaryPeriod::Month(date("2026-11-01")));
    assert_eq!(read(&lake, &first).await, Some(rows(&[1])));
    assert_eq!(read(&lake, &whole).await, Some(rows(&[])));

    let second = lake
        .write_summary(&lock, "queues", day, new, &rows(&[2, 3]), std::slice::from_ref(&first))
        .await
        .unwrap();
    assert_eq!(read(&lake, &first).await, None);
    assert_eq!(read(&lake, &second).await, Some(rows(&[2, 3])));
    // Writing the same content again replaces nothing.
    let again = lake
        .write_summary(&lock, "queues", day, new, &rows(&[2, 3]), std::slice::from_ref(&second))
        .await
        .unwrap();
    assert_eq!(again, second);
    assert!(read(&lake, &second).await.is_some());
    assert!(lake.days().await.unwrap().is_empty());
}

#[tokio::test]
async fn any_changed_byte_makes_it_missing() {
    let (folder, lake, lock) = lake().await;
    let day = SummaryPeriod::Day(date("2026-11-01"));
    let file = lake
        .write_summary(&lock, "queues", day, Fingerprint::from_parts(["x"]), &rows(&[7]), &[])
        .await
        .unwrap();
    let path = folder.path().join(file.path.as_ref());
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(read(&lake, &file).await, None, "byte {at}");
    }
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(read(&lake, &file).await, None);
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(read(&lake, &file).await, Some(rows(&[7])));
}

#[tokio::test]
async fn other_files_are_not_summaries() {
    let (folder, lake, lock) = lake().await;
    let day = SummaryPeriod::Day(date("2026-11-01"));
    let file = lake
        .write_summary(&lock, "queues", day, Fingerprint::from_parts(["x"]), &rows(&[7]), &[])
        .await
        .unwrap();
    let beside = folder.path().join("summaries/queues");
    for name in
        ["day/readme.txt", "day/2026-11-01.parquet", "day/2026-11-01.1.2.parquet", "x/2026-11-01.parquet"]
    {
        let path = beside.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
    assert_eq!(lake.summaries("queues").await.unwrap(), [file]);
    assert_eq!(lake.summaries("nothing").await.unwrap(), []);
}

#[tokio::test]
async fn decodes_requested_columns_in_any_order() {
    let (_folder, lake, lock) = lake().await;
    let columns: [(&str, ArrayRef); 3] = [
        ("a", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("b", Arc::new(StringArray::from(vec!["x", "y", "z"]))),
        ("c", Arc::new(Int64Array::from(vec![7, 8, 9]))),
    ];
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let year = SummaryPeriod::Year(date("2026-11-17"));
    let file =
        lake.write_summary(&lock, "queues", year, Fingerprint::from_parts(["x"]), &rows, &[]).await.unwrap();
    let content = lake.read_summary(&file).await.unwrap().unwrap();
    assert_eq!((content.num_rows(), content.schema()), (3, rows.schema_ref()));
    assert_eq!(content.rows(&[2, 0]).unwrap(), rows.project(&[2, 0]).unwrap());
    assert_eq!(content.rows(&[1, 1]).unwrap(), rows.project(&[1, 1]).unwrap());
    assert_eq!(content.rows(&[]).unwrap().num_rows(), 3);
    let parts: Vec<_> = content.batches(&[1], 2).unwrap().map(Result::unwrap).collect();
    assert_eq!(parts, [rows.project(&[1]).unwrap().slice(0, 2), rows.project(&[1]).unwrap().slice(2, 1)]);
    assert!(content.rows(&[3]).is_err());
}

#[test]
fn periods_are_normalized_to_their_first_day() {
    let range = SummaryPeriod::Month(date("2028-02-29")).range();
    assert_eq!(
        (range.from.to_rfc3339(), range.to.to_rfc3339()),
        ("2028-02-01T00:00:00+00:00".to_owned(), "2028-03-01T00:00:00+00:00".to_owned())
    );
    assert_eq!(SummaryPeriod::Day(date("2026-12-31")).range(), TimeRange::of_day(date("2026-12-31")));
    assert_eq!(SummaryPeriod::Month(date("2026-12-31")).to_string(), "2026-12");
    let year = SummaryPeriod::Year(date("2028-12-31"));
    assert_eq!(year.range().from, SummaryPeriod::Month(date("2028-01-09")).range().from);
    assert_eq!(year.range().to, TimeRange::of_day(date("2029-01-01")).from);
    assert_eq!(year.to_string(), "2028");
}
