//! Fingerprints of files and definitions.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Identity of some content: 64 bits of its SHA-256, displayed as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Returns the fingerprint of a sequence of parts.
    pub fn from_parts<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Self {
        let mut whole = Sha256::new();
        for part in parts {
            let part = part.as_ref();
            // With the length, two parts never look like one.
            whole.update(part.len().to_le_bytes());
            whole.update(part);
        }
        let first: [u8; 8] = std::array::from_fn({
            let digest = whole.finalize();
            move |at| digest[at]
        });
        Self(u64::from_be_bytes(first))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_boundaries_change_the_fingerprint() {
        assert_ne!(Fingerprint::from_parts(["ab"]), Fingerprint::from_parts(["a", "b"]));
        assert_ne!(Fingerprint::from_parts(["a", "b"]), Fingerprint::from_parts(["b", "a"]));
        assert_eq!(
            Fingerprint::parse(&Fingerprint::from_parts(["ab"]).to_string()),
            Some(Fingerprint::from_parts(["ab"]))
        );
    }
}
