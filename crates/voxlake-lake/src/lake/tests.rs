//! Lakes in a folder and in memory, intact and damaged.

use std::fs;

use arrow::array::{Array as _, RecordBatch};
use chrono::TimeDelta;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use voxlake_model::decode_records;

use super::*;
use crate::{ConflictPolicy, FetchedRange, MergeCounts, TimeRange};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn calls(ids: &[&str]) -> RecordBatch {
    let records: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"engagement_id": "{id}", "start_time": "2026-11-01T08:00:00Z", "queues": [{{"queue_name": "Claims"}}]}}"#))
        .collect();
    decode_records(records.iter().map(String::as_str), at("2026-11-02T00:00:00Z")).unwrap().0
}

fn whole_day(total: u64) -> FetchedRange {
    FetchedRange {
        from: at("2026-11-01T00:00:00Z"),
        to: at("2026-11-02T00:00:00Z"),
        fetched_at: at("2026-11-03T00:00:01Z"),
        total_records: Some(total),
        calls: None,
        scope: None,
    }
}

async fn lake_with_a_day() -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
    let lock = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
    lake.merge_day(
        &lock,
        date("2026-11-01"),
        vec![calls(&["b", "a"])],
        &[whole_day(2)],
        ConflictPolicy::Replace,
    )
    .await
    .unwrap();
    (folder, lake)
}

const DAY_FILE: &str = "voice_calls/date=2026-11-01/calls.parquet";

#[tokio::test]
async fn reads_back_sorted_calls_and_coverage() {
    let (_folder, lake) = lake_with_a_day().await;
    let days = lake.days().await.unwrap();
    assert_eq!(days.iter().map(|day| day.meta.location.as_ref()).collect::<Vec<_>>(), [DAY_FILE]);
    let day = lake.read_day(date("2026-11-01")).await.unwrap();
    assert_eq!(day.calls, calls(&["a", "b"]));
    assert_eq!(lake.coverage(&days[0]).await.unwrap(), day.coverage);
    assert_eq!(day.coverage.ranges(), [FetchedRange { calls: Some(2), ..whole_day(2) }]);
    let whole = TimeRange { from: whole_day(2).from, to: whole_day(2).to };
    assert_eq!(day.coverage.unsettled(whole, TimeDelta::hours(24)), []);
}

#[tokio::test]
async fn footer_has_count_and_time_range() {
    let (folder, lake) = lake_with_a_day().await;
    let footer = lake.footer(&lake.days().await.unwrap()[0]).await.unwrap();
    let start = Some(at("2026-11-01T08:00:00Z"));
    assert_eq!((footer.rows, footer.sorted), (2, true));
    assert_eq!((footer.first_start, footer.last_start), (start, start));
    assert_eq!(footer.coverage.ranges().len(), 1);

    let write = |batch: &RecordBatch, properties| {
        let file = fs::File::create(folder.path().join(DAY_FILE)).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
    };
    // A file of another program: no coverage, unsorted, with microseconds.
    let micros = arrow::datatypes::DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None);
    let both = calls(&["b", "a"]);
    let starts = arrow::compute::cast(&both["start_time"], &micros).unwrap();
    let ids = Arc::clone(&both["engagement_id"]);
    let foreign = RecordBatch::try_from_iter([("engagement_id", ids), ("start_time", starts)]).unwrap();
    write(&foreign, WriterProperties::default());
    let footer = lake.footer(&lake.days().await.unwrap()[0]).await.unwrap();
    assert_eq!((footer.rows, footer.sorted, footer.coverage), (2, false, Coverage::default()));
    assert_eq!((footer.first_start, footer.last_start), (start, start));

    let silent = WriterProperties::builder().set_statistics_enabled(EnabledStatistics::None).build();
    write(&foreign, silent);
    let footer = lake.footer(&lake.days().await.unwrap()[0]).await.unwrap();
    assert_eq!((footer.rows, footer.first_start, footer.last_start), (2, None, None));
}

