//! Errors of generated lakes.

use arrow::error::ArrowError;
use chrono::NaiveDate;
use voxlake_lake::LakeError;

/// Simulated calls cannot be written, or must not join the calls of a lake.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The lake has calls of another origin than the simulated centre.
    #[error("{lake} holds {origin}, which calls of another making must not join")]
    OtherOrigin {
        /// Location of the lake.
        lake: String,
        /// Origin of its calls.
        origin: String,
    },
    /// The lake has simulated calls, which must not be mixed with real ones.
    #[error("{lake} holds {origin}, which real ones must not join")]
    Simulated {
        /// Location of the lake.
        lake: String,
        /// Origin of its calls.
        origin: String,
    },
    /// A day was interrupted before all of its calls were written. The day is not in the lake.
    #[error("interrupted before {0} was complete")]
    Interrupted(NaiveDate),
    /// The lake cannot be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The calls cannot be encoded as record batches of the lake.
    #[error(transparent)]
    Batch(#[from] ArrowError),
}
