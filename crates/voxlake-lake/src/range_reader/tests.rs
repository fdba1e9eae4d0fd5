#![allow(clippy::single_range_in_vec_init, reason = "one range of bytes")]

//! Reads of one version of a file, in a local lake and in an object store.

use object_store::ObjectStoreExt as _;
use object_store::memory::InMemory;
use object_store::path::Path;

use super::*;
use crate::Lake;

const FILE: &str = "voice_calls/date=2026-11-01/calls.parquet";

struct Case {
    _folder: tempfile::TempDir,
    lake: Lake,
}

impl Case {
    async fn local() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        Self { _folder: folder, lake }
    }

    async fn remote() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { _folder: folder, lake: Lake::in_store(Arc::new(InMemory::new()), "memory:///") }
    }

    async fn put(&self, bytes: &'static [u8]) {
        self.lake.store().put(&Path::from(FILE), bytes.into()).await.unwrap();
    }

    async fn reader(&self) -> DayRangeReader {
        let days = self.lake.days().await.unwrap();
        self.lake.range_reader(&days[0].meta)
    }
}

async fn cases() -> [Case; 2] {
    [Case::local().await, Case::remote().await]
}

#[tokio::test]
async fn ranges_are_returned_in_order() {
    for case in cases().await {
        case.put(b"0123456789").await;
        for reads_tail in [false, true] {
            let reader = case.reader().await;
            if reads_tail {
                assert_eq!(reader.tail(4).await.unwrap().bytes, "6789");
                assert_eq!(reader.tail(100).await.unwrap().bytes, "0123456789");
            }
            let parts = reader.read(&[7..9, 2..4, 4..4, 0..8, 10..10]).await.unwrap();
            assert_eq!(parts, ["78", "23", "", "01234567", ""]);
        }
    }
}

#[tokio::test]
async fn ranges_beyond_the_end_are_damage() {
    for case in cases().await {
        case.put(b"0123456789").await;
        for range in [5..11, 20..30] {
            let error = case.reader().await.read(&[range]).await.unwrap_err();
            assert!(matches!(&error, LakeError::Damaged { path, .. } if path == FILE), "{error:?}");
        }
    }
}

#[tokio::test]
async fn replaced_and_deleted_files_are_not_read() {
    for case in cases().await {
        case.put(b"0123456789").await;
        let (replaced, deleted) = (case.reader().await, case.reader().await);
        // As long as the version before.
        case.put(b"abcdefghij").await;
        let error = replaced.read(&[0..4]).await.unwrap_err();
        assert!(matches!(&error, LakeError::Replaced { path } if path == FILE), "{error:?}");
        assert_eq!(case.reader().await.read(&[0..4]).await.unwrap(), ["abcd"]);
        case.lake.store().delete(&Path::from(FILE)).await.unwrap();
        assert!(matches!(deleted.tail(4).await, Err(LakeError::Replaced { .. })));
    }
}

#[tokio::test]
async fn an_open_local_file_keeps_its_version() {
    let case = Case::local().await;
    case.put(b"0123456789").await;
    let reader = case.reader().await;
    assert_eq!(reader.read(&[0..1]).await.unwrap(), ["0"]);
    case.put(b"abcdefghij").await;
    assert_eq!(reader.read(&[1..3]).await.unwrap(), ["12"]);
}

#[tokio::test]
async fn stores_that_ignore_conditions_are_noticed() {
    let case = Case::remote().await;
    case.put(b"0123456789").await;
    let mut reader = case.reader().await;
    // Without its tag, the listed version is recognised by its size and time.
    reader.meta.e_tag = None;
    assert_eq!(reader.read(&[0..1]).await.unwrap(), ["0"]);
    reader.meta.size = 9;
    assert!(matches!(reader.read(&[0..1]).await, Err(LakeError::Replaced { .. })));
}
