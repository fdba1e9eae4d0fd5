//! Optimizer rules that make plans faster without changing their results.
//!
//! Logical rules, which run after DataFusion's:
//!
//! - `exact_percentile_rewrite`: computes all percentiles of a column from one histogram
//! - `time_literal_completion`: completes time literals without seconds
//! - `unnest_field_pruning`: reads only the used fields of an unnested list of structs
//! - `filter_field_pruning`: does the same for lists below a filter
//! - `cached_date_part`: computes parts of instants once per hour
//! - `hour_bucket_group_by`: groups by several parts of an instant through one id
//! - `interval_to_duration`: replaces intervals of days by durations
//! - `dictionary_group_by`: groups dictionary-encoded texts by their keys
//! - `hash_lag`: computes `lag` through a hash instead of a sort, if memory is unlimited
//!
//! Rules of the `planner`, which run last:
//!
//! - `filter_to_list_mask`: replaces a filter below `unnest` with a mask that nulls lists
//! - `offset_unnest`: unnests lists through their offsets

mod cached_date_part;
mod dictionary_group_by;
mod exact_percentile_rewrite;
mod filter_field_pruning;
mod filter_to_list_mask;
mod hash_lag;
mod hour_bucket_group_by;
mod interval_to_duration;
mod offset_unnest;
mod planner;
mod portable;
mod rewrite;
mod time_literal_completion;
mod unnest_field_pruning;

use std::sync::Arc;

use datafusion::prelude::SessionContext;

pub use self::offset_unnest::with_offset_unnest;
pub use self::planner::query_planner;
pub use self::portable::portable;
use self::rewrite::{AggregateRule, ProjectionInputRule};

/// Registers the rules with `ctx`. `spilling` excludes rules whose operators cannot spill.
pub fn register(ctx: &SessionContext, spilling: bool) {
    if !spilling {
        ctx.add_optimizer_rule(Arc::new(hash_lag::HashLagRewrite));
    }
    ctx.add_analyzer_rule(Arc::new(time_literal_completion::TimeLiteralCompletion));
    ctx.add_analyzer_rule(Arc::new(exact_percentile_rewrite::ExactPercentileRewrite));
    ctx.add_optimizer_rule(Arc::new(ProjectionInputRule(unnest_field_pruning::UnnestFieldPruning)));
    ctx.add_optimizer_rule(Arc::new(ProjectionInputRule(filter_field_pruning::FilterFieldPruning)));
    ctx.add_optimizer_rule(Arc::new(cached_date_part::CachedDatePart));
    ctx.add_optimizer_rule(Arc::new(AggregateRule(hour_bucket_group_by::HourBucketGroupBy)));
    ctx.add_optimizer_rule(Arc::new(interval_to_duration::IntervalToDuration));
    ctx.add_optimizer_rule(Arc::new(AggregateRule(dictionary_group_by::DictionaryGroupBy)));
}
