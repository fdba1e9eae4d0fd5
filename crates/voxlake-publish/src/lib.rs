//! Snapshots of a lake in table formats that other engines read.
//!
//! A lake that was published once has a Delta table at `<lake>/published/delta/voice_calls`. Each
//! publication adds a version with all days that changed since the last one. Spark, Trino,
//! Databricks, Polars, DuckDB and delta-rs read a version while the lake is written, and see all of
//! its days in one state.
//!
//! ```text
//! day files ── links or copies ──▶ date=2026-11-01/<version>.parquet ─┐
//!      └────── changes ──────────▶ _delta_log/<version>.json ─────────┴▶ readers
//! ```
//!
//! # Main items
//! - [`publish`]: writes the next version, and creates the table
//! - [`PeriodicPublisher`]: publishes during a long sync
//! - [`PublishReport`]: result of a publication
//! - [`published_status`]: state of the table, for people
//! - [`TableFormat`]: formats that can be published
//! - [`PublishError`]: errors, by what a caller can do about them
//!
//! # Features
//! The crate has no Cargo features.

mod actions;
mod changes;
mod error;
mod format;
mod interval;
mod log_names;
mod next_version;
mod options;
mod periodic;
mod publish;
mod report;
mod retention;
mod schema;
mod snapshot;

pub use error::PublishError;
pub use format::{TableFormat, UnsupportedFormat};
pub use options::{DEFAULT_KEEP, PublishOptions};
pub use periodic::PeriodicPublisher;
pub use publish::{OnPublishProgress, PublishProgress, publish, published_status};
pub use report::{PublishReport, PublishedStatus};
