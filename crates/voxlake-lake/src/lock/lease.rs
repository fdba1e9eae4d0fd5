//! The lock of a lake in an object store: an object with a lease.
//!
//! - **Acquiring** creates the object, or replaces one whose lease has expired. Both are
//!   conditional writes, so that one of several writers wins. The random number in the object is
//!   read back: it shows who won if a response was lost or a store ignores conditions.
//! - **Renewing** replaces the object every third of the lease, on a task of the runtime.
//! - **Expiry** is judged by the clock of the store alone. The clocks of two writers may differ by
//!   hours.
//! - **Losing** the lease makes all writes with the lock fail. Day files are also replaced by their
//!   e-tag, so a writer that was suspended between this check and its write fails as well.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use object_store::path::Path;
use object_store::{
    GetResult, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, PutResult,
    UpdateVersion,
};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{self, Instant};

use super::lock_record::{LockRecord, describe_holder, holder_or_unknown, random_id};
use crate::error::{LakeError, StoreContext as _};

/// Maximum attempts to create a lock object that the store reports as existing and then does not
/// find: S3 answers concurrent creations with a conflict although none of them has succeeded.
const MAX_CREATE_ATTEMPTS: u32 = 5;
/// Delay before the second of these attempts; each further one waits longer by as much.
const CREATE_RETRY_DELAY: Duration = Duration::from_millis(100);
/// Maximum duration of releasing a lock whose holder was cancelled.
const MAX_RELEASE_DURATION: Duration = Duration::from_secs(10);

/// Releases of dropped locks that may still be running.
static PENDING_RELEASES: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Duration of a lease, and the tolerance for the resolution of the store's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaseTerms {
    /// Time after the last renewal at which the lease ends.
    pub(crate) duration: Duration,
    /// Time after the end of a lease at which another writer may take the lock.
    pub(crate) grace: TimeDelta,
}

impl LeaseTerms {
    /// A minute: a renewal may fail twice, and a killed writer delays the next one briefly. Object
    /// stores report times in whole seconds.
    pub(crate) const DEFAULT: Self = Self { duration: Duration::from_secs(60), grace: TimeDelta::seconds(5) };

    /// Terms by which the lease of another writer always counts as expired.
    #[cfg(test)]
    pub(crate) const TAKE_OVER: Self =
        Self { duration: Duration::from_secs(60), grace: TimeDelta::hours(-1) };
}

/// A held lock object. Dropping it releases the lock on a task of the runtime.
#[derive(Debug)]
pub(crate) struct Lease {
    object: Arc<LockObject>,
    renewal: JoinHandle<()>,
}

#[derive(Debug)]
struct LockObject {
    store: Arc<dyn ObjectStore>,
    path: Path,
    record: LockRecord,
    terms: LeaseTerms,
    state: Mutex<LeaseState>,
}

#[derive(Debug)]
enum LeaseState {
    /// The object is of this writer.
    Held {
        /// Version of the object.
        version: UpdateVersion,
        /// End of the lease by the clock of this process.
        ends_at: Instant,
        /// Renewals that were sent.
        renewals: u64,
    },
    /// Another writer has replaced or deleted the object.
    Lost,
    Released,
}

impl Lease {
    /// Takes the lock at `path`.
    ///
    /// # Errors
    /// [`LakeError::Locked`] if another writer holds it and its lease has not expired.
    pub(crate) async fn acquire(
        store: Arc<dyn ObjectStore>,
        path: Path,
        since: DateTime<Utc>,
        terms: LeaseTerms,
    ) -> Result<Self, LakeError> {
        let record = LockRecord::new(describe_holder(since), terms.duration.as_secs());
        let started_at = Instant::now();
        let version = create(&*store, &path, &record, terms).await?;
        let state =
            Mutex::new(LeaseState::Held { version, ends_at: started_at + terms.duration, renewals: 0 });
        let object = Arc::new(LockObject { store, path, record, terms, state });
        let renewal = tokio::spawn(Arc::clone(&object).renew_until_lost());
        Ok(Self { object, renewal })
    }

    /// Returns the remaining time of the lease.
    ///
    /// # Errors
    /// [`LakeError::LockLost`] if the lease has ended.
    pub(crate) fn remaining(&self) -> Result<Duration, LakeError> {
        match &*self.object.state() {
            LeaseState::Held { ends_at, .. } if *ends_at > Instant::now() => Ok(*ends_at - Instant::now()),
            _ => Err(self.object.lost_error()),
        }
    }

    /// Error of a write after the end of the lease.
    pub(crate) fn lost_error(&self) -> LakeError {
        self.object.lost_error()
    }

    /// Renews the lease now, as proof that no other writer has taken the lock.
    ///
    /// # Errors
    /// [`LakeError::LockLost`]; if the store fails.
    pub(crate) async fn renew(&self) -> Result<(), LakeError> {
        self.remaining()?;
        self.object.renew().await
    }

