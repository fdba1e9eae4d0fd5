//! One page of the call log: the request, its rate, its retries.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use chrono::{DateTime, Utc};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::Client;
use reqwest::redirect::Policy;
use url::{Host, Url};
use voxlake_lake::TimeRange;
use voxlake_model::{Page, decode_page};

use crate::answer::page_error;
use crate::sync::Clock;
use crate::token::{Token, TokenSource};
use crate::{Credentials, FetchError};

/// Records per page, the most that the API gives: every request counts.
const PAGE_SIZE: u32 = 100;
/// Time to reach the host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for a whole answer; pages of a busy account have taken many seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(90);

/// How much the API tells of each call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The call, and each of its legs with its own queue, result and charge. It costs no more
    /// requests than the summary.
    #[default]
    Detail,
    /// The call alone.
    Summary,
}

/// How a request is made again after a passing failure.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// Delay before the second try; it doubles with each further one, with jitter.
    pub first_delay: Duration,
    /// Longest delay between two tries.
    pub longest_delay: Duration,
    /// Most tries of one request, the first included; at least 1.
    pub tries: usize,
}

impl Default for Retry {
    fn default() -> Self {
        Self { first_delay: Duration::from_millis(500), longest_delay: Duration::from_secs(30), tries: 7 }
    }
}

/// Where the API is and how to ask it.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// Base of the API, such as `https://api.zoom.us/v2`.
    pub api_url: Url,
    /// Base of the token endpoint, such as `https://zoom.us`.
    pub oauth_url: Url,
    /// What lets us in.
    pub credentials: Credentials,
    /// How much to ask of each call.
    pub view: View,
    /// Requests per second; `None` for as fast as the API answers, which only a simulator allows.
    pub requests_per_second: Option<NonZeroU32>,
    /// How failures that pass are met.
    pub retry: Retry,
}

/// A client of the voice_calls endpoint, shared by all walkers.
pub struct ApiClient {
    client: Client,
    url: Url,
    view: View,
    tokens: TokenSource,
    limiter: Option<DefaultDirectRateLimiter>,
    backoff: ExponentialBuilder,
    tries: usize,
    requests: AtomicU64,
    clock: Clock,
}

impl ApiClient {
    /// A client for `config`; `clock` tells the time of day that limits are counted in.
    ///
    /// # Errors
    /// [`FetchError::Setting`] where a URL cannot be used.
    pub fn new(config: ApiConfig, clock: Clock) -> Result<Self, FetchError> {
        // Fails only where a provider is there already, and then that one will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
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
        let mut url = config.api_url.clone();
        url.path_segments_mut()
            .map_err(|()| {
                FetchError::Setting(format!("--api-url {} is not the base of a URL", config.api_url))
            })?
            .pop_if_empty()
            .extend(["contact_center", "voice_calls"]);
        let retry = config.retry;
        Ok(Self {
            client,
            url,
            view: config.view,
            tokens: TokenSource::new(&config.oauth_url, config.credentials)?,
            // A burst of one: the API counts by the second, and a bucket that saved up would overdraw it.
            limiter: config
                .requests_per_second
                .map(|rate| RateLimiter::direct(Quota::per_second(rate).allow_burst(NonZeroU32::MIN))),
            backoff: ExponentialBuilder::new()
                .with_min_delay(retry.first_delay)
                .with_max_delay(retry.longest_delay)
                .with_max_times(retry.tries.saturating_sub(1))
                .with_jitter(),
            tries: retry.tries.max(1),
            requests: AtomicU64::new(0),
            clock,
        })
    }

    /// Requests made to the voice_calls endpoint so far, failed ones included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Fetches one page of `window`: the first, or the one that `page_token` names.
    ///
    /// # Errors
    /// [`FetchError::GaveUp`] after the last try of a failure that might have passed, else the
    /// error of the first answer that says no.
    pub async fn page(&self, window: TimeRange, page_token: Option<&str>) -> Result<Page, FetchError> {
        let once = || self.page_with_renewal(window, page_token);
        let page = once
            .retry(self.backoff)
            .when(FetchError::is_passing)
            .notify(|error, delay| tracing::warn!(%error, ?delay, "a request failed and is made again"))
            .await;
        page.map_err(|error| match error {
            error if error.is_passing() => FetchError::GaveUp { tries: self.tries, source: Box::new(error) },
            error => error,
        })
    }

    /// A token can stop working before its time, so a refused one is renewed, once.
    async fn page_with_renewal(
        &self,
        window: TimeRange,
        page_token: Option<&str>,
    ) -> Result<Page, FetchError> {
        let token = self.tokens.get(&self.client, None).await?;
        match self.page_once(window, page_token, &token).await {
            Err(FetchError::Unauthorised { .. }) => {
                let token = self.tokens.get(&self.client, Some(&token)).await?;
                self.page_once(window, page_token, &token).await
            }
            other => other,
        }
    }

    async fn page_once(
        &self,
        window: TimeRange,
        page_token: Option<&str>,
        token: &Token,
    ) -> Result<Page, FetchError> {
        if let Some(limiter) = &self.limiter {
            limiter.until_ready().await;
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let view = match self.view {
            View::Detail => "detail",
            View::Summary => "summary",
        };
        let (from, to, size) = (instant(window.from), instant(window.to), PAGE_SIZE.to_string());
        let mut query = vec![("from", from.as_str()), ("to", &to), ("page_size", &size), ("view_type", view)];
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
        let body = response.bytes().await.map_err(transport)?;
        let now = (self.clock)();
        if status.is_success() {
            Ok(decode_page(&body, now)?)
        } else {
            Err(page_error(status, &headers, &body, now))
        }
    }
}

fn is_loopback(url: &Url) -> bool {
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
