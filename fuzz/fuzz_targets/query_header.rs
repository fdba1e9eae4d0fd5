//! Headers of named queries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voxlake_query::{NamedQuery, Params};

fuzz_target!(|text: &str| match NamedQuery::parse("query", text) {
    Ok(query) => drop(query.bind(&Params::new())),
    Err(error) => assert!(!error.to_string().is_empty()),
});
