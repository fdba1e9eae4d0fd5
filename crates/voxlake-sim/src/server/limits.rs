//! Counts the account's requests against its limits, by second and by UTC day, and refuses what is above them.

use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use chrono::{DateTime, DurationRound, SecondsFormat, TimeDelta, Utc};

use super::config::{RateLimits, RetryAfter};
use super::error::{Refusal, set};
use super::faults::Told;
use super::http_date;

#[derive(Debug, Default)]
pub(crate) struct Limiter(Mutex<Spent>);

#[derive(Debug, Default)]
struct Spent {
    second: i64,
    in_second: u32,
    day: i64,
    in_day: u32,
}

impl Limiter {
    /// Takes one request from the limits, or refuses it and takes none. Gives the headers that tell what is left.
    pub(crate) fn admit(&self, limits: RateLimits, now: DateTime<Utc>) -> Result<HeaderMap, Refusal> {
        let second = now.timestamp();
        let day = second.div_euclid(86_400);
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.second != second {
            (spent.second, spent.in_second) = (second, 0);
        }
        if spent.day != day {
            (spent.day, spent.in_day) = (day, 0);
        }
        // The day first: a client that is told to wait a second would only be refused again.
        if let Some(limit) = limits.per_day.filter(|limit| spent.in_day >= *limit) {
            return Err(Limit::Day.refusal(limit, Told::Both, RetryAfter::Instant, now));
        }
        if let Some(limit) = limits.per_second.filter(|limit| spent.in_second >= *limit) {
            return Err(Limit::Second.refusal(limit, Told::Both, limits.retry_after, now));
        }
        spent.in_second += 1;
        spent.in_day += 1;
        Ok(match (limits.per_day, limits.per_second) {
            (Some(limit), _) => Limit::Day.headers(limit, limit - spent.in_day),
            (None, Some(limit)) => Limit::Second.headers(limit, limit - spent.in_second),
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
        set(&mut headers, "x-ratelimit-category", "Heavy");
        set(&mut headers, "x-ratelimit-type", kind);
        set(&mut headers, "x-ratelimit-limit", &limit.to_string());
        set(&mut headers, "x-ratelimit-remaining", &remaining.to_string());
        headers
    }

    /// The refusal for this limit, which tells of it here or there.
    pub(crate) fn refusal(self, limit: u32, told: Told, form: RetryAfter, now: DateTime<Utc>) -> Refusal {
        let message = match (told, self) {
            (Told::Header | Told::Neither, _) => "Too many requests.",
            (_, Self::Second) => {
                "You have reached the maximum per-second rate limit for this API. Try again later."
            }
            (_, Self::Day) => {
                "You have reached the maximum daily rate limit for this API; the response headers tell when to try again."
            }
        };
        let mut headers = match told {
            Told::Both | Told::Header => self.headers(limit, 0),
            Told::Message | Told::Neither => HeaderMap::new(),
        };
        let unit = match self {
            Self::Second => TimeDelta::seconds(1),
            Self::Day => TimeDelta::days(1),
        };
        if let Some(lifts) = next(now, unit) {
            retry_after(&mut headers, form, now, lifts);
        }
        Refusal::too_many(message, headers)
    }
}

/// Sets `Retry-After` in a form.
pub(crate) fn retry_after(headers: &mut HeaderMap, form: RetryAfter, now: DateTime<Utc>, at: DateTime<Utc>) {
    // Coming back in a second's last part would be too early: a part counts as one.
    let whole = at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0);
    let at = DateTime::from_timestamp(whole, 0).unwrap_or(at);
    let text = match form {
        RetryAfter::Absent => return,
        RetryAfter::Seconds => (whole - now.timestamp()).to_string(),
        RetryAfter::Instant => at.to_rfc3339_opts(SecondsFormat::Secs, true),
        RetryAfter::HttpDate => http_date(at),
    };
    set(headers, "retry-after", &text);
}

/// The beginning of the next unit of time.
fn next(now: DateTime<Utc>, unit: TimeDelta) -> Option<DateTime<Utc>> {
    now.duration_trunc(unit).ok()?.checked_add_signed(unit)
}
