//! What can go wrong with a lake, told apart by what the caller can do about it.

use std::error::Error as StdError;

use thiserror::Error;

/// An error of a lake. The texts name files and ranges, never what a call says.
#[derive(Debug, Error)]
pub enum LakeError {
    /// Nothing is at the location that could be a lake: name another, or make one by a sync.
    #[error(
        "there is no lake at {location}: --lake names another, `voxlake sync` makes one, and `voxlake demo` one of simulated calls"
    )]
    NoLake {
        /// The location as it was given.
        location: String,
    },
    /// The location is neither a path nor a URL of a store that this build knows.
    #[error("{location} is not the location of a lake: {reason}")]
    InvalidLocation {
        /// The location as it was given.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A day file cannot be read: cut short, half written, empty, or not one of ours.
    #[error("day file {path} is damaged: {reason}")]
    Damaged {
        /// Path within the lake.
        path: String,
        /// What was found.
        reason: String,
    },
    /// A day file has columns that this version does not know; merging into it would drop them.
    #[error("day file {path} was written by a newer voxlake (it has the column {column}): update this one")]
    NewerSchema {
        /// Path within the lake.
        path: String,
        /// The first column that is not known, by its path in the schema.
        column: String,
    },
    /// The scope file cannot be read: the filter of the lake is unknown.
    #[error("the scope of the lake, {path}, cannot be read: {reason}")]
    UnreadableScope {
        /// Path within the lake.
        path: String,
        /// What was found.
        reason: String,
    },
    /// Another process is writing to the lake.
    #[error("another voxlake is writing to this lake: {holder}")]
    Locked {
        /// Who holds the lock, as they wrote it there.
        holder: String,
    },
    /// The store failed.
    #[error("cannot {action} {path}")]
    Store {
        /// What was tried, as a verb.
        action: &'static str,
        /// Path within the lake, or the lake's own.
        path: String,
        /// The store's own error.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// Calls do not have the lake's schema; a fault of the program, not of the data.
    #[error("calls do not fit the lake's schema")]
    Schema(#[from] arrow::error::ArrowError),
}

/// Names the action and path of a store's error.
pub(crate) trait Naming<T> {
    /// `action` as a verb ("write"), `path` within the lake.
    fn naming(self, action: &'static str, path: impl Into<String>) -> Result<T, LakeError>;
}

impl<T, E: StdError + Send + Sync + 'static> Naming<T> for Result<T, E> {
    fn naming(self, action: &'static str, path: impl Into<String>) -> Result<T, LakeError> {
        self.map_err(|error| LakeError::Store { action, path: path.into(), source: Box::new(error) })
    }
}
