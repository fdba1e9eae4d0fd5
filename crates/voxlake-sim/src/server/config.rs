//! Configuration of the server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use super::clock::{Clock, SystemClock};
use super::faults::Faults;
use super::limits::RateLimits;
use super::time_param::{Bound, WindowRules};
use crate::centre::{Centre, pacific};

/// The scope to read an account's own calls.
pub const SCOPE_READ: &str = "contact_center_voice_call:read:admin";
/// The scope to read calls of a master account and its sub-accounts.
pub const SCOPE_MASTER: &str = "contact_center_voice_call:master";
/// The granular scope that corresponds to [`SCOPE_MASTER`].
pub const SCOPE_MASTER_GRANULAR: &str = "contact_center:read:voice_call_log:master";

/// Credentials of the application that requests tokens.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// The account.
    pub account_id: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            account_id: "sim-account".to_owned(),
            client_id: "sim-client".to_owned(),
            client_secret: "sim-secret".to_owned(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("account_id", &self.account_id)
            .field("client_id", &self.client_id)
            .field("client_secret", &"REDACTED")
            .finish()
    }
}

/// Configuration of a [`Server`](crate::Server). Start from [`ServerConfig::new`] and set fields.
///
/// ```
/// use std::sync::Arc;
/// use voxlake_sim::{Centre, RateLimits, ServerConfig};
///
/// let mut config = ServerConfig::new(Arc::new(Centre::with_seed(7)));
/// config.limits = RateLimits::PRO;
/// config.max_page_size = 50;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerConfig {
    /// The centre whose calls are served.
    pub centre: Arc<Centre>,
    /// The clock of the server. The system clock by default.
    pub clock: Arc<dyn Clock>,
    /// Offset of the server's time from that clock; positive is ahead. It applies to the visible
    /// calls, the days of the limits, the expiry of tokens and the `Date` header, by which a
    /// client can detect it. Zero by default.
    pub clock_skew: TimeDelta,
    /// The accepted credentials.
    pub credentials: Credentials,
    /// Scopes of the issued tokens. [`SCOPE_READ`] by default.
    pub scopes: Vec<String>,
    /// Rate limits. Unlimited by default.
    pub limits: RateLimits,
    /// Lifetime of an access token. Default: 1 hour.
    pub token_lifetime: TimeDelta,
    /// Lifetime of a page token. Default: 15 minutes.
    pub page_token_lifetime: TimeDelta,
    /// Page size of a request without `page_size`. Default: 10.
    pub default_page_size: u32,
    /// Maximum `page_size`; larger values are refused. Default: 100.
    pub max_page_size: u32,
    /// Upper bound of a window: inclusive by default.
    pub to_bound: Bound,
    /// Start of history: earlier calls do not exist. Unlimited by default.
    pub history_start: Option<DateTime<Utc>>,
    /// Delay from the end of a call until it is visible, in whole seconds. Default: 0.
    pub appears_after: TimeDelta,
    /// Time zone of the account, in which times with a literal `Z` are read. Default: UTC-8, so
    /// that a client which takes the `Z` for UTC gets a visibly wrong window.
    pub account_offset: FixedOffset,
    /// Minimum latency of a response with calls. Requests wait concurrently. Zero by default.
    pub latency: Duration,
    /// Ignored parameters, as on a server that does not support them. Empty by default.
    pub ignored_parameters: Vec<&'static str>,
    /// Injected faults. None by default.
    pub faults: Faults,
}

impl ServerConfig {
    /// Creates the configuration of a server without limits that uses the system clock.
    #[must_use]
    pub fn new(centre: Arc<Centre>) -> Self {
        Self {
            centre,
            clock: Arc::new(SystemClock),
            clock_skew: TimeDelta::zero(),
            credentials: Credentials::default(),
            scopes: vec![SCOPE_READ.to_owned()],
            limits: RateLimits::default(),
            token_lifetime: TimeDelta::hours(1),
            page_token_lifetime: TimeDelta::minutes(15),
            default_page_size: 10,
            max_page_size: 100,
            to_bound: Bound::default(),
            history_start: None,
            appears_after: TimeDelta::zero(),
            account_offset: pacific(),
            latency: Duration::ZERO,
            ignored_parameters: Vec::new(),
            faults: Faults::none(),
        }
    }

    /// Returns the configuration with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Returns the configuration with faults.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Returns the server's time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let now = self.clock.now();
        now.checked_add_signed(self.clock_skew).unwrap_or(now)
    }

    /// Returns the settings for parsing `from` and `to`.
    pub(crate) fn window_rules(&self) -> WindowRules {
        WindowRules { account_offset: self.account_offset, to_bound: self.to_bound }
    }
}
