//! Published tables of lakes in a folder and in memory, read back with `delta_kernel`.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it cannot do")]

mod foreign_tables;
mod test_lake;

use arrow::array::RecordBatch;
use chrono::TimeDelta;
use voxlake_publish::{PeriodicPublisher, PublishOptions, publish, published_status};

use crate::test_lake::{TestLake, commit_name, start};

#[tokio::test(flavor = "multi_thread")]
async fn versions_follow_the_lake() {
    for lake in [TestLake::local().await, TestLake::in_memory().await] {
        assert_eq!(published_status(&lake.lake).await.unwrap(), None);
        lake.add_call(1, "a").await;
        lake.add_call(2, "b").await;
        let report = lake.publish().await;
        assert!(report.is_new_version);
        assert_eq!((report.version, report.added_days, report.days, report.calls), (0, 2, 2, 2));
        lake.assert_table_equals_lake().await;

        let report = lake.publish().await;
        assert_eq!((report.is_new_version, report.version, report.days), (false, 0, 2));

        lake.add_call(2, "c").await;
        lake.add_call(3, "d").await;
        let status = published_status(&lake.lake).await.unwrap().unwrap();
        assert_eq!((status.version, status.changed_days, status.calls), (0, 2, 2));
        assert_eq!(status.published_at, Some(start()));
        let report = lake.publish().await;
        let changes = (report.added_days, report.replaced_days, report.removed_days);
        assert_eq!((report.version, changes, report.calls), (1, (1, 1, 0), 4));
        lake.assert_table_equals_lake().await;

        let days = lake.lake.days().await.unwrap();
        lake.lake.quarantine(&lake.lock, &days[0], start()).await.unwrap();
        let report = lake.publish().await;
        let changes = (report.added_days, report.replaced_days, report.removed_days);
        assert_eq!((report.version, changes, report.calls), (2, (0, 0, 1), 3));
        lake.assert_table_equals_lake().await;

        let calls = async |version| {
            lake.read(Some(version)).await.values().map(RecordBatch::num_rows).collect::<Vec<_>>()
        };
        assert_eq!([calls(0).await, calls(1).await, calls(2).await], [vec![1, 1], vec![1, 2, 1], vec![2, 1]]);
        assert_eq!(published_status(&lake.lake).await.unwrap().unwrap().changed_days, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_lake_is_published() {
    let lake = TestLake::local().await;
    assert_eq!(lake.publish().await.days, 0);
    assert_eq!(lake.read(None).await.len(), 0);
    lake.add_call(1, "a").await;
    assert_eq!(lake.publish().await.version, 1);
    lake.assert_table_equals_lake().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_versions_are_kept_for_the_set_time() {
    for lake in [TestLake::local().await, TestLake::in_memory().await] {
        lake.add_call(1, "a").await;
        let options = PublishOptions::default().checks_files(true);
        lake.publish_with(options.keep(Some(TimeDelta::days(2))), start()).await.unwrap();
        lake.add_call(1, "b").await;
        let replaced_at = start() + TimeDelta::hours(1);
        lake.publish_at(replaced_at).await.unwrap();

        // The table has its time, which later publications need not name.
        let report = lake.publish_with(options, replaced_at + TimeDelta::hours(47)).await.unwrap();
        assert_eq!((report.deleted_files, lake.data_files().await.len()), (0, 2));
        assert_eq!(lake.read(Some(0)).await.len(), 1);
        let report = lake.publish_with(options, replaced_at + TimeDelta::hours(48)).await.unwrap();
        assert_eq!((report.deleted_files, lake.data_files().await.len()), (1, 1));
        lake.assert_table_equals_lake().await;

        // Another time is a version of its own, and deletes old files with the first version of a
        // day.
        lake.add_call(1, "c").await;
        let keep = PublishOptions::default().keep(Some(TimeDelta::zero()));
        let report = lake.publish_with(keep, replaced_at + TimeDelta::hours(49)).await.unwrap();
        assert_eq!((report.version, report.deleted_files), (2, 1));
        let report = lake.publish_with(keep, replaced_at + TimeDelta::hours(49)).await.unwrap();
        assert!(!report.is_new_version);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_replace_old_parts_of_the_log() {
    for lake in [TestLake::local().await, TestLake::in_memory().await] {
        for version in 0..=12 {
            lake.add_call(1, &version.to_string()).await;
            lake.publish_at(start() + TimeDelta::hours(version)).await.unwrap();
        }
        assert!(lake.log_names().await.contains(&"00000000000000000010.checkpoint.parquet".to_owned()));
        assert_eq!(lake.log_names().await.len(), 15);
        lake.assert_table_equals_lake().await;

        // Version 11 was replaced at hour 12, version 9 at hour 10.
        let options = PublishOptions::default().keep(Some(TimeDelta::hours(2))).checks_files(true);
        lake.publish_with(options, start() + TimeDelta::minutes(11 * 60 + 30)).await.unwrap();
        assert_eq!(lake.log_names().await[0], commit_name(0), "version 9 may still be read");
        assert_eq!(lake.read(Some(9)).await.values().next().unwrap().num_rows(), 10);
        lake.publish_with(options, start() + TimeDelta::minutes(13 * 60 + 30)).await.unwrap();
        assert_eq!(lake.log_names().await[0], "00000000000000000010.checkpoint.parquet");
        for (version, calls) in [(11, 12), (12, 13)] {
            assert_eq!(lake.read(Some(version)).await.values().next().unwrap().num_rows(), calls);
        }
        lake.assert_table_equals_lake().await;
        lake.add_call(2, "more").await;
        assert_eq!(lake.publish().await.added_days, 1);
        lake.assert_table_equals_lake().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leftovers_of_a_killed_publication_are_deleted() {
    let lake = TestLake::local().await;
    lake.add_call(1, "a").await;
    lake.publish().await;
    lake.add_call(1, "b").await;
    let day = lake.lake.days().await.unwrap().remove(0);
    lake.lake.published_table().add_day(&lake.lock, &day).await.unwrap();
    lake.add_call(1, "c").await;
    let report = lake.publish_with(PublishOptions::default().checks_files(true), start()).await.unwrap();
    assert_eq!((report.version, report.deleted_files, report.replaced_days), (1, 1, 1));
    lake.assert_table_equals_lake().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_files_are_restored() {
    let lake = TestLake::local().await;
    lake.add_call(1, "a").await;
    lake.publish().await;
    let path = lake.data_files().await.remove(0);
    lake.lake.published_table().delete(&lake.lock, &path).await.unwrap();
    let report = lake.publish_with(PublishOptions::default().checks_files(true), start()).await.unwrap();
    assert_eq!((report.is_new_version, report.restored_files), (false, 1));
    lake.assert_table_equals_lake().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_days_keep_their_published_version() {
    let lake = TestLake::local().await;
    lake.add_call(1, "a").await;
    lake.add_call(2, "b").await;
    lake.publish().await;
    let place = lake.folder.as_ref().unwrap().path().join("voice_calls/date=2026-11-01/calls.parquet");
    std::fs::remove_file(&place).unwrap();
    std::fs::write(&place, "no Parquet").unwrap();
    lake.add_call(2, "c").await;
    let report = lake.publish().await;
    assert_eq!((report.version, report.replaced_days, report.days, report.calls), (1, 1, 2, 3));
    assert!(report.damaged[0].contains("date=2026-11-01/calls.parquet"), "{:?}", report.damaged);
    assert_eq!(lake.read(None).await.len(), 2);
    let report = lake.publish().await;
    assert_eq!((report.is_new_version, report.damaged.len()), (false, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_columns_are_added() {
    let lake = TestLake::local().await;
    lake.add_call(1, "a").await;
    lake.publish().await;
    // A table of an older version, without two of the columns.
    let first = lake.log_file(&commit_name(0));
    let text = std::fs::read_to_string(&first).unwrap();
    let mut lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let metadata = lines.iter_mut().find(|line| line.get("metaData").is_some()).unwrap();
    let schema = metadata["metaData"]["schemaString"].as_str().unwrap();
    let mut schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let fields = schema["fields"].as_array_mut().unwrap();
    fields.retain(|field| field["name"] != "extra");
    let queues = fields.iter_mut().find(|field| field["name"] == "queues").unwrap();
    queues["type"]["elementType"]["fields"].as_array_mut().unwrap().pop();
    metadata["metaData"]["schemaString"] = schema.to_string().into();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&first, text).unwrap();

    assert_eq!(lake.read(None).await.values().next().unwrap().num_columns(), 34);
    let report = lake.publish().await;
    assert_eq!((report.version, report.has_new_columns, report.replaced_days), (1, true, 0));
    lake.assert_table_equals_lake().await;
    assert_eq!(lake.read(Some(0)).await.values().next().unwrap().num_columns(), 34);
    assert!(!lake.publish().await.is_new_version);
}

/// Commands run on threads of the runtime.
#[tokio::test(flavor = "multi_thread")]
async fn publications_can_move_between_threads() {
    let TestLake { lake, lock, folder } = TestLake::local().await;
    let publisher = PeriodicPublisher::new(lake.clone(), PublishOptions::default(), start());
    let work = async move {
        publish(&lake, &lock, PublishOptions::default(), start(), &|_| {}).await.unwrap();
        publisher.publish_if_due(&lock, start()).await.unwrap()
    };
    assert_eq!(tokio::spawn(work).await.unwrap(), None);
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_syncs_publish_at_intervals() {
    let lake = TestLake::local().await;
    let publisher = PeriodicPublisher::new(lake.lake.clone(), PublishOptions::default(), start());
    let publish_after = async |minutes| {
        let now = start() + TimeDelta::minutes(minutes);
        publisher.publish_if_due(&lake.lock, now).await.unwrap().map(|report| report.version)
    };
    lake.add_call(1, "a").await;
    assert_eq!(publish_after(30).await, None, "the lake was never published");
    lake.publish().await;
    lake.add_call(2, "b").await;
    assert_eq!(publish_after(39).await, None);
    assert_eq!(publish_after(40).await, Some(1));
    lake.assert_table_equals_lake().await;
    lake.add_call(3, "c").await;
    assert_eq!(publish_after(49).await, None);
    assert_eq!(publish_after(51).await, Some(2));
}
