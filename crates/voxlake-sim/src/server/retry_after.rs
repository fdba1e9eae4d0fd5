//! The `Retry-After` header in its formats.

use axum::http::HeaderMap;
use chrono::{DateTime, SecondsFormat, Utc};

use super::error::set_header;

/// Format of the `Retry-After` header. The examples are of a per-second limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RetryAfter {
    /// No header. The default, because it is the hardest for a client.
    #[default]
    Absent,
    /// Seconds: `1`.
    Seconds,
    /// An instant, the next full second: `2026-11-01T00:00:01Z`.
    Instant,
    /// An HTTP date: `Sun, 01 Nov 2026 00:00:01 GMT`.
    HttpDate,
}

/// Sets `Retry-After` in a format.
pub(crate) fn set_retry_after(
    headers: &mut HeaderMap,
    format: RetryAfter,
    now: DateTime<Utc>,
    at: DateTime<Utc>,
) {
    // Rounded up, so that a client does not retry before the limit ends.
    let whole = at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0);
    let at = DateTime::from_timestamp(whole, 0).unwrap_or(at);
    let text = match format {
        RetryAfter::Absent => return,
        RetryAfter::Seconds => (whole - now.timestamp()).to_string(),
        RetryAfter::Instant => at.to_rfc3339_opts(SecondsFormat::Secs, true),
        RetryAfter::HttpDate => http_date(at),
    };
    set_header(headers, "retry-after", &text);
}

/// Formats a time as an HTTP date: `Sun, 01 Nov 2026 00:00:01 GMT`.
pub(crate) fn http_date(moment: DateTime<Utc>) -> String {
    moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
