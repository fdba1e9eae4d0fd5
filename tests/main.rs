//! End-to-end tests of the binary with the simulator, one module per command or subject.
//!
//! Expected calls come directly from the simulator, and day files are read with the Parquet reader
//! only. Neither depends on the code under test.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it cannot do")]

mod bench;
mod call;
#[cfg(feature = "cluster")]
mod cluster;
mod config;
mod damage;
mod demo;
mod evolution;
mod filters;
mod generate;
mod help;
mod how_to;
mod import;
mod kills;
mod lake;
#[cfg(target_os = "linux")]
mod memory;
mod migrate;
mod mishaps;
mod object_store;
mod publish;
mod query;
mod report;
mod sample;
mod schedule;
mod service;
mod sql;
mod summaries;
mod support;
mod sync;
