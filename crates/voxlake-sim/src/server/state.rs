//! What all requests share, and what a test may ask or tell a running server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::config::ServerConfig;
use super::index::Indexes;
use super::limits::Limiter;
use super::oauth::Tokens;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: ServerConfig,
    pub(crate) tokens: Tokens,
    pub(crate) limiter: Limiter,
    pub(crate) indexes: Indexes,
    pub(crate) served: Mutex<BTreeMap<(Endpoint, u16), u64>>,
}

impl Shared {
    pub(crate) fn new(config: ServerConfig) -> Self {
        Self {
            config,
            tokens: Tokens::default(),
            limiter: Limiter::default(),
            indexes: Indexes::default(),
            served: Mutex::default(),
        }
    }

    pub(crate) fn count(&self, endpoint: Endpoint, status: u16) {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        *served.entry((endpoint, status)).or_default() += 1;
    }
}

/// The endpoints, as requests are counted by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// `/oauth/token`.
    Token,
    /// `/v2/contact_center/voice_calls`.
    VoiceCalls,
    /// `/v2/accounts/{accountId}/contact_center/voice_calls`.
    AccountVoiceCalls,
    /// Any other path.
    Other,
}

impl Endpoint {
    pub(crate) fn of(path: &str) -> Self {
        match path {
            "/oauth/token" => Self::Token,
            "/v2/contact_center/voice_calls" => Self::VoiceCalls,
            _ if path.starts_with("/v2/accounts/") && path.ends_with("/contact_center/voice_calls") => {
                Self::AccountVoiceCalls
            }
            _ => Self::Other,
        }
    }
}

/// A view into a running server. Clones look into the same one.
#[derive(Debug, Clone)]
pub struct Handle(pub(crate) Arc<Shared>);

impl Handle {
    /// How many requests were answered so far, by endpoint and status.
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

    /// Makes every access token issued so far invalid, as when an application is switched off and on.
    pub fn revoke_tokens(&self) {
        self.0.tokens.revoke_all();
    }

    /// The settings that the server runs by.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.0.config
    }
}
