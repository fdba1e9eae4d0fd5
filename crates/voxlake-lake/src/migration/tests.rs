//! Lakes with day files of earlier versions, of later ones and damaged ones.

use std::fs;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use object_store::ObjectStoreExt as _;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

use super::*;
use crate::test_calls::{MIDNIGHT, calls, former_file, parquet_file};
use crate::{Coverage, FetchedRange, TimeRange};

const DAY: i64 = 86_400;

fn date(day: i64) -> NaiveDate {
    DateTime::from_timestamp(MIDNIGHT + day * DAY, 0).unwrap().date_naive()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(MIDNIGHT + 9 * DAY, 0).unwrap()
}

fn two_calls(day: i64) -> RecordBatch {
    calls(1, &[("a", day * DAY + 5, "missed", Some("x")), ("b", day * DAY + 7, "completed", None)])
}

/// Coverage of a whole day with two calls.
fn covered(day: i64) -> Coverage {
    let TimeRange { from, to } = TimeRange::of_day(date(day));
    let mut coverage = Coverage::default();
    let (fetched_at, total_records, calls) = (now(), Some(3), Some(2));
    coverage.add(FetchedRange { from, to, fetched_at, total_records, calls, scope: None });
    coverage
}

struct Fixture {
    folder: tempfile::TempDir,
    lake: Lake,
    lock: WriterLock,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(now()).await.unwrap();
        Self { folder, lake, lock }
    }

    fn path(&self, day: i64) -> PathBuf {
        self.folder.path().join(layout::day_file(date(day)).to_string())
    }

    fn write(&self, day: i64, bytes: &[u8]) {
        let path = self.path(day);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    async fn plan(&self) -> MigrationPlan {
        self.lake.migration_plan(&self.lake.days().await.unwrap()).await.unwrap()
    }

    async fn migrate(&self) -> MigrationReport {
        let plan = self.plan().await;
        self.lake.migrate(&self.lock, &plan, std::future::pending(), || {}).await.unwrap()
    }
}

#[tokio::test]
async fn former_files_are_read_and_merged() {
    let fixture = Fixture::new().await;
    fixture.write(0, &former_file(&two_calls(0), &covered(0)));
    let lake = &fixture.lake;
    let read = lake.read_day(date(0)).await.unwrap();
    assert_eq!((read.calls, read.coverage), (two_calls(0), covered(0)));
    let verified = lake.verify_day(date(0)).await.unwrap();
    assert_eq!((verified.layout, verified.violations), (ColumnLayout::FormerLists, Vec::new()));

    let more = calls(2, &[("c", 6, "missed", Some("y"))]);
    let policy = ConflictPolicy::Replace;
    let commit = lake.merge_day(&fixture.lock, date(0), vec![more], &[], policy).await.unwrap();
    assert_eq!((commit.calls, commit.merged.added), (3, 1));
    assert_eq!(lake.verify_day(date(0)).await.unwrap().layout, ColumnLayout::Current);
    // The same calls in today's layout have the same checksum.
    lake.merge_day(&fixture.lock, date(1), vec![two_calls(1)], &[], policy).await.unwrap();
    let now = lake.verify_day(date(1)).await.unwrap();
    fixture.write(1, &former_file(&two_calls(1), &covered(1)));
    assert_eq!(lake.verify_day(date(1)).await.unwrap().checksum, now.checksum);
}

#[tokio::test]
async fn outdated_days_are_rewritten_once() {
    let fixture = Fixture::new().await;
    let lake = &fixture.lake;
    for day in 0..3 {
        fixture.write(day, &former_file(&two_calls(day), &covered(day)));
    }
    let narrow = two_calls(3).project(&(0..31).chain([33]).collect::<Vec<_>>()).unwrap();
    fixture.write(3, &parquet_file(&narrow, &covered(3), "voxlake 0.0.1"));
    lake.merge_day(&fixture.lock, date(4), vec![two_calls(4)], &[], ConflictPolicy::Keep).await.unwrap();
    let current = fs::read(fixture.path(4)).unwrap();
    let mut before = Vec::new();
    for day in 0..5 {
        before.push(lake.verify_day(date(day)).await.unwrap());
    }

    let plan = fixture.plan().await;
    assert_eq!((plan.outdated.len(), plan.current, plan.days()), (4, 1, 5));
    assert!(plan.describe()[0].starts_with("2026-11-01  "), "{:?}", plan.describe());
    assert!(plan.describe()[4].starts_with("would rewrite 4 of 5 days ("), "{:?}", plan.describe());
    let report = fixture.migrate().await;
    assert_eq!(report.describe(), ["rewrote 4 of 5 days; 1 was current"]);
    for (day, before) in (0..5).zip(before) {
        let after = lake.verify_day(date(day)).await.unwrap();
        assert_eq!((after.checksum, after.layout), (before.checksum, ColumnLayout::Current));
        if day < 4 {
            assert_eq!(lake.read_day(date(day)).await.unwrap().coverage, covered(day));
            let file = SerializedFileReader::new(File::open(fixture.path(day)).unwrap()).unwrap();
            let entries = file.metadata().file_metadata().key_value_metadata().unwrap();
            assert_eq!(entries.iter().filter(|entry| entry.key == "note").count(), 1);
            assert_eq!(entries.iter().filter(|entry| entry.key == "ARROW:schema").count(), 1);
        }
    }
    assert_eq!(fs::read(fixture.path(4)).unwrap(), current);
    let again = fixture.migrate().await;
    assert_eq!(again.describe(), ["nothing to rewrite: 5 days are current"]);
}

