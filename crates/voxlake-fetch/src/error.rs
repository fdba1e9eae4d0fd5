//! What can go wrong between us and the API, told apart by what the caller can do about it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;
use voxlake_lake::LakeError;

use crate::filter::FilterParameter;

/// Cause of refused credentials, as far as the token endpoint's answer shows it.
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
    /// The answer does not show the cause.
    Unknown,
}

/// Cause of denied access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessProblem {
    /// The app lacks the scope that the message names.
    MissingScope,
    /// The account has no call log, or the app's owner may not read it.
    NotAllowed,
}

/// An error of fetching. The texts hold no credentials and nothing that a call says.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The token endpoint refused the credentials: correct them.
    #[error("the API refused the credentials: {message}")]
    Credentials {
        /// Message of the API.
        message: String,
        /// Credential to correct.
        problem: CredentialsProblem,
    },
    /// The app may not read the call log: grant the scope that the message names.
    #[error("the API denied access: {message}")]
    Forbidden {
        /// Message of the API, which names the missing scope.
        message: String,
        /// Cause.
        problem: AccessProblem,
    },
    /// A token fresh from the token endpoint was refused: the app was deactivated, or the two URLs
    /// do not belong together.
    #[error("the API refused a token that it had just issued: {message}")]
    Unauthorised {
        /// The API's words.
        message: String,
    },
    /// The API cannot make sense of the request: a fault of ours, or of a setting.
    #[error("the API refused the request ({status}, code {code}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The API's own code; 0 where it gave none.
        code: i64,
        /// The API's words.
        message: String,
    },
    /// The account's requests of this UTC day are spent: go on later.
    #[error("the API's daily limit is reached; it lifts at {}", resumes_at.format("%Y-%m-%d %H:%M:%S UTC"))]
    DailyLimit {
        /// When requests are served again.
        resumes_at: DateTime<Utc>,
    },
    /// Today's own budget of requests is spent: go on tomorrow, or allow more.
    #[error(
        "today's budget of {budget} requests is spent; the next begins at {}",
        resumes_at.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    BudgetSpent {
        /// Requests that a day may take.
        budget: u64,
        /// When the next day begins.
        resumes_at: DateTime<Utc>,
    },
    /// The limit of requests per second, or one that the API does not name.
    #[error("the API's rate limit")]
    RateLimited {
        /// How long the API asks to wait, where it says.
        retry_after: Option<Duration>,
    },
    /// A limit that the API does not name did not lift however long we waited.
    #[error(
        "the API refused {tries} tries of a request as too many and does not say which limit is meant: \
         other apps of the account may use all of its rate, or the day's requests are spent"
    )]
    Throttled {
        /// How many times the request was made.
        tries: usize,
    },
    /// The server failed, or an answer was not whole.
    #[error("the API answered with status {status}: {message}")]
    ServerError {
        /// The HTTP status.
        status: u16,
        /// The API's words.
        message: String,
        /// How long the API asks to wait, where it says.
        retry_after: Option<Duration>,
    },
    /// No answer, or not all of it.
    #[error("no answer from {host}")]
    Transport {
        /// The host that was asked.
        host: String,
        /// What the connection said.
        source: reqwest::Error,
    },
    /// The answer came whole and is not a page.
    #[error(transparent)]
    NotAPage(#[from] voxlake_model::PageError),
    /// The token endpoint answered with something that holds no token.
    #[error("the token endpoint returned no usable access_token")]
    NotAToken,
    /// All tries of a request failed.
    #[error("gave up at try {tries}")]
    GaveUp {
        /// How many times the request was made.
        tries: usize,
        /// The last try's error.
        source: Box<FetchError>,
    },
    /// An answer has more bytes than any of its kind.
    #[error("the answer of {host} has more than {} MiB", max_bytes >> 20)]
    TooLarge {
        /// The host that was asked.
        host: String,
        /// The limit, in bytes after decompression.
        max_bytes: usize,
    },
    /// The API counts more records in a window than a month of requests can fetch.
    #[error("the API counts {total} records in the window, which is more than a month of requests can fetch")]
    ImplausibleCount {
        /// The count.
        total: u64,
    },
    /// The answer is of another period than the one that was asked for.
    #[error("the API answered with another period than the one that was asked for")]
    OtherPeriod,
    /// The API counts records that do not lie in the window.
    #[error("the API counts {total} records in the window, and {outside} of them start outside of it")]
    OutsideWindow {
        /// `total_records` of the last answer.
        total: u64,
        /// Records that start outside of the window.
        outside: u64,
    },
    /// Calls came that do not meet the filter: the API ignores one of its parameters or understands
    /// it otherwise.
    #[error("the API ignores {}: {reason}", parameter.name())]
    FilterIgnored {
        /// The parameter.
        parameter: FilterParameter,
        /// How that shows.
        reason: String,
    },
    /// The lake holds calls under other conditions than those that were asked for.
    #[error("the scope of the lake is {held}, but {wanted} were requested")]
    OtherScope {
        /// Conditions of the lake, in words.
        held: String,
        /// Conditions asked for, in words.
        wanted: String,
    },
    /// The conditions asked for leave out calls that the lake may hold.
    #[error("cannot widen the scope of the lake from {held} to {wanted}")]
    NotWider {
        /// Conditions of the lake, in words.
        held: String,
        /// Conditions asked for, in words.
        wanted: String,
    },
    /// A window's records take more memory than a run may use.
    #[error("the window's records take more memory than a run may use: ask for smaller windows")]
    TooMuch,
    /// This machine's clock and the server's differ by more than an hour.
    #[error(
        "this machine's clock is {} the server's ({}): correct it first, otherwise the lake would note wrong times of fetching",
        skew_words(*skew), server.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    ClockSkew {
        /// By how much the server's clock is ahead, at least; negative if it is behind.
        skew: TimeDelta,
        /// The server's time.
        server: DateTime<Utc>,
    },
    /// Paging does not come to an end.
    #[error("the API's pages do not end: {reason}")]
    Endless {
        /// How that shows.
        reason: &'static str,
    },
    /// Fewer records arrived than the API counts in the window, however often it was read.
    #[error("the API counts {total} records in the window and gave {found}, in {reads} reads")]
    Incomplete {
        /// Distinct records that arrived.
        found: u64,
        /// `total_records` of the last answer.
        total: u64,
        /// How often the window was read.
        reads: u32,
    },
    /// The API did not say how many records there are, so nothing shows that all of them came.
    #[error("the API did not say how many records the window has, so it does not count as complete")]
    Uncounted,
    /// One window after the other failed, and not a page came in between.
    #[error("{windows} windows in a row failed without a single page: the API does not serve calls now")]
    Outage {
        /// How many.
        windows: usize,
        /// What the last one failed by.
        source: Box<FetchError>,
    },
    /// The run was asked to end.
    #[error("ended before all was fetched")]
    Interrupted,
    /// A walker broke off: a fault of the program.
    #[error("a walker broke off: {0}")]
    Walker(String),
    /// Credentials would be sent to another machine without HTTPS.
    #[error("{url} would get the credentials in the clear: use https")]
    Insecure {
        /// The URL.
        url: String,
    },
    /// A URL or credential cannot be used in a request.
    #[error("{0}")]
    Setting(String),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

/// A difference of clocks in words, such as `25 h 3 min ahead of`.
fn skew_words(skew: TimeDelta) -> String {
    let (minutes, side) =
        (skew.abs().num_minutes(), if skew < TimeDelta::zero() { "ahead of" } else { "behind" });
    format!("{} h {} min {side}", minutes / 60, minutes % 60)
}

impl FetchError {
    /// Whether the same request may succeed if it is made again a little later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::ServerError { .. }
                | Self::Transport { .. }
                | Self::NotAPage(_)
                | Self::NotAToken
        )
    }

    /// How long the API asks to wait, where it says.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::ServerError { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the window alone failed, and may succeed if it is begun anew.
    #[must_use]
    pub(crate) fn restarts(&self, mid_walk: bool) -> bool {
        match self {
            Self::GaveUp { .. } => true,
            // A page token that is refused, as an expired one is, says nothing against the window.
            Self::Refused { status: 400, .. } => mid_walk,
            _ => false,
        }
    }

    /// When the limit lifts that ended the run; `None` for what is no limit. A limit without a name
    /// may be the day's, and then no sooner than `unnamed`.
    #[must_use]
    pub fn resumes_at(&self, unnamed: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::DailyLimit { resumes_at } | Self::BudgetSpent { resumes_at, .. } => Some(*resumes_at),
            Self::Throttled { .. } => Some(unnamed),
            _ => None,
        }
    }

    /// Whether every other window would fail in the same way, so that going on is pointless.
    #[must_use]
    pub fn is_final(&self) -> bool {
        // A host that cannot be reached after all tries answers no other window either.
        let unreachable =
            |error: &Self| matches!(error, Self::Transport { source, .. } if source.is_connect());
        if let Self::GaveUp { source, .. } = self {
            return unreachable(source);
        }
        matches!(
            self,
            Self::Refused { status: 404, .. }
                | Self::Credentials { .. }
                | Self::Forbidden { .. }
                | Self::Unauthorised { .. }
                | Self::DailyLimit { .. }
                | Self::BudgetSpent { .. }
                | Self::Throttled { .. }
                | Self::NotAToken
                | Self::ClockSkew { .. }
                | Self::Outage { .. }
                | Self::Interrupted
                | Self::FilterIgnored { .. }
                | Self::OtherScope { .. }
                | Self::NotWider { .. }
                | Self::Walker(_)
                | Self::Insecure { .. }
                | Self::Setting(_)
                | Self::Lake(_)
        )
    }
}
