//! Rules of ours that the engine's planner follows after its own: each says a question in other words
//! that have the same answer and take less work, whoever asked it in whatever SQL.
//!
//! - [`percentiles`]: percentiles of whole numbers are counted, all of one column at once
//! - [`nested_fields`]: of a list of structs no more is read than is used
//! - [`nested_filters`]: the same where a filter stands between
//! - [`short_times`]: constants that become timestamps may lack seconds
//! - [`hourly_parts`]: parts of instants are asked for once for each hour
//! - [`hourly_groups`]: groups by several parts of an instant are groups by one number
//! - [`hashed_lags`]: the row before of the same key is found without sorting, where memory has no limit
//! - [`plain_days`]: days are added to instants as so many hours
//! - [`coded_groups`]: groups by text are made of the codes that a file keeps it by
//! - [`masked_lists`]: lists of calls that a filter drops are not unnested, and not copied by the filter
//! - [`plain_unnest`]: lists are unnested by their offsets
//! - [`planner`]: the last two of them, and what the engine cannot plan by itself

mod coded_groups;
mod hashed_lags;
mod hourly_groups;
mod hourly_parts;
mod masked_lists;
mod nested_fields;
mod nested_filters;
mod percentiles;
mod plain_days;
mod plain_unnest;
mod planner;
mod short_times;

use std::sync::Arc;

use datafusion::prelude::SessionContext;

pub use self::planner::planner;

/// Has the questions of `ctx` follow the rules; where `spilling` may be needed, only those that leave it possible.
pub fn register(ctx: &SessionContext, spilling: bool) {
    if !spilling {
        ctx.add_optimizer_rule(Arc::new(hashed_lags::HashedLags));
    }
    ctx.add_analyzer_rule(Arc::new(short_times::ShortTimes));
    ctx.add_analyzer_rule(Arc::new(percentiles::CountedPercentiles));
    ctx.add_optimizer_rule(Arc::new(nested_fields::NarrowedUnnest));
    ctx.add_optimizer_rule(Arc::new(nested_filters::NarrowedFilter));
    ctx.add_optimizer_rule(Arc::new(hourly_parts::HourlyParts));
    ctx.add_optimizer_rule(Arc::new(hourly_groups::HourlyGroups));
    ctx.add_optimizer_rule(Arc::new(plain_days::PlainDays));
    ctx.add_optimizer_rule(Arc::new(coded_groups::CodedGroups));
}
