//! Mapping of error responses to [`FetchError`], by their status, headers and body.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde::Deserialize;

use crate::clock::next_midnight;
use crate::error::{AccessProblem, CredentialsProblem, FetchError};

/// Maximum characters of an API message in an error.
const MAX_MESSAGE_CHARS: usize = 500;

/// Body of an error response. The call log names its text `message`, the token endpoint `reason`
/// and `error`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    code: Option<serde_json::Value>,
    message: Option<String>,
    reason: Option<String>,
    error: Option<String>,
}

impl ErrorBody {
    /// Returns the error code of a response, 0 if it has none, and its redacted message.
    fn parse(status: StatusCode, body: &[u8], redacted: impl Fn(&str) -> String) -> (i64, String) {
        let problem: Self = serde_json::from_slice(body).unwrap_or_default();
        let code = problem.code.and_then(|code| code.to_string().trim_matches('"').parse().ok()).unwrap_or(0);
        let message = problem.message.or(problem.reason).or(problem.error).unwrap_or_default();
        let message: String =
            redacted(&message).chars().filter(|c| !c.is_control()).take(MAX_MESSAGE_CHARS).collect();
        let message = message.trim().trim_end_matches('.');
        let message =
            if message.is_empty() { status.canonical_reason().unwrap_or("no reason given") } else { message };
        (code, message.to_owned())
    }
}

/// Returns the error of a call log response with a status other than 200.
pub(crate) fn page_error(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
    redacted: impl Fn(&str) -> String,
) -> FetchError {
    let (code, message) = ErrorBody::parse(status, body, &redacted);
    let mentions = |word: &str| message.to_ascii_lowercase().contains(word);
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if mentions("scope") => {
            FetchError::Forbidden { message, problem: AccessProblem::MissingScope }
        }
        StatusCode::UNAUTHORIZED => FetchError::TokenRefused { message },
        StatusCode::FORBIDDEN => FetchError::Forbidden { message, problem: AccessProblem::NotAllowed },
        StatusCode::TOO_MANY_REQUESTS => limit_error(headers, &message, now),
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            let wait = retry_delay(headers, now).and_then(|wait| wait.to_std().ok());
            // A delay of hours exceeds all retries of a request. The window is retried instead.
            let retry_after = wait.filter(|wait| *wait <= MAX_RATE_LIMIT_WAIT);
            FetchError::ServerError { status: status.as_u16(), message, retry_after }
        }
        status => FetchError::Refused { status: status.as_u16(), code, message },
    }
}

/// Returns the error of a token response with a status other than 200. The codes and messages are
/// from the vendor's list (developers.zoom.us, "OAuth error messages").
pub(crate) fn token_error(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
    redacted: impl Fn(&str) -> String,
) -> FetchError {
    let (code, message) = ErrorBody::parse(status, body, &redacted);
    let kind = serde_json::from_slice::<ErrorBody>(body).ok().and_then(|problem| problem.error);
    let words = format!("{} {message}", kind.unwrap_or_default()).to_ascii_lowercase();
    let mentions = |word: &str| words.contains(word);
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let problem = if code == 4705 || mentions("grant_type") || mentions("grant type") {
                CredentialsProblem::AppType
            } else if code == 4717 || mentions("disabled") || mentions("deactivated") {
                CredentialsProblem::AppDisabled
            } else if matches!(code, 4702 | 4704 | 4706) || mentions("invalid_client") || mentions("client") {
                CredentialsProblem::Client
            } else if code == 4735
                || mentions("account")
                || mentions("invalid_request")
                || mentions("bad request")
            {
                CredentialsProblem::AccountId
            } else {
                CredentialsProblem::Unknown
            };
            FetchError::InvalidCredentials { message, problem }
        }
        _ => page_error(status, headers, body, now, redacted),
    }
}

/// Maximum delay that still indicates a limit per second. Longer delays indicate the daily limit.
const MAX_RATE_LIMIT_WAIT: Duration = Duration::from_secs(600);

