//! Errors of reading a lake's files.

use thiserror::Error;
use voxlake_lake::LakeError;

/// An error of reading a lake for a query.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Day files cannot be read.
    #[error("{}", list(.files))]
    Damaged {
        /// The damaged files, each with the reason; never empty.
        files: Vec<DamagedFile>,
    },
    /// A day file was replaced or removed between the listing of the lake and its reading, as a
    /// sync does.
    #[error("{path} was replaced while it was read, as a sync does")]
    Replaced {
        /// Path within the lake.
        path: String,
    },
    /// The lake itself cannot be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

/// A day file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedFile {
    /// Path within the lake.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

impl std::fmt::Display for DamagedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "day file {} is damaged: {}", self.path, self.reason)
    }
}

fn list(files: &[DamagedFile]) -> String {
    files.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
