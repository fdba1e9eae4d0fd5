//! Syncs against a server that answers by a script: what a well-behaved simulator does not do.

mod filters;

use std::collections::BTreeMap as Query;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query as QueryOf, State};
use axum::http::header::DATE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::routing::{get, post};
use secrecy::SecretString;
use voxlake_model::CurrencySymbols;

use super::*;
use crate::{ApiConfig, CallFilter, CommitLimits, Credentials, FilterParameter, ListForm, Retry, View};

/// An answer to the page request of a number, counted from 0, with its query.
type Script = dyn Fn(usize, &Query<String, String>) -> (u16, HeaderMap, String) + Send + Sync;

/// Time of the client's clock, unless a case says otherwise.
const NOW: &str = "2026-11-05T00:00:00Z";
/// The same as a `Date`.
const NOW_HTTP: &str = "Thu, 05 Nov 2026 00:00:00 GMT";

/// An answer to a request for a token.
type TokenAnswer = (u16, String);

struct Served {
    script: Box<Script>,
    /// Answer of the token endpoint, where it is no token.
    token_answer: Mutex<Option<TokenAnswer>>,
    pages: AtomicUsize,
    /// Queries of the page requests, as they came.
    queries: Mutex<Vec<String>>,
    tokens: AtomicUsize,
    /// Time of the server, which hyper would take from the machine's clock.
    date: Mutex<HeaderValue>,
}