/// Returns the error of a rate limit. The header `X-RateLimit-Type`, the message or the length of
/// the delay distinguishes the daily limit from the limit per second. Without any of them it counts
/// as the limit per second, whose retries are bounded.
fn limit_error(headers: &HeaderMap, message: &str, now: DateTime<Utc>) -> FetchError {
    let kind = header(headers, "X-RateLimit-Type").unwrap_or_default().to_ascii_lowercase();
    let words = message.to_ascii_lowercase();
    let wait = retry_delay(headers, now);
    let retry_after = wait.and_then(|wait| wait.to_std().ok());
    let daily = if kind.contains("daily") || kind.contains("day") {
        true
    } else if kind.contains("qps") || words.contains("per-second") || words.contains("per second") {
        false
    } else if let Some(wait) = retry_after {
        wait > MAX_RATE_LIMIT_WAIT
    } else {
        words.contains("daily") || words.contains("per day") || words.contains("header")
    };
    if daily {
        // Relative to the local clock, because the wait is measured with it.
        let resumes_at =
            wait.filter(|wait| *wait > TimeDelta::zero()).and_then(|wait| now.checked_add_signed(wait));
        FetchError::DailyLimit { resumes_at: resumes_at.unwrap_or_else(|| next_midnight(now.date_naive())) }
    } else {
        FetchError::RateLimited { retry_after: retry_after.map(|wait| wait.min(MAX_RATE_LIMIT_WAIT)) }
    }
}

/// Returns the delay of `Retry-After`: seconds, an ISO 8601 time or an HTTP date. Times are
/// relative to the server's `Date`, if it is present.
fn retry_delay(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let text = header(headers, RETRY_AFTER.as_str())?;
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(TimeDelta::seconds(seconds.into()));
    }
    let instant = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)).ok()?;
    Some(instant.to_utc() - server_time(headers).unwrap_or(now))
}

/// Returns the time of the server from the `Date` header.
pub(crate) fn server_time(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(header(headers, DATE.as_str())?).ok()?;
    Some(date.to_utc())
}

/// Returns the account's remaining requests of the day, if the headers name them.
pub(crate) fn daily_remaining(headers: &HeaderMap) -> Option<u64> {
    let is_daily = header(headers, "X-RateLimit-Type")?.to_ascii_lowercase().contains("daily");
    header(headers, "X-RateLimit-Remaining")?.parse().ok().filter(|_| is_daily)
}

