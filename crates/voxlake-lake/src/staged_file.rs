//! Files that replace their destination in one step.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that is written next to its destination and replaces it once it is complete.
///
/// Readers of the destination see the old file or the new one, never a part of it. A staged file
/// that is dropped before that is deleted.
///
/// `OutputFile` of `voxlake-report` does the same for the files of a user. It stays apart, because
/// other processes may write the same file: it deletes only leftovers of a minimum age. Here the
/// writer's lock excludes them. It also does not sync the folder. Neither crate depends on the
/// other.
#[derive(Debug)]
pub(crate) struct StagedFile {
    file: NamedTempFile,
    destination: PathBuf,
}

impl StagedFile {
    /// Creates an empty file in the folder of `destination`. Its name is random between `prefix`
    /// and `suffix`, its permissions are those of any new file.
    pub(crate) fn create(destination: &Path, prefix: &str, suffix: &str) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix).suffix(suffix);
        // Temporary files are readable by their owner only. This one gets the usual mode, less the
        // umask.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder_of(destination))?;
        Ok(Self { file, destination: destination.to_owned() })
    }

    pub(crate) fn file_mut(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Writes the content to disk, moves the file to its destination and writes the folder's entry
    /// to disk, so that the file survives a power failure.
    pub(crate) fn persist_durably(self) -> io::Result<()> {
        let destination = self.destination.clone();
        self.file.as_file().sync_all()?;
        self.persist_unsynced()?;
        sync_folder(folder_of(&destination))
    }

    /// Persists the file as [`persist_durably`](Self::persist_durably), but fails if the
    /// destination exists.
    pub(crate) fn persist_new_durably(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist_noclobber(&self.destination).map_err(io::Error::from)?;
        sync_folder(folder_of(&self.destination))
    }

    /// Moves the file to its destination without waiting for the disk.
    pub(crate) fn persist_unsynced(self) -> io::Result<()> {
        self.file.persist(&self.destination).map(drop).map_err(io::Error::from)
    }
}

/// The folder of a path; the current one for a bare name.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes the entries of a folder to disk.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Does nothing: folders cannot be opened as files on this system.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
