//! The writer's lock.
//!
//! On a local disk the operating system holds the lock, so it ends with its process. The file's
//! text only names the holder. On an object store the lock is an object with a lease that a killed
//! holder no longer renews.
//!
//! - [`lease`]: the lock object and its lease
//! - [`lock_record`]: content of the lock object

pub(crate) mod lease;
mod lock_record;

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use object_store::ObjectStore;
use object_store::path::Path as StorePath;

use self::lease::{Lease, LeaseTerms};
use self::lock_record::{describe_holder, holder_or_unknown};
use crate::error::{LakeError, StoreContext as _};
use crate::layout;

/// Exclusive right to write to a lake.
///
/// It ends when it is [released](Self::release) or dropped. On an object store it also ends when
/// its lease expires, which is renewed as long as the process runs.
#[derive(Debug)]
pub struct WriterLock(LockGuard);

#[derive(Debug)]
enum LockGuard {
    /// Open file with the operating system's lock. Work on another thread holds a clone, so the
    /// lock outlives a caller that was cancelled.
    Local(Arc<File>),
    Remote(Lease),
}

impl WriterLock {
    /// Takes the lock at `place` of a lake in a local folder.
    pub(crate) fn take_local(
        root: &Path,
        place: &StorePath,
        since: DateTime<Utc>,
    ) -> Result<Self, LakeError> {
        let path = layout::local_path(root, place);
        let name = place.to_string();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).context("create the folder of", &name)?;
        }
        let mut file = open_lock_file(&path).context("open", &name)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The lock is held even if the holder's description cannot be read.
                let _ = file.read_to_string(&mut holder);
                return Err(LakeError::Locked { holder: holder_or_unknown(&holder) });
            }
            Err(TryLockError::Error(error)) => return Err(error).context("lock", &name),
        }
        file.set_len(0).context("write", &name)?;
        file.rewind().context("write", &name)?;
        file.write_all(describe_holder(since).as_bytes()).context("write", &name)?;
        Ok(Self(LockGuard::Local(Arc::new(file))))
    }

    /// Takes the lock at `path` of a lake on an object store.
    pub(crate) async fn take_remote(
        store: Arc<dyn ObjectStore>,
        path: StorePath,
        since: DateTime<Utc>,
        terms: LeaseTerms,
    ) -> Result<Self, LakeError> {
        Lease::acquire(store, path, since, terms).await.map(|lease| Self(LockGuard::Remote(lease)))
    }

    /// Clones the guard of a local lock for work that cannot be cancelled. The lock is held until
    /// all clones are dropped.
    pub(crate) fn clone_guard(&self) -> Option<Arc<File>> {
        match &self.0 {
            LockGuard::Local(file) => Some(Arc::clone(file)),
            LockGuard::Remote(_) => None,
        }
    }

    /// Runs a short write of a lake on an object store while the lease lasts.
    ///
    /// # Errors
    /// [`LakeError::LockLost`] if the lease has ended or ends before the write is complete.
    pub(crate) async fn fence<T>(
        &self,
        write: impl Future<Output = Result<T, LakeError>>,
    ) -> Result<T, LakeError> {
        let LockGuard::Remote(lease) = &self.0 else { return write.await };
        let remaining = lease.remaining()?;
        match tokio::time::timeout(remaining, write).await {
            Ok(done) => done,
            Err(_) => Err(lease.lost_error()),
        }
    }

    /// Checks the lease before a write that is fenced by the version which it replaces. Such a
    /// write may take longer than the lease.
    ///
    /// # Errors
    /// [`LakeError::LockLost`] if the lease has ended.
    pub(crate) fn check(&self) -> Result<(), LakeError> {
        match &self.0 {
            LockGuard::Local(_) => Ok(()),
            LockGuard::Remote(lease) => lease.remaining().map(drop),
        }
    }

    /// Proves that no other writer has taken the lock of a lake on an object store: the lease is
    /// renewed.
    ///
    /// # Errors
    /// [`LakeError::LockLost`]; if the store fails.
    pub(crate) async fn confirm(&self) -> Result<(), LakeError> {
        match &self.0 {
            LockGuard::Local(_) => Ok(()),
            LockGuard::Remote(lease) => lease.renew().await,
        }
    }

    /// Releases the lock.
    ///
    /// # Errors
    /// If the store fails. The lock then expires by itself.
    pub async fn release(self) -> Result<(), LakeError> {
        match &self.0 {
            // Only the description is removed here. Dropping the file releases the lock.
            LockGuard::Local(file) => file.set_len(0).context("write", layout::lock().to_string()),
            LockGuard::Remote(lease) => lease.release().await,
        }
    }
}

/// Opens or creates the lock file. Symbolic links are not followed because their target would be
/// truncated.
fn open_lock_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NOFOLLOW);
    }
    options.open(path)
}

#[cfg(test)]
mod tests;
