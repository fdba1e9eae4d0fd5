//! One page of the call log: the request, its rate, its retries.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::{Host, Url};
use voxlake_lake::TimeRange;
use voxlake_model::{CurrencySymbols, Page, decode_page_with};

use crate::answer::{left_of_the_day, page_error, server_time};
use crate::clock::{Clock, ServerClock};
use crate::filter::{CallFilter, ListForm, RequestFilter};
use crate::limits::{MAX_COUNTED_RECORDS, MAX_MESSAGE_BYTES, MAX_PAGE_BYTES};
use crate::options::{ApiConfig, View};
use crate::pace::Pace;
use crate::paging::PAGE_SIZE;
use crate::token::{Token, TokenSource};
use crate::{Budget, FetchError, body};

/// Time to reach the host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for a whole answer; pages of a busy account have taken many seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(90);
/// How long nobody asks once one request met the limit per second, where the API does not say.
const REST: Duration = Duration::from_secs(1);

/// A client of the voice_calls endpoint, shared by all walkers.
pub struct ApiClient {
    client: Client,
    url: Url,
    view: View,
    filter: CallFilter,
    list_form: ListForm,
    /// The conditions of the requests that together select what the filter does.
    pub(crate) requests_of_filter: Vec<RequestFilter>,
    currency_symbols: CurrencySymbols,
    pub(crate) tokens: TokenSource,
    pub(crate) pace: Pace,
    backoff: ExponentialBuilder,
    tries: usize,
    requests: AtomicU64,
    /// When the first request left and the last one did.
    span: Mutex<Option<(Instant, Instant)>>,
    pub(crate) clock: ServerClock,
}

