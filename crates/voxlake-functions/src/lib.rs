//! DataFusion functions for the calls of a Zoom Contact Center.
//!
//! The views and queries of a lake call these functions where SQL would be slow or long: local
//! times by the exact rules of their time zones, and the nested lists of a call. All are stateless
//! or take their state as explicit parameters, so they can also run on another machine.
//!
//! # Functions
//!
//! - `local_time`, `local_period`: an instant in local time, and the hour, day, week or month that
//!   contains it
//! - `local_periods`, `local_intervals`: the periods and intervals of a time range
//! - `queue_visits`, `agent_visits`, `team_visits`, `flow_visits`: the distinct queues, agents,
//!   teams and flows of a call
//! - `queue_moves`: the moves of a call from queue to queue
//! - `queue_name_uses` and its variants for agents, teams and flows: the names that a call uses
//! - `in_queues`, `through_queues`: membership in a selection of queues
//! - `leg_totals`: number, charges and durations of a call's legs
//! - `nonblank`, `price`, `equal_shares`, [`result_class`](ResultClasses): values of columns
//! - `exact_percentiles` and its variants, `concurrency`: aggregates
//!
//! # Functions for optimizer rules
//!
//! The optimizer rules of `voxlake-engine` place these functions in plans. They are not registered
//! under a name of their own:
//!
//! - [`cached_date_part`]: `date_part` and `date_trunc`, computed once per hour
//! - [`hour_groups`], [`text_groups`]: grouping through integer ids
//! - [`is_text`]: comparison of dictionary-encoded texts
//! - [`list_length`]: `cardinality` and `array_length` from list offsets
//! - [`list_where`], [`or_null_entry`]: masking and padding of lists
//! - [`visit_pruning`]: removal of unused visit fields
//!
//! [`portable`] turns a function and its state into data, so that another process can rebuild it.
//!
//! # Example
//!
//! ```
//! use datafusion::prelude::SessionContext;
//! use voxlake_model::CurrencySymbols;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> datafusion::error::Result<()> {
//! let ctx = SessionContext::new();
//! for function in voxlake_functions::scalar_functions(&CurrencySymbols::default()) {
//!     ctx.register_udf(function);
//! }
//! for function in voxlake_functions::aggregate_functions() {
//!     ctx.register_udaf(function);
//! }
//! let sql = "SELECT local_period(TIMESTAMP '2026-03-29 01:30:00', 'hour', 'Europe/Berlin')";
//! let batches = ctx.sql(sql).await?.collect().await?;
//! let table = datafusion::arrow::util::pretty::pretty_format_batches(&batches)?.to_string();
//! assert!(table.contains("| 03 "), "{table}");
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! This crate has no features.

mod agent_visits;
mod arguments;
pub mod cached_date_part;
mod call_queues;
mod concurrency;
pub mod dictionary;
mod distinct;
pub mod exact_percentiles;
mod flow_visits;
mod group_ids;
pub mod hour_groups;
mod identity;
pub mod is_text;
mod leg_totals;
pub mod list_length;
pub mod list_where;
mod lists;
mod local_intervals;
mod local_period;
mod local_periods;
mod local_time;
mod name_uses;
mod nonblank;
pub mod or_null_entry;
pub mod portable;
mod price;
pub mod queue_choice;
mod queue_moves;
mod queue_visits;
mod result_class;
pub mod shares;
mod team_visits;
pub mod text_groups;
pub mod visit_pruning;
mod visits;
mod zoned_intervals;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use voxlake_model::CurrencySymbols;

pub use local_time::time_zone;
pub use result_class::ResultClasses;

/// Returns all scalar functions except [`ResultClasses`]. `symbols` maps currency symbols to
/// currencies for `price`.
#[must_use]
pub fn scalar_functions(symbols: &CurrencySymbols) -> Vec<ScalarUDF> {
    vec![
        ScalarUDF::from(local_time::LocalTime::default()),
        ScalarUDF::from(local_period::LocalPeriod::default()),
        ScalarUDF::from(visits::Visits::<queue_visits::QueueVisits>::default()),
        ScalarUDF::from(visits::Visits::<agent_visits::AgentVisits>::default()),
        ScalarUDF::from(visits::Visits::<team_visits::TeamVisits>::default()),
        ScalarUDF::from(visits::Visits::<name_uses::QueueNameUses>::default()),
        ScalarUDF::from(visits::Visits::<name_uses::AgentNameUses>::default()),
        ScalarUDF::from(visits::Visits::<name_uses::TeamNameUses>::default()),
        ScalarUDF::from(visits::Visits::<name_uses::FlowNameUses>::default()),
        ScalarUDF::from(queue_moves::QueueMoves::default()),
        ScalarUDF::from(queue_choice::InQueues::default()),
        ScalarUDF::from(queue_choice::ThroughQueues::default()),
        ScalarUDF::from(list_length::ListLength::cardinality()),
        ScalarUDF::from(list_length::ListLength::array_length()),
        ScalarUDF::from(local_intervals::LocalIntervals::default()),
        ScalarUDF::from(local_periods::LocalPeriods::default()),
        ScalarUDF::from(leg_totals::LegTotals::default()),
        ScalarUDF::from(nonblank::Nonblank::default()),
        ScalarUDF::from(or_null_entry::OrNullEntry::default()),
        ScalarUDF::from(price::Price::new(symbols.clone())),
        ScalarUDF::from(shares::EqualShares::default()),
        ScalarUDF::from(visits::Visits::<flow_visits::FlowVisits>::default()),
    ]
}

/// Returns the aggregate functions.
#[must_use]
pub fn aggregate_functions() -> Vec<AggregateUDF> {
    vec![
        AggregateUDF::from(exact_percentiles::ExactPercentiles::of_values()),
        AggregateUDF::from(exact_percentiles::ExactPercentiles::of_counts()),
        AggregateUDF::from(exact_percentiles::ExactPercentiles::decimals_of_counts()),
        AggregateUDF::from(concurrency::Concurrency::default()),
    ]
}
