//! Errors of schedules and reports.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use arrow::error::ArrowError;
use thiserror::Error;
use voxlake_lake::{LakeError, OutputInLake};
use voxlake_query::period::PeriodError;
use voxlake_query::{QueryError, TextFileError};
use voxlake_report::{DefinitionError, ReportError};

use crate::delivery::DeliveryError;

/// Error of a schedule, a report or a delivery.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A setting, a report file or an argument is invalid.
    #[error("{0}")]
    Invalid(String),
    /// A report takes no parameter of this name.
    #[error("no section of {report} takes the parameter {parameter}, or each sets it itself")]
    UnknownParameter {
        /// Name of the report.
        report: String,
        /// Name of the parameter.
        parameter: String,
    },
    /// A section of a report takes a queue, team, agent, flow or country that no call of the lake
    /// ever had.
    #[error("report {report}: section {section:?}")]
    UnknownNames {
        /// Name of the report.
        report: String,
        /// Title of the section.
        section: String,
        /// The unknown ids and names: [`QueryError::UnknownNames`].
        source: Box<QueryError>,
    },
    /// A report file that is not a report.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// Text that is not a time or a period.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// A text file that cannot be read.
    #[error(transparent)]
    TextFile(#[from] TextFileError),
    /// A destination within a lake.
    #[error(transparent)]
    OutputInLake(#[from] OutputInLake),
    /// The ledger of runs cannot be read. An empty one instead would send every report again.
    #[error(
        "{path} in the lake says which reports were sent and cannot be read; restore a copy of it, or remove it \
         to start a new one"
    )]
    Ledger {
        /// Path within the lake.
        path: String,
        /// The cause.
        source: serde_json::Error,
    },
    /// The ledger of runs cannot be encoded.
    #[error("cannot encode the ledger of runs")]
    LedgerEncoding(#[source] serde_json::Error),
    /// A delivery failed.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The lake could not be updated before a report.
    #[error(transparent)]
    Update(Box<dyn Error + Send + Sync>),
    /// A file cannot be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The health endpoint cannot listen on its address.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The lake cannot be read or locked.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A query failed.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A report cannot be rendered.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The rows of an answer cannot be combined or formatted.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

impl ScheduleError {
    /// Returns whether the configuration, a report file or an argument is at fault.
    pub fn is_usage_error(&self) -> bool {
        matches!(
            self,
            Self::Invalid(_)
                | Self::UnknownParameter { .. }
                | Self::UnknownNames { .. }
                | Self::Definition(_)
                | Self::Period(_)
                | Self::TextFile(_)
                | Self::OutputInLake(_)
        )
    }
}

/// Creates [`ScheduleError::Invalid`].
pub(crate) fn invalid(message: impl Into<String>) -> ScheduleError {
    ScheduleError::Invalid(message.into())
}
