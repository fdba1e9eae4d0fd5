use std::collections::BTreeSet;
use std::time::Duration;

use chrono::NaiveDate;
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt as _, PutPayload};

use super::*;
use crate::lock::lease::finish_lock_releases;
use crate::test_calls::{MIDNIGHT, calls};
use crate::{ConflictPolicy, Lake, commit};

fn date() -> NaiveDate {
    DateTime::from_timestamp(MIDNIGHT, 0).unwrap().date_naive()
}

fn lake(store: &Arc<InMemory>) -> Lake {
    Lake::in_store(Arc::clone(store) as _, "memory")
}

async fn lock(store: &Arc<InMemory>) -> Result<WriterLock, LakeError> {
    WriterLock::take_remote(
        Arc::clone(store) as _,
        layout::lock(),
        DateTime::UNIX_EPOCH,
        LeaseTerms::TAKE_OVER,
    )
    .await
}

async fn merge(lake: &Lake, lock: &WriterLock, id: &str) -> Result<(), LakeError> {
    let calls = vec![calls(1, &[(id, 1, "x", None)])];
    lake.merge_day(lock, date(), calls, &[], ConflictPolicy::Replace).await.map(drop)
}

async fn ids(lake: &Lake) -> BTreeSet<String> {
    use arrow::array::AsArray as _;
    let day = lake.read_day(date()).await.unwrap();
    let ids = day.calls.column_by_name("engagement_id").unwrap();
    ids.as_string::<i32>().iter().flatten().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_taken_over_writer_cannot_write() {
    let store = Arc::new(InMemory::new());
    let lake = lake(&store);
    let first = lock(&store).await.unwrap();
    merge(&lake, &first, "before").await.unwrap();
    let second = lock(&store).await.unwrap();
    // The first writer notices it at its next renewal; until then the version of the day decides.
    first.confirm().await.unwrap_err();
    let lost = |result: Result<(), LakeError>| matches!(result, Err(LakeError::LockLost { .. }));
    assert!(lost(merge(&lake, &first, "after").await));
    assert!(lost(lake.set_origin(&first, "x").await));
    assert!(lost(lake.set_unfinished_sync(&first, None).await));
    merge(&lake, &second, "second").await.unwrap();
    assert_eq!(ids(&lake).await, BTreeSet::from(["before".to_owned(), "second".to_owned()]));
}

#[tokio::test]
async fn a_day_that_was_replaced_meanwhile_is_kept() {
    let store = Arc::new(InMemory::new());
    let lake = lake(&store);
    let lock = lock(&store).await.unwrap();
    merge(&lake, &lock, "a").await.unwrap();
    let path = layout::day_file(date());
    let version = commit::version(&*store, &path).await.unwrap();
    merge(&lake, &lock, "b").await.unwrap();
    for replaced in [version, None] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"stale").unwrap();
        let error = commit::upload(&*store, &lock, &path, file, replaced).await.unwrap_err();
        assert!(matches!(error, LakeError::Conflict { .. }), "{error}");
    }
    assert_eq!(ids(&lake).await.len(), 2);
}

#[tokio::test]
async fn a_repeated_write_is_no_conflict() {
    let store = Arc::new(InMemory::new());
    let lock = lock(&store).await.unwrap();
    let path = layout::day_file(date());
    let upload = || async {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"day").unwrap();
        commit::upload(&*store, &lock, &path, file, None).await
    };
    upload().await.unwrap();
    upload().await.unwrap();
    store.put(&path, PutPayload::from_static(b"other")).await.unwrap();
    assert!(matches!(upload().await, Err(LakeError::Conflict { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_writers_lose_no_committed_call() {
    let store = Arc::new(InMemory::new());
    let write = |writer: &'static str| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let (lake, mut committed) = (lake(&store), BTreeSet::new());
            for round in 0..500 {
                let Ok(lock) = lock(&store).await else { continue };
                let id = format!("{writer}{round}");
                if merge(&lake, &lock, &id).await.is_ok() {
                    committed.insert(id);
                }
            }
            committed
        })
    };
    let (one, other) = futures::join!(write("a"), write("b"));
    finish_lock_releases().await;
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(!one.is_empty() && !other.is_empty());
    let committed: BTreeSet<String> = one.into_iter().chain(other).collect();
    assert!(ids(&lake(&store)).await.is_superset(&committed));
}

#[tokio::test]
async fn the_lock_ends_with_its_work() {
    let store = Arc::new(InMemory::new());
    let lake = lake(&store);
    let is_free = || async { lake.read_file(&layout::lock()).await.unwrap().is_none() };
    let now = DateTime::UNIX_EPOCH;
    let done = lake.with_writer_lock(now, async |lock: Arc<WriterLock>| merge(&lake, &lock, "a").await);
    done.await.unwrap();
    assert!(is_free().await);
    let failed = lake.with_writer_lock(now, |_lock| async {
        Err::<(), _>(LakeError::NoLake { location: "x".to_owned() })
    });
    failed.await.unwrap_err();
    assert!(is_free().await);
    let endless = lake.with_writer_lock(now, |_lock| futures::future::pending::<Result<(), LakeError>>());
    tokio::time::timeout(Duration::from_millis(1), endless).await.unwrap_err();
    finish_lock_releases().await;
    assert!(is_free().await);
}
