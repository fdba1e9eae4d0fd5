use std::sync::atomic::{AtomicUsize, Ordering};

use object_store::memory::InMemory;

use super::*;

fn place() -> Path {
    Path::from("_voxlake/lock")
}

async fn acquire(store: &Arc<InMemory>, terms: LeaseTerms) -> Result<Lease, LakeError> {
    let store: Arc<dyn ObjectStore> = Arc::clone(store) as _;
    Lease::acquire(store, place(), DateTime::UNIX_EPOCH, terms).await
}

async fn is_free(store: &Arc<InMemory>) -> bool {
    matches!(store.head(&place()).await, Err(object_store::Error::NotFound { .. }))
}

#[tokio::test]
async fn a_held_lock_names_its_holder() {
    let store = Arc::new(InMemory::new());
    let lease = acquire(&store, LeaseTerms::DEFAULT).await.unwrap();
    let error = acquire(&store, LeaseTerms::DEFAULT).await.unwrap_err().to_string();
    assert!(error.contains("since 1970-01-01 00:00:00 UTC"), "{error}");
    assert!(error.ends_with("if that process is dead, its lock ends within 60 seconds"), "{error}");
    lease.renew().await.unwrap();
    lease.release().await.unwrap();
    assert!(is_free(&store).await);
    acquire(&store, LeaseTerms::DEFAULT).await.unwrap();
}

#[tokio::test]
async fn a_dropped_lock_is_released() {
    let store = Arc::new(InMemory::new());
    drop(acquire(&store, LeaseTerms::DEFAULT).await.unwrap());
    finish_lock_releases().await;
    assert!(is_free(&store).await);
}

#[tokio::test]
async fn a_lost_lease_refuses_writes() {
    let store = Arc::new(InMemory::new());
    let first = acquire(&store, LeaseTerms::DEFAULT).await.unwrap();
    let second = acquire(&store, LeaseTerms::TAKE_OVER).await.unwrap();
    assert!(matches!(first.renew().await, Err(LakeError::LockLost { .. })));
    assert!(matches!(first.remaining(), Err(LakeError::LockLost { .. })));
    // Its release leaves the lock to the second writer.
    first.release().await.unwrap();
    drop(first);
    finish_lock_releases().await;
    second.renew().await.unwrap();
    second.remaining().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_until_the_store_fails() {
    let store = Arc::new(InMemory::new());
    let lease = acquire(&store, LeaseTerms::DEFAULT).await.unwrap();
    time::sleep(Duration::from_secs(3600)).await;
    assert!(lease.remaining().unwrap() > Duration::from_secs(30));
    store.delete(&place()).await.unwrap();
    time::sleep(Duration::from_secs(61)).await;
    assert!(matches!(lease.remaining(), Err(LakeError::LockLost { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_without_a_response_is_repeated() {
    let store = Arc::new(InMemory::new());
    let lease = acquire(&store, LeaseTerms::DEFAULT).await.unwrap();
    let content = store.get(&place()).await.unwrap().bytes().await.unwrap();
    store.put(&place(), content.into()).await.unwrap();
    time::advance(Duration::from_secs(10)).await;
    lease.renew().await.unwrap();
    assert_eq!(lease.remaining().unwrap(), Duration::from_secs(60));
}

/// The e-tag of S3 is a hash of the content.
#[tokio::test]
async fn every_renewal_has_other_content() {
    let store = Arc::new(InMemory::new());
    let lease = acquire(&store, LeaseTerms::DEFAULT).await.unwrap();
    let mut contents = std::collections::BTreeSet::new();
    for _ in 0..3 {
        contents.insert(store.get(&place()).await.unwrap().bytes().await.unwrap());
        lease.renew().await.unwrap();
    }
    assert_eq!(contents.len(), 3);
}

#[tokio::test]
async fn a_lock_without_a_lease_does_not_expire() {
    let store = Arc::new(InMemory::new());
    store.put(&place(), "process 7".into()).await.unwrap();
    let error = acquire(&store, LeaseTerms::TAKE_OVER).await.unwrap_err().to_string();
    assert!(
        error.ends_with("process 7; if that process is dead, delete _voxlake/lock from the lake"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_races_have_one_winner_each() {
    let store = Arc::new(InMemory::new());
    let mut expired: Option<Lease> = None;
    for round in 0..1000 {
        // Every third round takes over an expired lease instead of a free lock.
        let terms = if expired.is_some() { LeaseTerms::TAKE_OVER } else { LeaseTerms::DEFAULT };
        let writers = [acquire(&store, terms), acquire(&store, terms), acquire(&store, terms)];
        let winners: Vec<Lease> =
            futures::future::join_all(writers).await.into_iter().filter_map(Result::ok).collect();
        let valid = AtomicUsize::new(0);
        for winner in &winners {
            if winner.renew().await.is_ok() {
                valid.fetch_add(1, Ordering::Relaxed);
            }
        }
        assert_eq!(valid.into_inner(), 1, "round {round}");
        assert!(terms.grace < TimeDelta::zero() || winners.len() == 1, "round {round}");
        drop(expired.take());
        finish_lock_releases().await;
        expired = winners.into_iter().rfind(|winner| winner.remaining().is_ok());
        if round % 3 != 0 {
            expired.take();
            finish_lock_releases().await;
        }
    }
}
