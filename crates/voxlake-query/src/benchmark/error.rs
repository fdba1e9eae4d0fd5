//! Errors of benchmarks.

use std::error::Error;
use std::io;

use thiserror::Error;

use crate::QueryError;

/// Error of a benchmark.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchmarkError {
    /// The lake has no calls.
    #[error("the lake has no calls to query")]
    NoCalls,
    /// A query of the suite failed.
    #[error("{name}: {source}")]
    Failed {
        /// Name of the query.
        name: String,
        /// The cause.
        source: QueryError,
    },
    /// A query returned other rows than in the round before.
    #[error("{name} returned other rows in round {round}")]
    Changed {
        /// Name of the query.
        name: String,
        /// Number of the round.
        round: u16,
    },
    /// The session could not be opened, or its lake not be examined.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Rows could not be encoded.
    #[error("cannot encode the rows of an answer")]
    Encoding(#[source] Box<dyn Error + Send + Sync>),
    /// A request could not be read, or a response not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<serde_json::Error> for BenchmarkError {
    fn from(error: serde_json::Error) -> Self {
        Self::Encoding(error.into())
    }
}