#[tokio::test]
async fn damaged_and_newer_files_stay() {
    let fixture = Fixture::new().await;
    let whole = former_file(&two_calls(0), &covered(0));
    let newer = RecordBatch::try_from_iter([
        ("engagement_id", two_calls(2)["engagement_id"].clone()),
        ("start_time", two_calls(2)["start_time"].clone()),
        ("sentiment", two_calls(2)["engagement_id"].clone()),
    ])
    .unwrap();
    let swapped = {
        let calls = two_calls(3);
        arrow::compute::take_record_batch(&calls, &arrow::array::UInt64Array::from(vec![1, 0])).unwrap()
    };
    let mut lost = covered(4);
    lost.add(FetchedRange { calls: Some(5), ..covered(4).ranges()[0] });
    let files = [
        whole[..whole.len() - 9].to_vec(),
        former_file(&two_calls(1), &covered(1)),
        parquet_file(&newer, &covered(2), "voxlake 9.0.0"),
        former_file(&swapped, &covered(3)),
        former_file(&two_calls(4), &lost),
    ];
    for (day, bytes) in (0..).zip(&files) {
        fixture.write(day, bytes);
    }
    let report = fixture.migrate().await;
    assert_eq!(report.rewritten, [date(1)]);
    let skipped: Vec<_> = report.skipped.iter().map(|day| (day.date, day.damaged)).collect();
    let [first, _, third, fourth, fifth] = [0, 1, 2, 3, 4].map(date);
    assert_eq!(skipped, [(first, true), (third, false), (fourth, true), (fifth, true)]);
    for (day, bytes) in (0..).zip(&files).filter(|(day, _)| *day != 1) {
        assert_eq!(&fs::read(fixture.path(day)).unwrap(), bytes, "day {day}");
    }
    assert_eq!(report.describe().last().unwrap(), "rewrote 1 of 5 days; 0 were current");
}

#[tokio::test]
async fn migration_stops_between_days() {
    let fixture = Fixture::new().await;
    for day in 0..3 {
        fixture.write(day, &former_file(&two_calls(day), &covered(day)));
    }
    let plan = fixture.plan().await;
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let stop = std::sync::Mutex::new(Some(stop));
    let on_day = || {
        if let Some(stop) = stop.lock().unwrap().take() {
            stop.send(()).unwrap();
        }
    };
    let stopped = async { drop(stopped.await) };
    let report = fixture.lake.migrate(&fixture.lock, &plan, stopped, on_day).await.unwrap();
    assert_eq!(report.rewritten, [date(0)]);
    assert_eq!(fixture.migrate().await.rewritten, [date(1), date(2)]);
}

#[tokio::test]
async fn confirmed_counts_are_kept() {
    let fixture = Fixture::new().await;
    let lake = &fixture.lake;
    fixture.write(0, &former_file(&two_calls(0), &covered(0)));
    let mut checks = lake.api_checks().await.unwrap();
    checks.confirm(&lake.days().await.unwrap()[0], "total");
    lake.set_api_checks(&fixture.lock, &checks).await.unwrap();
    fixture.migrate().await;
    let day = lake.days().await.unwrap().remove(0);
    assert!(lake.api_checks().await.unwrap().is_confirmed(&day, "total"));
}

#[tokio::test]
async fn lakes_in_object_stores_are_migrated() {
    let lake = Lake::create("memory:///lake").await.unwrap();
    let lock = lake.lock(now()).await.unwrap();
    let file = former_file(&two_calls(0), &covered(0));
    lake.store().put(&layout::day_file(date(0)), file.into()).await.unwrap();
    let plan = lake.migration_plan(&lake.days().await.unwrap()).await.unwrap();
    let report = lake.migrate(&lock, &plan, std::future::pending(), || {}).await.unwrap();
    assert_eq!(report.rewritten, [date(0)]);
    let day = lake.read_day(date(0)).await.unwrap();
    assert_eq!((day.calls, day.coverage), (two_calls(0), covered(0)));
    assert_eq!(lake.verify_day(date(0)).await.unwrap().layout, ColumnLayout::Current);
}
