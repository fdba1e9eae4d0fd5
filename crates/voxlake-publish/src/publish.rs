//! Publication of a lake: one commit with all days that changed since the last one.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use futures::StreamExt as _;
use voxlake_lake::{DayFile, Lake, LakeError, PublishedTable, WriterLock};

use crate::PublishError;
use crate::actions::{AddFile, Commit};
use crate::changes::Changes;
use crate::log_names::{checkpoint_path, commit_path};
use crate::next_version::{NextVersion, PreparedDays};
use crate::options::PublishOptions;
use crate::report::{PublishReport, PublishedStatus};
use crate::retention::delete_old_files;
use crate::snapshot::TableReader;

/// Versions between two checkpoints, as in other writers of Delta tables.
const CHECKPOINT_INTERVAL: u64 = 10;
/// Maximum days checked and linked concurrently.
const MAX_CONCURRENT_DAYS: usize = 16;

/// Progress of a publication, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishProgress {
    /// Days that were added to the folder of the table.
    pub done: usize,
    /// All days to add.
    pub all: usize,
}

/// Callback for progress.
pub type OnPublishProgress<'a> = &'a (dyn Fn(PublishProgress) + Send + Sync);

/// Makes the published table equal to the lake. The first version creates the table.
///
/// All changes become readable in one step. The lock is the lake's writer lock, so the version is a
/// state that the lake really had. Damaged days are not published: the table keeps their last
/// version.
///
/// ```
/// use voxlake_lake::{ConflictPolicy, Lake};
/// use voxlake_model::decode_records;
/// use voxlake_publish::{PublishOptions, publish};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
/// let now = "2026-11-02T00:00:00Z".parse()?;
/// let record = r#"{"engagement_id": "e1", "start_time": "2026-11-01T08:00:00Z"}"#;
/// let (calls, _) = decode_records([record], now)?;
/// let lock = lake.lock(now).await?;
/// lake.merge_day(&lock, "2026-11-01".parse()?, vec![calls], &[], ConflictPolicy::Replace).await?;
///
/// let report = publish(&lake, &lock, PublishOptions::default(), now, &|_| {}).await?;
/// assert_eq!((report.version, report.days, report.calls), (0, 1, 1));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`PublishError::UnreadableLog`], [`PublishError::ForeignTable`] or
/// [`PublishError::ForeignVersion`] if the table is damaged or another program wrote to it;
/// [`PublishError::Lake`] if the lake fails. The table then has its last version.
pub async fn publish(
    lake: &Lake,
    lock: &WriterLock,
    options: PublishOptions,
    now: DateTime<Utc>,
    on_progress: OnPublishProgress<'_>,
) -> Result<PublishReport, PublishError> {
    let table = lake.published_table();
    let reader = TableReader::new(&table)?;
    let newest = if table.has_log().await? { Some(reader.read().await?) } else { None };
    let publication = Publication { lake, lock, table: &table, reader, now };
    let mut changes = Changes::new(lake.days().await?, &table, newest.as_ref());
    let days = publication.prepare(&changes, on_progress).await?;
    let NextVersion { commit, mut report, keep } =
        NextVersion::new(&table, newest.as_ref(), &changes, days, options.keep, now)?;
    let is_first_of_day = match (&newest, &commit) {
        (Some(newest), Some(_)) => !publication.is_of_today(newest.version).await?,
        _ => false,
    };
    if let Some(commit) = commit {
        publication.write(&commit, report.version).await?;
        if report.version % CHECKPOINT_INTERVAL == 0 && report.version > 0 {
            publication.write_checkpoint().await;
        }
    }
    if options.checks_files || is_first_of_day {
        let newest = publication.reader.read().await?;
        let unchanged = std::mem::take(&mut changes.unchanged);
        report.restored_files = publication.restore_missing(unchanged).await?;
        report.deleted_files = delete_old_files(&table, lock, &newest, keep, now).await?;
    }
    Ok(report)
}

