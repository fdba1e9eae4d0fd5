//! Page tokens: the position from which paging through a window continues.
//!
//! A token holds the position of the last returned call, not a count of calls, so that calls which
//! complete meanwhile do not shift the pages. It is self-contained and signed together with the
//! request's other parameters. The server keeps no state of it, and tokens survive a restart.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::error::Refusal;
use crate::call::EngagementId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageToken {
    /// Start of the window, which a request for the past 24 hours does not contain.
    pub(crate) from: i64,
    /// Position of the last returned call.
    pub(crate) after: (i64, EngagementId),
    /// Expiry in seconds since 1970.
    pub(crate) expires: i64,
    /// Number of the page that the token leads to: 2 or more.
    pub(crate) page: u32,
}

/// Length of a token: three times, an id, a page number and the signature.
const BYTES: usize = 8 + 8 + 16 + 8 + 4 + SEAL;
const SEAL: usize = 8;

impl PageToken {
    pub(crate) fn write(&self, digest: &[u8; 32], seed: u64) -> String {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend(self.from.to_be_bytes());
        bytes.extend(self.after.0.to_be_bytes());
        bytes.extend(self.after.1.number().unwrap_or(0).to_be_bytes());
        bytes.extend(self.expires.to_be_bytes());
        bytes.extend(self.page.to_be_bytes());
        bytes.extend(seal(&bytes, digest, seed));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn read(
        text: &str,
        digest: &[u8; 32],
        seed: u64,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let token = Self::open(text, digest, seed)
            .ok_or_else(|| Refusal::invalid_field("next_page_token", "not given for this request."))?;
        if token.expires <= now.timestamp() {
            return Err(Refusal::invalid_field("next_page_token", "expired."));
        }
        Ok(token)
    }

    /// Returns the page number of a token without checking its signature; `None` if it is no token.
    pub(crate) fn page_of(text: &str) -> Option<u32> {
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes.get(40..44)?.try_into().ok()?))
    }

    fn open(text: &str, digest: &[u8; 32], seed: u64) -> Option<Self> {
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (content, given) = bytes.split_at(BYTES - SEAL);
        if seal(content, digest, seed) != given {
            return None;
        }
        let number = |at: usize| Some(i64::from_be_bytes(content.get(at..at + 8)?.try_into().ok()?));
        let id = u128::from_be_bytes(content.get(16..32)?.try_into().ok()?);
        let page = u32::from_be_bytes(content.get(40..44)?.try_into().ok()?);
        Some(Self {
            from: number(0)?,
            after: (number(8)?, EngagementId::new(id)),
            expires: number(32)?,
            page,
        })
    }
}

fn seal(content: &[u8], digest: &[u8; 32], seed: u64) -> [u8; SEAL] {
    let mut hash = Sha256::new();
    hash.update(b"page token");
    hash.update(seed.to_be_bytes());
    hash.update(digest);
    hash.update(content);
    let full: [u8; 32] = hash.finalize().into();
    let mut seal = [0; SEAL];
    seal.copy_from_slice(&full[..SEAL]);
    seal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_bound_to_request_and_time() {
        let token =
            PageToken { from: -5, after: (1_790_000_000, EngagementId::new(77)), expires: 1000, page: 3 };
        let now = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let text = token.write(&[1; 32], 9);
        assert!(text.len() <= 100);
        assert_eq!(PageToken::read(&text, &[1; 32], 9, now(999)).unwrap(), token);
        assert_eq!(PageToken::page_of(&text), Some(3));
        assert!(PageToken::read(&text, &[1; 32], 9, now(1000)).is_err());
        assert!(PageToken::read(&text, &[2; 32], 9, now(0)).is_err());
        for broken in ["", "AAAA", "🦄", &text[1..], &format!("{text}A")] {
            assert!(PageToken::read(broken, &[1; 32], 9, now(0)).is_err());
        }
    }
}
