//! The faults that a request can meet.

use std::time::Duration;

use axum::http::StatusCode;

use crate::server::limits::LimitDisclosure;
use crate::server::retry_after::RetryAfter;

/// A fault of one request. The log shows its [`Fault::name`].
///
/// Faults apply only to valid requests, after rate limits, access token and parameters have been
/// checked. Page faults have no effect at the token endpoint, nor on a page to which they do not
/// apply, such as [`PageTwice`](Self::PageTwice) on a first page. The log then shows no fault.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The response is delayed by this duration.
    Slow(Duration),
    /// An error status; [`Fault::status`] fills in the other fields.
    Status {
        /// HTTP status, 200 or above; invalid values become 500.
        status: u16,
        /// `code` of the body.
        code: u32,
        /// `message` of the body.
        message: String,
        /// Format of `Retry-After`.
        retry_after: RetryAfter,
        /// Wait that `Retry-After` announces, rounded up to seconds.
        wait: Duration,
    },
    /// 429 for the per-second limit, which ends with the second.
    PerSecond {
        /// Where the response names the per-second limit.
        disclosure: LimitDisclosure,
        /// Format of `Retry-After`.
        retry_after: RetryAfter,
    },
    /// 429 for the daily limit, which ends at the next midnight UTC. Affects this response only:
    /// the next request is served.
    DailyLimit {
        /// Where the response names the daily limit.
        disclosure: LimitDisclosure,
        /// Format of `Retry-After`.
        retry_after: RetryAfter,
    },
    /// The access token is revoked: 401 with code 124. At the token endpoint, the issued token is
    /// already revoked.
    TokenDies,
    /// The page token is refused as expired, once. Has no effect on a first page.
    PageTokenDies,
    /// The connection is closed without a response.
    CutBefore,
    /// The connection is closed after half of the body that `Content-Length` announced.
    CutInBody,
    /// The connection is closed after the whole response, without a `Connection: close` header.
    CutAfter,
    /// A complete response with half of the JSON.
    TruncatedJson,
    /// Status 200 with an HTML body.
    InvalidJson,
    /// The page has the records of the previous page instead of its own, with the usual next page
    /// token. A client detects it by counting distinct records; a second read is complete.
    PageTwice,
    /// The page is correct, but its page token leads to the same page again. No record is missing.
    PageAgain,
    /// The last record of the page is also the first of the next one. `total_records` counts it
    /// once.
    RecordTwice,
    /// `total_records` of this response is off by this number, but never below 0.
    TotalMoves(i64),
}

impl Fault {
    /// Creates an error status without `Retry-After`. The body's code is the status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let known = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        Self::Status {
            status,
            code: status.into(),
            message: format!("{}.", known.unwrap_or("Something went wrong")),
            retry_after: RetryAfter::Absent,
            wait: Duration::ZERO,
        }
    }

    /// Returns the name of the fault in the log.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Slow(_) => "slow",
            Self::Status { .. } => "status",
            Self::PerSecond { .. } => "per second",
            Self::DailyLimit { .. } => "daily limit",
            Self::TokenDies => "token dies",
            Self::PageTokenDies => "page token dies",
            Self::CutBefore => "cut before",
            Self::CutInBody => "cut in body",
            Self::CutAfter => "cut after",
            Self::TruncatedJson => "truncated json",
            Self::InvalidJson => "invalid json",
            Self::PageTwice => "page twice",
            Self::PageAgain => "page again",
            Self::RecordTwice => "record twice",
            Self::TotalMoves(_) => "total moves",
        }
    }

    /// Returns whether the fault changes a successful response regardless of its content.
    pub(crate) const fn changes_response(&self) -> bool {
        matches!(
            self,
            Self::Slow(_)
                | Self::CutBefore
                | Self::CutInBody
                | Self::CutAfter
                | Self::TruncatedJson
                | Self::InvalidJson
        )
    }
}