/// Returns the state of the published table. `None` if the lake is not published.
///
/// # Errors
/// As [`publish`].
pub async fn published_status(lake: &Lake) -> Result<Option<PublishedStatus>, PublishError> {
    let table = lake.published_table();
    if !table.has_log().await? {
        return Ok(None);
    }
    let newest = TableReader::new(&table)?.read().await?;
    let changes = Changes::new(lake.days().await?, &table, Some(&newest));
    Ok(Some(PublishedStatus {
        location: table.location(),
        version: newest.version,
        published_at: commit_time(&table, newest.version).await?,
        days: newest.files.len(),
        calls: newest.calls(),
        changed_days: changes.dates().len(),
    }))
}

/// Returns the time of a version. `None` if its commit does not say so.
async fn commit_time(table: &PublishedTable, version: u64) -> Result<Option<DateTime<Utc>>, LakeError> {
    let commit = table.read(&commit_path(version)).await?;
    Ok(commit.and_then(|bytes| Commit::parse(&bytes).timestamp()))
}

/// Publication of one version.
struct Publication<'a> {
    lake: &'a Lake,
    lock: &'a WriterLock,
    table: &'a PublishedTable,
    reader: TableReader,
    now: DateTime<Utc>,
}

impl Publication<'_> {
    /// Checks the changed days, and adds the sound ones to the folder of the table. Readers do not
    /// see them before the commit.
    async fn prepare(
        &self,
        changes: &Changes,
        on_progress: OnPublishProgress<'_>,
    ) -> Result<PreparedDays, PublishError> {
        let all = changes.changed.len();
        let mut days = futures::stream::iter(changes.changed.clone())
            .map(|day| self.prepare_day(day))
            .buffered(MAX_CONCURRENT_DAYS);
        let mut prepared = PreparedDays::default();
        while let Some((date, day)) = days.next().await {
            match day {
                Ok((calls, file)) => prepared.sound.push((date, calls, file)),
                Err(error @ LakeError::Damaged { .. }) => {
                    prepared.damaged.insert(date, error.to_string());
                }
                Err(error) => return Err(error.into()),
            }
            let done = prepared.sound.len() + prepared.damaged.len();
            on_progress(PublishProgress { done, all });
        }
        Ok(prepared)
    }

    async fn prepare_day(&self, day: DayFile) -> (NaiveDate, Result<(u64, AddFile), LakeError>) {
        let prepare = async {
            let footer = self.lake.footer(&day).await?;
            let file = self.table.add_day(self.lock, &day).await?;
            Ok((footer.rows, AddFile::new(file.path, &day, &footer)))
        };
        (day.date, prepare.await)
    }

    async fn write(&self, commit: &Commit, version: u64) -> Result<(), PublishError> {
        let location = self.table.location();
        let bytes = match commit.to_bytes() {
            Ok(bytes) => bytes,
            Err(source) => return Err(PublishError::UnreadableLog { location, source: source.into() }),
        };
        match self.table.create(self.lock, &commit_path(version), bytes).await {
            Err(LakeError::Exists { .. }) => Err(PublishError::ForeignVersion { location, version }),
            written => Ok(written?),
        }
    }

    /// Writes a checkpoint of the newest version. Readers need none, so failures are logged only.
    async fn write_checkpoint(&self) {
        let written = async {
            let newest = self.reader.read().await?;
            self.reader.checkpoint(&newest).await?;
            // Older parts of the log are deleted later: a power failure must not lose this one.
            self.table.sync_to_disk(&checkpoint_path(newest.version)).await?;
            Ok::<_, PublishError>(())
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, "cannot write a checkpoint of the published table");
        }
    }

    /// Returns whether a version was published on the current UTC day.
    async fn is_of_today(&self, version: u64) -> Result<bool, PublishError> {
        let published_at = commit_time(self.table, version).await?;
        Ok(published_at.is_some_and(|at| at.date_naive() == self.now.date_naive()))
    }

    /// Adds files of unchanged days again that were deleted from the table. Returns their number.
    async fn restore_missing(&self, unchanged: Vec<DayFile>) -> Result<usize, PublishError> {
        let files = self.table.files().await?;
        let existing: BTreeSet<&str> = files.iter().map(|meta| meta.location.as_ref()).collect();
        let mut restored = 0;
        for day in unchanged {
            if !existing.contains(self.table.file_of(&day).path.as_str()) {
                self.table.add_day(self.lock, &day).await?;
                restored += 1;
            }
        }
        Ok(restored)
    }
}
