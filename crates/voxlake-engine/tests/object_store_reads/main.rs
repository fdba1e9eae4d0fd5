//! Reads of lakes in object stores: numbers of requests, replaced files and errors.

#![allow(missing_docs, clippy::needless_pass_by_value, clippy::unwrap_used, reason = "tests")]

mod counts;
mod errors;
mod lakes;
mod replaced;
