//! Errors of fetching, by what the caller can do about them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;
use voxlake_lake::{LakeError, counted};

use crate::filter::FilterParameter;

/// Cause of refused credentials, as far as the response shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsProblem {
    /// The app is not a Server-to-Server OAuth app.
    AppType,
    /// The app is not activated.
    AppDisabled,
    /// The account id is wrong.
    AccountId,
    /// The client id or the client secret is wrong.
    Client,
    /// The response does not show the cause.
    Unknown,
}

/// Cause of denied access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessProblem {
    /// The app lacks the scope that the message names.
    MissingScope,
    /// The account has no call log, or the owner of the app may not read it.
    NotAllowed,
}

/// Error of fetching. The texts contain neither credentials nor call data.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The token endpoint refused the credentials.
    #[error("the API refused the credentials: {message}")]
    InvalidCredentials {
        /// Message of the API.
        message: String,
        /// Credential to correct.
        problem: CredentialsProblem,
    },
    /// The app may not read the call log.
    #[error("the API denied access: {message}")]
    Forbidden {
        /// Message of the API, which names a missing scope.
        message: String,
        /// Cause.
        problem: AccessProblem,
    },
    /// A new token was refused: the app was deactivated, or the URLs of the API and of the token
    /// endpoint do not belong together.
    #[error("the API refused a token that it had just issued: {message}")]
    TokenRefused {
        /// Message of the API.
        message: String,
    },
    /// The API rejects the request because of a bug or a wrong setting.
    #[error("the API refused the request ({status}, code {code}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Error code of the API; 0 if it gave none.
        code: i64,
        /// Message of the API.
        message: String,
    },
    /// The account's requests of this UTC day are spent.
    #[error("the API's daily limit is reached; it lifts at {}", resumes_at.format("%Y-%m-%d %H:%M:%S UTC"))]
    DailyLimit {
        /// Time from which requests are served again.
        resumes_at: DateTime<Utc>,
    },
    /// Today's request budget of the lake is spent.
    #[error(
        "today's budget of {budget} requests is spent; the next begins at {}",
        resumes_at.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    BudgetSpent {
        /// Maximum requests per day.
        budget: u64,
        /// Start of the next day.
        resumes_at: DateTime<Utc>,
    },
    /// A limit of requests per second is reached, or one that the API does not name.
    #[error("the API's rate limit is reached")]
    RateLimited {
        /// Delay that the API asks for.
        retry_after: Option<Duration>,
    },
    /// A limit that the API does not name persisted over all retries.
    #[error(
        "the API refused a request {attempts} times because of a limit that it does not name: \
         other apps of the account may use all of its rate, or the day's requests are spent"
    )]
    Throttled {
        /// Attempts that were made.
        attempts: usize,
    },
    /// The server failed, or the response is incomplete.
    #[error("the API answered with status {status}: {message}")]
    ServerError {
        /// HTTP status.
        status: u16,
        /// Message of the API.
        message: String,
        /// Delay that the API asks for.
        retry_after: Option<Duration>,
    },
    /// The connection failed before a complete response was received.
    #[error("no response from {host}")]
    Transport {
        /// Host of the request.
        host: String,
        /// Error of the connection.
        source: reqwest::Error,
    },
    /// The response is complete but not a page of records.
    #[error(transparent)]
    InvalidPage(#[from] voxlake_model::PageError),
    /// The response of the token endpoint contains no token.
    #[error("the token endpoint returned no usable access_token")]
    InvalidTokenResponse,
    /// All attempts of a request failed.
    #[error("gave up after {}", counted(*attempts as u64, "attempt", "attempts"))]
    RetriesExhausted {
        /// Attempts that were made.
        attempts: usize,
        /// Error of the last attempt.
        source: Box<FetchError>,
    },
    /// The response exceeds the size limit.
    #[error("the response of {host} has more than {} MiB", max_bytes >> 20)]
    ResponseTooLarge {
        /// Host of the request.
        host: String,
        /// Size limit in bytes, after decompression.
        max_bytes: usize,
    },
    /// The API counts more records in a window than a month of requests can fetch.
    #[error("the API counts {total} records in the window, more than a month of requests can fetch")]
    ImplausibleCount {
        /// Count of the API.
        total: u64,
    },
    /// The response is for another period than the requested one.
    #[error("the API returned another period than the requested one")]
    PeriodMismatch,
    /// The API counts records that start outside the window.
    #[error("of {} in the window by the API's count, {outside} start outside it", counted(*total, "record", "records"))]
    RecordsOutsideWindow {
        /// `total_records` of the last response.
        total: u64,
        /// Records that start outside the window.
        outside: u64,
    },
    /// The API ignores a parameter of the filter, or interprets it differently.
    #[error("the API ignores {}: {reason}", parameter.name())]
    FilterIgnored {
        /// Ignored parameter.
        parameter: FilterParameter,
        /// Evidence in the responses.
        reason: String,
    },
    /// The lake has another scope than the requested one.
    #[error("the scope of the lake is {current}, but {requested} were requested")]
    ScopeMismatch {
        /// Description of the lake's scope.
        current: String,
        /// Description of the requested scope.
        requested: String,
    },
    /// The requested scope excludes calls that the lake may hold.
    #[error("cannot widen the scope of the lake from {current} to {requested}")]
    ScopeNotWider {
        /// Description of the lake's scope.
        current: String,
        /// Description of the requested scope.
        requested: String,
    },
    /// The records in memory exceed the limit of a run.
    #[error("the records of the window exceed the memory limit: fetch smaller windows")]
    MemoryLimit,
    /// The local clock and the server's differ by more than an hour.
    #[error(
        "this machine's clock is {} the server's ({}): correct it first, otherwise the lake records wrong fetch times",
        describe_skew(*skew), server.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    ClockSkew {
        /// Time that the server's clock is ahead, at least; negative if it is behind.
        skew: TimeDelta,
        /// Time of the server.
        server: DateTime<Utc>,
    },
    /// Paging does not end.
    #[error("the API's pages do not end: {reason}")]
    PaginationLoop {
        /// Evidence in the responses.
        reason: &'static str,
    },
    /// Each read of the window returned fewer records than the API counts.
    #[error(
        "the API counts {} in the window and returned {found}, in {}",
        counted(*total, "record", "records"),
        counted(u64::from(*reads), "read", "reads")
    )]
    Incomplete {
        /// Distinct records that were received.
        found: u64,
        /// `total_records` of the last response.
        total: u64,
        /// Reads of the window.
        reads: u32,
    },
    /// The API does not count the records, so completeness cannot be checked.
    #[error("the API did not count the records of the window, so it cannot be checked for completeness")]
    MissingTotal,
    /// Several windows in a row failed without a single page.
    #[error("{windows} windows in a row failed without a single page: the API does not serve calls now")]
    Outage {
        /// Windows that failed in a row.
        windows: usize,
        /// Error of the last one.
        source: Box<FetchError>,
    },
    /// The run was interrupted.
    #[error("interrupted before all was fetched")]
    Interrupted,
    /// A worker ended unexpectedly, because of a bug.
    #[error("a worker failed: {0}")]
    WorkerFailed(String),
    /// Credentials would be sent to another machine without HTTPS.
    #[error("credentials would be sent to {url} in the clear: use https")]
    InsecureUrl {
        /// URL without HTTPS.
        url: String,
    },
    /// A URL, credential or option cannot be used.
    #[error("{0}")]
    InvalidConfig(String),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

