//! Options of a client and of a sync.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use voxlake_model::CurrencySymbols;

use crate::credentials::Credentials;
use crate::filter::{CallFilter, ListForm};
use crate::paging::WINDOW_PAGES;
use crate::plan::WindowOrder;

/// Level of detail of call records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ViewType {
    /// Calls with their legs, each with its own queue, result and charge. Takes as many requests as
    /// the summary.
    #[default]
    Detail,
    /// Calls without legs.
    Summary,
}

impl ViewType {
    /// All levels.
    pub const ALL: [Self; 2] = [Self::Detail, Self::Summary];

    /// Returns the name of the level in requests and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Summary => "summary",
        }
    }

    /// Returns a short description for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::Detail => "Calls with their legs, for the same number of requests",
            Self::Summary => "Calls without legs",
        }
    }
}

/// Retries of requests on transient errors, with exponential backoff and jitter.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RetryConfig {
    /// Delay before the second attempt; it doubles with each further attempt. Default: 500 ms.
    pub initial_delay: Duration,
    /// Maximum delay between two attempts. Default: 30 s.
    pub max_delay: Duration,
    /// Maximum attempts per request, including the first; at least 1. Default: 7.
    pub max_attempts: usize,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            initial_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(30),
            max_attempts: 7,
        }
    }
}

/// Connection and requests of an [`ApiClient`](crate::ApiClient).
///
/// ```
/// use std::num::NonZeroU32;
///
/// use voxlake_fetch::{ApiConfig, Credentials};
///
/// let (api_url, oauth_url) = ("https://api.zoom.us/v2".parse()?, "https://zoom.us".parse()?);
/// let credentials = Credentials::new("account id", "client id", "client secret");
/// let mut config = ApiConfig::new(api_url, oauth_url, credentials);
/// config.requests_per_second = NonZeroU32::new(10);
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiConfig {
    /// Base URL of the API, such as `https://api.zoom.us/v2`.
    pub api_url: Url,
    /// Base URL of the token endpoint, such as `https://zoom.us`.
    pub oauth_url: Url,
    /// Credentials of the app.
    pub credentials: Credentials,
    /// Sub-account to read with the credentials of a master account; `None` for the own account.
    pub account: Option<String>,
    /// Level of detail of call records.
    pub view: ViewType,
    /// Conditions on the calls to fetch.
    pub filter: CallFilter,
    /// Form of lists in requests.
    pub list_form: ListForm,
    /// Maximum requests per second; `None` for no limit, which only a simulator allows. Default: 5,
    /// the limit of the smallest plan.
    pub requests_per_second: Option<NonZeroU32>,
    /// Retries on transient errors.
    pub retry: RetryConfig,
    /// Currencies of the symbols in charges.
    pub currency_symbols: CurrencySymbols,
    /// Continues if the local clock differs from the server's by more than an hour.
    pub allow_clock_skew: bool,
    /// Sends credentials to other machines without HTTPS.
    pub insecure_http: bool,
}

impl ApiConfig {
    /// Creates a configuration without filter, with the rate limit of the smallest plan.
    #[must_use]
    pub fn new(api_url: Url, oauth_url: Url, credentials: Credentials) -> Self {
        Self {
            api_url,
            oauth_url,
            credentials,
            account: None,
            view: ViewType::default(),
            filter: CallFilter::default(),
            list_form: ListForm::default(),
            requests_per_second: NonZeroU32::new(5),
            retry: RetryConfig::default(),
            currency_symbols: CurrencySymbols::default(),
            allow_clock_skew: false,
            insecure_http: false,
        }
    }

    /// Sets the conditions on the calls to fetch.
    #[must_use]
    pub fn with_filter(mut self, filter: CallFilter) -> Self {
        self.filter = filter;
        self
    }
}

/// Scope and limits of a sync.
///
/// ```
/// use voxlake_fetch::{SyncOptions, WindowOrder};
///
/// let mut options = SyncOptions::default();
/// options.order = WindowOrder::NewestFirst;
/// options.daily_budget = Some(12_000);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SyncOptions {
    /// Start of the period; `None` for the first day of the lake, or 30 days ago if it has none.
    pub from: Option<DateTime<Utc>>,
    /// End of the period, exclusive; `None` for now. Later times count as now.
    pub to: Option<DateTime<Utc>>,
    /// Age from which fetched data is settled: it is not fetched again. Default: 24 h.
    pub settle: TimeDelta,
    /// Order in which windows are fetched.
    pub order: WindowOrder,
    /// Windows fetched concurrently; `None`: enough to use the allowed rate.
    pub concurrency: Option<usize>,
    /// Approximate maximum pages of a window; larger ones are split. At least 1. Default: 60.
    pub window_pages: u64,
    /// Quarantines damaged day files and fetches their days again. Otherwise they are an error.
    pub repair: bool,
    /// First day that accepts changes. Ranges of earlier days that were fetched keep their calls.
    pub freeze_before: Option<NaiveDate>,
    /// Amount of fetched data that waits to be committed.
    pub commit: CommitLimits,
    /// Maximum requests per UTC day, over all runs; `None` for no limit.
    pub daily_budget: Option<u64>,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            settle: TimeDelta::hours(24),
            order: WindowOrder::default(),
            concurrency: None,
            window_pages: WINDOW_PAGES,
            repair: false,
            freeze_before: None,
            commit: CommitLimits::default(),
            daily_budget: None,
        }
    }
}

/// Amount of fetched data that waits to be committed. A crash loses at most this much.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CommitLimits {
    /// Maximum time that a window waits. Default: 30 s.
    pub max_age: Duration,
    /// Maximum calls that wait, in memory. Default: 20,000.
    pub max_calls: usize,
}

impl Default for CommitLimits {
    fn default() -> Self {
        Self { max_age: Duration::from_secs(30), max_calls: 20_000 }
    }
}
