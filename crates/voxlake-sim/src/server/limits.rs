//! Counts the account's requests against its limits, by second and by UTC day.

use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use chrono::{DateTime, DurationRound, SecondsFormat, TimeDelta, Utc};

use super::config::{RateLimits, RetryAfter};
use super::error::{Refusal, set};

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
            return Err(refuse_for_the_day(limit, now));
        }
        if let Some(limit) = limits.per_second.filter(|limit| spent.in_second >= *limit) {
            return Err(refuse_for_the_second(limit, limits.retry_after, now));
        }
        spent.in_second += 1;
        spent.in_day += 1;
        Ok(match (limits.per_day, limits.per_second) {
            (Some(limit), _) => headers("Daily-limit", limit, limit - spent.in_day),
            (None, Some(limit)) => headers("QPS", limit, limit - spent.in_second),
            (None, None) => HeaderMap::new(),
        })
    }
}

fn headers(kind: &str, limit: u32, remaining: u32) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, "x-ratelimit-category", "Heavy");
    set(&mut headers, "x-ratelimit-type", kind);
    set(&mut headers, "x-ratelimit-limit", &limit.to_string());
    set(&mut headers, "x-ratelimit-remaining", &remaining.to_string());
    headers
}

fn refuse_for_the_day(limit: u32, now: DateTime<Utc>) -> Refusal {
    let mut headers = headers("Daily-limit", limit, 0);
    if let Some(midnight) = next(now, TimeDelta::days(1)) {
        set(&mut headers, "retry-after", &midnight);
    }
    Refusal::too_many(
        "You have reached the maximum daily rate limit for this API; the response headers tell when to try again.",
        headers,
    )
}

fn refuse_for_the_second(limit: u32, form: RetryAfter, now: DateTime<Utc>) -> Refusal {
    let mut headers = headers("QPS", limit, 0);
    match form {
        RetryAfter::Absent => {}
        RetryAfter::Seconds => set(&mut headers, "retry-after", "1"),
        RetryAfter::Instant => {
            if let Some(instant) = next(now, TimeDelta::seconds(1)) {
                set(&mut headers, "retry-after", &instant);
            }
        }
    }
    Refusal::too_many(
        "You have reached the maximum per-second rate limit for this API. Try again later.",
        headers,
    )
}

/// The beginning of the next unit of time.
fn next(now: DateTime<Utc>, unit: TimeDelta) -> Option<String> {
    let begins = now.duration_trunc(unit).ok()?.checked_add_signed(unit)?;
    Some(begins.to_rfc3339_opts(SecondsFormat::Secs, true))
}
