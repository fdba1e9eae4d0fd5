//! Errors of this crate.

use datafusion::error::DataFusionError;
use thiserror::Error;

/// Error of the cluster.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// A plan with a part that the cluster could not run exactly.
    #[error("the cluster cannot run {part}: {reason}")]
    NotPortable {
        /// Operator, expression or function.
        part: String,
        /// Cause.
        reason: String,
    },
    /// A plan of another release.
    #[error("a plan of {theirs} arrived at {ours}: client, scheduler and executors must be the same release")]
    ReleaseMismatch {
        /// Release that encoded the plan.
        theirs: String,
        /// Release of this process.
        ours: String,
    },
    /// Bytes that are not a part of a plan.
    #[error("cannot decode a part of a plan: {reason}")]
    Undecodable {
        /// Cause.
        reason: String,
    },
    /// An engine URL that cannot be used.
    #[error("{url:?} is not an engine: {reason}")]
    InvalidEngine {
        /// The given URL.
        url: String,
        /// Cause.
        reason: String,
    },
    /// A listener without TLS on an address that other machines reach.
    #[error("cannot listen on {address} without TLS: only loopback addresses are allowed")]
    NotLoopback {
        /// The address.
        address: String,
    },
    /// A listener with TLS on an address that it cannot have.
    #[error("cannot listen on {address} with TLS: {reason}")]
    NotReachable {
        /// The address.
        address: String,
        /// Cause.
        reason: &'static str,
    },
    /// A listener that could not be opened, mostly because another process has the port.
    #[error("cannot listen on {address}: {reason}")]
    CannotListen {
        /// The address.
        address: String,
        /// Cause.
        reason: String,
    },
    /// A certificate or private key that cannot be used.
    #[error("the certificates of the cluster cannot be used: {reason}")]
    InvalidCertificate {
        /// Cause.
        reason: String,
    },
    /// Text that is not the address of a scheduler.
    #[error("{text:?} is not the address of a scheduler: write HOST:PORT, such as 127.0.0.1:50050")]
    InvalidScheduler {
        /// The given text.
        text: String,
    },
    /// No connection to the scheduler.
    #[error("cannot reach the scheduler at {address}: {reason}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// Cause.
        reason: String,
    },
    /// The scheduler refused a query.
    #[error("the scheduler refused the query: {reason}")]
    Refused {
        /// Cause.
        reason: String,
    },
    /// A scheduler that ended, or a connection to it that broke, while a query ran.
    #[error("the query failed: the connection to the scheduler at {address} was lost: {reason}")]
    ConnectionLost {
        /// Host and port.
        address: String,
        /// Cause.
        reason: String,
    },
    /// A plan that is too large to send: it names every day file.
    #[error(
        "the plan of this query has {plan_bytes} bytes, and at most {max_bytes} can be sent: choose a shorter period, or run it without a cluster"
    )]
    PlanTooLarge {
        /// Size of the plan.
        plan_bytes: usize,
        /// Largest size.
        max_bytes: usize,
    },
    /// An executor that could not decode a task.
    #[error(
        "an executor refused a task of this query; its log names the cause: check that scheduler and executors are {ours}"
    )]
    RejectedTask {
        /// The release of this process.
        ours: String,
    },
    /// A query that failed in the cluster.
    #[error("the query failed in the cluster: {reason}")]
    Failed {
        /// Cause.
        reason: String,
    },
    /// A query that took longer than its deadline.
    #[error("the query was cancelled: it took longer than {seconds} s")]
    DeadlineExceeded {
        /// The deadline in seconds.
        seconds: u64,
    },
    /// A scheduler or executor that could not start or stopped with an error.
    #[error("the {process} stopped: {reason}")]
    Stopped {
        /// `scheduler` or `executor`.
        process: &'static str,
        /// Cause.
        reason: String,
    },
}

impl ClusterError {
    /// Returns whether an option or a setting is the cause, and another value of it the remedy.
    #[must_use]
    pub fn is_usage_error(&self) -> bool {
        matches!(
            self,
            Self::InvalidCertificate { .. }
                | Self::InvalidEngine { .. }
                | Self::InvalidScheduler { .. }
                | Self::NotLoopback { .. }
                | Self::NotReachable { .. }
        )
    }
}

impl From<ClusterError> for DataFusionError {
    fn from(error: ClusterError) -> Self {
        Self::External(Box::new(error))
    }
}

/// Error for bytes that are not a part of a plan.
pub(crate) fn undecodable(error: impl std::fmt::Display) -> DataFusionError {
    ClusterError::Undecodable { reason: error.to_string() }.into()
}
