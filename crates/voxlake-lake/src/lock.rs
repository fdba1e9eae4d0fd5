//! One writer at a time.
//!
//! Executor a local disk the operating system holds the lock, so that it ends with its holder however
//! that one ends; the file's text only says who it is. Executor an object store the lock is an object
//! that can be created once; a holder that was killed leaves it behind, and it is removed by hand.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use object_store::path::Path as StorePath;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};

use crate::commit;
use crate::error::{LakeError, StoreContext as _};
use crate::layout;

/// The right to write to a lake, until it is dropped or, on an object store,
/// [released](Self::release).
#[derive(Debug)]
pub struct WriterLock(LockGuard);

#[derive(Debug)]
enum LockGuard {
    /// The open file holds the operating system's lock. Work on another thread has a guard in it,
    /// so that the lock outlasts whoever waited for the work and was dropped.
    Local(Arc<File>),
    Remote(Arc<dyn ObjectStore>, StorePath),
}

impl WriterLock {
    /// Takes the lock at `place` of the lake in a local folder.
    pub(crate) fn take_local(
        root: &Path,
        place: &StorePath,
        since: DateTime<Utc>,
    ) -> Result<Self, LakeError> {
        let path = commit::local(root, place);
        let name = place.to_string();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).context("make the folder of", &name)?;
        }
        let mut file = open(&path).context("open", &name)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Where its text cannot be read the lock still stands.
                let _ = file.read_to_string(&mut holder);
                return Err(LakeError::Locked { holder: named(&holder) });
            }
            Err(TryLockError::Error(error)) => return Err(error).context("lock", &name),
        }
        file.set_len(0).context("write", &name)?;
        file.rewind().context("write", &name)?;
        file.write_all(holder(since).as_bytes()).context("write", &name)?;
        Ok(Self(LockGuard::Local(Arc::new(file))))
    }

    /// Takes the lock at `path` of a lake on an object store.
    pub(crate) async fn take_remote(
        store: Arc<dyn ObjectStore>,
        path: StorePath,
        since: DateTime<Utc>,
    ) -> Result<Self, LakeError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match store.put_opts(&path, PutPayload::from(holder(since)), options).await {
            Ok(_) => Ok(Self(LockGuard::Remote(store, path))),
            Err(object_store::Error::AlreadyExists { .. }) => {
                let holder = match store.get(&path).await {
                    Ok(found) => found.bytes().await.map(|text| String::from_utf8_lossy(&text).into_owned()),
                    Err(error) => Err(error),
                };
                let holder = named(&holder.unwrap_or_default());
                Err(LakeError::Locked {
                    holder: format!("{holder}; if that one is dead, remove {path} from the lake"),
                })
            }
            Err(error) => Err(error).context("write", path.as_ref()),
        }
    }

    /// A guard in a local lock, for work that cannot be called off: the lock is held until it is
    /// dropped.
    pub(crate) fn clone_guard(&self) -> Option<Arc<File>> {
        match &self.0 {
            LockGuard::Local(file) => Some(Arc::clone(file)),
            LockGuard::Remote(..) => None,
        }
    }

    /// Gives the lock back. Dropping does the same for a local lake; an object has to be deleted.
    ///
    /// # Errors
    /// Where the lock's object cannot be deleted.
    pub async fn release(self) -> Result<(), LakeError> {
        match self.0 {
            // The name goes with the lock, which the file's drop releases.
            LockGuard::Local(file) => file.set_len(0).context("write", layout::lock().to_string()),
            LockGuard::Remote(store, path) => store.delete(&path).await.context("delete", path.to_string()),
        }
    }
}

/// Opens or makes the lock's file. A link is not followed: what it leads to would be emptied.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NOFOLLOW);
    }
    options.open(path)
}

fn holder(since: DateTime<Utc>) -> String {
    format!(
        "process {} on {} since {}",
        std::process::id(),
        gethostname::gethostname().display(),
        since.format("%Y-%m-%d %H:%M:%S UTC")
    )
}

fn named(holder: &str) -> String {
    if holder.trim().is_empty() { "a process that left no name".to_owned() } else { holder.trim().to_owned() }
}
