//! Content of a lock object.

use std::hash::{BuildHasher as _, RandomState};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Holder of a lock, and the terms on which it holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LockRecord {
    /// Description of the holder, for people.
    pub(crate) holder: String,
    /// Random number of this acquisition, in hexadecimal digits.
    pub(crate) nonce: String,
    /// Seconds after the last write of the object at which the lock ends. `None` in records of
    /// older versions: their locks do not end by themselves.
    pub(crate) lease_seconds: Option<u64>,
    /// Renewals of the lease. Every write of the object has other content, because the e-tag of S3
    /// is a hash of the content.
    #[serde(default)]
    pub(crate) renewals: u64,
}

impl LockRecord {
    pub(crate) fn new(holder: String, lease_seconds: u64) -> Self {
        Self { holder, nonce: random_id(), lease_seconds: Some(lease_seconds), renewals: 0 }
    }

    /// Parses the content of a lock object. Text of older versions is the holder's description.
    pub(crate) fn parse(content: &[u8]) -> Self {
        serde_json::from_slice(content).unwrap_or_else(|_| Self {
            holder: String::from_utf8_lossy(content).into_owned(),
            nonce: String::new(),
            lease_seconds: None,
            renewals: 0,
        })
    }

    pub(crate) fn encode(&self) -> Result<Bytes, serde_json::Error> {
        serde_json::to_vec(self).map(Bytes::from)
    }
}

/// Returns 32 random hexadecimal digits. Every [`RandomState`] has other keys.
pub(crate) fn random_id() -> String {
    let random = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", random(), random())
}

/// Describes this process as the holder of a lock since `since`.
pub(crate) fn describe_holder(since: DateTime<Utc>) -> String {
    format!(
        "process {} on {} since {}",
        std::process::id(),
        gethostname::gethostname().display(),
        since.format("%Y-%m-%d %H:%M:%S UTC")
    )
}

/// Returns the description of a holder. A blank one is unknown.
pub(crate) fn holder_or_unknown(holder: &str) -> String {
    if holder.trim().is_empty() { "an unknown process".to_owned() } else { holder.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_older_versions_have_no_lease() {
        let old = LockRecord::parse(b"process 7 on host since 2026-11-01 00:00:00 UTC");
        assert_eq!(old.lease_seconds, None);
        assert_eq!(old.holder, "process 7 on host since 2026-11-01 00:00:00 UTC");
        let new = LockRecord::new("process 8".to_owned(), 60);
        assert_eq!(LockRecord::parse(&new.encode().unwrap()), new);
        assert_ne!(LockRecord::new(String::new(), 60).nonce, new.nonce);
        assert_eq!(holder_or_unknown(" \n"), "an unknown process");
    }
}
