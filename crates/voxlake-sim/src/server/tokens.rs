//! Issued access tokens.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::sync;

/// The valid tokens and their expiry.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<Issued>);

#[derive(Debug, Default)]
struct Issued {
    count: u64,
    live: HashMap<String, DateTime<Utc>>,
}

impl Tokens {
    fn lock(&self) -> MutexGuard<'_, Issued> {
        sync::lock(&self.0)
    }

    pub(crate) fn issue(&self, seed: u64, lifetime: TimeDelta, now: DateTime<Utc>) -> String {
        let mut issued = self.lock();
        issued.live.retain(|_, ends| *ends > now);
        issued.count += 1;
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        hash.update(issued.count.to_be_bytes());
        hash.update(now.timestamp_micros().to_be_bytes());
        let token = URL_SAFE_NO_PAD.encode(hash.finalize());
        let ends = now.checked_add_signed(lifetime);
        issued.live.insert(token.clone(), ends.unwrap_or(now));
        token
    }

    pub(crate) fn accept(&self, token: &str, now: DateTime<Utc>) -> bool {
        self.lock().live.get(token).is_some_and(|ends| *ends > now)
    }

    /// Revokes a token.
    pub(crate) fn revoke(&self, token: &str) {
        self.lock().live.remove(token);
    }

    /// Revokes all issued tokens.
    pub(crate) fn revoke_all(&self) {
        self.lock().live.clear();
    }
}
