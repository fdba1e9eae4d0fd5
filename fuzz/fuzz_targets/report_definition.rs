//! Report definitions in TOML.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voxlake_report::ReportDefinition;

fuzz_target!(|text: &str| {
    if let Err(error) = ReportDefinition::parse("report", "report.toml", text) {
        assert!(!error.to_string().is_empty());
    }
});
