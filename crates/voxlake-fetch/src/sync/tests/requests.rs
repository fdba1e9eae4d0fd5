//! Requests of a sync: form, retries, tokens, secrets and limits.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, Utc};
use voxlake_lake::TimeRange;

use super::case::*;
use crate::{ApiClient, ApiConfig, Clock, FetchError, SyncOptions};

/// Requests have times with an offset, the largest page size and the detailed view.
#[tokio::test]
async fn requests_have_offsets_and_full_pages() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let case = Case::new({
        let asked = Arc::clone(&asked);
        move |number, query| {
            asked.lock().unwrap().push(query.clone());
            if number == 0 { ok(&calls(0..2), 3, "next") } else { ok(&calls(2..3), 3, "") }
        }
    })
    .await;
    let report = case.one_day().await;
    assert_eq!((report.complete, report.stats.added, report.rate_usage.requests), (1, 3, 2));
    let asked = asked.lock().unwrap();
    let shown: Vec<String> = asked
        .iter()
        .map(|q| q.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        shown,
        [
            "from=2026-11-01T00:00:00+00:00 page_size=100 to=2026-11-02T00:00:00+00:00 view_type=detail",
            "from=2026-11-01T00:00:00+00:00 next_page_token=next page_size=100 to=2026-11-02T00:00:00+00:00 view_type=detail",
        ]
    );
}

#[tokio::test]
async fn settled_days_are_not_fetched_again() {
    let case = Case::new(|_, _| ok(&calls(0..1), 1, "")).await;
    case.one_day().await;
    let again = case.one_day().await;
    assert_eq!((again.planned.len(), again.rate_usage.requests, case.pages()), (0, 0, 1));
}

