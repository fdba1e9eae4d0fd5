//! Files of the table that is published from the day files.
//!
//! ```text
//! <lake>/published/delta/voice_calls/date=2026-11-01/<version>.parquet
//! <lake>/published/delta/voice_calls/_delta_log/…
//! ```
//!
//! A day file is replaced under its name, while readers of a table take its files as immutable.
//! Each published version of a day is therefore a file of its own. On a local disk it is a hard
//! link: replacing the day file creates another inode, so the link keeps its content. This module
//! knows the places of the files only; the writer of the table defines the content of the log.
//!
//! - [`day_version`]: one version of a day file, as a link or a copy

mod day_version;

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};

use crate::error::{LakeError, StoreContext as _};
use crate::executor::spawn_blocking_io;
use crate::staged_file::sync_folder;
use crate::{Lake, WriterLock, commit, layout};

pub use self::day_version::PublishedFile;

/// Files of the published table of a lake. All paths are relative to the folder of the table.
///
/// ```
/// use voxlake_lake::Lake;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
/// let table = lake.published_table();
/// assert!(!table.has_log().await?);
///
/// let lock = lake.lock("2026-11-02T00:00:00Z".parse()?).await?;
/// table.create(&lock, "_delta_log/00000000000000000000.json", "{}".into()).await?;
/// assert!(table.has_log().await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PublishedTable {
    lake: Lake,
}

impl Lake {
    /// Returns the files of the published table, whether or not they exist.
    #[must_use]
    pub fn published_table(&self) -> PublishedTable {
        PublishedTable { lake: self.clone() }
    }
}

impl PublishedTable {
    /// Path of the table within the lake, without a slash at its end.
    #[must_use]
    pub fn path(&self) -> String {
        layout::PUBLISHED.join("/")
    }

    /// Store whose root is the lake.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        self.lake.store()
    }

    /// Folder or URL at which other programs find the table.
    #[must_use]
    pub fn location(&self) -> String {
        format!("{}/{}", self.lake.location().trim_end_matches('/'), self.path())
    }

    /// Returns whether the lake has a published table: a log with files.
    ///
    /// # Errors
    /// If the store cannot list them.
    pub async fn has_log(&self) -> Result<bool, LakeError> {
        let folder = layout::published(layout::PUBLISHED_LOG);
        let first = self.lake.store().list(Some(&folder)).next().await.transpose();
        first.map(|file| file.is_some()).context("list", folder.as_ref())
    }

    /// Lists the files of the log, by path.
    ///
    /// # Errors
    /// If the store cannot list them.
    pub async fn log_files(&self) -> Result<Vec<ObjectMeta>, LakeError> {
        self.list(&layout::published(layout::PUBLISHED_LOG)).await
    }

    /// Lists all files of the table, by path.
    ///
    /// # Errors
    /// If the store cannot list them.
    pub async fn files(&self) -> Result<Vec<ObjectMeta>, LakeError> {
        self.list(&layout::published("")).await
    }

    async fn list(&self, folder: &Path) -> Result<Vec<ObjectMeta>, LakeError> {
        let table = layout::published("");
        let files: Vec<_> =
            self.lake.store().list(Some(folder)).try_collect().await.context("list", folder.as_ref())?;
        let mut files: Vec<_> = files
            .into_iter()
            .filter_map(|meta| {
                let location = Path::from_iter(meta.location.prefix_match(&table)?);
                Some(ObjectMeta { location, ..meta })
            })
            .collect();
        files.sort_by(|one, other| one.location.cmp(&other.location));
        Ok(files)
    }

    /// Reads a small file. `None` if it does not exist.
    ///
    /// # Errors
    /// If the store fails in another way.
    pub async fn read(&self, path: &str) -> Result<Option<Bytes>, LakeError> {
        self.lake.read_file(&layout::published(path)).await
    }

    /// Creates a file in one step. It survives a power failure.
    ///
    /// # Errors
    /// [`LakeError::Exists`] if there is a file with other content; if the store fails.
    pub async fn create(&self, lock: &WriterLock, path: &str, bytes: Bytes) -> Result<(), LakeError> {
        let path = layout::published(path);
        let exists = || LakeError::Exists { path: path.to_string() };
        let Some(root) = self.lake.root() else {
            let put = commit::put_if_unchanged(&**self.lake.store(), &path, bytes, None);
            return lock.fence(put).await.map_err(|error| match error {
                LakeError::Conflict { .. } => exists(),
                error => error,
            });
        };
        let place = layout::local_path(root, &path);
        let guard = lock.clone_guard();
        let write = move || {
            let _guard = guard;
            match commit::write_all(commit::stage(&place)?, &bytes)?.persist_new_durably() {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
                written => written.map(|()| true),
            }
        };
        match spawn_blocking_io(write).await.context("write", path.as_ref())? {
            true => Ok(()),
            false => Err(exists()),
        }
    }

    /// Waits until a file that another library wrote is on the disk. Object stores need no wait.
    ///
    /// # Errors
    /// If the file does not exist or the disk fails.
    pub async fn sync_to_disk(&self, path: &str) -> Result<(), LakeError> {
        let path = layout::published(path);
        let Some(root) = self.lake.root() else { return Ok(()) };
        let place = layout::local_path(root, &path);
        let sync = move || {
            std::fs::File::open(&place)?.sync_all()?;
            place.parent().map_or(Ok(()), sync_folder)
        };
        spawn_blocking_io(sync).await.context("write", path.as_ref())
    }

    /// Deletes a file, if it exists, and its folder once that is empty.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn delete(&self, lock: &WriterLock, path: &str) -> Result<(), LakeError> {
        let path = layout::published(path);
        self.lake.delete_file(lock, &path).await?;
        if let Some(folder) = self.lake.root().map(|root| layout::local_path(root, &path))
            && let Some(folder) = folder.parent().map(std::path::Path::to_owned)
        {
            // A folder with files in it cannot be removed, and stays.
            let _ = spawn_blocking_io(move || std::fs::remove_dir(folder)).await;
        }
        Ok(())
    }

    /// Deletes the table with all its versions: the log first, so that no reader finds a part.
    /// Returns the number of deleted files.
    ///
    /// # Errors
    /// If the store fails. Run it again to delete the rest.
    pub async fn delete_all(&self, lock: &WriterLock) -> Result<usize, LakeError> {
        let mut files = self.files().await?;
        files.sort_by_key(|file| !file.location.as_ref().starts_with(layout::PUBLISHED_LOG));
        for file in &files {
            self.delete(lock, file.location.as_ref()).await?;
        }
        if let Some(root) = self.lake.root() {
            let folders = (1..=layout::PUBLISHED.len()).rev();
            for depth in folders {
                let folder =
                    layout::local_path(root, &Path::from_iter(layout::PUBLISHED[..depth].iter().copied()));
                // As in `delete`.
                let _ = spawn_blocking_io(move || std::fs::remove_dir(folder)).await;
            }
        }
        Ok(files.len())
    }
}

#[cfg(test)]
mod tests;
