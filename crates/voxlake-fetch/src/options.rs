//! Options of a client and of a sync.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use url::Url;
use voxlake_model::CurrencySymbols;

use crate::credentials::Credentials;
use crate::filter::{CallFilter, ListForm};
use crate::paging::WINDOW_PAGES;
use crate::plan::Order;

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
    /// The sub-account whose calls a master account reads; `None` for the account's own.
    pub account: Option<String>,
    /// How much to ask of each call.
    pub view: View,
    /// Conditions that the calls have to meet.
    pub filter: CallFilter,
    /// Form of lists in requests.
    pub list_form: ListForm,
    /// Requests per second; `None` for as fast as the API answers, which only a simulator allows.
    pub requests_per_second: Option<NonZeroU32>,
    /// How failures that pass are met.
    pub retry: Retry,
    /// Currencies of the symbols in charges.
    pub currency_symbols: CurrencySymbols,
    /// Whether to go on with a clock that differs from the server's by more than an hour.
    pub allow_clock_skew: bool,
    /// Whether to send credentials to other machines without HTTPS.
    pub insecure_http: bool,
}

/// What to sync, and how.
#[derive(Clone, Copy, Debug)]
pub struct SyncOptions {
    /// First moment to fetch; `None` for the first day that the lake has, or 30 days ago.
    pub from: Option<DateTime<Utc>>,
    /// First moment not to fetch any more; `None` for now. The future is never asked for.
    pub to: Option<DateTime<Utc>>,
    /// A moment fetched this long after it need not be fetched again.
    pub settle: TimeDelta,
    /// Which windows come first.
    pub order: Order,
    /// Windows walked at once; `None` for as many as fill the allowed rate.
    pub walkers: Option<usize>,
    /// Most pages of a window, about: one with more is fetched in pieces. At least 1.
    pub window_pages: u64,
    /// Whether damaged day files are set aside and fetched again; otherwise they are an error.
    pub repair: bool,
    /// Days before this one keep what they have in ranges that were fetched before.
    pub freeze_before: Option<NaiveDate>,
    /// How much may be gathered before it is merged into the day files.
    pub commit: CommitLimits,
    /// Most requests of a UTC day, over all runs; `None` for no bound.
    pub daily_budget: Option<u64>,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            settle: TimeDelta::hours(24),
            order: Order::default(),
            walkers: None,
            window_pages: WINDOW_PAGES,
            repair: false,
            freeze_before: None,
            commit: CommitLimits::default(),
            daily_budget: None,
        }
    }
}

/// How much may be gathered before it is merged into the day files.
#[derive(Clone, Copy, Debug)]
pub struct CommitLimits {
    /// Longest time that a window waits.
    pub every: Duration,
    /// Most calls that wait.
    pub calls: usize,
}

impl Default for CommitLimits {
    /// What a crash may cost: half a minute, or 20,000 calls, which are held in memory until then.
    fn default() -> Self {
        Self { every: Duration::from_secs(30), calls: 20_000 }
    }
}
