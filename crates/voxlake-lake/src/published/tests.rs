use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use object_store::ObjectStoreExt as _;
use object_store::memory::InMemory;

use super::*;
use crate::day::DayFile;
use crate::test_calls::{MIDNIGHT, calls};
use crate::{ConflictPolicy, WriterLock};

fn date() -> NaiveDate {
    DateTime::from_timestamp(MIDNIGHT, 0).unwrap().date_naive()
}

/// Merges a call into the day and returns the day file.
async fn merge(lake: &Lake, lock: &WriterLock, id: &str) -> DayFile {
    let calls = vec![calls(1, &[(id, 1, "x", None)])];
    lake.merge_day(lock, date(), calls, &[], ConflictPolicy::Replace).await.unwrap();
    lake.days().await.unwrap().remove(0)
}

/// A lake in a folder, which is deleted with the first value, and a lake in memory.
async fn lakes() -> (tempfile::TempDir, [Lake; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let local = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
    (folder, [local, Lake::in_store(Arc::new(InMemory::new()), "memory")])
}

#[tokio::test]
async fn published_versions_do_not_change() {
    let (_folder, lakes) = lakes().await;
    for lake in lakes {
        let (table, lock) = (lake.published_table(), lake.lock(DateTime::UNIX_EPOCH).await.unwrap());
        let first = merge(&lake, &lock, "a").await;
        let published = table.add_day(&lock, &first).await.unwrap();
        assert_eq!(published, table.file_of(&first));
        let bytes = lake.read_file(&first.meta.location).await.unwrap().unwrap();

        let second = merge(&lake, &lock, "b").await;
        assert_ne!(lake.read_file(&second.meta.location).await.unwrap().unwrap(), bytes);
        assert_eq!(table.read(&published.path).await.unwrap().unwrap(), bytes);
        let replaced = table.add_day(&lock, &second).await.unwrap();
        assert_ne!(replaced.path, published.path);
        // Adding a version again changes nothing.
        table.add_day(&lock, &second).await.unwrap();
        let files = table.files().await.unwrap();
        let mut paths: Vec<_> = files.iter().map(|meta| meta.location.to_string()).collect();
        paths.sort();
        let mut expected = vec![published.path, replaced.path];
        expected.sort();
        assert_eq!(paths, expected);
    }
}

#[tokio::test]
async fn a_replaced_day_is_not_published() {
    let (_folder, lakes) = lakes().await;
    for lake in lakes {
        let (table, lock) = (lake.published_table(), lake.lock(DateTime::UNIX_EPOCH).await.unwrap());
        let listed = merge(&lake, &lock, "a").await;
        merge(&lake, &lock, "b").await;
        let error = table.add_day(&lock, &listed).await.unwrap_err();
        assert!(matches!(error, LakeError::Conflict { .. }), "{error}");
        assert_eq!(table.files().await.unwrap(), []);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_used_where_possible() {
    use std::os::unix::fs::MetadataExt as _;

    let (folder, [lake, _]) = lakes().await;
    let (table, lock) = (lake.published_table(), lake.lock(DateTime::UNIX_EPOCH).await.unwrap());
    let place = |path: &str| layout::local_path(folder.path(), &layout::published(path));
    let day = merge(&lake, &lock, "a").await;
    let published = table.add_day(&lock, &day).await.unwrap();
    assert_eq!(std::fs::metadata(place(&published.path)).unwrap().nlink(), 2);

    // A day file that is a symbolic link is copied.
    let (source, outside) =
        (layout::local_path(folder.path(), &day.meta.location), folder.path().join("outside.parquet"));
    std::fs::rename(&source, &outside).unwrap();
    std::os::unix::fs::symlink(&outside, &source).unwrap();
    table.delete(&lock, &published.path).await.unwrap();
    let day = lake.days().await.unwrap().remove(0);
    let published = table.add_day(&lock, &day).await.unwrap();
    let file = std::fs::symlink_metadata(place(&published.path)).unwrap();
    assert!(file.is_file() && file.nlink() == 1);
}

#[tokio::test]
async fn files_of_the_log_are_created_once() {
    let (folder, lakes) = lakes().await;
    for lake in lakes {
        let (table, lock) = (lake.published_table(), lake.lock(DateTime::UNIX_EPOCH).await.unwrap());
        assert!(!table.has_log().await.unwrap());
        let path = "_delta_log/00000000000000000000.json";
        table.create(&lock, path, "ours".into()).await.unwrap();
        let error = table.create(&lock, path, "others".into()).await.unwrap_err();
        assert!(matches!(error, LakeError::Exists { .. }), "{error}");
        table.sync_to_disk(path).await.unwrap();
        assert_eq!(table.read(path).await.unwrap().unwrap(), "ours");
        assert!(table.has_log().await.unwrap());

        let day = merge(&lake, &lock, "a").await;
        table.add_day(&lock, &day).await.unwrap();
        assert_eq!(table.delete_all(&lock).await.unwrap(), 2);
        assert!(!table.has_log().await.unwrap());
        assert!(lake.store().head(&day.meta.location).await.is_ok());
    }
    assert!(!folder.path().join("published").exists());
}