/// Returns the text of a header.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-11-01T12:00:00Z".parse().unwrap()
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn daily_and_per_second_limits_are_distinguished() {
        let midnight = "2026-11-02T00:00:00Z";
        let per_second = r#"{"code":429,"message":"You have reached the maximum per-second rate limit for this API. Try again later."}"#;
        let per_day = r#"{"code":429,"message":"See the response headers for the limit."}"#;
        /// Hours until requests are served again, or seconds to pause.
        #[derive(Debug, PartialEq)]
        enum Limit {
            Day(i64),
            Second(Option<u64>),
        }
        use Limit::{Day, Second};
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, Limit);
        let cases: &[Case<'_>] = &[
            (&[("X-RateLimit-Type", "Daily-limit"), ("Retry-After", midnight)], per_day, Day(12)),
            (&[("X-RateLimit-Type", "Daily-limit")], "", Day(12)),
            (&[("X-RateLimit-Type", "Daily-limit"), ("Retry-After", "2026-10-01T00:00:00Z")], "", Day(12)),
            (&[("Retry-After", midnight)], "", Day(12)),
            (&[("Retry-After", "Mon, 02 Nov 2026 01:00:00 GMT")], "", Day(13)),
            (&[("Retry-After", "7200")], "", Day(2)),
            // The server's clock is ten minutes ahead, which does not change the delay.
            (
                &[("Date", "Sun, 01 Nov 2026 12:10:00 GMT"), ("Retry-After", "2026-11-01T14:10:00Z")],
                "",
                Day(2),
            ),
            (&[], per_day, Day(12)),
            (&[("X-RateLimit-Type", "QPS"), ("Retry-After", "1")], per_second, Second(Some(1))),
            (&[("X-RateLimit-Type", "QPS")], "", Second(None)),
            (&[("Retry-After", "1")], per_second, Second(Some(1))),
            (&[("Retry-After", "2026-11-01T12:00:02Z")], per_second, Second(Some(2))),
            (&[("Retry-After", "Sun, 01 Nov 2026 12:00:03 GMT")], "", Second(Some(3))),
            (&[("Retry-After", "2026-11-01T11:00:00Z")], per_second, Second(None)),
            (&[("Retry-After", "99999")], per_second, Second(Some(600))),
            (&[("Retry-After", "soon")], per_second, Second(None)),
            (&[], per_second, Second(None)),
            (&[], "", Second(None)),
            (&[], "not json", Second(None)),
        ];
        for (pairs, body, expected) in cases {
            let error = page_error(
                StatusCode::TOO_MANY_REQUESTS,
                &headers(pairs),
                body.as_bytes(),
                noon(),
                str::to_owned,
            );
            let limit = match error {
                FetchError::DailyLimit { resumes_at } => Day((resumes_at - noon()).num_hours()),
                FetchError::RateLimited { retry_after } => Second(retry_after.map(|wait| wait.as_secs())),
                other => panic!("{other:?}"),
            };
            assert_eq!(limit, *expected, "{pairs:?} {body}");
        }
    }

    #[test]
    fn token_errors_name_the_wrong_credential() {
        let error = |status: u16, body: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            token_error(status, &headers(&[]), body.as_bytes(), noon(), str::to_owned)
        };
        for (status, body, expected) in [
            (
                401,
                r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#,
                CredentialsProblem::Client,
            ),
            (
                400,
                r#"{"reason":"unsupported grant type","error":"unsupported_grant_type"}"#,
                CredentialsProblem::AppType,
            ),
            (
                400,
                r#"{"code":4717,"reason":"The app has been disabled","error":"invalid_client"}"#,
                CredentialsProblem::AppDisabled,
            ),
            (400, r#"{"reason":"Bad Request","error":"invalid_request"}"#, CredentialsProblem::AccountId),
            (400, "{}", CredentialsProblem::AccountId),
            (403, "{}", CredentialsProblem::Unknown),
        ] {
            match error(status, body) {
                FetchError::InvalidCredentials { problem, .. } => {
                    assert_eq!(problem, expected, "{status} {body}");
                }
                other => panic!("{other:?}"),
            }
        }
        let invalid_client = error(401, r#"{"reason":"Invalid client_id or client_secret"}"#);
        assert!(invalid_client.to_string().contains("Invalid client_id or client_secret"));
        assert!(error(503, "").to_string().contains("503"));
    }

    #[test]
    fn statuses_map_to_errors() {
        let error = |status: u16, body: &str| {
            page_error(
                StatusCode::from_u16(status).unwrap(),
                &headers(&[]),
                body.as_bytes(),
                noon(),
                str::to_owned,
            )
        };
        let scope = r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[contact_center_voice_call:read:admin]."}"#;
        assert!(matches!(error(401, ""), FetchError::TokenRefused { .. }));
        assert!(matches!(error(401, scope), FetchError::Forbidden { .. }));
        assert!(matches!(error(400, scope), FetchError::Forbidden { .. }));
        assert!(
            error(403, scope)
                .to_string()
                .contains("does not contain scopes:[contact_center_voice_call:read:admin]")
        );
        assert!(matches!(
            error(400, r#"{"code":300,"message":"The requested report exceeds the 1-month limit."}"#),
            FetchError::Refused { status: 400, code: 300, .. }
        ));
        assert!(matches!(error(404, r#"{"code":"1201"}"#), FetchError::Refused { code: 1201, .. }));
        assert!(error(503, "<html>").is_transient());
        assert!(!error(302, "").is_transient());
        let delayed = page_error(
            StatusCode::SERVICE_UNAVAILABLE,
            &headers(&[("Retry-After", "7")]),
            b"",
            noon(),
            str::to_owned,
        );
        assert_eq!(delayed.retry_after(), Some(Duration::from_secs(7)));
    }
}