    /// Deletes the object. Does nothing if the lease has ended: the object may be another writer's.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn release(&self) -> Result<(), LakeError> {
        self.renewal.abort();
        self.object.release().await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
        if !matches!(*self.object.state(), LeaseState::Held { .. }) {
            return;
        }
        // Outside of a runtime the lease is left to expire.
        let Ok(runtime) = Handle::try_current() else { return };
        let object = Arc::clone(&self.object);
        let release = runtime.spawn(async move {
            match time::timeout(MAX_RELEASE_DURATION, object.release()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(error = error.as_dyn(), "cannot release the lock; it expires by itself");
                }
                Err(_) => tracing::warn!("the lock was not released in time; it expires by itself"),
            }
        });
        let mut pending = PENDING_RELEASES.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|release| !release.is_finished());
        pending.push(release);
    }
}

/// Waits until dropped locks are released, for the end of a process. A lock is dropped without
/// being released if its command was cancelled. Takes at most ten seconds.
pub async fn finish_lock_releases() {
    let pending = std::mem::take(&mut *PENDING_RELEASES.lock().unwrap_or_else(PoisonError::into_inner));
    for release in pending {
        // A release that panicked leaves a lock that expires.
        let _ = release.await;
    }
}

impl LockObject {
    fn state(&self) -> MutexGuard<'_, LeaseState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost_error(&self) -> LakeError {
        LakeError::LockLost { path: self.path.to_string() }
    }

    /// Renews the lease every third of its duration until it is lost or released.
    async fn renew_until_lost(self: Arc<Self>) {
        let interval = self.terms.duration / 3;
        loop {
            time::sleep(interval).await;
            match self.renew().await {
                Ok(()) => {}
                Err(LakeError::LockLost { .. }) => return,
                Err(error) => tracing::warn!(error = error.as_dyn(), "cannot renew the lock; trying again"),
            }
        }
    }

    async fn renew(&self) -> Result<(), LakeError> {
        // A second attempt follows a renewal whose response was lost.
        for _ in 0..2 {
            let (version, record) = self.next_renewal()?;
            let started_at = Instant::now();
            let error = match put(&*self.store, &self.path, &record, PutMode::Update(version.clone())).await {
                Ok(result) => return self.set_renewed(result.into(), started_at + self.terms.duration),
                Err(
                    error @ (object_store::Error::Precondition { .. }
                    | object_store::Error::AlreadyExists { .. }
                    | object_store::Error::NotFound { .. }),
                ) => error,
                Err(error) => return Err(error).context("renew", self.path.as_ref()),
            };
            match own_version(&*self.store, &self.path, &self.record.nonce).await? {
                // A conflict without a winner: S3 reports it for concurrent writes.
                Some(found) if found == version => return Err(error).context("renew", self.path.as_ref()),
                Some(found) => self.set_version(found),
                None => return Err(self.mark_lost()),
            }
        }
        Err(self.lost_error())
    }

    /// Returns the version to replace, and the record to write.
    fn next_renewal(&self) -> Result<(UpdateVersion, LockRecord), LakeError> {
        match &mut *self.state() {
            LeaseState::Held { version, renewals, .. } => {
                *renewals += 1;
                Ok((version.clone(), LockRecord { renewals: *renewals, ..self.record.clone() }))
            }
            LeaseState::Lost | LeaseState::Released => Err(self.lost_error()),
        }
    }

    fn set_renewed(&self, new_version: UpdateVersion, new_end: Instant) -> Result<(), LakeError> {
        match &mut *self.state() {
            LeaseState::Held { version, ends_at, .. } => {
                (*version, *ends_at) = (new_version, new_end);
                Ok(())
            }
            LeaseState::Lost | LeaseState::Released => Err(self.lost_error()),
        }
    }

    /// Sets the version of a renewal whose time is not known. The end of the lease stays.
    fn set_version(&self, found: UpdateVersion) {
        if let LeaseState::Held { version, .. } = &mut *self.state() {
            *version = found;
        }
    }

    /// Records that the object is another writer's. Returns the error of later writes.
    fn mark_lost(&self) -> LakeError {
        let mut state = self.state();
        if matches!(*state, LeaseState::Held { .. }) {
            *state = LeaseState::Lost;
        }
        self.lost_error()
    }

    async fn release(&self) -> Result<(), LakeError> {
        let is_held = match std::mem::replace(&mut *self.state(), LeaseState::Released) {
            LeaseState::Held { ends_at, .. } => ends_at > Instant::now(),
            LeaseState::Lost | LeaseState::Released => false,
        };
        // A renewal may have been cut off after its write. The version is unknown then, but the
        // nonce is not.
        if !is_held || own_version(&*self.store, &self.path, &self.record.nonce).await?.is_none() {
            return Ok(());
        }
        match self.store.delete(&self.path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error).context("delete", self.path.as_ref()),
        }
    }
}

