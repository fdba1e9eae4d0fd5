//! Client of the API: requests for pages and counts, with rate limit, retries and access token.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::Url;
use voxlake_lake::{TimeRange, is_loopback};
use voxlake_model::{CurrencySymbols, Page, decode_page_with};

use crate::clock::{Clock, ServerClock};
use crate::filter::{CallFilter, ListForm, RequestFilter};
use crate::limits::{MAX_COUNTED_RECORDS, MAX_MESSAGE_BYTES, MAX_PAGE_BYTES};
use crate::options::{ApiConfig, ViewType};
use crate::paging::PAGE_SIZE;
use crate::rate_limiter::RateLimiter;
use crate::response_error::{daily_remaining, page_error, server_time};
use crate::token::{Token, TokenSource};
use crate::{Budget, FetchError, body};

/// Timeout for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Timeout for a complete response. Pages of a busy account can take many seconds.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(90);
/// Pause of all requests after a rate limit, if the API does not name one.
const DEFAULT_PAUSE: Duration = Duration::from_secs(1);

/// Client of the API, shared by all workers of a sync.
///
/// Counts the calls of an hour, without storing any:
///
/// ```no_run
/// use std::sync::Arc;
///
/// use chrono::{TimeDelta, Utc};
/// use voxlake_fetch::{ApiClient, ApiConfig, Budget, Credentials};
/// use voxlake_lake::{Lake, TimeRange};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let (api_url, oauth_url) = ("https://api.zoom.us/v2".parse()?, "https://zoom.us".parse()?);
/// let credentials = Credentials::new("account id", "client id", "client secret");
/// let config = ApiConfig::new(api_url, oauth_url, credentials);
/// let client = ApiClient::new(config, Arc::new(Utc::now))?;
///
/// let lake = Lake::create("memory:///").await?;
/// let lock = Arc::new(lake.lock(Utc::now()).await?);
/// let budget = Budget::open(lake, lock, Arc::new(Utc::now), None).await?;
/// let hour = TimeRange { from: Utc::now() - TimeDelta::hours(1), to: Utc::now() };
/// println!("{} calls", client.count(&budget, hour).await?);
/// # Ok(())
/// # }
/// ```
pub struct ApiClient {
    client: Client,
    url: Url,
    view: ViewType,
    filter: CallFilter,
    list_form: ListForm,
    /// Requests that together select the calls of the filter.
    pub(crate) filter_requests: Vec<RequestFilter>,
    currency_symbols: CurrencySymbols,
    pub(crate) tokens: TokenSource,
    pub(crate) rate_limiter: RateLimiter,
    backoff: ExponentialBuilder,
    max_attempts: usize,
    requests: AtomicU64,
    /// Time of the first request and of the last one.
    span: Mutex<Option<(Instant, Instant)>>,
    pub(crate) clock: ServerClock,
}

/// Calls to request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageQuery<'a> {
    pub(crate) window: TimeRange,
    /// Conditions that fit into one request.
    pub(crate) filter: &'a RequestFilter,
}

