//! Scripted faults as a client sees them: refusals, cut connections, garbled responses.

mod pages;

use std::time::Duration;

use super::*;

const PATH: &str = "/contact_center/voice_calls";
const DAY: [(&str, &str); 3] = [("from", "2026-11-17"), ("to", "2026-11-17"), ("page_size", "100")];

async fn scripted(calls: impl IntoIterator<Item = (u64, Fault)>) -> Fixture {
    let faults = Faults::script(calls);
    Fixture::with(|config| config.faults = faults).await
}

/// Returns number, status and fault of the logged requests for calls.
fn logged_faults(fixture: &Fixture) -> Vec<(u64, Option<u16>, Option<&'static str>)> {
    let log = fixture.server.handle().log();
    let calls = log.iter().filter(|entry| entry.request.endpoint == Endpoint::VoiceCalls);
    calls.map(|entry| (entry.request.number, entry.status, entry.fault)).collect()
}

#[tokio::test]
async fn error_statuses_have_code_and_retry_after() {
    let forms = [
        (RetryAfter::Absent, None),
        (RetryAfter::Seconds, Some("90")),
        (RetryAfter::Instant, Some("2026-11-25T12:01:30Z")),
        (RetryAfter::HttpDate, Some("Wed, 25 Nov 2026 12:01:30 GMT")),
    ];
    for (form, expected) in forms {
        let fault = Fault::Status {
            status: 503,
            code: 5010,
            message: "Down for now.".to_owned(),
            retry_after: form,
            wait: Duration::from_secs(90),
        };
        let fixture = scripted([(2, fault)]).await;
        fixture.ok(&[]).await;
        let response = fixture.get(&[]).await;
        assert_eq!(response.status(), 503);
        assert_eq!(header(&response, "Retry-After"), expected);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body, serde_json::json!({ "code": 5010, "message": "Down for now." }));
        fixture.ok(&[]).await;
        let expected = [(1, Some(200), None), (2, Some(503), Some("status")), (3, Some(200), None)];
        assert_eq!(logged_faults(&fixture), expected);
    }
    for (status, seen) in [(418, 418), (404, 404), (100, 500), (7, 500), (999, 999)] {
        let fixture = scripted([(1, Fault::status(status))]).await;
        assert_eq!(fixture.get(&[]).await.status(), seen);
    }
}

#[tokio::test]
async fn limits_are_disclosed_as_configured() {
    for (disclosure, in_header, in_message) in [
        (LimitDisclosure::Both, true, true),
        (LimitDisclosure::Header, true, false),
        (LimitDisclosure::Message, false, true),
        (LimitDisclosure::Neither, false, false),
    ] {
        let fixture = scripted([
            (1, Fault::PerSecond { disclosure, retry_after: RetryAfter::Seconds }),
            (2, Fault::DailyLimit { disclosure, retry_after: RetryAfter::Instant }),
            (3, Fault::DailyLimit { disclosure, retry_after: RetryAfter::Seconds }),
        ])
        .await;
        for (kind, words, retry_after) in [
            ("QPS", "per-second", "1"),
            ("Daily-limit", "daily", "2026-11-26T00:00:00Z"),
            ("Daily-limit", "daily", "43200"),
        ] {
            let response = fixture.get(&[]).await;
            assert_eq!(response.status(), 429);
            assert_eq!(header(&response, "X-RateLimit-Type"), in_header.then_some(kind));
            assert_eq!(header(&response, "Retry-After"), Some(retry_after));
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["message"].as_str().unwrap().contains(words), in_message, "{body}");
        }
        fixture.ok(&[]).await;
    }
}

#[tokio::test]
async fn cut_before_closes_one_connection() {
    let fixture = scripted([(2, Fault::CutBefore), (4, Fault::CutBefore)]).await;
    fixture.ok(&[]).await;
    assert!(fixture.send(PATH, &[]).await.is_err());
    fixture.ok(&[]).await;
    // Two concurrent requests use two connections, of which only one is cut.
    let both = tokio::join!(fixture.send(PATH, &DAY), fixture.send(PATH, &DAY));
    assert_eq!(u8::from(both.0.is_ok()) + u8::from(both.1.is_ok()), 1);
    assert_eq!(logged_faults(&fixture)[1], (2, None, Some("cut before")));
    assert_eq!(fixture.server.handle().requests()[&(Endpoint::VoiceCalls, 0)], 2);
    assert_eq!(fixture.server.handle().requests_to(Endpoint::VoiceCalls), 5);
}

