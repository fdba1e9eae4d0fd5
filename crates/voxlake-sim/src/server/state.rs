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

#[derive(Debug)]
pub(crate) struct ServerState {
    pub(crate) config: ServerConfig,
    pub(crate) tokens: Tokens,
    pub(crate) limiter: Limiter,
    pub(crate) indexes: IndexCache,
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

    /// Notifies the clock of a request, numbers it and selects its fault.
    pub(crate) fn admit(&self, uri: &Uri) -> RequestContext {
        self.config.clock.on_request();
        let mut info = RequestInfo::from_uri(uri, self.config.window_rules(), self.config.now());
        let (scripted, choice, drawn) = self.fault_state().admit(&mut info);
        let fault = scripted.or_else(|| choice.and_then(|choice| choice(&info))).or(drawn);
        RequestContext { info, fault }
    }

    pub(crate) fn anomalies(&self) -> Anomalies {
        self.fault_state().faults.anomalies()
    }

    fn fault_state(&self) -> MutexGuard<'_, FaultState> {
        sync::lock(&self.faults)
    }

    pub(crate) fn count(&self, endpoint: Endpoint, status: u16) {
        let mut counts = sync::lock(&self.request_counts);
        *counts.entry((endpoint, status)).or_default() += 1;
    }
}

/// Handle of a server, to inspect and control it while it runs. Clones share the server.
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
        let of_it = requests.iter().filter(|((to, _), _)| *to == endpoint);
        of_it.map(|(_, count)| count).sum()
    }

    /// Revokes all issued access tokens, as when an application is deactivated and reactivated.
    pub fn revoke_tokens(&self) {
        self.0.tokens.revoke_all();
    }

    /// Replaces the faults. Requests are numbered from 1 again and the history of seeded faults is
    /// cleared; the log continues.
    pub fn set_faults(&self, faults: Faults) {
        *self.0.fault_state() = FaultState::new(faults);
    }

    /// Returns the current anomalies, from which a test computes the served records.
    #[must_use]
    pub fn anomalies(&self) -> Anomalies {
        self.0.anomalies()
    }

    /// Returns the last 200,000 requests in order of arrival.
    #[must_use]
    pub fn log(&self) -> Vec<RequestLogEntry> {
        self.0.log.requests()
    }

    /// Waits until this many requests to any endpoint have arrived, answered or not.
    pub async fn wait_for_requests(&self, count: usize) {
        self.0.log.wait_for(count).await;
    }

    /// Returns the configuration that the server was started with.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.0.config
    }
}