#[tokio::test]
async fn fetching_twice_changes_nothing() {
    let (folder, lake) = lake_with_a_day().await;
    let before = fs::read(folder.path().join(DAY_FILE)).unwrap();
    let lock = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
    let commit = lake
        .merge_day(
            &lock,
            date("2026-11-01"),
            vec![calls(&["a", "b"])],
            &[whole_day(2)],
            ConflictPolicy::Replace,
        )
        .await
        .unwrap();
    assert_eq!((commit.calls, commit.merged), (2, MergeCounts { added: 0, changed: 0, unchanged: 2 }));
    assert_eq!(fs::read(folder.path().join(DAY_FILE)).unwrap(), before);
}

#[tokio::test]
async fn day_without_calls_has_an_empty_file() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
    let lock = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
    lake.merge_day(&lock, date("2026-11-01"), vec![], &[whole_day(0)], ConflictPolicy::Replace)
        .await
        .unwrap();
    let day = lake.read_day(date("2026-11-01")).await.unwrap();
    assert_eq!((day.calls.num_rows(), day.coverage.ranges().len()), (0, 1));
    let footer = lake.footer(&lake.days().await.unwrap()[0]).await.unwrap();
    assert_eq!((footer.rows, footer.first_start, footer.last_start, footer.sorted), (0, None, None, true));
}

#[tokio::test]
async fn damaged_days_can_be_quarantined() {
    let (folder, lake) = lake_with_a_day().await;
    let file = folder.path().join(DAY_FILE);
    let whole = fs::read(&file).unwrap();
    let (cut, half) = (whole.len() - 1, whole.len() / 2);
    let gap = [&whole[..4], &whole[half..]].concat();
    let damages: [&[u8]; 5] = [b"", b"PAR1", &whole[..cut], &gap, &whole[..half]];
    for damage in damages {
        fs::write(&file, damage).unwrap();
        let day = lake.days().await.unwrap().remove(0);
        for error in [lake.check_footer(&day).await.unwrap_err(), lake.read_day(day.date).await.unwrap_err()]
        {
            assert!(matches!(&error, LakeError::Damaged { path, .. } if path == DAY_FILE), "{error:?}");
        }
    }
    let lock = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
    let day = lake.days().await.unwrap().remove(0);
    let to = lake.quarantine(&lock, &day, at("2026-11-03T00:00:00Z")).await.unwrap();
    assert_eq!(fs::read(folder.path().join(to)).unwrap(), &whole[..whole.len() / 2]);
    assert!(lake.days().await.unwrap().is_empty());
    assert_eq!(lake.read_day(day.date).await.unwrap().calls.num_rows(), 0);
}

#[tokio::test]
async fn reading_detects_damage_of_the_data() {
    let (folder, lake) = lake_with_a_day().await;
    let file = folder.path().join(DAY_FILE);
    let mut bytes = fs::read(&file).unwrap();
    bytes[4..40].fill(0xff);
    fs::write(&file, bytes).unwrap();
    let error = lake.read_day(date("2026-11-01")).await.unwrap_err();
    assert!(matches!(&error, LakeError::Damaged { path, .. } if path == DAY_FILE), "{error:?}");
}