#[tokio::test]
async fn cut_in_body_sends_half_the_body() {
    let fixture = scripted([(2, Fault::CutInBody)]).await;
    let whole = fixture.get(&DAY).await.bytes().await.unwrap();
    let mut response = fixture.get(&DAY).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.content_length(), Some(whole.len() as u64));
    let mut got = Vec::new();
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => got.extend(chunk),
            Ok(None) => panic!("the body ended as if it were whole"),
            Err(error) => break error,
        }
    };
    assert!(error.is_decode() || error.is_body(), "{error:?}");
    assert_eq!(got, whole[..whole.len() / 2]);
    assert_eq!(fixture.get(&DAY).await.bytes().await.unwrap(), whole);
}

#[tokio::test]
async fn cut_after_sends_the_whole_body() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let fixture = scripted([(2, Fault::CutAfter)]).await;
    let whole = fixture.get(&DAY).await.bytes().await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(fixture.server.address()).await.unwrap();
    let query = "from=2026-11-17&to=2026-11-17&page_size=100";
    let request = format!(
        "GET /v2{PATH}?{query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        fixture.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Returns only when the connection is closed.
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert!(answer.ends_with(&whole));
    assert!(!String::from_utf8_lossy(&answer).to_lowercase().contains("connection: close"));
    fixture.ok(&DAY).await;
    assert_eq!(logged_faults(&fixture)[1], (2, Some(200), Some("cut after")));
}

#[tokio::test]
async fn truncated_and_invalid_json_are_complete_answers() {
    let fixture = scripted([(1, Fault::TruncatedJson), (2, Fault::InvalidJson)]).await;
    for start in ["{\"next_page_token\"", "<!doctype html>"] {
        let response = fixture.get(&DAY).await;
        assert_eq!(response.status(), 200);
        let body = response.bytes().await.unwrap();
        assert!(body.starts_with(start.as_bytes()));
        assert!(serde_json::from_slice::<Value>(&body).is_err());
    }
    fixture.ok(&DAY).await;
}

#[tokio::test]
async fn a_slow_answer_is_the_same_answer() {
    let fixture = scripted([(2, Fault::Slow(Duration::from_millis(20)))]).await;
    assert_eq!(fixture.ok(&DAY).await, fixture.ok(&DAY).await);
    assert_eq!(logged_faults(&fixture)[1].2, Some("slow"));
}

#[tokio::test]
async fn access_tokens_die_page_tokens_fail_once() {
    let mut fixture = scripted([(2, Fault::TokenDies), (5, Fault::PageTokenDies)]).await;
    fixture.ok(&DAY).await;
    let (status, code, message) = fixture.refused(&DAY).await;
    assert_eq!((status.as_u16(), code, &*message), (401, 124, "Invalid access token."));
    assert_eq!(fixture.refused(&DAY).await.1, 124);
    fixture.renew().await;
    let page = fixture.ok(&DAY).await;
    let token = page["next_page_token"].as_str().unwrap();
    let next = [&DAY[..], &[("next_page_token", token)]].concat();
    let (status, code, message) = fixture.refused(&next).await;
    assert_eq!((status.as_u16(), code), (400, 300));
    assert!(message.contains("next_page_token") && message.contains("expired"));
    fixture.ok(&next).await;
    let names: Vec<_> = logged_faults(&fixture).iter().map(|(_, _, fault)| *fault).collect();
    assert_eq!(names, [None, Some("token dies"), None, None, Some("page token dies"), None]);
}