/// Describes a clock skew, such as `25 h 3 min ahead of`.
fn describe_skew(skew: TimeDelta) -> String {
    let (minutes, side) =
        (skew.abs().num_minutes(), if skew < TimeDelta::zero() { "ahead of" } else { "behind" });
    format!("{} h {} min {side}", minutes / 60, minutes % 60)
}

impl FetchError {
    /// Returns whether a retry of the same request may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::ServerError { .. }
                | Self::Transport { .. }
                | Self::InvalidPage(_)
                | Self::InvalidTokenResponse
        )
    }

    /// Returns the delay that the API asks for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::ServerError { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Returns whether a retry of the whole window may succeed.
    #[must_use]
    pub(crate) fn is_window_retryable(&self, after_first_page: bool) -> bool {
        match self {
            Self::RetriesExhausted { .. } => true,
            // The page token may have expired. The window itself was accepted.
            Self::Refused { status: 400, .. } => after_first_page,
            _ => false,
        }
    }

    /// Returns when the limit that ended the run lifts; `None` for other errors. A limit without a
    /// name may be the daily one: for it, returns `unnamed`.
    #[must_use]
    pub fn resumes_at(&self, unnamed: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::DailyLimit { resumes_at } | Self::BudgetSpent { resumes_at, .. } => Some(*resumes_at),
            Self::Throttled { .. } => Some(unnamed),
            _ => None,
        }
    }

    /// Returns whether a limit of requests is reached, so that the same work may succeed later.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::DailyLimit { .. } | Self::BudgetSpent { .. } | Self::Throttled { .. })
    }

    /// Returns whether every other window would fail in the same way.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        // A host that no retry can reach does not serve other windows either.
        let unreachable =
            |error: &Self| matches!(error, Self::Transport { source, .. } if source.is_connect());
        if let Self::RetriesExhausted { source, .. } = self {
            return unreachable(source);
        }
        matches!(
            self,
            Self::Refused { status: 404, .. }
                | Self::InvalidCredentials { .. }
                | Self::Forbidden { .. }
                | Self::TokenRefused { .. }
                | Self::DailyLimit { .. }
                | Self::BudgetSpent { .. }
                | Self::Throttled { .. }
                | Self::InvalidTokenResponse
                | Self::ClockSkew { .. }
                | Self::Outage { .. }
                | Self::Interrupted
                | Self::FilterIgnored { .. }
                | Self::ScopeMismatch { .. }
                | Self::ScopeNotWider { .. }
                | Self::WorkerFailed(_)
                | Self::InsecureUrl { .. }
                | Self::InvalidConfig(_)
                | Self::Lake(_)
        )
    }
}
