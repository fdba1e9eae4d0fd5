//! Pages of the API: the decoder loses no record and does not panic.
#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(page) = voxlake_model::decode_page(body, DateTime::UNIX_EPOCH) {
        assert!(page.calls.num_rows() + page.rejects.len() < body.len());
    }
});
