//! Files to import.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use thiserror::Error;

/// Opened file to import.
///
/// ```no_run
/// use chrono::Utc;
/// use voxlake_fetch::{Import, ImportFile};
///
/// # async fn run(mut import: Import) -> Result<(), Box<dyn std::error::Error>> {
/// let file = ImportFile::open("calls.ndjson".as_ref(), None, Utc::now())?;
/// let (_, read) = import.import_file(&file.name, file.reader, file.fetched_at).await?;
/// read?;
/// println!("{}", import.finish_files(None).await?.describe().join("\n"));
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
pub struct ImportFile {
    /// Name of the file, without its folder, which is meaningless on other machines.
    pub name: String,
    /// Content of the file.
    pub reader: Box<dyn Read + Send>,
    /// Size in bytes; `None` for pipes.
    pub bytes: Option<u64>,
    /// Time at which the records were fetched.
    pub fetched_at: DateTime<Utc>,
}

/// Error of opening a file to import.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot read {}: {reason}", path.display())]
#[non_exhaustive]
pub struct ImportFileError {
    /// Path of the file.
    pub path: PathBuf,
    /// Cause.
    pub reason: String,
}

impl ImportFile {
    /// Returns standard input, with records that were fetched at `fetched_at`.
    #[must_use]
    pub fn stdin(fetched_at: DateTime<Utc>) -> Self {
        let name = "standard input".to_owned();
        Self { name, reader: Box::new(io::stdin()), bytes: None, fetched_at }
    }

    /// Opens a file. Its records were fetched at `fetched_at`, or else when the file was last
    /// modified, or else `now`.
    ///
    /// # Errors
    /// [`ImportFileError`] for a folder, or a file that cannot be read.
    pub fn open(
        path: &Path,
        fetched_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Self, ImportFileError> {
        let unreadable = |reason: String| ImportFileError { path: path.to_owned(), reason };
        let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
        let metadata = file.metadata().map_err(|error| unreadable(error.to_string()))?;
        if metadata.is_dir() {
            return Err(unreadable("it is a folder; name its files".to_owned()));
        }
        let modified = metadata.modified().map(DateTime::<Utc>::from);
        Ok(Self {
            name: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            reader: Box::new(file),
            bytes: metadata.is_file().then_some(metadata.len()),
            fetched_at: fetched_at.or(modified.ok()).unwrap_or(now),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_opened_and_folders_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.ndjson");
        std::fs::write(&path, "{}").unwrap();
        let fetched_at = DateTime::UNIX_EPOCH;
        let file = ImportFile::open(&path, Some(fetched_at), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!((file.name.as_str(), file.bytes, file.fetched_at), ("calls.ndjson", Some(2), fetched_at));
        let modified = ImportFile::open(&path, None, fetched_at).unwrap().fetched_at;
        assert!(modified > fetched_at);
        let refused = |path: &Path| ImportFile::open(path, None, fetched_at).err().unwrap().to_string();
        assert_eq!(
            refused(folder.path()),
            format!("cannot read {}: it is a folder; name its files", folder.path().display())
        );
        assert!(refused(&folder.path().join("none")).contains("none: No such file"));
    }
}
