//! Files for `voxlake import`: JSON and JSON lines, compressed or not.
#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use voxlake_fetch::read_saved;
use voxlake_model::CurrencySymbols;

fuzz_target!(|file: &[u8]| {
    let _ = read_saved(file, DateTime::UNIX_EPOCH, &CurrencySymbols::default(), |_| Ok(()));
});
