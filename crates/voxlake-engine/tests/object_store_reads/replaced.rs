//! Day files that another program replaces while a query reads them.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use object_store::ObjectStoreExt as _;
use voxlake_query::test_lake::{TestLake, decoded, rows};
use voxlake_query::test_store::{Reaction, TestStore};
use voxlake_query::{LakeSession, QueryError, Reruns, SessionOptions};

use crate::lakes::{DAY, answer, calls, commit, date, many_calls, path, plain_file, session, with_result};

/// Calls of the large day: too many for one request.
const MANY: usize = 40_000;
const SQL: &str = "SELECT engagement_id, result, total_duration FROM voice_calls";

/// Two versions of a day file that differ in `result` only, with two row groups. They have the same
/// size and layout, and no checksums: a mixture would decode without an error.
fn versions() -> [Bytes; 2] {
    let day = many_calls(date(DAY), MANY);
    let files = ["completed", "abandoned"].map(|result| plain_file(&with_result(&day, result), MANY / 2));
    assert_eq!(files[0].len(), files[1].len());
    assert!(files[0].len() > 1 << 20, "{} bytes are read in one request", files[0].len());
    files
}

async fn store_with(file: &Bytes) -> Arc<TestStore> {
    let store = TestStore::new();
    store.files().put(&path(DAY), file.clone().into()).await.unwrap();
    store
}

/// Runs the query with one thread, so that its requests have one order.
async fn run(store: &Arc<TestStore>) -> Result<Vec<String>, QueryError> {
    let options = SessionOptions::default().target_partitions(1.try_into().ok());
    answer(&LakeSession::open(&store.lake(), options).await?, SQL).await
}

fn reads_of_days(store: &TestStore) -> usize {
    store.take_requests().iter().filter(|request| request.reads_day()).count()
}

/// Replaces the day before its read number `at`.
fn replace_at(store: &TestStore, at: usize, file: &Bytes) {
    let (mut read, file) = (0, file.clone());
    store.react(move |request| {
        read += usize::from(request.reads_day());
        match request.reads_day() && read == at {
            true => Reaction::Replace(path(DAY), file.clone()),
            false => Reaction::Respond,
        }
    });
}

#[tokio::test]
async fn no_query_mixes_two_versions() {
    let [old, new] = versions();
    let store = store_with(&old).await;
    assert_eq!(run(&store).await.unwrap().len(), MANY);
    let reads = reads_of_days(&store);
    // The footer, and the columns of two row groups.
    assert!(reads >= 3, "{reads}");
    for at in 1..=reads {
        let store = store_with(&old).await;
        replace_at(&store, at, &new);
        let error = run(&store).await.unwrap_err();
        assert!(
            matches!(&error, QueryError::Replaced { path } if path.contains(DAY)),
            "read {at}: {error:?}"
        );
        assert_eq!(reads_of_days(&store), at, "nothing is read after that");
    }
}

#[tokio::test]
async fn deleted_days_count_as_replaced() {
    let [old, _] = versions();
    for at in 1..=3 {
        let (store, mut read) = (store_with(&old).await, 0);
        store.react(move |request| {
            read += usize::from(request.reads_day());
            if request.reads_day() && read == at { Reaction::Delete(path(DAY)) } else { Reaction::Respond }
        });
        let error = run(&store).await.unwrap_err();
        assert!(matches!(error, QueryError::Replaced { .. }), "read {at}: {error:?}");
    }
}

#[tokio::test]
async fn a_rerun_reads_the_new_version() {
    let [old, new] = versions();
    let store = store_with(&old).await;
    replace_at(&store, 3, &new);
    let mut reruns = Reruns::default();
    let answer = loop {
        match run(&store).await {
            Err(error) if reruns.allow(&error) => {}
            answer => break answer.unwrap(),
        }
    };
    assert_eq!(answer.len(), MANY);
    assert!(answer.iter().all(|row| row.contains("abandoned")));
}

#[tokio::test]
async fn footers_in_memory_belong_to_a_version() {
    let store = TestStore::new();
    let lake = store.lake();
    commit(&lake, date(DAY), decoded(&calls(date(DAY), 2))).await;
    let session = session(&lake).await;
    let sql = "SELECT count(*) FROM voice_calls";
    assert_eq!(answer(&session, sql).await.unwrap(), ["2"]);
    // The footer is known, and only the columns are read.
    commit(&lake, date(DAY), decoded(&calls(date(DAY), 3))).await;
    for sql in [SQL, "SELECT * FROM calls WHERE engagement_id = '2026-03-15 1'"] {
        let error = answer(&session, sql).await.unwrap_err();
        assert!(matches!(error, QueryError::Replaced { .. }), "{sql}: {error:?}");
    }
}

#[tokio::test]
async fn stale_footer_caches_change_no_answer() {
    let store = TestStore::new();
    let lake = store.lake();
    commit(&lake, date(DAY), decoded(&calls(date(DAY), 2))).await;
    // Another program does not update the footer cache.
    let file = plain_file(&decoded(&calls(date(DAY), 5)), 100);
    store.files().put(&path(DAY), file.into()).await.unwrap();
    let session = session(&lake).await;
    assert_eq!(
        answer(&session, "SELECT count(*), max(total_duration) FROM voice_calls").await.unwrap(),
        ["5 | 4"]
    );
    assert_eq!(answer(&session, "SELECT calls FROM days").await.unwrap(), ["5"]);
}

#[tokio::test]
async fn replaced_bloom_filters_exclude_nothing() {
    let store = TestStore::new();
    let lake = store.lake();
    commit(&lake, date(DAY), decoded(&calls(date(DAY), 2))).await;
    let session = session(&lake).await;
    commit(&lake, date(DAY), decoded(&calls(date(DAY), 3))).await;
    // The new version has this call, and the filters of the old one do not.
    let sql = "SELECT result FROM calls WHERE engagement_id = '2026-03-15 2'";
    let error = answer(&session, sql).await.unwrap_err();
    assert!(matches!(error, QueryError::Replaced { .. }), "{error:?}");
}

#[tokio::test]
async fn an_open_local_file_keeps_its_version() {
    let [old, new] = versions();
    let lake = TestLake::with_calls(calls(date(DAY), 1));
    let file = lake.path(DAY);
    std::fs::write(&file, &old).unwrap();
    let options = SessionOptions::default().target_partitions(1.try_into().ok());
    let session = lake.open(options).await.unwrap();
    let mut result = session.sql(SQL).await.unwrap();
    let mut answer = rows(&[result.next().await.unwrap().unwrap()]);
    std::fs::write(file.with_extension("new"), &new).unwrap();
    std::fs::rename(file.with_extension("new"), &file).unwrap();
    while let Some(batch) = result.next().await {
        answer.extend(rows(&[batch.unwrap()]));
    }
    assert_eq!(answer.len(), MANY);
    assert!(answer.iter().all(|row| row.contains("completed")));
    let error = session.sql(SQL).await.unwrap().collect().await.unwrap_err();
    assert!(matches!(error, QueryError::Replaced { .. }), "{error:?}");
}
