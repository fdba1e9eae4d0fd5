//! Errors of reading the files of a lake.

use thiserror::Error;
use voxlake_lake::LakeError;

/// Error of reading a lake for a query.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Some day files cannot be read.
    #[error("{}", join_files(.files))]
    Damaged {
        /// Damaged files with their reasons; never empty.
        files: Vec<DamagedFile>,
    },
    /// A day file was replaced or deleted after the lake was listed, for example by a sync.
    #[error("the lake changed while it was read: {path} was replaced, for example by a sync")]
    Replaced {
        /// Path within the lake.
        path: String,
    },
    /// The lake itself cannot be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

/// Day file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DamagedFile {
    /// Path within the lake.
    pub path: String,
    /// Description of the damage.
    pub reason: String,
}

impl std::fmt::Display for DamagedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "day file {} is damaged: {}", self.path, self.reason)
    }
}

fn join_files(files: &[DamagedFile]) -> String {
    files.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
