//! From an answer's status, headers and body to an error: the one place that maps them.

use chrono::{DateTime, Days, NaiveTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

use crate::FetchError;

/// Longest part of the API's words that goes into an error.
const MESSAGE_CHARS: usize = 500;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: Option<serde_json::Value>,
    message: Option<String>,
    reason: Option<String>,
    error: Option<String>,
}

impl Problem {
    fn read(status: StatusCode, body: &[u8]) -> (i64, String) {
        let problem: Self = serde_json::from_slice(body).unwrap_or_default();
        let code = problem.code.and_then(|code| code.to_string().trim_matches('"').parse().ok()).unwrap_or(0);
        let words = problem.message.or(problem.reason).or(problem.error).unwrap_or_default();
        let words: String = words.chars().filter(|c| !c.is_control()).take(MESSAGE_CHARS).collect();
        let words = words.trim().trim_end_matches('.');
        let words =
            if words.is_empty() { status.canonical_reason().unwrap_or("no reason given") } else { words };
        (code, words.to_owned())
    }
}

/// The error of an answer from the voice_calls endpoint whose status is not 200.
pub(crate) fn page_error(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> FetchError {
    let (code, message) = Problem::read(status, body);
    match status {
        StatusCode::UNAUTHORIZED => FetchError::Unauthorised { message },
        StatusCode::FORBIDDEN => FetchError::Forbidden { message },
        StatusCode::BAD_REQUEST if message.to_ascii_lowercase().contains("scope") => {
            FetchError::Forbidden { message }
        }
        StatusCode::TOO_MANY_REQUESTS => limit_error(headers, &message, now),
        StatusCode::REQUEST_TIMEOUT => FetchError::ServerError { status: status.as_u16(), message },
        status if status.is_server_error() => FetchError::ServerError { status: status.as_u16(), message },
        status => FetchError::Refused { status: status.as_u16(), code, message },
    }
}

/// The error of an answer from the token endpoint whose status is not 200.
pub(crate) fn token_error(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> FetchError {
    let (_, message) = Problem::read(status, body);
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            FetchError::Credentials { message }
        }
        _ => page_error(status, headers, body, now),
    }
}

/// Tells the daily limit from the one per second: by the header that names it, else by a
/// `Retry-After` that is an instant, else by the words. What tells nothing is taken for the one per
/// second, whose retries are bounded.
fn limit_error(headers: &HeaderMap, message: &str, now: DateTime<Utc>) -> FetchError {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let instant = header(RETRY_AFTER.as_str())
        .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        .map(|instant| instant.to_utc());
    let kind = header("X-RateLimit-Type").unwrap_or_default().to_ascii_lowercase();
    let words = message.to_ascii_lowercase();
    let daily = if kind.contains("daily") || kind.contains("day") {
        true
    } else if kind.contains("qps") || words.contains("per-second") || words.contains("per second") {
        false
    } else {
        instant.is_some() || words.contains("daily") || words.contains("per day") || words.contains("header")
    };
    if daily {
        FetchError::DailyLimit {
            resumes_at: instant.filter(|at| *at > now).unwrap_or_else(|| next_midnight(now)),
        }
    } else {
        FetchError::RateLimited
    }
}

fn next_midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    let today = now.date_naive();
    today.checked_add_days(Days::new(1)).unwrap_or(today).and_time(NaiveTime::MIN).and_utc()
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
    fn the_daily_limit_is_told_from_the_one_per_second_in_each_of_its_forms() {
        let midnight = "2026-11-02T00:00:00Z";
        let per_second = r#"{"code":429,"message":"You have reached the maximum per-second rate limit for this API. Try again later."}"#;
        let per_day = r#"{"code":429,"message":"See the response headers for the limit."}"#;
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, bool);
        let cases: &[Case<'_>] = &[
            (&[("X-RateLimit-Type", "Daily-limit"), ("Retry-After", midnight)], per_day, true),
            (&[("X-RateLimit-Type", "Daily-limit")], "", true),
            (&[("Retry-After", midnight)], "", true),
            (&[], per_day, true),
            (&[("X-RateLimit-Type", "QPS"), ("Retry-After", "1")], per_second, false),
            (&[("X-RateLimit-Type", "QPS")], "", false),
            (&[("Retry-After", "1")], per_second, false),
            (&[], per_second, false),
            (&[], "", false),
            (&[], "not json", false),
        ];
        for (pairs, body, daily) in cases {
            let error = page_error(StatusCode::TOO_MANY_REQUESTS, &headers(pairs), body.as_bytes(), noon());
            match error {
                FetchError::DailyLimit { resumes_at } => {
                    assert!(daily, "{pairs:?} {body}");
                    assert_eq!(resumes_at, midnight.parse::<DateTime<Utc>>().unwrap());
                }
                FetchError::RateLimited => assert!(!daily, "{pairs:?} {body}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn each_status_has_its_error() {
        let error = |status: u16, body: &str| {
            page_error(StatusCode::from_u16(status).unwrap(), &headers(&[]), body.as_bytes(), noon())
        };
        let scope = r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[contact_center_voice_call:read:admin]."}"#;
        assert!(matches!(error(401, ""), FetchError::Unauthorised { .. }));
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
        assert!(error(503, "<html>").is_passing());
        assert!(!error(302, "").is_passing());
        let refused = token_error(
            StatusCode::UNAUTHORIZED,
            &headers(&[]),
            br#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#,
            noon(),
        );
        assert!(refused.to_string().contains("Invalid client_id or client_secret"), "{refused}");
    }
}
