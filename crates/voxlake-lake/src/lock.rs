//! The writer's lock.
//!
//! On a local disk the operating system holds the lock, so it ends with its process. The file's
//! text only names the holder. On an object store the lock is an object that can be created only
//! once. A killed holder leaves it behind, and it has to be deleted by hand.

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

/// Exclusive right to write to a lake.
///
/// It ends when it is dropped or, on an object store, [released](Self::release).
#[derive(Debug)]
pub struct WriterLock(LockGuard);

#[derive(Debug)]
enum LockGuard {
    /// Open file with the operating system's lock. Work on another thread holds a clone, so the
    /// lock outlives a caller that was cancelled.
    Local(Arc<File>),
    Remote(Arc<dyn ObjectStore>, StorePath),
}

impl WriterLock {
    /// Takes the lock at `place` of a lake in a local folder.
    pub(crate) fn take_local(
        root: &Path,
        place: &StorePath,
        since: DateTime<Utc>,
    ) -> Result<Self, LakeError> {
        let path = commit::local(root, place);
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
    ) -> Result<Self, LakeError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match store.put_opts(&path, PutPayload::from(describe_holder(since)), options).await {
            Ok(_) => Ok(Self(LockGuard::Remote(store, path))),
            Err(object_store::Error::AlreadyExists { .. }) => {
                let holder = match store.get(&path).await {
                    Ok(found) => found.bytes().await.map(|text| String::from_utf8_lossy(&text).into_owned()),
                    Err(error) => Err(error),
                };
                let holder = holder_or_unknown(&holder.unwrap_or_default());
                Err(LakeError::Locked {
                    holder: format!("{holder}; if that process is dead, delete {path} from the lake"),
                })
            }
            Err(error) => Err(error).context("write", path.as_ref()),
        }
    }

    /// Clones the guard of a local lock for work that cannot be cancelled. The lock is held until
    /// all clones are dropped.
    pub(crate) fn clone_guard(&self) -> Option<Arc<File>> {
        match &self.0 {
            LockGuard::Local(file) => Some(Arc::clone(file)),
            LockGuard::Remote(..) => None,
        }
    }

    /// Releases the lock. For a local lake, dropping it is enough; on an object store, the object
    /// has to be deleted.
    ///
    /// # Errors
    /// If the object cannot be deleted.
    pub async fn release(self) -> Result<(), LakeError> {
        match self.0 {
            // Only the description is removed here. Dropping the file releases the lock.
            LockGuard::Local(file) => file.set_len(0).context("write", layout::lock().to_string()),
            LockGuard::Remote(store, path) => store.delete(&path).await.context("delete", path.to_string()),
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

fn describe_holder(since: DateTime<Utc>) -> String {
    format!(
        "process {} on {} since {}",
        std::process::id(),
        gethostname::gethostname().display(),
        since.format("%Y-%m-%d %H:%M:%S UTC")
    )
}

fn holder_or_unknown(holder: &str) -> String {
    if holder.trim().is_empty() { "an unknown process".to_owned() } else { holder.trim().to_owned() }
}
