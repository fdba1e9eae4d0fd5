//! What all requests share, and what a test may ask or tell a running server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::Uri;

use super::config::ServerConfig;
use super::endpoint::Endpoint;
use super::faults::{Active, Arrival, Faults, Oddities};
use super::index::Indexes;
use super::limits::Limiter;
use super::log::{Log, Served};
use super::request_info::Asked;
use super::tokens::Tokens;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: ServerConfig,
    pub(crate) tokens: Tokens,
    pub(crate) limiter: Limiter,
    pub(crate) indexes: Indexes,
    pub(crate) served: Mutex<BTreeMap<(Endpoint, u16), u64>>,
    pub(crate) log: Log,
    faults: Mutex<Active>,
}

impl Shared {
    pub(crate) fn new(config: ServerConfig) -> Self {
        Self {
            faults: Mutex::new(Active::new(config.faults.clone())),
            config,
            tokens: Tokens::default(),
            limiter: Limiter::default(),
            indexes: Indexes::default(),
            served: Mutex::default(),
            log: Log::default(),
        }
    }

    /// A request came: the clock hears of it, it gets its number, and its fault is found.
    pub(crate) fn arrive(&self, uri: &Uri) -> Arrival {
        self.config.clock.request();
        let mut asked = Asked::read(uri, self.config.window_rules(), self.config.now());
        let (scripted, choice, drawn) = self.active().arrive(&mut asked);
        let fault = scripted.or_else(|| choice.and_then(|choice| choice(&asked))).or(drawn);
        Arrival { asked, fault }
    }

    pub(crate) fn oddities(&self) -> Oddities {
        self.active().faults.oddities()
    }

    fn active(&self) -> MutexGuard<'_, Active> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, endpoint: Endpoint, status: u16) {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        *served.entry((endpoint, status)).or_default() += 1;
    }
}

/// A view into a running server. Clones look into the same one.
#[derive(Debug, Clone)]
pub struct Handle(pub(crate) Arc<Shared>);

impl Handle {
    /// How many requests were answered so far, by endpoint and status; those whose connection was
    /// cut before an answer have status 0.
    #[must_use]
    pub fn requests(&self) -> BTreeMap<(Endpoint, u16), u64> {
        self.0.served.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests to an endpoint were answered so far, whatever the status.
    #[must_use]
    pub fn requests_to(&self, endpoint: Endpoint) -> u64 {
        let requests = self.requests();
        let of_it = requests.iter().filter(|((to, _), _)| *to == endpoint);
        of_it.map(|(_, count)| count).sum()
    }

    /// Makes every access token issued so far invalid, as when an application is switched off and
    /// on.
    pub fn revoke_tokens(&self) {
        self.0.tokens.revoke_all();
    }

    /// These faults from here on, in the place of all earlier ones. Requests are numbered from 1
    /// again, and what a seed remembers is forgotten; the log goes on.
    pub fn set_faults(&self, faults: Faults) {
        *self.0.active() = Active::new(faults);
    }

    /// How records are odd at present: what a record looks like as it is served, and what comes
    /// besides.
    #[must_use]
    pub fn oddities(&self) -> Oddities {
        self.0.oddities()
    }

    /// The requests so far in the order of their arrival, the last 200,000 of them.
    #[must_use]
    pub fn log(&self) -> Vec<Served> {
        self.0.log.requests()
    }

    /// Returns once this many requests to any endpoint have arrived, answered or not.
    pub async fn wait_for_requests(&self, count: usize) {
        self.0.log.wait_for(count).await;
    }

    /// The settings that the server began with.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.0.config
    }
}
