//! Errors of deliveries.

use thiserror::Error;

/// Reason for which a delivery failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// A further attempt may succeed.
    #[error("{0}")]
    Transient(String),
    /// Attempts fail until the configuration or the destination changes.
    #[error("{0}")]
    Permanent(String),
}
