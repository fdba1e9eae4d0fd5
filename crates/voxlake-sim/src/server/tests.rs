//! Tests of the server over a socket with a manual clock, compared with the calls of the centre.

mod access;
mod anomalies;
mod clocks;
mod faults;
mod filters;
mod limits;
mod paging;
mod seeded;
mod windows;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::*;
use crate::{Call, Centre, View};

/// Noon of a Wednesday, long after the windows of most tests.
fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 25, 12, 0, 0).unwrap()
}

fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, day, 0, 0, 0).unwrap()
}

/// A server, its clock, and a client with a token.
struct Fixture {
    server: LocalServer,
    clock: ManualClock,
    centre: Arc<Centre>,
    client: reqwest::Client,
    token: String,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut ServerConfig)) -> Self {
        // Fails if another test of the process has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = ManualClock::new(noon());
        let mut config = ServerConfig::new(Arc::new(Centre::with_seed(5))).with_clock(clock.clone());
        change(&mut config);
        let centre = Arc::clone(&config.centre);
        let server = LocalServer::start(config).await.unwrap();
        let mut fixture = Self {
            server,
            clock,
            centre,
            // A missing response fails the test instead of blocking it.
            client: reqwest::Client::builder()
                .no_proxy()
                .timeout(std::time::Duration::from_secs(60))
                .build()
                .unwrap(),
            token: String::new(),
        };
        fixture.renew().await;
        fixture
    }

    async fn renew(&mut self) {
        let answer = self.ask_token("sim-client", "sim-secret", "account_credentials", "sim-account");
        let answer: Value = answer.await.json().await.unwrap();
        self.token = answer["access_token"].as_str().unwrap().to_owned();
    }

    async fn ask_token(&self, id: &str, secret: &str, grant: &str, account: &str) -> Response {
        self.client
            .post(format!("{}/oauth/token", self.server.oauth_url()))
            .query(&[("grant_type", grant), ("account_id", account)])
            .basic_auth(id, Some(secret))
            .send()
            .await
            .unwrap()
    }

    async fn get(&self, query: &[(&str, &str)]) -> Response {
        self.get_path("/contact_center/voice_calls", query).await
    }

    async fn get_path(&self, path: &str, query: &[(&str, &str)]) -> Response {
        self.send(path, query).await.unwrap()
    }

    /// Sends a request.
    async fn send(&self, path: &str, query: &[(&str, &str)]) -> reqwest::Result<Response> {
        let request = self.client.get(format!("{}{path}", self.server.api_url()));
        request.query(query).bearer_auth(&self.token).send().await
    }

    /// Returns the body of a successful response.
    async fn ok(&self, query: &[(&str, &str)]) -> Value {
        let response = self.get(query).await;
        assert_eq!(response.status(), 200, "{query:?}");
        response.json().await.unwrap()
    }

    /// Returns status, code and message of a refusal.
    async fn refused(&self, query: &[(&str, &str)]) -> (StatusCode, i64, String) {
        let response = self.get(query).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        let code = body["code"].as_i64().unwrap();
        (status, code, body["message"].as_str().unwrap().to_owned())
    }

    /// Returns the records of all pages of a window.
    async fn walk(&self, query: &[(&str, &str)]) -> Vec<Value> {
        let mut records = Vec::new();
        let mut token = String::new();
        loop {
            let mut query = query.to_vec();
            query.push(("page_size", "100"));
            query.push(("next_page_token", &token));
            let page = self.ok(&query).await;
            let calls = page["voice_calls"].as_array().unwrap();
            records.extend(calls.iter().cloned());
            token = page["next_page_token"].as_str().unwrap().to_owned();
            if token.is_empty() {
                assert_eq!(page["total_records"], records.len());
                return records;
            }
            assert_eq!(calls.len(), 100);
            assert!(token.len() <= 100);
        }
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

fn instant(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

fn ids(records: &[Value]) -> Vec<String> {
    let id = |record: &Value| record["engagement_id"].as_str().unwrap().to_owned();
    records.iter().map(id).collect()
}

fn ids_of(calls: impl Iterator<Item = Call>) -> Vec<String> {
    calls.map(|call| call.engagement_id.to_string()).collect()
}

fn utc() -> chrono::FixedOffset {
    chrono::FixedOffset::east_opt(0).unwrap()
}

/// Returns the `to` of a window that ends before `moment`, for a server that includes `to`.
fn before(moment: DateTime<Utc>) -> String {
    instant(moment - TimeDelta::seconds(1))
}

#[tokio::test]
async fn unknown_paths_get_json_errors() {
    let fixture = Fixture::new().await;
    for path in ["/", "/contact_center", "/contact_center/voice_calls/1", "/users"] {
        let response = fixture.get_path(path, &[]).await;
        assert_eq!(response.status(), 404, "{path}");
        assert!(response.json::<Value>().await.unwrap()["message"].is_string());
    }
    let url = format!("{}/contact_center/voice_calls", fixture.server.api_url());
    let response = fixture.client.delete(url).send().await.unwrap();
    assert_eq!(response.status(), 405);
}

#[tokio::test]
async fn requests_are_counted_by_endpoint_and_status() {
    let fixture = Fixture::new().await;
    fixture.ok(&[]).await;
    fixture.ok(&[]).await;
    fixture.refused(&[("page_size", "101")]).await;
    let handle = fixture.server.handle();
    assert_eq!(handle.requests_to(Endpoint::VoiceCalls), 3);
    assert_eq!(handle.requests()[&(Endpoint::VoiceCalls, 200)], 2);
    assert_eq!(handle.requests()[&(Endpoint::VoiceCalls, 400)], 1);
    assert_eq!(handle.requests_to(Endpoint::Token), 1);
}

#[tokio::test]
async fn a_server_stops_when_told_to() {
    let fixture = Fixture::new().await;
    let url = fixture.server.oauth_url();
    fixture.server.stop().await.unwrap();
    assert!(fixture.client.get(url).send().await.is_err());
}

/// Values that a parser may fail on.
const HOSTILE_VALUES: [&str; 25] = [
    "",
    "%",
    "%zz",
    "%00",
    "%ff%fe",
    "-1",
    "0",
    "99999999999999999999",
    "1e3",
    "NaN",
    "null",
    "none",
    "none,none",
    ",,,",
    "0000-01-01",
    "9999-12-31",
    "2026-02-30",
    "%F0%9F%A6%84",
    "9999-12-31T23:59:60%2B00:00",
    "0000-01-01T00:00:00%2B23:59",
    "9999-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "<script>",
    "'%20OR%201=1",
    "AAAAAAAAAAAAAAAAAAAAAA",
];

/// Names of the parameters, an unknown one and an empty one.
const PARAMETERS: [&str; 22] = [
    "from",
    "to",
    "types",
    "sub_types",
    "distribution",
    "consumer_number",
    "direction",
    "user_ids",
    "engagement_id",
    "queue_ids",
    "cc_queue_ids",
    "country_iso_codes",
    "number_types",
    "region_ids",
    "region_names",
    "team_ids",
    "team_names",
    "view_type",
    "next_page_token",
    "page_size",
    "unheard_of",
    "",
];

#[tokio::test]
async fn hostile_queries_do_not_break_the_server() {
    // Few calls, because almost every query needs an index of its own.
    let quiet = crate::CentreConfig { calls_per_day: 100.0, ..crate::CentreConfig::default() };
    let quiet = Arc::new(Centre::new(quiet).unwrap());
    let fixture = Fixture::with(|config| config.centre = quiet).await;
    let long = "a,".repeat(5000);
    let url = format!("{}/contact_center/voice_calls", fixture.server.api_url());
    for value in HOSTILE_VALUES.into_iter().chain([long.as_str()]) {
        let mut queries: Vec<_> = PARAMETERS.map(|name| format!("{name}={value}")).into();
        queries.push(format!("from={value}&to={value}"));
        queries.push(format!("from=2026-11-20&to={value}&{value}&={value}&&"));
        for query in queries {
            let request = fixture.client.get(format!("{url}?{query}"));
            let response = request.bearer_auth(&fixture.token).send().await.unwrap();
            assert!(!response.status().is_server_error(), "{query}");
            assert!(response.json::<Value>().await.unwrap().is_object());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: cargo test -- --ignored --nocapture pages_a_second"]
async fn pages_a_second() {
    let fixture = Fixture::with(|config| config.centre = Arc::new(Centre::default())).await;
    fixture.clock.set(Utc.with_ymd_and_hms(2027, 1, 1, 0, 0, 0).unwrap());
    let mut fixture = fixture;
    fixture.renew().await;
    for view_type in ["summary", "detail"] {
        let clock = std::time::Instant::now();
        let mut calls = 0;
        for date in 1..=30 {
            let date = format!("2026-11-{date:02}");
            let query = [("from", &*date), ("to", &*date), ("view_type", view_type)];
            calls += fixture.walk(&query).await.len();
        }
        let pages = fixture.server.handle().requests_to(Endpoint::VoiceCalls);
        println!("{view_type}: {calls} calls in {:?}, {pages} pages so far", clock.elapsed());
    }
}