async fn page(
    State(served): State<Arc<Served>>,
    uri: Uri,
    QueryOf(mut query): QueryOf<Query<String, String>>,
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

async fn token(State(served): State<Arc<Served>>) -> (StatusCode, [(HeaderName, HeaderValue); 1], String) {
    let number = served.tokens.fetch_add(1, Ordering::SeqCst);
    let token =
        || format!(r#"{{"access_token": "token-{number}", "token_type": "bearer", "expires_in": 3599}}"#);
    let (status, body) = served.token_answer.lock().unwrap().clone().unwrap_or_else(|| (200, token()));
    let date = served.date.lock().unwrap().clone();
    (StatusCode::from_u16(status).unwrap(), [(DATE, date)], body)
}

struct Case {
    served: Arc<Served>,
    address: SocketAddr,
    folder: tempfile::TempDir,
    /// Time of the client's clock.
    now: &'static str,
    allow_clock_skew: bool,
    filter: CallFilter,
}

impl Case {
    async fn new(
        script: impl Fn(usize, &Query<String, String>) -> (u16, HeaderMap, String) + Send + Sync + 'static,
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

    async fn lake(&self) -> Lake {
        Lake::create(self.folder.path().to_str().unwrap()).await.unwrap()
    }

    /// Syncs 1 November 2026, where the options say nothing else, as of the 5th.
    async fn sync(&self, options: SyncOptions) -> Result<SyncReport, FetchError> {
        let options = SyncOptions {
            from: options.from.or(Some("2026-11-01T00:00:00Z".parse().unwrap())),
            to: options.to.or(Some("2026-11-02T00:00:00Z".parse().unwrap())),
            ..options
        };
        self.sync_as_told(options).await
    }

    /// Syncs what a sync takes by itself.
    async fn sync_unbounded(&self) -> SyncReport {
        self.sync_as_told(SyncOptions::default()).await.unwrap()
    }

    async fn sync_as_told(&self, options: SyncOptions) -> Result<SyncReport, FetchError> {
        LakeSync::new(self.client(), self.lake().await, options).run(&|_| {}, std::future::pending()).await
    }

    fn client(&self) -> ApiClient {
        let now = self.now;
        ApiClient::new(self.config(), Arc::new(move || now.parse().unwrap())).unwrap()
    }

    fn config(&self) -> ApiConfig {
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
    async fn budget(&self) -> Budget {
        let lake = Lake::create("memory:///").await.unwrap();
        let lock = Arc::new(lake.lock(self.now.parse().unwrap()).await.unwrap());
        let now = self.now;
        let clock: Clock = Arc::new(move || now.parse().unwrap());
        Budget::open(lake, lock, clock, None).await.unwrap()
    }

    async fn one_day(&self) -> SyncReport {
        self.sync(SyncOptions::default()).await.unwrap()
    }

    async fn calls_in_lake(&self) -> usize {
        self.lake().await.read_day("2026-11-01".parse().unwrap()).await.unwrap().calls.num_rows()
    }

    /// The values of a parameter in each request for a whole page so far.
    fn sent_for_pages(&self, parameter: FilterParameter) -> Vec<Vec<String>> {
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
    fn sent(&self, parameter: FilterParameter) -> Vec<Vec<String>> {
        self.values(&self.served.queries.lock().unwrap(), parameter)
    }

    #[expect(clippy::unused_self, reason = "reads as a question to the case")]
    fn values(&self, queries: &[String], parameter: FilterParameter) -> Vec<Vec<String>> {
        let values = |query: &String| {
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let own = pairs.filter(|(name, _)| name == parameter.name());
            own.map(|(_, value)| value.into_owned()).collect()
        };
        queries.iter().map(values).collect()
    }

    fn pages(&self) -> usize {
        self.served.pages.load(Ordering::SeqCst)
    }
}

fn calls(ids: std::ops::Range<usize>) -> String {
    ids.map(|id| format!(r#"{{"engagement_id": "call-{id}", "start_time": "2026-11-01T08:00:00Z"}}"#))
        .collect::<Vec<_>>()
        .join(",")
}

fn ok(calls: &str, total: usize, next: &str) -> (u16, HeaderMap, String) {
    let body =
        format!(r#"{{"voice_calls": [{calls}], "total_records": {total}, "next_page_token": "{next}"}}"#);
    (200, HeaderMap::new(), body)
}

fn failure(status: u16, body: &str) -> (u16, HeaderMap, String) {
    (status, HeaderMap::new(), body.to_owned())
}

#[tokio::test]
async fn a_window_is_asked_for_with_an_offset_the_largest_page_and_all_details() {
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
    assert_eq!((report.complete, report.tally.added, report.pacing.requests), (1, 3, 2));
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
async fn a_settled_day_is_not_asked_for_again() {
    let case = Case::new(|_, _| ok(&calls(0..1), 1, "")).await;
    case.one_day().await;
    let again = case.one_day().await;
    assert_eq!((again.planned.len(), again.pacing.requests, case.pages()), (0, 0, 1));
}

#[tokio::test]
async fn failures_that_pass_are_met_with_another_try() {
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
        assert_eq!((report.complete, report.tally.added, report.pacing.requests), (1, 1, 3));
    }
}

#[tokio::test]
async fn a_failure_that_stays_fails_its_window_alone_and_covers_nothing() {
    let case =
        Case::new(
            |_, query| {
                if query["from"].starts_with("2026-11-01T00") { failure(502, "") } else { ok("", 0, "") }
            },
        )
        .await;
    let options = SyncOptions {
        to: Some("2026-11-04T00:00:00Z".parse().unwrap()),
        walkers: Some(1),
        ..SyncOptions::default()
    };
    let report = case.sync(options).await.unwrap();
    // Whole twice, then its second half came, and then the second half of the first.
    assert_eq!((report.planned.len(), report.complete, report.failed.len()), (1, 2, 1));
    assert_eq!(report.failed[0].window.to, "2026-11-01T18:00:00Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!((report.unreached.len(), report.pacing.requests), (0, 3 * 4 + 2));
    assert!(matches!(report.failed[0].error, FetchError::GaveUp { tries: 3, .. }), "{:?}", report.failed);
    assert!(report.stopped.is_none());
    let again = case.sync(options).await.unwrap();
    assert_eq!(again.planned.len(), 1);
}

#[tokio::test]
async fn a_count_that_does_not_agree_is_read_again_and_then_reported() {
    // The first read misses a call that the second one has.
    let case = Case::new(|number, _| ok(&calls(0..if number == 0 { 1 } else { 2 }), 2, "")).await;
    let report = case.one_day().await;
    assert_eq!((report.complete, report.tally.added, report.pacing.requests), (1, 2, 2));

    let case = Case::new(|_, _| ok(&calls(0..1), 2, "")).await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::Incomplete { found: 1, total: 2, reads: 3 }));
    assert_eq!(report.pacing.requests, 3);
    assert_eq!((report.tally.added, case.calls_in_lake().await), (1, 1), "what came is kept");
    assert_eq!(
        case.sync(SyncOptions::default()).await.unwrap().planned.len(),
        1,
        "nothing counts as covered"
    );
}

#[tokio::test]
async fn two_reads_that_each_lack_a_record_do_not_make_a_complete_one() {
    // Two of three at first; then one of them is gone, and the third never comes.
    let case = Case::new(|n, _| if n == 0 { ok(&calls(0..2), 3, "") } else { ok(&calls(1..2), 2, "") }).await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::Incomplete { .. }), "{report:?}");
    assert_eq!((report.complete, case.calls_in_lake().await), (0, 2));
}

#[tokio::test]
async fn a_window_that_the_api_does_not_count_is_kept_and_not_covered() {
    for total in ["", r#", "total_records": "many""#, r#", "total_records": -1"#] {
        let body = format!(r#"{{"voice_calls": [{}]{total}}}"#, calls(0..1));
        let case = Case::new(move |_, _| (200, HeaderMap::new(), body.clone())).await;
        let report = case.one_day().await;
        assert!(matches!(report.failed[0].error, FetchError::Uncounted), "{total}: {report:?}");
        assert_eq!((report.complete, case.calls_in_lake().await), (0, 1));
    }
}

#[tokio::test]
async fn a_stray_call_of_another_year_does_not_stretch_the_next_sync() {
    let stray = r#"{"engagement_id": "stray", "start_time": "2003-01-01T00:00:00Z"}"#;
    let case = Case::new(move |_, _| ok(&format!("{},{stray}", calls(0..1)), 2, "")).await;
    case.one_day().await;
    let report = case.sync_unbounded().await;
    // The thirty days before the 5th, and of the 4th and 5th only what is not settled.
    assert!(report.planned[0].from >= "2026-10-05T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
}

#[tokio::test]
async fn paging_that_does_not_end_is_an_error() {
    let case = Case::new(|_, _| ok(&calls(0..1), 500, "same")).await;
    assert!(matches!(case.one_day().await.failed[0].error, FetchError::Endless { .. }));
    let case = Case::new(|number, _| ok(&calls(0..1), 500, &format!("token-{number}"))).await;
    assert!(matches!(case.one_day().await.failed[0].error, FetchError::Endless { .. }));
    assert!(case.pages() < 10, "{}", case.pages());
    // Ever new records, of which the API counts none.
    let case = Case::new(|n, _| ok(&calls(n * 1000..(n + 1) * 1000), 0, &format!("token-{n}"))).await;
    assert!(matches!(case.one_day().await.failed[0].error, FetchError::Endless { .. }));
    assert!(case.pages() < 20, "{}", case.pages());
}

#[tokio::test]
async fn a_record_without_a_place_counts_and_is_kept() {
    let case = Case::new(|_, _| ok(&format!(r#"{},{{"engagement_id": "x"}}"#, calls(0..1)), 2, "")).await;
    let report = case.one_day().await;
    assert_eq!((report.complete, report.tally.added, report.tally.rejected), (1, 1, 1));
    let rejects = case.folder.path().join("rejects/2026-11-05");
    assert_eq!(std::fs::read_dir(rejects).unwrap().count(), 1);
}

#[tokio::test]
async fn a_call_at_the_boundary_second_goes_to_its_own_day_and_covers_nothing_there() {
    let boundary = r#"{"engagement_id": "edge", "start_time": "2026-11-02T00:00:00Z"}"#;
    let case = Case::new(move |_, _| ok(&format!("{},{boundary}", calls(0..1)), 2, "")).await;
    let report = case.one_day().await;
    assert_eq!((report.complete, report.tally.added), (1, 2));
    assert_eq!(case.calls_in_lake().await, 1);
    let next = case.lake().await.read_day("2026-11-02".parse().unwrap()).await.unwrap();
    assert_eq!((next.calls.num_rows(), next.coverage.ranges().len()), (1, 0));
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let refusal = r#"{"code": 124, "message": "Invalid access token."}"#;
    let case =
        Case::new(move |number, _| if number == 0 { failure(401, refusal) } else { ok("", 0, "") }).await;
    assert_eq!(case.one_day().await.complete, 1);
    assert_eq!(case.served.tokens.load(Ordering::SeqCst), 2);

    let case = Case::new(move |_, _| failure(401, refusal)).await;
    let stopped = case.one_day().await.stopped.unwrap();
    assert!(
        matches!(&stopped, FetchError::Unauthorised { message } if message == "Invalid access token"),
        "{stopped:?}"
    );
    assert_eq!(case.pages(), 2);
}

#[tokio::test]
async fn the_daily_limit_ends_the_run_with_what_is_complete_in_the_lake() {
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
        walkers: Some(1),
        ..SyncOptions::default()
    };
    let report = case.sync(options).await.unwrap();
    assert_eq!((report.complete, report.pacing.requests), (1, 2));
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
async fn a_damaged_day_stops_a_sync_and_a_repair_fetches_it_again() {
    let case = Case::new(
        |_, query| {
            if query["from"].contains("T00") { ok(&calls(0..2), 2, "") } else { ok("", 0, "") }
        },
    )
    .await;
    case.one_day().await;
    let file = case.folder.path().join("voice_calls/date=2026-11-01/calls.parquet");
    let whole = std::fs::read(&file).unwrap();
    let mut scratched = whole.clone();
    scratched[4..40].fill(0xff);
    for damage in [&whole[..100], &scratched] {
        std::fs::write(&file, damage).unwrap();
        if damage.len() == 100 {
            let error = case.sync(SyncOptions::default()).await.unwrap_err();
            assert!(error.to_string().contains("date=2026-11-01/calls.parquet is damaged"), "{error}");
        }
        let report = case.sync(SyncOptions { repair: true, ..SyncOptions::default() }).await.unwrap();
        assert_eq!((report.complete, report.tally.added), (1, 2));
        assert_eq!(case.calls_in_lake().await, 2);
    }
    std::fs::write(&file, &whole[..100]).unwrap();
    let noon = Some("2026-11-01T12:00:00Z".parse().unwrap());
    let report = case.sync(SyncOptions { repair: true, from: noon, ..SyncOptions::default() }).await.unwrap();
    assert_eq!((report.complete, case.calls_in_lake().await), (2, 2), "the morning too");
    // The files set aside share a moment, since the clock stands still, and all of them stay.
    assert_eq!(std::fs::read_dir(case.folder.path().join("_voxlake/damaged")).unwrap().count(), 3);
}

#[tokio::test]
async fn a_period_that_ends_before_it_begins_is_an_error_and_the_future_is_not_asked_for() {
    let case = Case::new(|_, _| ok("", 0, "")).await;
    let backwards =
        SyncOptions { to: Some("2026-10-01T00:00:00Z".parse().unwrap()), ..SyncOptions::default() };
    assert!(matches!(case.sync(backwards).await, Err(FetchError::Setting(_))));
    let ahead = SyncOptions { to: Some("2027-11-01T00:00:00Z".parse().unwrap()), ..SyncOptions::default() };
    assert_eq!(case.sync(ahead).await.unwrap().planned.len(), 2);
}

#[tokio::test]
async fn a_count_that_grows_ends_the_window_and_keeps_what_came() {
    // Each page counts a hundred more than have come.
    let case =
        Case::new(|n, _| ok(&calls(n * 100..(n + 1) * 100), (n + 2) * 100, &format!("token-{n}"))).await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::Endless { .. }), "{report:?}");
    // The first count is 200, a tenth more and a thousand.
    assert_eq!((report.complete, case.pages(), case.calls_in_lake().await), (0, 13, 1300));
}

#[tokio::test]
async fn a_count_beyond_all_requests_is_an_error_and_not_a_plan() {
    let case = Case::new(|_, _| ok("", 1_000_000_000_000_000, "")).await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::ImplausibleCount { total: 1_000_000_000_000_000 }));
    assert_eq!((report.complete, case.pages()), (0, 1));
}

#[tokio::test]
async fn an_answer_larger_than_any_page_is_an_error() {
    let case = Case::new(|_, _| {
        let (status, headers, body) = ok("", 0, "");
        (status, headers, body + &" ".repeat(65 << 20))
    })
    .await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::TooLarge { .. }), "{report:?}");
    assert_eq!((report.complete, case.pages()), (0, 1));
}

#[tokio::test]
async fn records_of_another_period_are_kept_and_cover_nothing() {
    let stray = r#"{"engagement_id": "stray", "start_time": "2003-01-01T00:00:00Z"}"#;
    let echo = r#""from": "2003-01-01T00:00:00Z", "to": "2003-01-02T00:00:00Z""#;
    let body = format!(r#"{{"voice_calls": [{stray}], "total_records": 1, {echo}}}"#);
    let case = Case::new(move |_, _| (200, HeaderMap::new(), body.clone())).await;
    let report = case.one_day().await;
    assert!(matches!(report.failed[0].error, FetchError::OtherPeriod), "{report:?}");
    assert_eq!((report.complete, report.tally.added, case.pages()), (0, 1, 1));

    let case = Case::new(move |_, _| ok(stray, 1, "")).await;
    let report = case.one_day().await;
    assert!(
        matches!(report.failed[0].error, FetchError::OutsideWindow { total: 1, outside: 1 }),
        "{report:?}"
    );
    assert_eq!((report.complete, report.tally.added, case.pages()), (0, 1, 1));
}

#[tokio::test]
async fn a_period_is_the_same_in_each_form_that_repeats_it() {
    for (from, to) in [
        ("2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00"),
        ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
        ("2026-10-31T17:00:00-07:00", "2026-11-01T17:00:00-07:00"),
        ("2026-11-01", "2026-11-02"),
        ("2026-10-31T17:00:00Z", "2026-11-01T17:00:00Z"),
        ("2026-11-01T00:00:00+00:00", "2026-11-01T23:59:59+00:00"),
        ("<dateTime>", ""),
    ] {
        let body = format!(r#"{{"from": "{from}", "to": "{to}", "total_records": 0, "voice_calls": []}}"#);
        let case = Case::new(move |_, _| (200, HeaderMap::new(), body.clone())).await;
        assert_eq!(case.one_day().await.complete, 1, "{from}");
    }
}

#[tokio::test]
async fn a_clock_far_ahead_stops_a_run_before_it_covers_anything() {
    let mut case = Case::new(|_, _| ok("", 0, "")).await;
    case.now = "2026-11-15T00:00:00Z";
    let error = case.sync_as_told(SyncOptions::default()).await.unwrap_err();
    assert!(matches!(error, FetchError::ClockSkew { .. }), "{error:?}");
    assert!(error.to_string().contains("239 h 59 min ahead of"), "{error}");
    assert_eq!(case.pages(), 0);
}

#[tokio::test]
async fn a_clock_slightly_ahead_covers_nothing_after_the_server_s_time() {
    let mut case = Case::new(|_, _| ok("", 0, "")).await;
    case.now = "2026-11-05T00:30:00Z";
    let report = case.sync_as_told(SyncOptions::default()).await.unwrap();
    assert_eq!(report.clock_skew.map(|skew| skew.num_seconds()), Some(1 - 1800));
    let lake = case.lake().await;
    for day in lake.days().await.unwrap() {
        let coverage = lake.coverage(&day).await.unwrap();
        for range in coverage.ranges() {
            let (latest, fetched_at) = ("2026-11-05T00:00:01Z", range.fetched_at);
            assert!(range.to.max(fetched_at) <= latest.parse::<DateTime<Utc>>().unwrap(), "{range:?}");
        }
    }
}

#[tokio::test]
async fn days_that_a_clock_ahead_fetched_are_fetched_again() {
    let case = Case::new(|_, _| ok("", 0, "")).await;
    let days = |from: &str, to: &str| SyncOptions {
        from: Some(from.parse().unwrap()),
        to: Some(to.parse().unwrap()),
        ..SyncOptions::default()
    };
    // As a version that did not compare the clocks left them: fetched ten days later than now.
    let lake = case.lake().await;
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    for date in ["2026-11-03", "2026-11-07"] {
        let day = TimeRange::of_day(date.parse().unwrap());
        let fetched = voxlake_lake::FetchedRange {
            from: day.from,
            to: day.to,
            fetched_at: "2026-11-15T00:00:00Z".parse().unwrap(),
            total_records: Some(0),
            calls: None,
            scope: None,
        };
        let existing = voxlake_lake::ConflictPolicy::Replace;
        lake.merge_day(&lock, date.parse().unwrap(), Vec::new(), &[fetched], existing).await.unwrap();
    }
    lock.release().await.unwrap();
    let report = case.sync(days("2026-11-03T00:00:00Z", "2026-11-09T00:00:00Z")).await.unwrap();
    let planned: i64 = report.planned.iter().map(|range| (range.to - range.from).num_hours()).sum();
    assert_eq!(planned, 48, "the two days before now");
    // What nobody can trust is taken out of the files, since it would be trusted once its time has
    // come.
    for day in case.lake().await.days().await.unwrap() {
        let coverage = case.lake().await.coverage(&day).await.unwrap();
        let fetched_at = coverage.ranges().iter().map(|range| range.fetched_at).max();
        assert!(fetched_at <= Some(NOW.parse().unwrap()), "{} {coverage:?}", day.date);
    }
}

#[tokio::test]
async fn what_a_server_repeats_of_the_token_and_the_secret_is_not_shown() {
    for secret in ["token-0", "Y2xpZW50OnNlY3JldA==", "secret", "account"] {
        let body = format!(r#"{{"code": 300, "message": "you sent {secret} as it is"}}"#);
        let case = Case::new(move |_, _| failure(400, &body)).await;
        let error = case.one_day().await.failed.remove(0).error.to_string();
        assert!(error.contains("you sent [redacted] as it is"), "{error}");
    }
}

#[tokio::test]
async fn the_token_endpoint_repeats_no_secret_either() {
    for secret in ["Y2xpZW50OnNlY3JldA==", "secret", "account"] {
        let case = Case::new(|_, _| ok("", 0, "")).await;
        let body = format!(r#"{{"reason": "no {secret} here", "error": "invalid_client"}}"#);
        *case.served.token_answer.lock().unwrap() = Some((401, body));
        let error = case.one_day().await.stopped.unwrap().to_string();
        assert!(error.contains("no [redacted] here"), "{error}");
    }
}

/// Scopes, names of fields and headers are texts of the server too.
#[tokio::test]
async fn a_look_at_the_account_repeats_no_secret() {
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
    *case.served.token_answer.lock().unwrap() = Some((200, token.to_owned()));
    let scopes = case.client().access().await.unwrap().scopes.unwrap();
    assert_eq!(scopes, ["read:[redacted]-[redacted]", "write"]);
    let sight = case.client().look(&case.budget().await).await.unwrap();
    assert_eq!(sight.unknown_fields, ["x-[redacted]"]);
    assert_eq!(sight.limit.unwrap(), "QPS-[redacted]: 1 of 2 left");
}

#[tokio::test]
async fn tokens_and_errors_of_the_server_are_bounded() {
    let long = || "x".repeat(2 << 20);
    for status in [200, 400] {
        let case = Case::new(|_, _| ok("", 0, "")).await;
        let body = format!(r#"{{"access_token": "token", "message": "{}"}}"#, long());
        *case.served.token_answer.lock().unwrap() = Some((status, body));
        let error = case.client().access().await.unwrap_err();
        assert!(matches!(error, FetchError::TooLarge { max_bytes: 0x10_0000, .. }), "{status}: {error:?}");
    }
    let case = Case::new(move |_, _| failure(400, &long())).await;
    let error = case.one_day().await.failed.remove(0).error;
    assert!(matches!(error, FetchError::TooLarge { max_bytes: 0x10_0000, .. }), "{error:?}");
}

#[tokio::test]
async fn neither_url_may_lack_https_elsewhere() {
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
        assert!(matches!(refused, Err(FetchError::Insecure { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn an_allowed_clock_skew_covers_nothing_after_the_server_s_time() {
    let mut case = Case::new(|_, _| ok("", 0, "")).await;
    (case.now, case.allow_clock_skew) = ("2026-11-15T00:00:00Z", true);
    let report = case.sync_as_told(SyncOptions::default()).await.unwrap();
    assert_eq!(report.failed.len(), 0);
    let (lake, mut latest) = (case.lake().await, DateTime::UNIX_EPOCH);
    for day in lake.days().await.unwrap() {
        for range in lake.coverage(&day).await.unwrap().ranges() {
            latest = latest.max(range.to).max(range.fetched_at);
        }
    }
    assert_eq!(latest, "2026-11-05T00:00:01Z".parse::<DateTime<Utc>>().unwrap());
}

#[tokio::test]
async fn an_answer_of_almost_the_period_covers_nothing() {
    for (from, to) in [
        ("2026-11-01T01:00:00+00:00", "2026-11-02T00:00:00+00:00"),
        ("2026-11-01T00:00:00+00:00", "2026-11-01T23:00:00+00:00"),
        ("2026-11-01", "2026-11-03"),
        // Local times of two zones, of none, and further from UTC than any.
        ("2026-10-31T17:00:00Z", "2026-11-01T18:00:00Z"),
        ("2026-10-31T17:10:00Z", "2026-11-01T17:10:00Z"),
        ("2026-11-01T15:00:00Z", "2026-11-02T15:00:00Z"),
    ] {
        let body = format!(r#"{{"from": "{from}", "to": "{to}", "total_records": 0, "voice_calls": []}}"#);
        let case = Case::new(move |_, _| (200, HeaderMap::new(), body.clone())).await;
        let report = case.one_day().await;
        assert!(matches!(report.failed[0].error, FetchError::OtherPeriod), "{from} {to}: {report:?}");
    }
}

#[tokio::test]
async fn windows_are_planned_in_bounds() {
    let case = Case::new(|_, _| ok("", 0, "")).await;
    let options = SyncOptions { window_pages: u64::MAX, ..SyncOptions::default() };
    let sync = LakeSync::new(case.client(), case.lake().await, options);
    assert_eq!(sync.options.window_pages, MAX_PLANNED_PAGES);
}

/// Syncs until noon of the 2nd, so that nothing of the 1st and the 2nd is settled; the window holds
/// `calls` of engagement, start and charge.
async fn sync_moving(
    script: impl Fn(usize) -> Vec<(&'static str, &'static str)> + Send + Sync + 'static,
) -> (Case, [SyncReport; 2]) {
    let mut case = Case::new(move |number, _| {
        let records: Vec<String> = script(number)
            .iter()
            .map(|(id, start)| {
                format!(r#"{{"engagement_id": "{id}", "start_time": "{start}", "charge": "$1"}}"#)
            })
            .collect();
        ok(&records.join(","), records.len(), "")
    })
    .await;
    *case.served.date.lock().unwrap() = HeaderValue::from_static("Mon, 02 Nov 2026 12:00:00 GMT");
    case.now = "2026-11-02T12:00:00Z";
    let options = SyncOptions {
        from: Some("2026-11-01T12:00:00Z".parse().unwrap()),
        to: Some("2026-11-02T12:00:00Z".parse().unwrap()),
        ..SyncOptions::default()
    };
    let reports = [case.sync(options).await.unwrap(), case.sync(options).await.unwrap()];
    (case, reports)
}

async fn keys(case: &Case) -> Vec<String> {
    let lake = case.lake().await;
    let mut keys = Vec::new();
    for day in lake.days().await.unwrap() {
        let calls = lake.read_day(day.date).await.unwrap().calls;
        assert!(lake.verify_day(day.date).await.unwrap().violations.is_empty());
        let ids = arrow::array::AsArray::as_string::<i32>(&calls["engagement_id"]);
        keys.extend(ids.iter().flatten().map(|id| format!("{} {id}", day.date)));
    }
    keys
}

#[tokio::test]
async fn a_call_that_moved_supersedes_the_one_that_no_longer_comes() {
    for new in ["2026-11-01T20:00:01Z", "2026-11-02T08:00:00Z"] {
        let (case, [first, second]) = sync_moving(move |number| {
            let start = if number == 0 { "2026-11-01T20:00:00Z" } else { new };
            vec![("a", start), ("b", "2026-11-01T21:00:00Z")]
        })
        .await;
        assert_eq!((first.complete, first.tally.added), (1, 2));
        assert_eq!((second.complete, second.tally.added, second.tally.several_starts.engagements), (1, 1, 0));
        let changes = second.tally.changes.values().next().unwrap();
        assert_eq!(changes.moved, 1, "{changes:?}");
        let mut expected = vec![format!("{} a", &new[..10]), "2026-11-01 b".to_owned()];
        expected.sort();
        assert_eq!(keys(&case).await, expected);
        let ledger =
            std::fs::read_dir(case.folder.path().join("_voxlake/moved")).unwrap().next().unwrap().unwrap();
        let line: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(ledger.path()).unwrap()).unwrap();
        assert_eq!(line["call"]["engagement_id"], "a");
        assert_eq!(line["call"]["charge"], "$1");
        assert_eq!(
            line["moved_to"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap(),
            new.parse::<DateTime<Utc>>().unwrap()
        );
    }
}

/// A window that lacks calls, or a start time outside of what is fetched, shows nothing about the
/// old record.
#[tokio::test]
async fn a_call_supersedes_nothing_without_proof() {
    let case = Case::new(|number, query| {
        let record = |start: &str| format!(r#"{{"engagement_id": "a", "start_time": "{start}"}}"#);
        match number {
            0 => ok(&record("2026-11-01T20:00:00Z"), 1, ""),
            // Incomplete: of two calls one comes, in each of three reads.
            1..=3 => ok(&record("2026-11-01T21:00:00Z"), 2, ""),
            // Complete, and only of the time after the old start.
            _ => {
                assert_eq!(query["from"], "2026-11-01T22:00:00+00:00");
                ok(&record("2026-11-01T22:30:00Z"), 1, "")
            }
        }
    })
    .await;
    let (mut case, settle) = (case, TimeDelta::days(30));
    *case.served.date.lock().unwrap() = HeaderValue::from_static("Mon, 02 Nov 2026 12:00:00 GMT");
    case.now = "2026-11-02T12:00:00Z";
    for from in ["2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z", "2026-11-01T22:00:00Z"] {
        let from = Some(from.parse().unwrap());
        let report = case.sync(SyncOptions { from, settle, ..SyncOptions::default() }).await.unwrap();
        assert!(report.tally.changes.values().all(|changes| changes.moved == 0), "{report:?}");
    }
    assert_eq!(keys(&case).await, ["2026-11-01 a", "2026-11-01 a", "2026-11-01 a"]);
}

#[tokio::test]
async fn a_call_that_moved_into_a_frozen_day_or_out_of_one_stays() {
    for (old, new) in
        [("2026-11-01T20:00:00Z", "2026-11-02T08:00:00Z"), ("2026-11-02T08:00:00Z", "2026-11-01T20:00:00Z")]
    {
        let case = Case::new(move |number, _| {
            let start = if number == 0 { old } else { new };
            ok(&format!(r#"{{"engagement_id": "a", "start_time": "{start}"}}"#), 1, "")
        })
        .await;
        let mut case = case;
        *case.served.date.lock().unwrap() = HeaderValue::from_static("Mon, 02 Nov 2026 12:00:00 GMT");
        case.now = "2026-11-02T12:00:00Z";
        let options =
            SyncOptions { to: Some("2026-11-02T12:00:00Z".parse().unwrap()), ..SyncOptions::default() };
        let from = Some("2026-11-01T18:00:00Z".parse().unwrap());
        case.sync(SyncOptions { from, ..options }).await.unwrap();
        let freeze_before = Some("2026-11-02".parse().unwrap());
        let report = case.sync(SyncOptions { from, freeze_before, ..options }).await.unwrap();
        assert!(report.tally.changes.values().all(|changes| changes.moved == 0), "{report:?}");
        assert!(keys(&case).await.contains(&format!("{} a", &old[..10])), "{:?}", keys(&case).await);
    }
}

/// The new record arrives in a commit before that of the old one's day.
#[tokio::test]
async fn a_call_that_moved_across_commits_is_superseded() {
    let start = Arc::new(Mutex::new("2026-11-02T08:00:00Z"));
    let mut case = Case::new({
        let start = Arc::clone(&start);
        move |_, query| {
            let (from, to) = (&query["from"], &query["to"]);
            if from.starts_with("2026-11-01T00") && to.starts_with("2026-11-03T00") {
                // Too many for one window.
                return ok("", 150, "");
            }
            let start = *start.lock().unwrap();
            let is_within = from.as_str() <= start && start < to.as_str();
            let record = format!(r#"{{"engagement_id": "a", "start_time": "{start}"}}"#);
            if is_within { ok(&record, 1, "") } else { ok("", 0, "") }
        }
    })
    .await;
    *case.served.date.lock().unwrap() = HeaderValue::from_static("Tue, 03 Nov 2026 00:00:00 GMT");
    case.now = "2026-11-03T00:00:00Z";
    let options = SyncOptions {
        to: Some("2026-11-03T00:00:00Z".parse().unwrap()),
        settle: TimeDelta::days(30),
        walkers: Some(1),
        window_pages: 1,
        commit: CommitLimits { calls: 1, ..CommitLimits::default() },
        ..SyncOptions::default()
    };
    case.sync(options).await.unwrap();
    assert_eq!(keys(&case).await, ["2026-11-02 a"]);
    *start.lock().unwrap() = "2026-11-01T02:00:00Z";
    let report = case.sync(options).await.unwrap();
    assert_eq!(report.tally.changes.values().map(|changes| changes.moved).sum::<usize>(), 1, "{report:?}");
    assert_eq!(keys(&case).await, ["2026-11-01 a"]);
}

#[tokio::test]
async fn one_engagement_that_comes_under_two_start_times_is_kept_and_counted() {
    let (case, [first, second]) =
        sync_moving(|_| vec![("a", "2026-11-01T20:00:00Z"), ("a", "2026-11-01T20:00:01Z")]).await;
    assert_eq!((first.tally.added, second.tally.unchanged), (2, 2));
    assert_eq!(second.tally.several_starts.engagements, 1);
    assert_eq!(second.tally.several_starts.named["a"].len(), 2);
    assert_eq!(keys(&case).await, ["2026-11-01 a", "2026-11-01 a"]);
}

fn november(days: std::ops::RangeInclusive<u32>) -> TimeRange {
    let day = |day: u32| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    TimeRange { from: TimeRange::of_day(day(*days.start())).from, to: TimeRange::of_day(day(*days.end())).to }
}

/// A walker of `case` that reads 1 November, and its result.
async fn walked(case: &Case, held: HeldTotal) -> crate::walk::Walk {
    let (client, budget) = (case.client(), case.budget().await);
    let now = || NOW.parse().unwrap();
    let mut walker = crate::walk::Walker { client: &client, budget: &budget, now, on_page: |_, _| {}, held };
    let Ok(walk) = walker.walk(november(1..=1), false, |_| false).await else { panic!("the walk failed") };
    walk
}

#[tokio::test]
async fn a_window_ends_where_the_run_holds_too_much() {
    let case = Case::new(|n, _| ok(&calls(n..n + 1), 500, &format!("token-{n}"))).await;
    let held = HeldTotal::default();
    let mut other_windows = held.window();
    other_windows.add(crate::limits::MAX_HELD_BYTES);
    let walk = walked(&case, held).await;
    assert!(matches!(walk, crate::walk::Walk::Short(_, FetchError::TooMuch)));
    assert_eq!(case.pages(), 1);
}

/// Each page has a new record and a new token, and the count is plausible.
#[tokio::test]
async fn a_window_ends_after_its_maximum_of_pages() {
    let case = Case::new(|n, _| ok(&calls(n..n + 1), 1_000_000, &format!("token-{n}"))).await;
    let walk = walked(&case, HeldTotal::default()).await;
    assert!(matches!(walk, crate::walk::Walk::Short(_, FetchError::Endless { .. })));
    assert_eq!(case.pages() as u64, crate::limits::MAX_WINDOW_PAGES);
}
