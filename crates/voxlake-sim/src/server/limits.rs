//! Rate limits of the account, per second and per UTC day.

use std::sync::Mutex;

use axum::http::HeaderMap;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::error::{Refusal, set_header};
use super::retry_after::{RetryAfter, set_retry_after};
use crate::sync;

/// Rate limits on requests for calls.
///
/// Requests for tokens are not counted, nor are those refused for a limit or an invalid access
/// token. All others count, including those that meet a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RateLimits {
    /// Requests per second of the clock (a fixed window, not a sliding one); `None` for no limit.
    pub per_second: Option<u32>,
    /// Requests per UTC day; `None` for no limit.
    pub per_day: Option<u32>,
    /// Format of `Retry-After` for the per-second limit. The daily limit always uses
    /// [`RetryAfter::Instant`].
    pub retry_after: RetryAfter,
}

impl RateLimits {
    /// Limits of the Pro plan.
    pub const PRO: Self = Self::new(5, 15_000);
    /// Limits of the Business plan and above.
    pub const BUSINESS: Self = Self::new(10, 30_000);

    /// Returns the limits with another limit per day.
    #[must_use]
    pub const fn with_per_day(mut self, requests: u32) -> Self {
        self.per_day = Some(requests);
        self
    }

    /// Creates limits per second and per day.
    #[must_use]
    pub const fn new(per_second: u32, per_day: u32) -> Self {
        Self { per_second: Some(per_second), per_day: Some(per_day), retry_after: RetryAfter::Absent }
    }
}

/// Place in which a 429 response names the limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LimitDisclosure {
    /// In the `X-RateLimit-…` headers and in the message.
    #[default]
    Both,
    /// In the headers only.
    Header,
    /// In the message only.
    Message,
    /// Nowhere.
    Neither,
}

impl LimitDisclosure {
    /// Every variant.
    pub const ALL: [Self; 4] = [Self::Both, Self::Header, Self::Message, Self::Neither];
}

#[derive(Debug, Default)]
pub(crate) struct Limiter(Mutex<RequestCounts>);

#[derive(Debug, Default)]
struct RequestCounts {
    second: i64,
    in_second: u32,
    day: i64,
    in_day: u32,
}

impl Limiter {
    /// Counts a request, or refuses it without counting it. Returns the rate limit headers.
    pub(crate) fn admit(&self, limits: RateLimits, now: DateTime<Utc>) -> Result<HeaderMap, Refusal> {
        let second = now.timestamp();
        let day = second.div_euclid(86_400);
        let mut counts = sync::lock(&self.0);
        if counts.second != second {
            (counts.second, counts.in_second) = (second, 0);
        }
        if counts.day != day {
            (counts.day, counts.in_day) = (day, 0);
        }
        // The daily limit first: after a second's wait the request would be refused again.
        if let Some(limit) = limits.per_day.filter(|limit| counts.in_day >= *limit) {
            return Err(Limit::Day.refusal(limit, LimitDisclosure::Both, RetryAfter::Instant, now));
        }
        if let Some(limit) = limits.per_second.filter(|limit| counts.in_second >= *limit) {
            return Err(Limit::Second.refusal(limit, LimitDisclosure::Both, limits.retry_after, now));
        }
        counts.in_second += 1;
        counts.in_day += 1;
        Ok(match (limits.per_day, limits.per_second) {
            (Some(limit), _) => Limit::Day.headers(limit, limit - counts.in_day),
            (None, Some(limit)) => Limit::Second.headers(limit, limit - counts.in_second),
            (None, None) => HeaderMap::new(),
        })
    }
}

/// A limit that can be reached.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    Second,
    Day,
}

impl Limit {
    fn headers(self, limit: u32, remaining: u32) -> HeaderMap {
        let kind = match self {
            Self::Second => "QPS",
            Self::Day => "Daily-limit",
        };
        let mut headers = HeaderMap::new();
        set_header(&mut headers, "x-ratelimit-category", "Heavy");
        set_header(&mut headers, "x-ratelimit-type", kind);
        set_header(&mut headers, "x-ratelimit-limit", &limit.to_string());
        set_header(&mut headers, "x-ratelimit-remaining", &remaining.to_string());
        headers
    }

    /// Creates the 429 response for this limit.
    pub(crate) fn refusal(
        self,
        limit: u32,
        disclosure: LimitDisclosure,
        retry_after: RetryAfter,
        now: DateTime<Utc>,
    ) -> Refusal {
        let message = match (disclosure, self) {
            (LimitDisclosure::Header | LimitDisclosure::Neither, _) => "Too many requests.",
            (_, Self::Second) => {
                "You have reached the maximum per-second rate limit for this API. Try again later."
            }
            (_, Self::Day) => {
                "You have reached the maximum daily rate limit for this API; the response headers tell when to try again."
            }
        };
        let mut headers = match disclosure {
            LimitDisclosure::Both | LimitDisclosure::Header => self.headers(limit, 0),
            LimitDisclosure::Message | LimitDisclosure::Neither => HeaderMap::new(),
        };
        let unit = match self {
            Self::Second => TimeDelta::seconds(1),
            Self::Day => TimeDelta::days(1),
        };
        if let Some(lifts) = next_unit(now, unit) {
            set_retry_after(&mut headers, retry_after, now, lifts);
        }
        Refusal::too_many_requests(message, headers)
    }
}

/// Returns the start of the next unit of time.
fn next_unit(now: DateTime<Utc>, unit: TimeDelta) -> Option<DateTime<Utc>> {
    now.duration_trunc(unit).ok()?.checked_add_signed(unit)
}