#[tokio::test]
async fn older_schemas_are_extended_newer_ones_refused() {
    let (folder, lake) = lake_with_a_day().await;
    let file = folder.path().join(DAY_FILE);
    let write = |batch: &RecordBatch| {
        let mut writer =
            ArrowWriter::try_new(fs::File::create(&file).unwrap(), batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
    };
    // A file from before `cc_queue_id` and `result`.
    let calls_now = calls(&["a"]);
    let queues = calls_now["queues"].as_any().downcast_ref::<arrow::array::ListArray>().unwrap();
    let names = queues.values().as_any().downcast_ref::<arrow::array::StructArray>().unwrap();
    let narrow =
        arrow::array::StructArray::try_from(vec![("queue_name", Arc::clone(&names["queue_name"]))]).unwrap();
    let item = arrow::datatypes::Field::new_list_field(narrow.data_type().clone(), true);
    let list = arrow::array::ListArray::new(Arc::new(item), queues.offsets().clone(), Arc::new(narrow), None);
    let older = RecordBatch::try_from_iter_with_nullable([
        ("engagement_id", Arc::clone(&calls_now["engagement_id"]), false),
        ("start_time", Arc::clone(&calls_now["start_time"]), false),
        ("queues", Arc::new(list) as arrow::array::ArrayRef, true),
        ("fetched_at", Arc::clone(&calls_now["fetched_at"]), false),
    ])
    .unwrap();
    write(&older);
    assert_eq!(lake.read_day(date("2026-11-01")).await.unwrap().calls, calls_now);

    let columns =
        [("engagement_id", "engagement_id"), ("start_time", "start_time"), ("sentiment", "engagement_id")];
    let newer = columns.map(|(name, of)| (name, Arc::clone(&calls_now[of])));
    let newer = RecordBatch::try_from_iter(newer).unwrap();
    write(&newer);
    let error = lake.read_day(date("2026-11-01")).await.unwrap_err();
    assert!(matches!(&error, LakeError::NewerSchema { column, .. } if column == "sentiment"), "{error:?}");
}

#[tokio::test]
async fn second_writer_learns_the_holder() {
    let (_folder, lake) = lake_with_a_day().await;
    let held = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
    let error = lake.lock(at("2026-11-03T00:00:01Z")).await.unwrap_err();
    let LakeError::Locked { holder } = error else { panic!("{error:?}") };
    assert!(holder.starts_with(&format!("process {}", std::process::id())), "{holder}");
    assert!(holder.ends_with("since 2026-11-03 00:00:00 UTC"), "{holder}");
    drop(held);
    lake.lock(at("2026-11-03T00:00:02Z")).await.unwrap();
}

#[tokio::test]
async fn object_store_behaves_like_a_folder() {
    let lake = Lake::create("memory:///lake").await.unwrap();
    let lock = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
    assert!(matches!(lake.lock(at("2026-11-03T00:00:01Z")).await, Err(LakeError::Locked { .. })));
    lake.merge_day(&lock, date("2026-11-01"), vec![calls(&["a"])], &[whole_day(1)], ConflictPolicy::Replace)
        .await
        .unwrap();
    lock.release().await.unwrap();
    assert_eq!(lake.days().await.unwrap()[0].meta.location.as_ref(), DAY_FILE);
    assert_eq!(lake.read_day(date("2026-11-01")).await.unwrap().calls, calls(&["a"]));
    lake.lock(at("2026-11-03T00:00:02Z")).await.unwrap();
}

#[tokio::test]
async fn stores_the_origin() {
    let (_folder, lake) = lake_with_a_day().await;
    assert_eq!(lake.origin().await.unwrap(), None);
    let lock = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
    lake.set_origin(&lock, "simulated").await.unwrap();
    assert_eq!(lake.origin().await.unwrap().as_deref(), Some("simulated"));
}

#[tokio::test]
async fn opening_a_missing_lake_fails() {
    let folder = tempfile::tempdir().unwrap();
    let error = Lake::open(folder.path().to_str().unwrap()).await.unwrap_err();
    assert!(matches!(error, LakeError::NoLake { .. }), "{error}");
    for location in ["gopher://calls", "s3:/x://"] {
        assert!(matches!(Lake::open(location).await, Err(LakeError::InvalidLocation { .. })), "{location}");
    }
}

#[tokio::test]
async fn file_under_another_date_is_damaged() {
    let (folder, lake) = lake_with_a_day().await;
    let copy = folder.path().join("voice_calls/date=2026-11-05/calls.parquet");
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(folder.path().join(DAY_FILE), &copy).unwrap();
    let days = lake.days().await.unwrap();
    let errors = [
        lake.footer(&days[1]).await.map(drop),
        lake.coverage(&days[1]).await.map(drop),
        lake.read_day(date("2026-11-05")).await.map(drop),
        lake.footers(&days).await.remove(1).map(drop),
    ];
    for error in errors {
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("date=2026-11-05/calls.parquet is damaged: it has calls of 2026-11-01"),
            "{error}"
        );
    }
    // A day without calls is recognised by its coverage.
    let lock = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
    let empty =
        FetchedRange { from: at("2026-11-02T00:00:00Z"), to: at("2026-11-03T00:00:00Z"), ..whole_day(0) };
    lake.merge_day(&lock, date("2026-11-02"), Vec::new(), &[empty], ConflictPolicy::Replace).await.unwrap();
    fs::copy(folder.path().join("voice_calls/date=2026-11-02/calls.parquet"), &copy).unwrap();
    let days = lake.days().await.unwrap();
    let error = lake.footer(&days[2]).await.unwrap_err().to_string();
    assert!(error.contains("it is the file of 2026-11-02"), "{error}");
    let error = lake.verify_day(date("2026-11-05")).await.unwrap_err().to_string();
    assert!(error.contains("it is the file of 2026-11-02"), "{error}");
    assert!(lake.footer(&days[0]).await.is_ok());
    lake.quarantine(&lock, &days[2], at("2026-11-03T00:00:00Z")).await.unwrap();
    assert_eq!(lake.days().await.unwrap().len(), 2);
}

