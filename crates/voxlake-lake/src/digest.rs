//! Hexadecimal digests.

use sha2::{Digest as _, Sha256};

/// Returns the first `digits` hexadecimal digits of the SHA-256 of `bytes`, at most all 64.
///
/// ```
/// assert_eq!(voxlake_lake::sha256_hex("abc", 8), "ba7816bf");
/// ```
#[must_use]
pub fn sha256_hex(bytes: impl AsRef<[u8]>, digits: usize) -> String {
    let mut text = hex(&Sha256::digest(bytes));
    text.truncate(digits);
    text
}

/// Returns bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
