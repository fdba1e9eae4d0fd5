//! What can go wrong with a request.

use std::time::Duration;

use axum::http::StatusCode;

use crate::server::limits::Told;
use crate::server::retry_after::RetryAfter;

/// Something that goes wrong with one request. What it is called in the log is its [`Fault::name`].
///
/// A fault meets a request that would have been answered well: it spent from the limits, its token
/// was good and its parameters made sense. What the server refuses by itself meets no fault. Faults
/// of pages do nothing at the token endpoint, and a fault that a page gives no occasion for (there
/// is no page before the first) does nothing either; both are then no fault in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The answer comes this much later.
    Slow(Duration),
    /// Any status instead of the answer; [`Fault::status`] fills the rest in.
    Status {
        /// Not below 200, or there would be no answer; anything that is no status becomes 500.
        status: u16,
        /// `code` of the body.
        code: u32,
        /// `message` of the body.
        message: String,
        /// The form of `Retry-After`.
        retry_after: RetryAfter,
        /// How long from now `Retry-After` names; a part of a second counts as one.
        wait: Duration,
    },
    /// 429 for the limit of a second, which ends with the second.
    PerSecond {
        /// Where the answer says that the limit is that of a second.
        told: Told,
        /// The form of `Retry-After`.
        retry_after: RetryAfter,
    },
    /// 429 for the limit of a day, which ends at the next midnight UTC. This answer alone: the next
    /// request is served.
    DailyLimit {
        /// Where the answer says that the limit is that of a day.
        told: Told,
        /// The form of `Retry-After`.
        retry_after: RetryAfter,
    },
    /// The request's access token is good no longer: 401 with code 124. At the token endpoint, a
    /// token is given that no request will be let in with.
    TokenDies,
    /// The request's page token is refused as expired, this time. Nothing happens to a first page.
    PageTokenDies,
    /// The connection is closed without an answer.
    CutBefore,
    /// The connection is closed after half of the body, where `Content-Length` promised all of it.
    CutInBody,
    /// The connection is closed after the whole answer, which did not announce that.
    CutAfter,
    /// A complete answer whose JSON ends in its middle.
    TruncatedJson,
    /// Status 200 and a page of HTML.
    InvalidJson,
    /// The records of the page before come in the place of this page's, which are missing; the walk
    /// goes on as usual. Who counts distinct records notices, and reading the window again
    /// brings them all.
    PageTwice,
    /// This page's records are right, but the next page token leads to this page once more. Nothing
    /// is missing.
    PageAgain,
    /// The last record of this page is the first of the next one as well. Nothing is missing, and
    /// `total_records` counts it once.
    RecordTwice,
    /// `total_records` of this answer is off by so many, though never below 0.
    TotalMoves(i64),
}

impl Fault {
    /// A status without `Retry-After`, the status being its body's code as well.
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

    /// What the log calls it.
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

    /// Whether it meets a good answer on its way out, whatever the answer says.
    pub(crate) const fn is_of_the_way(&self) -> bool {
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
