//! DataFusion tables over a lake, and rules that make its plans faster or correct.
//!
//! The crate provides table providers for the files of a lake, optimizer rules with their physical
//! operators, and corrections of plans that DataFusion 55 evaluates wrongly. `voxlake-query`
//! combines them into sessions.
//!
//! - [`table`]: table `voice_calls`, a scan of day files; [`days`] and [`rejects`] are tables of
//!   their own
//! - [`footer_store`]: footers of a session's day files, each read once
//! - [`coverage`]: time ranges that a lake does not contain
//! - [`corruption`]: search for the corrupt file behind a failure
//! - [`rules`]: optimizer rules for performance, and their operators
//! - [`correctness`]: corrections of plans with wrong results
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use datafusion::execution::object_store::ObjectStoreUrl;
//! use datafusion::execution::SessionStateBuilder;
//! use datafusion::prelude::SessionContext;
//! use voxlake_engine::footer_store::FooterStore;
//! use voxlake_engine::table::VoiceCalls;
//! use voxlake_engine::{LAKE_URL, correctness, rules};
//! use voxlake_lake::Lake;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
//! let state = SessionStateBuilder::new().with_default_features();
//! let state = correctness::with_rules(state).with_query_planner(rules::query_planner());
//! let ctx = SessionContext::new_with_state(state.build());
//! rules::register(&ctx, false);
//! correctness::register(&ctx);
//!
//! let url = ObjectStoreUrl::parse(LAKE_URL)?;
//! ctx.register_object_store(url.as_ref(), Arc::clone(lake.store()));
//! let days = lake.days().await?.into();
//! let calls = VoiceCalls::new(days, FooterStore::new(&lake), url);
//! ctx.register_table("voice_calls", Arc::new(calls))?;
//! ctx.sql("SELECT direction, count(*) FROM voice_calls GROUP BY direction").await?.show().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! This crate has no features.

pub mod correctness;
pub mod corruption;
pub mod coverage;
pub mod days;
mod error;
mod expressions;
pub mod footer_store;
mod names;
mod parquet_footers;
mod portable_scans;
mod pruning;
pub mod rejects;
pub mod rules;
pub mod table;

pub use error::{DamagedFile, EngineError};
pub use names::LAKE_URL;
pub use portable_scans::PortableScans;
