//! State shared by all requests, and the handle by which tests control a running server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::http::Uri;

use super::config::ServerConfig;
use super::endpoint::Endpoint;
use super::faults::{Anomalies, FaultState, Faults, RequestContext};
use super::index::IndexCache;
use super::limits::Limiter;
use super::log::{Log, RequestLogEntry};
use super::request_info::RequestInfo;
use super::tokens::Tokens;
use crate::sync;

/// Configuration, counters and logs of one server.
#[derive(Debug)]
pub(crate) struct ServerState {
    pub(crate) config: ServerConfig,
    pub(crate) tokens: Tokens,
    pub(crate) limiter: Limiter,
    pub(crate) indexes: IndexCache,
    /// Number of answered requests by endpoint and status; see [`Handle::requests`].
    pub(crate) request_counts: Mutex<BTreeMap<(Endpoint, u16), u64>>,
    pub(crate) log: Log,
    faults: Mutex<FaultState>,
}

impl ServerState {
    pub(crate) fn new(config: ServerConfig) -> Self {
        Self {
            faults: Mutex::new(FaultState::new(config.faults.clone())),
            config,
            tokens: Tokens::default(),
            limiter: Limiter::default(),
            indexes: IndexCache::default(),
            request_counts: Mutex::default(),
            log: Log::default(),
        }
    }

    /// Notifies the clock of a request, numbers the request and selects its fault. A scripted fault
    /// comes first, then the one that the choice function returns, then a seeded one.
    pub(crate) fn admit(&self, uri: &Uri) -> RequestContext {
        self.config.clock.on_request();
        let mut info = RequestInfo::from_uri(uri, self.config.window_rules(), self.config.now());
        let (scripted, choice, seeded) = self.fault_state().admit(&mut info);
        let fault = scripted.or_else(|| choice.and_then(|choice| choice(&info))).or(seeded);
        RequestContext { info, fault }
    }

    pub(crate) fn anomalies(&self) -> Anomalies {
        self.fault_state().faults.anomalies()
    }

    fn fault_state(&self) -> MutexGuard<'_, FaultState> {
        sync::lock(&self.faults)
    }

    /// Counts an answered request. Status 0 means that it got no response.
    pub(crate) fn count_response(&self, endpoint: Endpoint, status: u16) {
        let mut counts = sync::lock(&self.request_counts);
        *counts.entry((endpoint, status)).or_default() += 1;
    }
}

/// Handle for the inspection and control of a running server. Clones refer to the same server.
#[derive(Debug, Clone)]
pub struct Handle(pub(crate) Arc<ServerState>);

impl Handle {
    /// Returns the number of answered requests by endpoint and status. Status 0 means that the
    /// connection was cut before a response.
    #[must_use]
    pub fn requests(&self) -> BTreeMap<(Endpoint, u16), u64> {
        sync::lock(&self.0.request_counts).clone()
    }

    /// Returns the number of answered requests to an endpoint, with any status.
    #[must_use]
    pub fn requests_to(&self, endpoint: Endpoint) -> u64 {
        let requests = self.requests();
        let matching = requests.iter().filter(|((requested, _), _)| *requested == endpoint);
        matching.map(|(_, count)| count).sum()
    }

    /// Revokes all issued access tokens. An app that is deactivated and activated again loses
    /// its tokens in the same way.
    pub fn revoke_tokens(&self) {
        self.0.tokens.revoke_all();
    }

    /// Replaces the faults. Restarts the request numbers at 1 and clears the history of seeded
    /// faults, but keeps the log.
    pub fn set_faults(&self, faults: Faults) {
        *self.0.fault_state() = FaultState::new(faults);
    }

    /// Returns the current anomalies. Tests compute from them the records that the server returns.
    #[must_use]
    pub fn anomalies(&self) -> Anomalies {
        self.0.anomalies()
    }

    /// Returns the last 200,000 requests in order of arrival.
    #[must_use]
    pub fn log(&self) -> Vec<RequestLogEntry> {
        self.0.log.requests()
    }

    /// Waits until `count` requests have arrived, to any endpoint and answered or not.
    pub async fn wait_for_requests(&self, count: usize) {
        self.0.log.wait_for(count).await;
    }

    /// Returns the configuration of the server.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.0.config
    }
}
