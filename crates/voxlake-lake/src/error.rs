//! Errors of a lake, by what a caller can do about them.

use std::error::Error as StdError;

use thiserror::Error;

/// An error of a lake. Its text names files and time ranges, never the content of calls.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LakeError {
    /// The location holds no lake.
    #[error("there is no lake at {location}")]
    NoLake {
        /// The location as given.
        location: String,
    },
    /// The location is neither a path nor a URL of a supported store.
    #[error("{location} is not the location of a lake: {reason}")]
    InvalidLocation {
        /// The location as given.
        location: String,
        /// Reason why it is invalid.
        reason: String,
    },
    /// The options of the object store contain no credentials, and no service provides them.
    #[error("there are no credentials for {location}")]
    NoCredentials {
        /// The location as given.
        location: String,
    },
    /// A day file cannot be read: it is truncated, empty, changed or not a file of calls.
    #[error("day file {path} is damaged: {reason}")]
    Damaged {
        /// Path within the lake.
        path: String,
        /// Kind of damage.
        reason: String,
    },
    /// A day file has columns that this version does not know. A merge would drop them.
    #[error("day file {path} was written by a newer voxlake (it has the column {column}): update this one")]
    NewerSchema {
        /// Path within the lake.
        path: String,
        /// Path of the first unknown column in the schema.
        column: String,
    },
    /// A day is stored in several files, which this version cannot read.
    #[error("{path} is a part of a day, written by a newer voxlake: update this one")]
    PartOfDay {
        /// Path within the lake.
        path: String,
    },
    /// The scope file cannot be read, so the conditions on the lake's calls are unknown.
    #[error("the scope of the lake, {path}, cannot be read: {reason}")]
    UnreadableScope {
        /// Path within the lake.
        path: String,
        /// Error of the parser.
        reason: String,
    },
    /// Another process is writing to the lake.
    #[error("another voxlake is writing to this lake: {holder}")]
    Locked {
        /// The process that holds the lock, as it described itself in the lock file.
        holder: String,
    },
    /// The lock of this writer expired or was taken over: another process may be writing.
    #[error(
        "the writer lock {path} was lost to another writer or expired: committed days are kept, run the command again"
    )]
    LockLost {
        /// Path of the lock within the lake.
        path: String,
    },
    /// Another process replaced a day file after it was read.
    #[error(
        "day file {path} was replaced by another writer meanwhile: nothing was written, run the command again"
    )]
    Conflict {
        /// Path within the lake.
        path: String,
    },
    /// A file that is created only once exists already.
    #[error("{path} was created by another program meanwhile: it is not replaced")]
    Exists {
        /// Path within the lake.
        path: String,
    },
    /// A migrated day file would not have the calls and coverage of the old one.
    #[error("day file {path} would have other calls after the migration: nothing was changed")]
    RewriteDiffers {
        /// Path within the lake.
        path: String,
    },
    /// A day file was replaced or deleted after the lake was listed, for example by a sync. A new
    /// listing has its current version.
    #[error("day file {path} was replaced while it was read, for example by a sync")]
    Replaced {
        /// Path within the lake.
        path: String,
    },
    /// The store failed.
    #[error("cannot {action} {path}")]
    Store {
        /// The failed operation, as a verb.
        action: &'static str,
        /// Path within the lake, or the lake's location.
        path: String,
        /// Error of the store.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// Calls do not have the schema of the lake, or not the date or order of their day.
    #[error("calls do not fit the lake's schema")]
    Schema(#[from] arrow::error::ArrowError),
}

impl LakeError {
    /// Returns the error in the form in which `tracing` records its causes as well.
    #[must_use]
    pub fn as_dyn(&self) -> &(dyn StdError + 'static) {
        self
    }
}

/// Adds the operation and the path to an error of the store.
pub(crate) trait StoreContext<T> {
    /// Converts the error. `action` is a verb ("write"), `path` is within the lake.
    fn context(self, action: &'static str, path: impl Into<String>) -> Result<T, LakeError>;
}

impl<T, E: StdError + Send + Sync + 'static> StoreContext<T> for Result<T, E> {
    fn context(self, action: &'static str, path: impl Into<String>) -> Result<T, LakeError> {
        self.map_err(|error| LakeError::Store { action, path: path.into(), source: Box::new(error) })
    }
}
