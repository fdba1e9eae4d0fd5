//! End-to-end tests: the real binary against the simulator, a module per subject.
//!
//! The simulator is asked directly which calls there are, and day files are read with the Parquet
//! reader alone: neither knows anything of the code under test.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it cannot do")]

mod bench;
mod config;
mod damage;
mod demo;
mod evolution;
mod filters;
mod generate;
mod help;
mod import;
mod kills;
mod lake;
#[cfg(target_os = "linux")]
mod memory;
mod mishaps;
mod query;
mod report;
mod sample;
mod schedule;
mod service;
mod sql;
mod summaries;
mod support;
mod sync;
