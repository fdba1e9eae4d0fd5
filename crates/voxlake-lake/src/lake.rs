//! The lake: a folder or bucket of day files.

mod location;

use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use futures::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::commit::OpenedFile;
use crate::day::{Day, DayFile};
use crate::error::{LakeError, StoreContext as _};
use crate::executor::spawn_blocking_io;
use crate::listing::{self, Listing};
use crate::location::LakeLocation;
use crate::lock::lease::{LeaseTerms, finish_lock_releases};
use crate::read::DayReader;
use crate::request_limit::limit_requests;
use crate::store::{StoreError, check_credentials, open_store};
use crate::{Coverage, TimeRange, WriterLock, layout};

/// A lake of day files, in a local folder or an object store.
///
/// All methods that write take a lock as evidence that no other process writes. Cloning is cheap.
///
/// ```
/// use voxlake_lake::{ConflictPolicy, Lake};
/// use voxlake_model::decode_records;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
///
/// let now = "2026-11-02T00:00:00Z".parse()?;
/// let record = r#"{"engagement_id": "e1", "start_time": "2026-11-01T08:00:00Z"}"#;
/// let (calls, rejects) = decode_records([record], now)?;
/// assert!(rejects.is_empty());
///
/// let lock = lake.lock(now).await?;
/// let date = "2026-11-01".parse()?;
/// let commit = lake.merge_day(&lock, date, vec![calls], &[], ConflictPolicy::Replace).await?;
/// assert_eq!(commit.merged.added, 1);
/// lock.release().await?;
///
/// assert_eq!(lake.read_day(date).await?.calls.num_rows(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Lake {
    store: Arc<dyn ObjectStore>,
    /// The lake's folder, if it is a local one.
    root: Option<PathBuf>,
    location: LakeLocation,
}

impl Lake {
    /// Opens the lake at a path or URL. In an object store, this takes one request.
    ///
    /// # Errors
    /// [`LakeError::NoLake`] if the folder does not exist or is not a lake, or the store has no
    /// object below the URL. [`LakeError::InvalidLocation`] for a URL that this build does not
    /// support, [`LakeError::NoCredentials`] if the options of the store have none.
    pub async fn open(location: impl Into<LakeLocation>) -> Result<Self, LakeError> {
        let location = location.into();
        let no_lake = || LakeError::NoLake { location: location.to_string() };
        let Some(root) = location.folder()? else {
            let lake = Self::remote(&location).await?;
            let first = lake.store.list(None).try_next().await.context("list", location.as_str())?;
            return first.map(|_| lake).ok_or_else(no_lake);
        };
        match tokio::fs::metadata(root.join(layout::VOICE_CALLS)).await {
            Ok(metadata) if metadata.is_dir() => Self::local(&location, root),
            _ => Err(no_lake()),
        }
    }

    /// Opens the lake at a path or URL, and creates it if it does not exist. An object store needs
    /// no folder, so nothing is written there.
    ///
    /// # Errors
    /// As [`Lake::open`], and if the folder cannot be created.
    pub async fn create(location: impl Into<LakeLocation>) -> Result<Self, LakeError> {
        let location = location.into();
        let Some(root) = location.folder()? else { return Self::remote(&location).await };
        let calls = root.join(layout::VOICE_CALLS);
        tokio::fs::create_dir_all(&calls).await.context("create the folder", calls.display().to_string())?;
        Self::local(&location, root)
    }

    fn local(location: &LakeLocation, root: PathBuf) -> Result<Self, LakeError> {
        let store = LocalFileSystem::new_with_prefix(&root).context("open", location.as_str())?;
        Ok(Self { store: Arc::new(store), root: Some(root), location: location.clone() })
    }

    async fn remote(location: &LakeLocation) -> Result<Self, LakeError> {
        let url = location.url()?;
        let failed = |error: StoreError| match error {
            StoreError::NoCredentials { .. } => LakeError::NoCredentials { location: location.to_string() },
            error => location.invalid(error.to_string()),
        };
        let (store, prefix) = open_store(&url, location.options()).map_err(failed)?;
        check_credentials(&url, location.options()).await.map_err(failed)?;
        Ok(Self::in_store(Arc::new(PrefixStore::new(store, prefix)), location))
    }