/// Calls to ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageQuery<'a> {
    pub(crate) window: TimeRange,
    /// Conditions that fit into one request.
    pub(crate) filter: &'a RequestFilter,
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl ApiClient {
    /// A client for `config`; `clock` tells the time of day that limits are counted in.
    ///
    /// # Errors
    /// [`FetchError::Insecure`] for a URL without HTTPS, [`FetchError::Setting`] for one that
    /// cannot be used.
    pub fn new(config: ApiConfig, clock: Clock) -> Result<Self, FetchError> {
        // Fails only where a provider is there already, and then that one will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        for url in [&config.api_url, &config.oauth_url] {
            check_scheme(url, config.insecure_http)?;
        }
        // A proxy is for the world outside; a server on this machine is reached directly.
        let local = [&config.api_url, &config.oauth_url].iter().all(|url| is_loopback(url));
        let builder = if local { Client::builder().no_proxy() } else { Client::builder() };
        let client = builder
            .user_agent(concat!("voxlake/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(Policy::none())
            .build()
            .map_err(|error| FetchError::Setting(format!("cannot set up HTTPS: {error}")))?;
        let retry = config.retry;
        Ok(Self {
            client,
            url: endpoint(&config)?,
            view: config.view,
            requests_of_filter: config.filter.requests(config.list_form).map_err(FetchError::Setting)?,
            filter: config.filter,
            list_form: config.list_form,
            currency_symbols: config.currency_symbols,
            tokens: TokenSource::new(&config.oauth_url, config.credentials)?,
            pace: Pace::new(config.requests_per_second),
            backoff: ExponentialBuilder::new()
                .with_min_delay(retry.first_delay)
                .with_max_delay(retry.longest_delay)
                .with_max_times(retry.tries.saturating_sub(1))
                .with_jitter(),
            tries: retry.tries.max(1),
            requests: AtomicU64::new(0),
            span: Mutex::new(None),
            clock: ServerClock::new(clock, config.allow_clock_skew),
        })
    }

    /// The conditions that the calls have to meet.
    #[must_use]
    pub fn filter(&self) -> &CallFilter {
        &self.filter
    }

    /// Requests made to the voice_calls endpoint so far, failed ones included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// From the first request's leaving to the last one's.
    pub(crate) fn span(&self) -> Duration {
        let span = self.span.lock().ok().and_then(|span| *span);
        span.map_or(Duration::ZERO, |(first, last)| last - first)
    }

    /// Fetches one page of `query`: the first, or the one that `page_token` names.
    ///
    /// # Errors
    /// [`FetchError::GaveUp`] after the last try of a failure that might have passed,
    /// [`FetchError::FilterIgnored`] for calls that do not meet the filter, else the error of the
    /// first answer that says no.
    pub(crate) async fn page(
        &self,
        budget: &Budget,
        query: &PageQuery<'_>,
        page_token: Option<&str>,
    ) -> Result<Page, FetchError> {
        let page = self.page_of(budget, query, page_token, PAGE_SIZE).await;
        let page = page.map_err(|error| match error {
            // However long we waited: what is said of no limit and does not pass is the day's.
            FetchError::RateLimited { .. } => FetchError::Throttled { tries: self.tries },
            // An answer without a token may have been cut; one that stays so comes from somewhere else.
            FetchError::NotAToken => FetchError::NotAToken,
            error if error.is_passing() => FetchError::GaveUp { tries: self.tries, source: Box::new(error) },
            error => error,
        })?;
        self.filter.check(&page.calls)?;
        Ok(page)
    }

    /// How many records the API counts in `window`, for one request.
    ///
    /// # Errors
    /// [`FetchError::GaveUp`] after the last try, and that of the first answer that says no;
    /// [`FetchError::Uncounted`] where the API does not say.
    pub async fn count(&self, budget: &Budget, window: TimeRange) -> Result<u64, FetchError> {
        let mut total: u64 = 0;
        // A call that meets several of the requests is counted by each.
        for filter in &self.requests_of_filter {
            let page = self.page_of(budget, &PageQuery { window, filter }, None, 1).await?;
            self.filter.check(&page.calls)?;
            total = total.saturating_add(page.total_records.ok_or(FetchError::Uncounted)?);
        }
        Ok(total)
    }

    /// How many records the API counts in `window` that meet `filter` in place of the client's own,
    /// and the first of them, for one request.
    ///
    /// # Errors
    /// As [`ApiClient::count`]; [`FetchError::Setting`] for a filter that takes several requests.
    pub(crate) async fn count_with(
        &self,
        budget: &Budget,
        window: TimeRange,
        filter: &CallFilter,
        form: ListForm,
    ) -> Result<Page, FetchError> {
        let requests = filter.requests(form).map_err(FetchError::Setting)?;
        match requests.as_slice() {
            [only] => self.page_of(budget, &PageQuery { window, filter: only }, None, 1).await,
            _ => Err(FetchError::Setting(format!("{filter} takes several requests"))),
        }
    }

    /// Form of lists in requests.
    pub(crate) fn list_form(&self) -> ListForm {
        self.list_form
    }

    async fn page_of(
        &self,
        budget: &Budget,
        query: &PageQuery<'_>,
        page_token: Option<&str>,
        page_size: u32,
    ) -> Result<Page, FetchError> {
        let once = || self.page_with_renewal(budget, query, page_token, page_size);
        once.retry(self.backoff)
            .when(FetchError::is_passing)
            // The API's word on how long to wait, where it is longer than what we would have waited.
            .adjust(|error, delay| delay.map(|delay| delay.max(error.retry_after().unwrap_or_default())))
            .notify(|error, delay| tracing::warn!(%error, ?delay, "a request failed and is made again"))
            .await
    }

    /// A token can stop working before its time, so a refused one is renewed, once.
    async fn page_with_renewal(
        &self,
        budget: &Budget,
        query: &PageQuery<'_>,
        page_token: Option<&str>,
        page_size: u32,
    ) -> Result<Page, FetchError> {
        let token = self.tokens.get(&self.client, &self.clock, None).await?;
        match self.page_once(budget, query, page_token, page_size, &token).await {
            Err(FetchError::Unauthorised { .. }) => {
                let token = self.tokens.get(&self.client, &self.clock, Some(&token)).await?;
                self.page_once(budget, query, page_token, page_size, &token).await
            }
            other => other,
        }
    }

    async fn page_once(
        &self,
        budget: &Budget,
        query: &PageQuery<'_>,
        page_token: Option<&str>,
        page_size: u32,
        token: &Token,
    ) -> Result<Page, FetchError> {
        let answer = self.send(budget, query, page_token, page_size, token).await?;
        let now = self.clock.now();
        if answer.status.is_success() {
            let page = decode_page_with(&answer.body, now, &self.currency_symbols)?;
            check_count(&page)?;
            return Ok(page);
        }
        // Waits count by this machine's clock.
        let now = self.clock.local();
        let redacted = |text: &str| {
            self.filter.without_number(&self.tokens.secrets.redacted(text, Some(token.secret())))
        };
        let error = page_error(answer.status, &answer.headers, &answer.body, now, redacted);
        if matches!(error, FetchError::RateLimited { .. }) {
            self.pace.rest(error.retry_after().unwrap_or(REST)).await;
        }
        Err(error)
    }

    /// The token to ask with: the one at hand, or a new one.
    pub(crate) async fn token(&self) -> Result<Token, FetchError> {
        self.tokens.get(&self.client, &self.clock, None).await
    }

    /// Makes one request when its turn comes, and takes it from the budget.
    pub(crate) async fn send(
        &self,
        budget: &Budget,
        query: &PageQuery<'_>,
        page_token: Option<&str>,
        page_size: u32,
        token: &Token,
    ) -> Result<Answer, FetchError> {
        self.pace.turn().await;
        budget.take().await?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let (left_at, left_at_local) = (Instant::now(), self.clock.local());
        if let Ok(mut span) = self.span.lock() {
            let first = span.map_or(left_at, |(first, _)| first);
            *span = Some((first, left_at));
        }
        let view = match self.view {
            View::Detail => "detail",
            View::Summary => "summary",
        };
        let PageQuery { window, filter } = query;
        let (from, to, size) = (instant(window.from), instant(window.to), page_size.to_string());
        let mut query = vec![("from", from.as_str()), ("to", &to), ("page_size", &size), ("view_type", view)];
        query.extend(filter.iter().map(|(name, value)| (*name, value.as_str())));
        query.extend(page_token.map(|page_token| ("next_page_token", page_token)));
        let transport = |error: reqwest::Error| FetchError::Transport {
            host: self.url.host_str().unwrap_or_default().to_owned(),
            source: error.without_url(),
        };
        let response = self
            .client
            .get(self.url.clone())
            .query(&query)
            .bearer_auth(token.secret())
            .send()
            .await
            .map_err(transport)?;
        let (status, headers) = (response.status(), response.headers().clone());
        self.clock.compare(server_time(&headers), left_at_local)?;
        let body = body::read(response, if status.is_success() { MAX_PAGE_BYTES } else { MAX_MESSAGE_BYTES })
            .await?;
        self.pace.answered(left_at.elapsed());
        if let Some(left) = left_of_the_day(&headers) {
            budget.api_says_left(left);
        }
        Ok(Answer { status, headers, body })
    }
}

/// Where the calls are: the account's own, or those of the sub-account that is named.
fn endpoint(config: &ApiConfig) -> Result<Url, FetchError> {
    let mut url = config.api_url.clone();
    let mut path = url.path_segments_mut().map_err(|()| {
        FetchError::Setting(format!("the API URL {} cannot be a base URL", config.api_url))
    })?;
    path.pop_if_empty();
    if let Some(account) = &config.account {
        path.extend(["accounts", account]);
    }
    path.extend(["contact_center", "voice_calls"]);
    drop(path);
    Ok(url)
}

/// Checks that requests could ever fetch what the API counts.
pub(crate) fn check_count(page: &Page) -> Result<(), FetchError> {
    match page.total_records {
        Some(total) if total > MAX_COUNTED_RECORDS => Err(FetchError::ImplausibleCount { total }),
        _ => Ok(()),
    }
}

/// Requires HTTPS, which encrypts credentials, except on loopback addresses or where plain HTTP is
/// allowed.
fn check_scheme(url: &Url, allows_http: bool) -> Result<(), FetchError> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if allows_http || is_loopback(url) => Ok(()),
        "http" => Err(FetchError::Insecure { url: url.to_string() }),
        _ => Err(FetchError::Setting(format!("{url} is neither an https nor an http URL"))),
    }
}

/// Whether a URL is of this machine.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The form with an offset. In the form with a `Z` the API takes the `Z` for a letter, not for UTC.
fn instant(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
