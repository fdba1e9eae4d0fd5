//! Corrections of the logical plan, as analyzer rules. All but [`rounded_decimals`] run after
//! DataFusion's own analyzer rules, when types are known, and before its optimizer.

mod constant_lists;
mod fine_timestamps;
mod float_extremes;
mod functions;
mod hidden_keys;
mod interval_order;
mod lead_ignoring_nulls;
mod match_all;
mod narrowing_casts;
mod null_in_lists;
mod ordered_distinct;
mod overflow;
mod rounded_decimals;
mod similar_to;
mod sliding_aggregates;
mod subqueries;
mod unsigned_arithmetic;
mod unsigned_nan;
mod window_limits;
mod zoned_timestamps;

use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::optimizer::{Analyzer, AnalyzerRule};
use datafusion::prelude::SessionContext;

pub(super) use self::subqueries::nullable_functions;

/// Places the rules that must run before type coercion ahead of DataFusion's rules.
pub(super) fn with_rules(builder: SessionStateBuilder) -> SessionStateBuilder {
    let first: [Arc<dyn AnalyzerRule + Send + Sync>; 2] =
        [Arc::new(rounded_decimals::ConstantDigits), Arc::new(unsigned_arithmetic::CalculateSigned)];
    builder.with_analyzer_rules(first.into_iter().chain(Analyzer::new().rules).collect())
}

/// Adds the rules in their order.
pub(super) fn register(ctx: &SessionContext) {
    // First: it creates comparisons that later rules correct.
    ctx.add_analyzer_rule(Arc::new(subqueries::ExactSubqueries));
    ctx.add_analyzer_rule(Arc::new(hidden_keys::HideKeys));
    ctx.add_analyzer_rule(Arc::new(functions::CorrectFunctionCalls));
    ctx.add_analyzer_rule(Arc::new(zoned_timestamps::CastByLocalClock));
    ctx.add_analyzer_rule(Arc::new(interval_order::CompareIntervalsByLength));
    ctx.add_analyzer_rule(Arc::new(fine_timestamps::CompareFineTimestamps));
    // Before `KeepNullInMatchAll`: the translation may produce `.*`.
    ctx.add_analyzer_rule(Arc::new(similar_to::TranslateSimilarTo));
    ctx.add_analyzer_rule(Arc::new(null_in_lists::KeepNullInLists));
    ctx.add_analyzer_rule(Arc::new(constant_lists::KeepVaryingListValues));
    ctx.add_analyzer_rule(Arc::new(match_all::KeepNullInMatchAll));
    ctx.add_analyzer_rule(Arc::new(ordered_distinct::RefuseOrderedDistinct));
    ctx.add_analyzer_rule(Arc::new(window_limits::CheckWindowLimits));
    ctx.add_analyzer_rule(Arc::new(lead_ignoring_nulls::ReverseLead));
    ctx.add_analyzer_rule(Arc::new(float_extremes::OrderNotANumber));
    ctx.add_analyzer_rule(Arc::new(sliding_aggregates::SlideWithoutSubtraction));
    ctx.add_analyzer_rule(Arc::new(overflow::CheckOverflow));
    ctx.add_analyzer_rule(Arc::new(unsigned_nan::TakeSignsOffNan));
    // Last: other rules do not recognize a cast behind a barrier.
    ctx.add_analyzer_rule(Arc::new(narrowing_casts::KeepNarrowingCasts));
}
