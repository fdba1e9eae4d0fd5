//! The `Retry-After` header in its forms.

use axum::http::HeaderMap;
use chrono::{DateTime, SecondsFormat, Utc};

use super::error::set;

/// The forms in which a refusal names the time to come back; the examples are of a limit of a
/// second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RetryAfter {
    /// Not at all: the form that asks most of a client, so the default.
    #[default]
    Absent,
    /// As seconds: `1`.
    Seconds,
    /// As an instant: the next full second, `2026-11-01T00:00:01Z`.
    Instant,
    /// As a date of HTTP: `Sun, 01 Nov 2026 00:00:01 GMT`.
    HttpDate,
}

/// Sets `Retry-After` in a form.
pub(crate) fn set_retry_after(
    headers: &mut HeaderMap,
    form: RetryAfter,
    now: DateTime<Utc>,
    at: DateTime<Utc>,
) {
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

/// A moment as headers write it: `Sun, 01 Nov 2026 00:00:01 GMT`.
pub(crate) fn http_date(moment: DateTime<Utc>) -> String {
    moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
