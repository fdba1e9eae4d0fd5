//! Errors of the configuration.

use std::path::PathBuf;

use thiserror::Error;
use voxlake_query::TextFileError;
use voxlake_query::period::PeriodError;

use crate::table::DEFAULT_FILE;

/// Error of the configuration.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file that the user named does not exist.
    #[error("there is no configuration file {}", .path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] TextFileError),
    /// A time zone is invalid.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// A setting is unknown or invalid. The text has its source, line and name if they are known.
    #[error("{0}")]
    Invalid(String),
    /// Secrets would be sent to a recipient that only a file in the working folder names. The user
    /// may not know that file.
    #[error(
        "{settings} in {DEFAULT_FILE} of this folder sends credentials to a recipient that only this file names"
    )]
    Untrusted {
        /// Settings of the file that name the recipient.
        settings: String,
    },
    /// A delivery of a schedule would send secrets to such a recipient.
    #[error("schedule {number} ({name:?}): {error}")]
    UntrustedDelivery {
        /// Number of the schedule in the file, from 1.
        number: usize,
        /// Name of the schedule.
        name: String,
        /// Error of the recipient.
        error: Box<ConfigError>,
    },
}

/// Creates [`ConfigError::Invalid`].
pub(crate) fn invalid(message: impl Into<String>) -> ConfigError {
    ConfigError::Invalid(message.into())
}
