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
    Retry, SyncOptions, SyncReport, View,
};

/// An answer to the page request of a number, counted from 0, with its query.
pub(super) type Script = dyn Fn(usize, &BTreeMap<String, String>) -> (u16, HeaderMap, String) + Send + Sync;

/// Time of the client's clock, unless a case says otherwise.
pub(super) const NOW: &str = "2026-11-05T00:00:00Z";
/// The same as a `Date`.
pub(super) const NOW_HTTP: &str = "Thu, 05 Nov 2026 00:00:00 GMT";

/// An answer to a request for a token.
pub(super) type TokenAnswer = (u16, String);

pub(super) struct Served {
    script: Box<Script>,
    /// Answer of the token endpoint, where it is no token.
    pub(super) token_answer: Mutex<Option<TokenAnswer>>,
    pub(super) pages: AtomicUsize,
    /// Queries of the page requests, as they came.
    pub(super) queries: Mutex<Vec<String>>,
    pub(super) tokens: AtomicUsize,
    /// Time of the server, which hyper would take from the machine's clock.
    pub(super) date: Mutex<HeaderValue>,
}

pub(super) async fn page(
    State(served): State<Arc<Served>>,
    uri: Uri,
    Query(mut query): Query<BTreeMap<String, String>>,
) -> (StatusCode, HeaderMap, String) {
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    for (name, _) in pairs {
        // Of repeated keys the map has the last.
        let count = pairs.filter(|(other, _)| *other == name).count();
        if count > 1 {
            query.insert(format!("{name}#"), count.to_string());
        }
    }
    let number = served.pages.fetch_add(1, Ordering::SeqCst);
    served.queries.lock().unwrap().push(uri.query().unwrap_or_default().to_owned());
    let (status, mut headers, body) = (served.script)(number, &query);
    headers.insert(DATE, served.date.lock().unwrap().clone());
    (StatusCode::from_u16(status).unwrap(), headers, body)
}

pub(super) async fn token(
    State(served): State<Arc<Served>>,
) -> (StatusCode, [(HeaderName, HeaderValue); 1], String) {
    let number = served.tokens.fetch_add(1, Ordering::SeqCst);
    let token =
        || format!(r#"{{"access_token": "token-{number}", "token_type": "bearer", "expires_in": 3599}}"#);
    let (status, body) = served.token_answer.lock().unwrap().clone().unwrap_or_else(|| (200, token()));
    let date = served.date.lock().unwrap().clone();
    (StatusCode::from_u16(status).unwrap(), [(DATE, date)], body)
}

pub(super) struct Case {
    pub(super) served: Arc<Served>,
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
        let served = Arc::new(Served {
            script: Box::new(script),
            token_answer: Mutex::default(),
            pages: 0.into(),
            queries: Mutex::default(),
            tokens: 0.into(),
            date: Mutex::new(HeaderValue::from_static(NOW_HTTP)),
        });
        let router = Router::new()
            .route("/v2/contact_center/voice_calls", get(page))
            .route("/oauth/token", post(token))
            .with_state(Arc::clone(&served));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            served,
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

    /// Syncs 1 November 2026, where the options say nothing else, as of the 5th.
    pub(super) async fn sync(&self, options: SyncOptions) -> Result<SyncReport, FetchError> {
        let options = SyncOptions {
            from: options.from.or(Some("2026-11-01T00:00:00Z".parse().unwrap())),
            to: options.to.or(Some("2026-11-02T00:00:00Z".parse().unwrap())),
            ..options
        };
        self.sync_as_told(options).await
    }

    /// Syncs what a sync takes by itself.
    pub(super) async fn sync_unbounded(&self) -> SyncReport {
        self.sync_as_told(SyncOptions::default()).await.unwrap()
    }

    pub(super) async fn sync_as_told(&self, options: SyncOptions) -> Result<SyncReport, FetchError> {
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
            view: View::Detail,
            filter: self.filter.clone(),
            list_form: ListForm::Repeated,
            requests_per_second: None,
            retry: Retry {
                first_delay: Duration::from_millis(1),
                longest_delay: Duration::from_millis(2),
                tries: 3,
            },
            currency_symbols: CurrencySymbols::default(),
            allow_clock_skew: self.allow_clock_skew,
            insecure_http: false,
        }
    }

    /// A budget of a lake that is gone afterwards.
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

    /// The values of a parameter in each request for a whole page so far.
    pub(super) fn sent_for_pages(&self, parameter: FilterParameter) -> Vec<Vec<String>> {
        let queries = self.served.queries.lock().unwrap();
        let is_page = queries.iter().map(|query| query.contains("page_size=100"));
        self.values(&queries, parameter)
            .into_iter()
            .zip(is_page)
            .filter(|(_, page)| *page)
            .map(|(v, _)| v)
            .collect()
    }

    /// The values of a parameter in each request so far.
    pub(super) fn sent(&self, parameter: FilterParameter) -> Vec<Vec<String>> {
        self.values(&self.served.queries.lock().unwrap(), parameter)
    }

    #[expect(clippy::unused_self, reason = "reads as a question to the case")]
    pub(super) fn values(&self, queries: &[String], parameter: FilterParameter) -> Vec<Vec<String>> {
        let values = |query: &String| {
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let own = pairs.filter(|(name, _)| name == parameter.name());
            own.map(|(_, value)| value.into_owned()).collect()
        };
        queries.iter().map(values).collect()
    }

    pub(super) fn pages(&self) -> usize {
        self.served.pages.load(Ordering::SeqCst)
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

/// The answer to a request for a count, if it is one: 0 for values that no call has, `all` without
/// `parameter`, and 1 for each other value.
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