#[tokio::test]
async fn the_token_endpoint_has_own_faults() {
    let faults = Faults::token_script([
        (1, Fault::status(502)),
        (2, Fault::TruncatedJson),
        (3, Fault::CutBefore),
        (4, Fault::PageTwice),
        (5, Fault::TokenDies),
    ]);
    let mut fixture = Fixture::new().await;
    fixture.server.handle().set_faults(faults);
    let ask = || fixture.ask_token("sim-client", "sim-secret", "account_credentials", "sim-account");
    assert_eq!(ask().await.status(), 502);
    assert!(ask().await.json::<Value>().await.is_err());
    let url = format!("{}/oauth/token?grant_type=account_credentials", fixture.server.oauth_url());
    let cut = fixture.client.post(format!("{url}&account_id=sim-account"));
    assert!(cut.basic_auth("sim-client", Some("sim-secret")).send().await.is_err());
    fixture.renew().await;
    fixture.ok(&[]).await;
    fixture.renew().await;
    assert_eq!(fixture.refused(&[]).await.1, 124);
    let log = fixture.server.handle().log();
    let tokens = log.iter().filter(|entry| entry.request.endpoint == Endpoint::Token);
    let seen: Vec<_> = tokens.skip(1).map(|entry| (entry.request.number, entry.fault)).collect();
    let names = [Some("status"), Some("truncated json"), Some("cut before"), None, Some("token dies")];
    assert_eq!(seen, (1..).zip(names).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_function_selects_faults_by_request() {
    let fixture = Fixture::new().await;
    let chosen = |request: &RequestInfo| {
        (request.from == Some(day(17)) && request.page == 2).then_some(Fault::InvalidJson)
    };
    fixture.server.handle().set_faults(Faults::choose(chosen));
    let first = fixture.ok(&DAY).await;
    let token = first["next_page_token"].as_str().unwrap();
    let next = [&DAY[..], &[("next_page_token", token)]].concat();
    assert!(fixture.get(&next).await.json::<Value>().await.is_err());
    fixture.server.handle().set_faults(Faults::none());
    fixture.ok(&next).await;
    fixture.refused(&[&DAY[..], &[("next_page_token", "made up")]].concat()).await;
    let log = fixture.server.handle().log();
    let seen: Vec<_> = log
        .iter()
        .filter(|entry| entry.request.endpoint == Endpoint::VoiceCalls)
        .map(|entry| (entry.request.number, entry.request.page, entry.status, entry.fault))
        .collect();
    let expected = [
        (1, 1, Some(200), None),
        (2, 2, Some(200), Some("invalid json")),
        (1, 2, Some(200), None),
        (2, 0, Some(400), None),
    ];
    assert_eq!(seen, expected);
    let request = &log.last().unwrap().request;
    assert_eq!(request.from, Some(day(17)));
    assert_eq!(request.to, Some(day(18) - TimeDelta::seconds(1)));
    assert_eq!(request.received_at, noon());
}

/// A request that meets a fault counts against the limits.
#[tokio::test]
async fn refused_requests_meet_no_fault() {
    let limits = RateLimits { per_day: Some(3), ..RateLimits::default() };
    let fixture = Fixture::with(|config| {
        config.limits = limits;
        config.faults = Faults::choose(|request| match (request.endpoint, request.number) {
            (Endpoint::VoiceCalls, 1) => Some(Fault::CutBefore),
            (Endpoint::VoiceCalls, 2) => Some(Fault::status(500)),
            (Endpoint::VoiceCalls, _) => Some(Fault::InvalidJson),
            _ => None,
        });
    })
    .await;
    assert!(fixture.send(PATH, &[]).await.is_err());
    assert_eq!(fixture.get(&[]).await.status(), 500);
    assert_eq!(fixture.refused(&[("page_size", "x")]).await.1, 300);
    assert_eq!(fixture.refused(&[]).await.1, 429);
    let names: Vec<_> = logged_faults(&fixture).iter().map(|(_, _, fault)| *fault).collect();
    assert_eq!(names, [Some("cut before"), Some("status"), None, None]);
}

#[tokio::test]
async fn slow_responses_wait_concurrently() {
    let fixture = Fixture::with(|config| config.latency = Duration::from_millis(100)).await;
    let pages = futures::future::join_all((0..50).map(|_| fixture.ok(&DAY)));
    let pages = pages.await;
    assert!(pages.iter().all(|page| page == &pages[0]));
}
