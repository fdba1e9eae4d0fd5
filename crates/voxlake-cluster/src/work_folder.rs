//! Folder of an executor for the data between stages.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::ClusterError;

/// A given folder, or a temporary one that is deleted when this is dropped. Ballista deletes its
/// own temporary folder before it writes to it, and leaves it behind.
#[derive(Debug)]
pub(crate) enum WorkFolder {
    Given(PathBuf),
    Temporary(TempDir),
}

impl WorkFolder {
    /// Creates the folder if it does not exist.
    ///
    /// # Errors
    /// [`ClusterError::Stopped`] if the folder cannot be created.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, ClusterError> {
        let failed = |path: &Path, error: std::io::Error| ClusterError::Stopped {
            process: "executor",
            reason: format!("cannot create the folder {}: {error}", path.display()),
        };
        match folder {
            Some(path) => {
                std::fs::create_dir_all(path).map_err(|error| failed(path, error))?;
                Ok(Self::Given(path.to_path_buf()))
            }
            None => {
                let temporary = tempfile::Builder::new().prefix("voxlake-executor-").tempdir();
                Ok(Self::Temporary(temporary.map_err(|error| failed(&std::env::temp_dir(), error))?))
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_folders_are_deleted() {
        let temporary = WorkFolder::open(None).unwrap();
        let path = temporary.path().to_path_buf();
        assert!(path.is_dir());
        let given = WorkFolder::open(Some(&path.join("a/b"))).unwrap();
        assert!(given.path().is_dir());
        let file = path.join("file");
        std::fs::write(&file, "").unwrap();
        let error = WorkFolder::open(Some(&file)).unwrap_err().to_string();
        assert!(error.starts_with("the executor stopped: cannot create the folder "), "{error}");
        drop(temporary);
        assert!(!path.exists());
    }
}
