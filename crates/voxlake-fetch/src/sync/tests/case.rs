//! A scripted server, and syncs against it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::DATE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::routing::{get, post};
use secrecy::SecretString;
use voxlake_lake::{Lake, TimeRange};
use voxlake_model::CurrencySymbols;

use crate::clock::Clock;
use crate::{
    ApiClient, ApiConfig, Budget, CallFilter, Credentials, FetchError, FilterParameter, LakeSync, ListForm,
    RetryConfig, SyncOptions, SyncReport, ViewType,
};

/// Response to a page request, by its number from 0 and its query.
pub(super) type Script = dyn Fn(usize, &BTreeMap<String, String>) -> (u16, HeaderMap, String) + Send + Sync;

/// Default time of the client's clock.
pub(super) const NOW: &str = "2026-11-05T00:00:00Z";
/// [`NOW`] as a `Date` header.
pub(super) const NOW_HTTP: &str = "Thu, 05 Nov 2026 00:00:00 GMT";

/// Status and body of a token response.
pub(super) type TokenResponse = (u16, String);

pub(super) struct Server {
    script: Box<Script>,
    /// Response of the token endpoint; `None` for a token.
    pub(super) token_response: Mutex<Option<TokenResponse>>,
    pub(super) pages: AtomicUsize,
    /// Queries of the page requests, in order.
    pub(super) queries: Mutex<Vec<String>>,
    pub(super) tokens: AtomicUsize,
    /// Time of the server, instead of the local time that hyper would send.
    pub(super) date: Mutex<HeaderValue>,
}

pub(super) async fn page(
    State(server): State<Arc<Server>>,
    uri: Uri,
    Query(mut query): Query<BTreeMap<String, String>>,
) -> (StatusCode, HeaderMap, String) {
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    for (name, _) in pairs {
        // The map has the last value of repeated keys: `name#` has their number.
        let count = pairs.filter(|(other, _)| *other == name).count();
        if count > 1 {
            query.insert(format!("{name}#"), count.to_string());
        }
    }
    let number = server.pages.fetch_add(1, Ordering::SeqCst);
    server.queries.lock().unwrap().push(uri.query().unwrap_or_default().to_owned());
    let (status, mut headers, body) = (server.script)(number, &query);
    headers.insert(DATE, server.date.lock().unwrap().clone());
    (StatusCode::from_u16(status).unwrap(), headers, body)
}