/// Creates the lock object, or replaces one whose lease has expired. Returns its version.
async fn create(
    store: &dyn ObjectStore,
    path: &Path,
    record: &LockRecord,
    terms: LeaseTerms,
) -> Result<UpdateVersion, LakeError> {
    let mut mode = PutMode::Create;
    for attempt in 1..=MAX_CREATE_ATTEMPTS {
        let refused = match put(store, path, record, mode).await {
            Ok(_) => None,
            Err(
                error
                @ (object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }),
            ) => Some(error),
            Err(error) => return Err(error).context("write", path.as_ref()),
        };
        let Some((found, meta)) = read(store, path).await? else {
            let Some(error) = refused.filter(|_| attempt == MAX_CREATE_ATTEMPTS) else {
                time::sleep(CREATE_RETRY_DELAY * attempt).await;
                mode = PutMode::Create;
                continue;
            };
            return Err(error).context("write", path.as_ref());
        };
        if found.nonce == record.nonce {
            return Ok(version_of(&meta));
        }
        if !has_expired(store, path, &found, &meta, terms).await? {
            return Err(locked(&found, path));
        }
        tracing::info!(holder = %found.holder, "taking over a lock whose lease has expired");
        mode = PutMode::Update(version_of(&meta));
    }
    Err(LakeError::Locked { holder: holder_or_unknown("") })
}

fn locked(found: &LockRecord, path: &Path) -> LakeError {
    let holder = holder_or_unknown(&found.holder);
    LakeError::Locked {
        holder: match found.lease_seconds {
            Some(seconds) => {
                format!("{holder}; if that process is dead, its lock ends within {seconds} seconds")
            }
            None => format!("{holder}; if that process is dead, delete {path} from the lake"),
        },
    }
}

/// Returns whether the lease of a lock object has expired by the clock of the store.
async fn has_expired(
    store: &dyn ObjectStore,
    path: &Path,
    record: &LockRecord,
    meta: &ObjectMeta,
    terms: LeaseTerms,
) -> Result<bool, LakeError> {
    let Some(lease) = record.lease_seconds.and_then(|seconds| i64::try_from(seconds).ok()) else {
        return Ok(false);
    };
    let Some(lease) = TimeDelta::try_seconds(lease) else { return Ok(false) };
    let Some(ends_at) = meta.last_modified.checked_add_signed(lease + terms.grace) else { return Ok(false) };
    Ok(store_time(store, path).await? >= ends_at)
}

/// Returns the time of the store: the modification time of an object that is written for it.
async fn store_time(store: &dyn ObjectStore, lock: &Path) -> Result<DateTime<Utc>, LakeError> {
    let probe = Path::from(format!("{lock}-clock-{}", random_id()));
    store.put(&probe, PutPayload::default()).await.context("write", probe.as_ref())?;
    let meta = store.head(&probe).await.context("read", probe.as_ref());
    if let Err(error) = store.delete(&probe).await {
        tracing::warn!(%error, %probe, "cannot delete an object that is no longer needed");
    }
    meta.map(|meta| meta.last_modified)
}

/// Returns the version of the lock object if it has this nonce.
async fn own_version(
    store: &dyn ObjectStore,
    path: &Path,
    nonce: &str,
) -> Result<Option<UpdateVersion>, LakeError> {
    let found = read(store, path).await?;
    Ok(found.filter(|(record, _)| record.nonce == nonce).map(|(_, meta)| version_of(&meta)))
}

async fn read(store: &dyn ObjectStore, path: &Path) -> Result<Option<(LockRecord, ObjectMeta)>, LakeError> {
    match store.get(path).await {
        Ok(found) => {
            let GetResult { meta, .. } = &found;
            let meta = meta.clone();
            let content = found.bytes().await.context("read", path.as_ref())?;
            Ok(Some((LockRecord::parse(&content), meta)))
        }
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error).context("read", path.as_ref()),
    }
}

async fn put(
    store: &dyn ObjectStore,
    path: &Path,
    record: &LockRecord,
    mode: PutMode,
) -> object_store::Result<PutResult> {
    let content = record
        .encode()
        .map_err(|error| object_store::Error::Generic { store: "lock", source: Box::new(error) })?;
    store.put_opts(path, PutPayload::from_bytes(content), PutOptions::from(mode)).await
}

/// Returns the version of an object, for conditional writes.
pub(crate) fn version_of(meta: &ObjectMeta) -> UpdateVersion {
    UpdateVersion { e_tag: meta.e_tag.clone(), version: meta.version.clone() }
}

#[cfg(test)]
mod tests;
