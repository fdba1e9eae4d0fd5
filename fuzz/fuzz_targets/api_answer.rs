//! Responses of the token endpoint, and errors of both endpoints.
//!
//! The first two bytes are the status.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voxlake_fetch::fuzzing;

fuzz_target!(|answer: &[u8]| {
    let Some((status, body)) = answer.split_first_chunk::<2>() else { return };
    let status = 100 + u16::from_le_bytes(*status) % 900;
    let _ = fuzzing::is_token(body);
    for text in fuzzing::error_texts(status, body) {
        assert!(!text.is_empty() && !text.contains('\u{1b}'));
    }
});