#[tokio::test]
async fn transient_failures_are_retried() {
    for failed in [
        failure(500, "oops"),
        failure(429, r#"{"message": "You have reached the maximum per-second rate limit for this API."}"#),
        (200, HeaderMap::new(), r#"{"voice_calls": [{"engagement_id": "cal"#.to_owned()),
        (200, HeaderMap::new(), "<html>".to_owned()),
    ] {
        let case =
            Case::new(move |number, _| if number < 2 { failed.clone() } else { ok(&calls(0..1), 1, "") })
                .await;
        let report = case.one_day().await;
        assert_eq!((report.complete, report.stats.added, report.rate_usage.requests), (1, 1, 3));
    }
}

/// A window that keeps failing is reported and not covered; the others complete.
#[tokio::test]
async fn permanent_failures_affect_one_window() {
    let case =
        Case::new(
            |_, query| {
                if query["from"].starts_with("2026-11-01T00") { failure(502, "") } else { ok("", 0, "") }
            },
        )
        .await;
    let options = SyncOptions {
        to: Some("2026-11-04T00:00:00Z".parse().unwrap()),
        concurrency: Some(1),
        ..SyncOptions::default()
    };
    let report = case.sync(options).await.unwrap();
    // The window fails twice whole. Then its second half succeeds, then the second quarter.
    assert_eq!((report.planned.len(), report.complete, report.failed.len()), (1, 2, 1));
    assert_eq!(report.failed[0].window.to, "2026-11-01T18:00:00Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!((report.unreached.len(), report.rate_usage.requests), (0, 3 * 4 + 2));
    assert!(
        matches!(report.failed[0].error, FetchError::RetriesExhausted { attempts: 3, .. }),
        "{:?}",
        report.failed
    );
    assert!(report.stopped.is_none());
    let again = case.sync(options).await.unwrap();
    assert_eq!(again.planned.len(), 1);
}

#[tokio::test]
async fn refused_tokens_are_renewed_once() {
    let refusal = r#"{"code": 124, "message": "Invalid access token."}"#;
    let case =
        Case::new(move |number, _| if number == 0 { failure(401, refusal) } else { ok("", 0, "") }).await;
    assert_eq!(case.one_day().await.complete, 1);
    assert_eq!(case.server.tokens.load(Ordering::SeqCst), 2);

    let case = Case::new(move |_, _| failure(401, refusal)).await;
    let stopped = case.one_day().await.stopped.unwrap();
    assert!(
        matches!(&stopped, FetchError::TokenRefused { message } if message == "Invalid access token"),
        "{stopped:?}"
    );
    assert_eq!(case.pages(), 2);
}

#[tokio::test]
async fn daily_limit_keeps_complete_windows() {
    let case = Case::new(|number, _| {
        if number == 0 {
            return ok(&calls(0..1), 1, "");
        }
        let mut headers = HeaderMap::new();
        headers.insert("X-RateLimit-Type", "Daily-limit".parse().unwrap());
        headers.insert("Retry-After", "2026-11-06T00:00:00Z".parse().unwrap());
        (429, headers, String::new())
    })
    .await;
    let options = SyncOptions {
        from: Some("2026-10-05T00:00:00Z".parse().unwrap()),
        to: Some("2026-11-04T00:00:00Z".parse().unwrap()),
        concurrency: Some(1),
        ..SyncOptions::default()
    };
    let report = case.sync(options).await.unwrap();
    assert_eq!((report.complete, report.rate_usage.requests), (1, 2));
    assert_eq!(
        report.unreached,
        [TimeRange {
            from: "2026-11-02T00:00:00Z".parse().unwrap(),
            to: "2026-11-04T00:00:00Z".parse().unwrap()
        }]
    );
    let midnight: DateTime<Utc> = "2026-11-06T00:00:00Z".parse().unwrap();
    assert!(matches!(report.stopped, Some(FetchError::DailyLimit { resumes_at }) if resumes_at == midnight));
    assert_eq!(case.calls_in_lake().await, 1);
}

#[tokio::test]
async fn repeated_secrets_are_redacted() {
    for secret in ["token-0", "Y2xpZW50OnNlY3JldA==", "secret", "account"] {
        let body = format!(r#"{{"code": 300, "message": "you sent {secret} as it is"}}"#);
        let case = Case::new(move |_, _| failure(400, &body)).await;
        let error = case.one_day().await.failed.remove(0).error.to_string();
        assert!(error.contains("you sent [redacted] as it is"), "{error}");
    }
}

#[tokio::test]
async fn token_errors_are_redacted() {
    for secret in ["Y2xpZW50OnNlY3JldA==", "secret", "account"] {
        let case = Case::new(|_, _| ok("", 0, "")).await;
        let body = format!(r#"{{"reason": "no {secret} here", "error": "invalid_client"}}"#);
        *case.server.token_response.lock().unwrap() = Some((401, body));
        let error = case.one_day().await.stopped.unwrap().to_string();
        assert!(error.contains("no [redacted] here"), "{error}");
    }
}

/// Scopes, field names and headers are texts of the server too.
#[tokio::test]
async fn probes_are_redacted() {
    let case = Case::new(|_, _| {
        let record = r#"{"engagement_id": "a", "start_time": "2026-11-04T08:00:00Z", "x-token-0": 1}"#;
        let (status, mut headers, body) = ok(record, 1, "");
        for (name, value) in [("Type", "QPS-secret"), ("Remaining", "1"), ("Limit", "2")] {
            headers
                .insert(format!("X-RateLimit-{name}").parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        (status, headers, body)
    })
    .await;
    let token = r#"{"access_token": "token-0", "scope": "read:client-secret write"}"#;
    *case.server.token_response.lock().unwrap() = Some((200, token.to_owned()));
    let scopes = case.client().token_info().await.unwrap().scopes.unwrap();
    assert_eq!(scopes, ["read:[redacted]-[redacted]", "write"]);
    let sight = case.client().probe(&case.budget().await).await.unwrap();
    assert_eq!(sight.unknown_fields, ["x-[redacted]"]);
    assert_eq!(sight.limit.unwrap(), "QPS-[redacted]: 1 of 2 left");
}

#[tokio::test]
async fn tokens_and_errors_are_bounded() {
    let long = || "x".repeat(2 << 20);
    for status in [200, 400] {
        let case = Case::new(|_, _| ok("", 0, "")).await;
        let body = format!(r#"{{"access_token": "token", "message": "{}"}}"#, long());
        *case.server.token_response.lock().unwrap() = Some((status, body));
        let error = case.client().token_info().await.unwrap_err();
        assert!(
            matches!(error, FetchError::ResponseTooLarge { max_bytes: 0x10_0000, .. }),
            "{status}: {error:?}"
        );
    }
    let case = Case::new(move |_, _| failure(400, &long())).await;
    let error = case.one_day().await.failed.remove(0).error;
    assert!(matches!(error, FetchError::ResponseTooLarge { max_bytes: 0x10_0000, .. }), "{error:?}");
}

#[tokio::test]
async fn both_urls_require_https() {
    let case = Case::new(|_, _| ok("", 0, "")).await;
    let clock: Clock = Arc::new(|| DateTime::UNIX_EPOCH);
    let elsewhere: url::Url = "http://zoom.example/".parse().unwrap();
    for config in [
        ApiConfig { api_url: elsewhere.clone(), ..case.config() },
        ApiConfig { oauth_url: elsewhere.clone(), ..case.config() },
    ] {
        let insecure_http = true;
        assert!(ApiClient::new(ApiConfig { insecure_http, ..config.clone() }, Arc::clone(&clock)).is_ok());
        let refused = ApiClient::new(config, Arc::clone(&clock)).map(drop);
        assert!(matches!(refused, Err(FetchError::InsecureUrl { .. })), "{refused:?}");
    }
}