pub(super) async fn token(
    State(server): State<Arc<Server>>,
) -> (StatusCode, [(HeaderName, HeaderValue); 1], String) {
    let number = server.tokens.fetch_add(1, Ordering::SeqCst);
    let token =
        || format!(r#"{{"access_token": "token-{number}", "token_type": "bearer", "expires_in": 3599}}"#);
    let (status, body) = server.token_response.lock().unwrap().clone().unwrap_or_else(|| (200, token()));
    let date = server.date.lock().unwrap().clone();
    (StatusCode::from_u16(status).unwrap(), [(DATE, date)], body)
}

pub(super) struct Case {
    pub(super) server: Arc<Server>,
    address: SocketAddr,
    pub(super) folder: tempfile::TempDir,
    /// Time of the client's clock.
    pub(super) now: &'static str,
    pub(super) allow_clock_skew: bool,
    pub(super) filter: CallFilter,
}

impl Case {
    pub(super) async fn new(
        script: impl Fn(usize, &BTreeMap<String, String>) -> (u16, HeaderMap, String) + Send + Sync + 'static,
    ) -> Self {
        let server = Arc::new(Server {
            script: Box::new(script),
            token_response: Mutex::default(),
            pages: 0.into(),
            queries: Mutex::default(),
            tokens: 0.into(),
            date: Mutex::new(HeaderValue::from_static(NOW_HTTP)),
        });
        let router = Router::new()
            .route("/v2/contact_center/voice_calls", get(page))
            .route("/oauth/token", post(token))
            .with_state(Arc::clone(&server));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            server,
            address,
            folder: tempfile::tempdir().unwrap(),
            now: NOW,
            allow_clock_skew: false,
            filter: CallFilter::default(),
        }
    }

    pub(super) async fn lake(&self) -> Lake {
        Lake::create(self.folder.path().to_str().unwrap()).await.unwrap()
    }

    /// Syncs, by default, 1 November 2026 as of the 5th.
    pub(super) async fn sync(&self, options: SyncOptions) -> Result<SyncReport, FetchError> {
        let options = SyncOptions {
            from: options.from.or(Some("2026-11-01T00:00:00Z".parse().unwrap())),
            to: options.to.or(Some("2026-11-02T00:00:00Z".parse().unwrap())),
            ..options
        };
        self.sync_with(options).await
    }

    /// Syncs the default period.
    pub(super) async fn sync_unbounded(&self) -> SyncReport {
        self.sync_with(SyncOptions::default()).await.unwrap()
    }

    pub(super) async fn sync_with(&self, options: SyncOptions) -> Result<SyncReport, FetchError> {
        LakeSync::new(self.client(), self.lake().await, options).run(&|_| {}, std::future::pending()).await
    }

    pub(super) fn client(&self) -> ApiClient {
        let now = self.now;
        ApiClient::new(self.config(), Arc::new(move || now.parse().unwrap())).unwrap()
    }

    pub(super) fn config(&self) -> ApiConfig {
        ApiConfig {
            api_url: format!("http://{}/v2", self.address).parse().unwrap(),
            oauth_url: format!("http://{}/", self.address).parse().unwrap(),
            credentials: Credentials {
                account_id: "account".into(),
                client_id: "client".into(),
                client_secret: SecretString::from("secret"),
            },
            account: None,
            view: ViewType::Detail,
            filter: self.filter.clone(),
            list_form: ListForm::Repeated,
            requests_per_second: None,
            retry: RetryConfig {
                initial_delay: Duration::from_millis(1),
                max_delay: Duration::from_millis(2),
                max_attempts: 3,
            },
            currency_symbols: CurrencySymbols::default(),
            allow_clock_skew: self.allow_clock_skew,
            insecure_http: false,
        }
    }

    /// Opens the budget of a temporary lake.
    pub(super) async fn budget(&self) -> Budget {
        let lake = Lake::create("memory:///").await.unwrap();
        let lock = Arc::new(lake.lock(self.now.parse().unwrap()).await.unwrap());
        let now = self.now;
        let clock: Clock = Arc::new(move || now.parse().unwrap());
        Budget::open(lake, lock, clock, None).await.unwrap()
    }

    pub(super) async fn one_day(&self) -> SyncReport {
        self.sync(SyncOptions::default()).await.unwrap()
    }

    pub(super) async fn calls_in_lake(&self) -> usize {
        self.lake().await.read_day("2026-11-01".parse().unwrap()).await.unwrap().calls.num_rows()
    }

    /// Returns the values of a parameter in each request for a whole page.
    pub(super) fn sent_for_pages(&self, parameter: FilterParameter) -> Vec<Vec<String>> {
        let queries = self.server.queries.lock().unwrap();
        let is_page = queries.iter().map(|query| query.contains("page_size=100"));
        self.values(&queries, parameter)
            .into_iter()
            .zip(is_page)
            .filter(|(_, page)| *page)
            .map(|(v, _)| v)
            .collect()
    }

    /// Returns the values of a parameter in each request.
    pub(super) fn sent(&self, parameter: FilterParameter) -> Vec<Vec<String>> {
        self.values(&self.server.queries.lock().unwrap(), parameter)
    }

    #[expect(clippy::unused_self, reason = "called like the other methods")]
    pub(super) fn values(&self, queries: &[String], parameter: FilterParameter) -> Vec<Vec<String>> {
        let values = |query: &String| {
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let own = pairs.filter(|(name, _)| name == parameter.name());
            own.map(|(_, value)| value.into_owned()).collect()
        };
        queries.iter().map(values).collect()
    }

    pub(super) fn pages(&self) -> usize {
        self.server.pages.load(Ordering::SeqCst)
    }
}

pub(super) fn calls(ids: std::ops::Range<usize>) -> String {
    ids.map(|id| format!(r#"{{"engagement_id": "call-{id}", "start_time": "2026-11-01T08:00:00Z"}}"#))
        .collect::<Vec<_>>()
        .join(",")
}

pub(super) fn ok(calls: &str, total: usize, next: &str) -> (u16, HeaderMap, String) {
    let body =
        format!(r#"{{"voice_calls": [{calls}], "total_records": {total}, "next_page_token": "{next}"}}"#);
    (200, HeaderMap::new(), body)
}

pub(super) fn failure(status: u16, body: &str) -> (u16, HeaderMap, String) {
    (status, HeaderMap::new(), body.to_owned())
}
pub(super) fn november(days: std::ops::RangeInclusive<u32>) -> TimeRange {
    let day = |day: u32| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    TimeRange { from: TimeRange::of_day(day(*days.start())).from, to: TimeRange::of_day(day(*days.end())).to }
}

pub(super) fn conditions(parameter: FilterParameter, values: &[&str]) -> CallFilter {
    CallFilter::default().with(parameter, values.iter().copied()).unwrap()
}

/// Responds to a request for a count: 0 for unknown values, `all` without `parameter`, and 1 for
/// each other value.
pub(super) fn counted(
    query: &BTreeMap<String, String>,
    parameter: FilterParameter,
    all: usize,
) -> Option<(u16, HeaderMap, String)> {
    if query["page_size"] != "1" {
        return None;
    }
    let repeated = || query.get(&format!("{}#", parameter.name())).and_then(|count| count.parse().ok());
    Some(match query.get(parameter.name()).map(String::as_str) {
        None => ok("", all, ""),
        Some("voxlake-no-such-value" | "outbound" | "AQ") => ok("", 0, ""),
        Some(_) => ok("", repeated().unwrap_or(1), ""),
    })
}