/// Changes of some bytes, such as those of Bloom filters, do not prevent decoding. Only the
/// checksums reveal them.
#[tokio::test]
async fn changed_bytes_are_detected() {
    let (folder, lake) = lake_with_a_day().await;
    let (file, day) = (folder.path().join(DAY_FILE), date("2026-11-01"));
    let lock = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
    let whole = fs::read(&file).unwrap();
    for place in (4..whole.len() - 8).step_by(whole.len() / 60) {
        let mut changed = whole.clone();
        changed[place] ^= 0x10;
        fs::write(&file, &changed).unwrap();
        let results = [
            lake.verify_day(day).await.map(drop),
            lake.read_day(day).await.map(drop),
            lake.merge_day(&lock, day, vec![calls(&["c"])], &[], ConflictPolicy::Replace).await.map(drop),
        ];
        for result in results {
            assert!(matches!(&result, Err(LakeError::Damaged { .. })), "byte {place}: {result:?}");
        }
        assert_eq!(fs::read(&file).unwrap(), changed, "byte {place}");
    }
}

#[tokio::test]
async fn other_parquet_files_are_damaged() {
    let (folder, lake) = lake_with_a_day().await;
    let column: arrow::array::ArrayRef = std::sync::Arc::new(arrow::array::Int64Array::from(vec![1]));
    let others = RecordBatch::try_from_iter([("n", column)]).unwrap();
    let mut writer =
        ArrowWriter::try_new(fs::File::create(folder.path().join(DAY_FILE)).unwrap(), others.schema(), None)
            .unwrap();
    writer.write(&others).unwrap();
    writer.close().unwrap();
    let days = lake.days().await.unwrap();
    for error in [lake.footer(&days[0]).await.map(drop), lake.read_day(date("2026-11-01")).await.map(drop)] {
        let error = error.unwrap_err();
        assert!(
            matches!(&error, LakeError::Damaged { reason, .. } if reason.contains("engagement_id")),
            "{error}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn lock_does_not_follow_links() {
    let (folder, lake) = lake_with_a_day().await;
    let (lock, target) = (folder.path().join("_voxlake/lock"), folder.path().join("precious"));
    fs::remove_file(&lock).unwrap();
    fs::write(&target, "text").unwrap();
    std::os::unix::fs::symlink(&target, &lock).unwrap();
    assert!(lake.lock(at("2026-11-03T00:00:00Z")).await.is_err());
    assert_eq!(fs::read_to_string(&target).unwrap(), "text");
}