    /// Returns the lake at the root of an object store. `location` is its name for people. At most
    /// [`MAX_CONCURRENT_REQUESTS`](crate::MAX_CONCURRENT_REQUESTS) requests run at the same time.
    #[must_use]
    pub fn in_store(store: Arc<dyn ObjectStore>, location: impl Into<LakeLocation>) -> Self {
        Self { store: limit_requests(store), root: None, location: location.into() }
    }

    /// Location at which the lake was opened, without the options of its store.
    #[must_use]
    pub fn location(&self) -> &str {
        self.location.as_str()
    }

    /// Store whose root is the lake, as in the paths of [`DayFile::meta`].
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Lists the day files, by date.
    ///
    /// # Errors
    /// If the store cannot list them; [`LakeError::PartOfDay`] for a day of a newer version.
    pub async fn days(&self) -> Result<Vec<DayFile>, LakeError> {
        let prefix = Path::from(layout::VOICE_CALLS);
        let Listing { mut days, part } = match self.root.clone() {
            Some(root) => {
                spawn_blocking_io(move || listing::list_days(&root)).await.context("list", prefix.as_ref())?
            }
            None => {
                let files = self.store.list(Some(&prefix)).try_collect::<Vec<_>>().await;
                listing::select_days(files.context("list", prefix.as_ref())?)
            }
        };
        if let Some(path) = part {
            return Err(LakeError::PartOfDay { path });
        }
        days.sort_by_key(|day| day.date);
        Ok(days)
    }

    /// Refuses a day in parts, which a new day file would hide from newer versions.
    ///
    /// # Errors
    /// [`LakeError::PartOfDay`]; if the store cannot list the folder of the day.
    pub(crate) async fn refuse_parts(&self, date: NaiveDate) -> Result<(), LakeError> {
        let file = layout::day_file(date);
        let part = match self.root.clone() {
            Some(root) => {
                let path = file.clone();
                let find = move || listing::find_part(&root, &path);
                spawn_blocking_io(find).await.context("list", file.as_ref())?
            }
            None => {
                let folder = Path::from_iter(file.parts().take(2));
                let files = self.store.list(Some(&folder)).try_collect::<Vec<_>>().await;
                listing::select_days(files.context("list", folder.as_ref())?).part
            }
        };
        part.map_or(Ok(()), |path| Err(LakeError::PartOfDay { path }))
    }

