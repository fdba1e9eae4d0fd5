//! Texts of charges and times.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voxlake_model::Charge;

fuzz_target!(|text: &str| {
    let _ = Charge::parse(text);
    if let Some(time) = voxlake_model::time::parse(text) {
        assert_eq!(voxlake_model::time::parse(&time.to_rfc3339()), Some(time));
    }
});