/// Response of the API, before it is interpreted.
pub(crate) struct HttpResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl ApiClient {
    /// Creates a client. `clock` is the local time.
    ///
    /// # Errors
    /// [`FetchError::InsecureUrl`] for a URL without HTTPS, [`FetchError::InvalidConfig`] for a URL
    /// or filter that cannot be used.
    pub fn new(config: ApiConfig, clock: Clock) -> Result<Self, FetchError> {
        // Fails only if a provider is installed already, which is used then.
        let _ = rustls::crypto::ring::default_provider().install_default();
        for url in [&config.api_url, &config.oauth_url] {
            check_scheme(url, config.insecure_http)?;
        }
        // A server on this machine is reached without a proxy.
        let local = [&config.api_url, &config.oauth_url].iter().all(|url| is_loopback(url));
        let builder = if local { Client::builder().no_proxy() } else { Client::builder() };
        let client = builder
            .user_agent(concat!("voxlake/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(RESPONSE_TIMEOUT)
            .redirect(Policy::none())
            .build()
            .map_err(|error| FetchError::InvalidConfig(format!("cannot set up HTTPS: {error}")))?;
        let retry = config.retry;
        Ok(Self {
            client,
            url: endpoint_url(&config)?,
            view: config.view,
            filter_requests: config.filter.requests(config.list_form).map_err(FetchError::InvalidConfig)?,
            filter: config.filter,
            list_form: config.list_form,
            currency_symbols: config.currency_symbols,
            tokens: TokenSource::new(&config.oauth_url, config.credentials)?,
            rate_limiter: RateLimiter::new(config.requests_per_second),
            backoff: ExponentialBuilder::new()
                .with_min_delay(retry.initial_delay)
                .with_max_delay(retry.max_delay)
                .with_max_times(retry.max_attempts.saturating_sub(1))
                .with_jitter(),
            max_attempts: retry.max_attempts.max(1),
            requests: AtomicU64::new(0),
            span: Mutex::new(None),
            clock: ServerClock::new(clock, config.allow_clock_skew),
        })
    }

    /// Returns the conditions on the calls.
    #[must_use]
    pub fn filter(&self) -> &CallFilter {
        &self.filter
    }

    /// Returns the number of requests to the call log so far, including failed ones.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Returns the time from the first request to the last one.
    pub(crate) fn request_span(&self) -> Duration {
        let span = self.span.lock().ok().and_then(|span| *span);
        span.map_or(Duration::ZERO, |(first, last)| last - first)
    }

    /// Fetches one page of `query`: the first, or the one of `page_token`.
    ///
    /// # Errors
    /// [`FetchError::RetriesExhausted`] after a transient error in each attempt,
    /// [`FetchError::FilterIgnored`] for calls that do not match the filter, otherwise the
    /// permanent error of an attempt.
    pub(crate) async fn page(
        &self,
        budget: &Budget,
        query: &PageQuery<'_>,
        page_token: Option<&str>,
    ) -> Result<Page, FetchError> {
        let page = self.page_with_retries(budget, query, page_token, PAGE_SIZE).await;
        let page = page.map_err(|error| match error {
            // A limit without a name that outlasts all retries is probably the daily one.
            FetchError::RateLimited { .. } => FetchError::Throttled { attempts: self.max_attempts },
            // Truncated responses are transient. One that persists comes from a wrong endpoint.
            FetchError::InvalidTokenResponse => FetchError::InvalidTokenResponse,
            error if error.is_transient() => {
                FetchError::RetriesExhausted { attempts: self.max_attempts, source: Box::new(error) }
            }
            error => error,
        })?;
        self.filter.check_records(&page.calls)?;
        Ok(page)
    }

    /// Counts the records in `window`, with one request per part of the filter.
    ///
    /// # Errors
    /// The error of a request, or [`FetchError::MissingTotal`] if the API returns no count.
    pub async fn count(&self, budget: &Budget, window: TimeRange) -> Result<u64, FetchError> {
        let mut total: u64 = 0;
        // Calls that match several parts are counted more than once.
        for filter in &self.filter_requests {
            let page = self.page_with_retries(budget, &PageQuery { window, filter }, None, 1).await?;
            self.filter.check_records(&page.calls)?;
            total = total.saturating_add(page.total_records.ok_or(FetchError::MissingTotal)?);
        }
        Ok(total)
    }

    /// Counts the records in `window` that match `filter` instead of the client's own, with one
    /// request. The page contains the count and the first record.
    ///
    /// # Errors
    /// The error of the request, or [`FetchError::InvalidConfig`] for a filter of several requests.
    pub(crate) async fn count_with(
        &self,
        budget: &Budget,
        window: TimeRange,
        filter: &CallFilter,
        form: ListForm,
    ) -> Result<Page, FetchError> {
        let requests = filter.requests(form).map_err(FetchError::InvalidConfig)?;
        match requests.as_slice() {
            [only] => self.page_with_retries(budget, &PageQuery { window, filter: only }, None, 1).await,
            _ => Err(FetchError::InvalidConfig(format!("{filter} takes several requests"))),
        }
    }

    /// Returns the form of lists in requests.
    pub(crate) fn list_form(&self) -> ListForm {
        self.list_form
    }

    async fn page_with_retries(
        &self,
        budget: &Budget,
        query: &PageQuery<'_>,
        page_token: Option<&str>,
        page_size: u32,
    ) -> Result<Page, FetchError> {
        let once = || self.page_with_token_renewal(budget, query, page_token, page_size);
        once.retry(self.backoff)
            .when(FetchError::is_transient)
            // The delay that the API asks for, if it is longer than the backoff.
            .adjust(|error, delay| delay.map(|delay| delay.max(error.retry_after().unwrap_or_default())))
            .notify(|error, delay| tracing::warn!(%error, ?delay, "request failed, retrying"))
            .await
    }

    /// Renews a refused token once: tokens can become invalid before they expire.
    async fn page_with_token_renewal(
        &self,
        budget: &Budget,
        query: &PageQuery<'_>,
        page_token: Option<&str>,
        page_size: u32,
    ) -> Result<Page, FetchError> {
        let token = self.tokens.get(&self.client, &self.clock, None).await?;
        match self.page_once(budget, query, page_token, page_size, &token).await {
            Err(FetchError::TokenRefused { .. }) => {
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
        let response = self.send(budget, query, page_token, page_size, token).await?;
        let now = self.clock.now();
        if response.status.is_success() {
            let page = decode_page_with(&response.body, now, &self.currency_symbols)?;
            check_total(&page)?;
            return Ok(page);
        }
        // Delays are relative to the local clock.
        let now = self.clock.local();
        let redacted =
            |text: &str| self.filter.redact_number(&self.tokens.secrets.redact(text, Some(token.secret())));
        let error = page_error(response.status, &response.headers, &response.body, now, redacted);
        if matches!(error, FetchError::RateLimited { .. }) {
            self.rate_limiter.pause_for(error.retry_after().unwrap_or(DEFAULT_PAUSE)).await;
        }
        Err(error)
    }

    /// Returns a valid access token, which is fetched if necessary.
    pub(crate) async fn token(&self) -> Result<Token, FetchError> {
        self.tokens.get(&self.client, &self.clock, None).await
    }

    /// Sends one request as soon as the rate limit allows it, and spends it from the budget.
    pub(crate) async fn send(
        &self,
        budget: &Budget,
        query: &PageQuery<'_>,
        page_token: Option<&str>,
        page_size: u32,
        token: &Token,
    ) -> Result<HttpResponse, FetchError> {
        self.rate_limiter.acquire().await;
        budget.spend().await?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let (sent_at, sent_at_local) = (Instant::now(), self.clock.local());
        if let Ok(mut span) = self.span.lock() {
            let first = span.map_or(sent_at, |(first, _)| first);
            *span = Some((first, sent_at));
        }
        let view = self.view.name();
        let PageQuery { window, filter } = query;
        let (from, to, size) =
            (format_instant(window.from), format_instant(window.to), page_size.to_string());
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
        self.clock.compare(server_time(&headers), sent_at_local)?;
        let body =
            body::read_body(response, if status.is_success() { MAX_PAGE_BYTES } else { MAX_MESSAGE_BYTES })
                .await?;
        self.rate_limiter.record_latency(sent_at.elapsed());
        if let Some(left) = daily_remaining(&headers) {
            budget.set_api_remaining(left);
        }
        Ok(HttpResponse { status, headers, body })
    }
}

/// Returns the URL of the call log: that of the own account, or of the configured sub-account.
fn endpoint_url(config: &ApiConfig) -> Result<Url, FetchError> {
    let mut url = config.api_url.clone();
    let mut path = url.path_segments_mut().map_err(|()| {
        FetchError::InvalidConfig(format!("the API URL {} cannot be a base URL", config.api_url))
    })?;
    path.pop_if_empty();
    if let Some(account) = &config.account {
        path.extend(["accounts", account]);
    }
    path.extend(["contact_center", "voice_calls"]);
    drop(path);
    Ok(url)
}

/// Checks that the count of the API is plausible.
pub(crate) fn check_total(page: &Page) -> Result<(), FetchError> {
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
        "http" => Err(FetchError::InsecureUrl { url: url.to_string() }),
        _ => Err(FetchError::InvalidConfig(format!("{url} is neither an https nor an http URL"))),
    }
}

/// Formats a time with an offset. In the form with `Z`, the API ignores the `Z` and uses the
/// account's time zone.
fn format_instant(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
