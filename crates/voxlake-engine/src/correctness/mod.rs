//! Corrections of plans that DataFusion 55 answers wrongly.
//!
//! A wrong answer is worse than none. Each known case is corrected where the right plan can be made
//! from the wrong one, and otherwise refused with an error that names the construct and a rewrite
//! that works.
//!
//! - [`analyzer`]: corrections of the logical plan, before DataFusion's optimizer
//! - [`optimizer`]: corrections of DataFusion's optimizer rules
//! - [`guarded_filters`]: corrections of the optimized logical plan
//! - [`physical`]: corrections of the physical plan, among DataFusion's physical optimizer rules
//!
//! [`exact_sums`], [`float_extremes`], [`checked_arithmetic`], [`kept_order`], [`sliding`],
//! [`unsigned_nan`] and [`without_rows`] are the functions that corrected plans call.

mod analyzer;
mod barrier;
mod checked_arithmetic;
mod exact_sums;
mod float_extremes;
mod guarded_filters;
mod interval_length;
mod kept_order;
mod optimizer;
mod physical;
mod sliding;
mod unsigned_nan;
mod without_rows;

use datafusion::error::DataFusionError;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};

pub(crate) use self::guarded_filters::with_guarded_filters;

/// Adds the corrections of logical plans and corrected functions to `ctx`.
pub fn register(ctx: &SessionContext) {
    ctx.register_udaf(exact_sums::sum());
    analyzer::register(ctx);
}

/// Corrects the settings of a session.
pub fn configure(config: &mut SessionConfig) {
    optimizer::configure(config);
}

/// Whether a setting has values that return wrong answers.
pub fn is_fixed(setting: &str) -> bool {
    optimizer::is_fixed(setting)
}

/// Corrects the settings of `state`, which is for `plan` alone.
pub fn adapt(state: &mut SessionState, plan: &LogicalPlan) {
    optimizer::adapt(state, plan);
}

/// Corrects the settings of `state` after `error` of its planner. Returns whether to plan again.
pub fn adapt_after(state: &mut SessionState, error: &DataFusionError) -> bool {
    optimizer::leave_in_place(state, error)
}

/// Puts the corrected optimizer rules, and the corrections of logical and physical plans that have
/// a place among DataFusion's rules, into a session.
pub fn with_rules(builder: SessionStateBuilder) -> SessionStateBuilder {
    physical::with_rules(optimizer::with_rules(analyzer::with_rules(builder)))
}
