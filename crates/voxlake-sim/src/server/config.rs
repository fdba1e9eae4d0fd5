//! What can be set about the server, each setting with what it stands for in the real service.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use super::clock::{Clock, SystemClock};
use super::faults::Faults;
use super::limits::RateLimits;
use super::moment::{Bound, WindowRules};
use crate::centre::{Centre, pacific};

/// The scope to read an account's own calls.
pub const SCOPE_READ: &str = "contact_center_voice_call:read:admin";
/// The scope to read calls of a master account and its sub-accounts.
pub const SCOPE_MASTER: &str = "contact_center_voice_call:master";
/// The same in the granular system of scopes.
pub const SCOPE_MASTER_GRANULAR: &str = "contact_center:read:voice_call_log:master";

/// Who may ask for tokens.
#[derive(Clone, PartialEq, Eq)]
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

/// The settings of a server. Start from [`ServerConfig::new`] and change what matters.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The centre whose calls are served.
    pub centre: Arc<Centre>,
    /// The clock that the server goes by. The machine's by default.
    pub clock: Arc<dyn Clock>,
    /// How far the server is ahead of that clock (behind, where negative) in all it does: the calls
    /// it shows, the days of its limits, the ends of its tokens, its `Date` header. By that
    /// header a client can notice. Nought by default.
    pub clock_skew: TimeDelta,
    /// Who may ask for tokens.
    pub credentials: Credentials,
    /// Scopes that tokens carry. [`SCOPE_READ`] by default.
    pub scopes: Vec<String>,
    /// None by default.
    pub limits: RateLimits,
    /// How long an access token is good for. An hour by default.
    pub token_lifetime: TimeDelta,
    /// How long a page token is good for. 15 minutes by default.
    pub page_token_lifetime: TimeDelta,
    /// Calls on a page when the request does not say. 10 by default.
    pub default_page_size: u32,
    /// The most calls that a request may ask for on a page; more is refused. 100 by default.
    pub max_page_size: u32,
    /// Whether `to` belongs to the window.
    pub to_bound: Bound,
    /// No call exists that started before. Unset, the centre has always been there.
    pub history_start: Option<DateTime<Utc>>,
    /// How long after its end a call appears, in whole seconds. At once by default.
    pub appears_after: TimeDelta,
    /// The account's time zone, in which times without an offset (those with a literal `Z`) are
    /// understood. Eight hours behind UTC by default: so a client that takes the letter for UTC
    /// gets a window visibly wrong.
    pub account_offset: FixedOffset,
    /// How long each answer with calls takes, at least, as if the network were that slow. Requests
    /// wait side by side. Nought by default.
    pub latency: Duration,
    /// Parameters that are ignored, as by a server that does not know them. None by default.
    pub ignored_parameters: Vec<&'static str>,
    /// What goes wrong on purpose. Nothing by default.
    pub faults: Faults,
}

impl ServerConfig {
    /// Serves a centre by the machine's clock, without limits.
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

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The same with faults.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// What time it is to the server.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let now = self.clock.now();
        now.checked_add_signed(self.clock_skew).unwrap_or(now)
    }
    /// The settings by which `from` and `to` are read.
    pub(crate) fn window_rules(&self) -> WindowRules {
        WindowRules { account_offset: self.account_offset, to_bound: self.to_bound }
    }
}
