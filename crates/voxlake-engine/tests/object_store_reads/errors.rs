//! Requests that fail while a query runs.

use std::sync::Arc;

use object_store::ObjectStoreExt as _;
use voxlake_lake::LakeError;
use voxlake_query::test_lake::decoded;
use voxlake_query::test_store::{Reaction, Request, TestStore};
use voxlake_query::{LakeSession, QueryError, SessionOptions};

use crate::lakes::{DAY, answer, calls, commit, date, many_calls, path, plain_file};

const SQL: &str = "SELECT engagement_id, queues FROM voice_calls";

/// A lake of one day that is too large for one request.
async fn large_day() -> Arc<TestStore> {
    let store = TestStore::new();
    let file = plain_file(&many_calls(date(DAY), 40_000), 20_000);
    store.files().put(&path(DAY), file.into()).await.unwrap();
    store
}

async fn run(store: &Arc<TestStore>) -> Result<Vec<String>, QueryError> {
    let options = SessionOptions::default().target_partitions(1.try_into().ok());
    answer(&LakeSession::open(&store.lake(), options).await?, SQL).await
}

#[tokio::test]
async fn failed_reads_name_the_file_and_end_the_query() {
    let day = large_day().await;
    assert_eq!(run(&day).await.unwrap().len(), 40_000);
    let reads = day.take_requests().iter().filter(|request| request.reads_day()).count();
    for fail in [true, false] {
        for at in 1..=reads {
            let (store, mut read) = (day.fork(), 0);
            store.react(move |request| {
                read += usize::from(request.reads_day());
                match request.reads_day() && read == at {
                    true if fail => Reaction::Fail,
                    true => Reaction::BreakOff(10),
                    false => Reaction::Respond,
                }
            });
            let error = run(&store).await.unwrap_err();
            match &error {
                QueryError::Lake(error @ LakeError::Store { path, source, .. }) => {
                    assert!(path.contains(DAY) && source.to_string().contains("failed"), "{error:?}");
                }
                other => panic!("read {at}: {other:?}"),
            }
            // An unreachable store is not searched for damaged files.
            let requests = store.take_requests();
            assert!(matches!(requests.last(), Some(Request::Get(..))), "{requests:?}");
            assert_eq!(requests.iter().filter(|request| request.reads_day()).count(), at);
        }
    }
}

#[tokio::test]
async fn failed_listings_fail_the_session() {
    let store = large_day().await;
    store.react(
        |request| if matches!(request, Request::List(_)) { Reaction::Fail } else { Reaction::Respond },
    );
    let error = run(&store).await.unwrap_err();
    assert!(matches!(&error, QueryError::Lake(LakeError::Store { .. })), "{error:?}");
}

#[tokio::test]
async fn an_unreadable_footer_cache_is_not_needed() {
    let store = TestStore::new();
    commit(&store.lake(), date(DAY), decoded(&calls(date(DAY), 3))).await;
    store.react(|request| match request.path().starts_with("_voxlake/footers") {
        true => Reaction::Fail,
        false => Reaction::Respond,
    });
    assert_eq!(run(&store).await.unwrap().len(), 3);
}