    /// Source of the lake's calls, in the words of its first writer. `None` if it was not recorded.
    ///
    /// # Errors
    /// If the file exists and cannot be read.
    pub async fn origin(&self) -> Result<Option<String>, LakeError> {
        let path = layout::origin();
        let bytes = self.read_file(&path).await?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()))
    }

    /// Records the source of the lake's calls.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn set_origin(&self, lock: &WriterLock, origin: &str) -> Result<(), LakeError> {
        self.replace(lock, &layout::origin(), Bytes::from(format!("{origin}\n"))).await
    }

    /// Period of the last sync. `None` if that sync was complete.
    ///
    /// # Errors
    /// If the store fails. A malformed file is logged and ignored.
    pub async fn unfinished_sync(&self) -> Result<Option<TimeRange>, LakeError> {
        let path = layout::unfinished_sync();
        let Some(bytes) = self.read_file(&path).await? else { return Ok(None) };
        let period = serde_json::from_slice(&bytes);
        Ok(period.map_err(|error| tracing::warn!(%path, %error, "cannot read the unfinished period")).ok())
    }

    /// Records the period of a sync when it starts. `None` records that it is complete.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn set_unfinished_sync(
        &self,
        lock: &WriterLock,
        period: Option<TimeRange>,
    ) -> Result<(), LakeError> {
        let path = layout::unfinished_sync();
        match period {
            Some(period) => {
                let note = serde_json::to_vec(&period).context("write", path.as_ref())?;
                self.replace(lock, &path, Bytes::from(note)).await
            }
            None => self.delete_file(lock, &path).await,
        }
    }

    /// Checks a day file by its footer.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] if the check fails.
    pub async fn check_footer(&self, day: &DayFile) -> Result<(), LakeError> {
        self.footer(day).await.map(drop)
    }

    /// Returns the fetched ranges of a day. Reads only the footer.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] if the footer cannot be read.
    pub async fn coverage(&self, day: &DayFile) -> Result<Coverage, LakeError> {
        self.footer(day).await.map(|footer| footer.coverage)
    }

    /// Reads the calls and coverage of a day. A day without a file is empty.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] if the file cannot be read completely, [`LakeError::NewerSchema`] if
    /// it has unknown columns.
    pub async fn read_day(&self, date: NaiveDate) -> Result<Day, LakeError> {
        let path = layout::day_file(date);
        let Some(OpenedFile { file, .. }) = self.day_file(&path).await? else { return Ok(Day::empty()) };
        let name = path.to_string();
        let reading = spawn_blocking_io(move || {
            Ok(DayReader::open(&name, file)
                .and_then(DayReader::verify_checksums)
                .and_then(|day| day.verify_date(date))
                .and_then(|day| day.day()))
        });
        reading.await.context("read", path.as_ref())?
    }

    /// Takes the writer's lock. `since` is recorded in it.
    ///
    /// # Errors
    /// [`LakeError::Locked`], with the holder, if another writer has it.
    pub async fn lock(&self, since: DateTime<Utc>) -> Result<WriterLock, LakeError> {
        self.lock_at(layout::lock(), since).await
    }

    /// Runs `work` with the writer's lock, and releases it when `work` ends, also by an error or by
    /// being cancelled. `since` is recorded in the lock.
    ///
    /// # Errors
    /// [`LakeError::Locked`], with the holder, if another writer has it; those of `work`.
    pub async fn with_writer_lock<T, E: From<LakeError>, F: Future<Output = Result<T, E>>>(
        &self,
        since: DateTime<Utc>,
        work: impl FnOnce(Arc<WriterLock>) -> F,
    ) -> Result<T, E> {
        let lock = Arc::new(self.lock(since).await?);
        let done = work(Arc::clone(&lock)).await;
        // Work that still runs holds a clone; the lock ends with the last one.
        if let Some(lock) = Arc::into_inner(lock)
            && let Err(error) = lock.release().await
        {
            tracing::warn!(error = error.as_dyn(), "cannot release the lock");
        }
        done
    }

    pub(crate) async fn lock_at(&self, path: Path, since: DateTime<Utc>) -> Result<WriterLock, LakeError> {
        match &self.root {
            Some(root) => WriterLock::take_local(root, &path, since),
            None => {
                // A lock of this process that was just dropped is still being released.
                finish_lock_releases().await;
                let terms = LeaseTerms::DEFAULT;
                WriterLock::take_remote(Arc::clone(&self.store), path, since, terms).await
            }
        }
    }

    /// Moves a damaged day file to `_voxlake/damaged/` and returns its new path. Its day counts as
    /// never fetched. Files that are already there are kept.
    ///
    /// # Errors
    /// If the file cannot be moved.
    pub async fn quarantine(
        &self,
        lock: &WriterLock,
        day: &DayFile,
        now: DateTime<Utc>,
    ) -> Result<String, LakeError> {
        let mut copy = 0;
        // The lock is held, so a free name stays free.
        let to = loop {
            let to = layout::quarantine(day.date, now, copy);
            match self.store.head(&to).await {
                Err(object_store::Error::NotFound { .. }) => break to,
                taken => taken.context("look for", to.as_ref())?,
            };
            copy += 1;
        };
        let from = &day.meta.location;
        lock.fence(async { self.store.rename(from, &to).await.context("quarantine", from.as_ref()) }).await?;
        Ok(to.to_string())
    }

    /// Returns whether the lake is a local folder.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.root.is_some()
    }

    /// The lake's folder, if it is a local one.
    pub(crate) fn root(&self) -> Option<&FsPath> {
        self.root.as_deref()
    }
}

#[cfg(test)]
mod tests;
