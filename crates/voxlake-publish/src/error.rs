//! Errors of publishing, by what a caller can do about them.

use std::error::Error as StdError;

use thiserror::Error;
use voxlake_lake::LakeError;

/// An error of publishing. Its text names files and columns, never the content of calls.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The log of the table cannot be read: it is damaged, or uses features that are not supported.
    #[error("the log of the published table {location} cannot be read")]
    UnreadableLog {
        /// Folder or URL of the table.
        location: String,
        /// Error of the reader.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// Another program created the table.
    #[error("the table {location} was not published by voxlake: it is not changed")]
    ForeignTable {
        /// Folder or URL of the table.
        location: String,
    },
    /// Another program changed the table.
    #[error("another program wrote version {version} of the published table {location}: it is not changed")]
    ForeignVersion {
        /// Folder or URL of the table.
        location: String,
        /// Newest version of the table.
        version: u64,
    },
    /// The table has a column that this version does not know.
    #[error("the published table has the column {column} of a newer voxlake: update this one")]
    NewerSchema {
        /// Path of the column in the schema.
        column: String,
    },
    /// A column of the table has another type than that of the lake.
    #[error("the column {column} of the published table has the type {table}, that of the lake {lake}")]
    ColumnType {
        /// Path of the column in the schema.
        column: String,
        /// Type in the table.
        table: String,
        /// Type in the lake.
        lake: String,
    },
    /// A column of the lake has a type that tables cannot have.
    #[error("the column {column} has the type {data_type}, which Delta tables do not have")]
    UnsupportedType {
        /// Name of the column.
        column: String,
        /// Arrow type of the column.
        data_type: String,
    },
    /// The Tokio runtime has one thread. Publishing needs a multi-threaded one.
    #[error("publishing needs a multi-threaded runtime")]
    SingleThread,
    /// A background task failed. This is an error of the program.
    #[error("the table cannot be read in the background")]
    Task(#[from] tokio::task::JoinError),
}

impl PublishError {
    /// Returns whether deleting the table and publishing it again solves the problem.
    #[must_use]
    pub fn is_solved_by_republishing(&self) -> bool {
        matches!(
            self,
            Self::UnreadableLog { .. }
                | Self::ForeignTable { .. }
                | Self::ForeignVersion { .. }
                | Self::ColumnType { .. }
        )
    }
}
