//! Summaries: materialised rollups by day, month and year, so that common queries do not read
//! calls.
//!
//! ```text
//! queries/summaries/NAME.sql ─ one row per call ─┬─ build ─▶ <lake>/summaries ─ store ─┐
//!                                                │                                     ▼
//!                                                └─ days without a summary ─▶ NAME(from, to, …)
//! ```
//!
//! - [`definition`]: the summaries and how their rows are aggregated; [`aggregation`]: the plans
//! - [`build`]: writes missing and outdated summaries; [`refresh`]: does so after a change of days;
//!   [`carry_over`]: keeps those of rewritten days with the same calls
//! - [`plan`]: splits a period into summaries and ranges to scan
//! - [`store`]: reads the summaries that match the day files; [`column_cache`] keeps decoded
//!   columns, [`reaggregation`] coarser rows
//! - [`rows`], [`table`]: summaries as a DataFusion table; [`function`]: as a table function
//! - [`last_names`]: names of queues, agents, teams and flows from a summary
//! - [`usage`]: the summaries that a result was computed from
//!
//! A summary is identified by the fingerprints of the day files it was built from. So it returns
//! the rows that a scan of these files would return.

mod aggregation;
mod build;
mod carry_over;
mod column_cache;
mod definition;
mod function;
mod last_names;
mod plan;
mod reaggregation;
mod refresh;
mod registry;
mod request;
mod rows;
mod stats;
mod store;
mod summary;
mod table;
mod usage;

pub use self::build::summarize;
pub use self::carry_over::carry_over_summaries;
pub(crate) use self::last_names::LastNamesExec;
pub use self::refresh::{SummaryRefresh, refresh_summaries};
pub(crate) use self::registry::Summaries;
pub use self::stats::{SummaryProgress, SummaryStats};
pub(crate) use self::usage::SummaryUsage;

#[cfg(test)]
mod tests;
