//! Identity of scopes.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Identity of the conditions under which calls were fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ScopeId(u64);

impl ScopeId {
    /// Returns the identity of conditions that consist of `parts`, in this order.
    pub fn from_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            // The length prefix distinguishes lists whose concatenation is the same.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let first: [u8; 8] = std::array::from_fn(|at| hash.clone().finalize()[at]);
        Self(u64::from_be_bytes(first))
    }
}

impl fmt::Display for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl From<ScopeId> for String {
    fn from(id: ScopeId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ScopeId {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_tell_lists_apart() {
        let ids = [&["ab", "c"][..], &["a", "bc"], &["abc"], &[]]
            .map(|parts| ScopeId::from_parts(parts.iter().copied()));
        for (at, id) in ids.iter().enumerate() {
            assert!(ids[..at].iter().all(|other| other != id));
            assert_eq!(ScopeId::try_from(String::from(*id)).unwrap(), *id);
        }
    }
}
