//! Deletion of what no reader needs any more: files of old versions, leftovers of a killed
//! publication, and old parts of the log.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use voxlake_lake::{PublishedTable, WriterLock};

use crate::PublishError;
use crate::actions::Commit;
use crate::log_names::{LOG_FOLDER, LogFile, commit_path};
use crate::snapshot::TableSnapshot;

/// Maximum commits read concurrently.
const MAX_CONCURRENT_READS: usize = 16;

/// Deletes files that no version of the last `keep` has. A version is kept until `keep` after it
/// was replaced. Returns the number of deleted data files.
///
/// # Errors
/// If the store fails.
pub(crate) async fn delete_old_files(
    table: &PublishedTable,
    lock: &WriterLock,
    newest: &TableSnapshot,
    keep: TimeDelta,
    now: DateTime<Utc>,
) -> Result<usize, PublishError> {
    let files: BTreeSet<Path> = table.files().await?.into_iter().map(|meta| meta.location).collect();
    let (log, data): (BTreeSet<_>, BTreeSet<_>) =
        files.into_iter().partition(|path| path.as_ref().starts_with(LOG_FOLDER));
    let log: BTreeMap<Path, LogFile> =
        log.into_iter().filter_map(|path| Some((path.clone(), LogFile::parse(&path)?))).collect();
    let commits = read_commits(table, &log).await?;
    let history = History::new(&commits, newest.version, now.checked_sub_signed(keep));

    let unused = data.iter().filter(|path| {
        !newest.files.contains_key(path.as_ref()) && !history.removed_files.contains(path.as_ref())
    });
    let mut deleted = 0;
    for path in unused {
        table.delete(lock, path.as_ref()).await?;
        deleted += 1;
    }
    // Readers of the oldest version start at the newest checkpoint before it.
    let checkpoints = log.values().filter_map(LogFile::checkpoint);
    let Some(start) = checkpoints.filter(|version| *version <= history.oldest).max() else {
        return Ok(deleted);
    };
    for (path, _) in log.iter().filter(|(_, file)| file.version() < start) {
        table.delete(lock, path.as_ref()).await?;
    }
    Ok(deleted)
}

async fn read_commits(
    table: &PublishedTable,
    log: &BTreeMap<Path, LogFile>,
) -> Result<BTreeMap<u64, Commit>, PublishError> {
    let versions: Vec<u64> = log.values().filter_map(LogFile::commit).collect();
    futures::stream::iter(versions)
        .map(|version| async move {
            let bytes = table.read(&commit_path(version)).await?.unwrap_or_default();
            Ok((version, Commit::parse(&bytes)))
        })
        .buffered(MAX_CONCURRENT_READS)
        .try_collect()
        .await
}

/// Versions that may still be read.
struct History {
    /// Oldest version to keep.
    oldest: u64,
    /// Files of these versions that the newest one does not have.
    removed_files: BTreeSet<String>,
}

impl History {
    /// Finds the versions that were replaced after `cutoff`; `None` keeps all. Commits without a
    /// time count as new.
    fn new(commits: &BTreeMap<u64, Commit>, newest: u64, cutoff: Option<DateTime<Utc>>) -> Self {
        let is_new =
            |commit: &Commit| commit.timestamp().is_none_or(|at| cutoff.is_none_or(|cutoff| at > cutoff));
        let first_new = commits.iter().find(|(_, commit)| is_new(commit)).map(|(version, _)| *version);
        let oldest = first_new.map_or(newest, |version| version.saturating_sub(1));
        let later = commits.range(oldest + 1..);
        let removed_files = later.flat_map(|(_, commit)| commit.removed().map(str::to_owned)).collect();
        Self { oldest, removed_files }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::actions::{Action, RemoveFile};

    fn hour(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    /// Commits 3 to 6, at the hours 3 to 6; each removes the file of the version before it.
    fn commits() -> BTreeMap<u64, Commit> {
        let commit = |version: u64| {
            let at = hour(i64::try_from(version).unwrap());
            let mut commit = Commit::new(version, at);
            let removed = RemoveFile::new(format!("file-{}", version - 1), NaiveDate::MIN, 1, at);
            commit.push(Action::Remove(removed));
            (version, Commit::parse(&commit.to_bytes().unwrap()))
        };
        (3..=6).map(commit).collect()
    }

    #[test]
    fn replaced_versions_are_kept_for_a_time() {
        let commits = commits();
        for (cutoff, oldest, removed) in [
            (Some(hour(6)), 6, vec![]),
            (Some(hour(5)), 5, vec!["file-5"]),
            (Some(hour(4)), 4, vec!["file-4", "file-5"]),
            (Some(hour(2)), 2, vec!["file-2", "file-3", "file-4", "file-5"]),
            (None, 2, vec!["file-2", "file-3", "file-4", "file-5"]),
        ] {
            let history = History::new(&commits, 6, cutoff);
            assert_eq!(history.oldest, oldest, "{cutoff:?}");
            assert_eq!(history.removed_files.iter().map(String::as_str).collect::<Vec<_>>(), removed);
        }
    }
}
