//! Fingerprints of files and definitions.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What tells one thing from another: 64 bits of a SHA-256, shown as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of several texts, in their order.
    pub fn from_parts<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Self {
        let mut whole = Sha256::new();
        for part in parts {
            let part = part.as_ref();
            // With its length, so that no text can look like two.
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
    fn no_text_has_the_fingerprint_of_two() {
        assert_ne!(Fingerprint::from_parts(["ab"]), Fingerprint::from_parts(["a", "b"]));
        assert_ne!(Fingerprint::from_parts(["a", "b"]), Fingerprint::from_parts(["b", "a"]));
        assert_eq!(
            Fingerprint::parse(&Fingerprint::from_parts(["ab"]).to_string()),
            Some(Fingerprint::from_parts(["ab"]))
        );
    }
}
