//! Corrections of plans that DataFusion 55 evaluates wrongly.
//!
//! A wrong result is worse than none. Each known case is corrected if an equivalent plan exists,
//! and otherwise refused with an error that names the construct and an alternative.
//!
//! - `analyzer`: corrections of the logical plan, before DataFusion's optimizer
//! - `optimizer`: corrections of DataFusion's optimizer rules
//! - `guarded_filters`: corrections of the optimized logical plan
//! - `physical`: corrections of the physical plan, among DataFusion's physical optimizer rules
//!
//! [`portable`] describes the functions and nodes of corrected plans as data.
//!
//! `exact_sums`, `float_extremes`, `checked_arithmetic`, `fixed_order`, `sliding`,
//! `unsigned_nan` and `without_rows` are the functions that corrected plans call.

mod analyzer;
mod barrier;
mod checked_arithmetic;
mod exact_sums;
mod fixed_order;
mod float_extremes;
mod guarded_filters;
mod interval_length;
mod optimizer;
mod physical;
pub mod portable;
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
    ctx.register_udaf(exact_sums::exact_sum());
    analyzer::register(ctx);
}

/// Corrects the settings of a session.
pub fn configure(config: &mut SessionConfig) {
    optimizer::configure(config);
}

/// Returns whether a setting has values that cause wrong results, and so must not be changed.
pub fn is_fixed(setting: &str) -> bool {
    optimizer::is_fixed(setting)
}

/// Corrects the settings of `state`, which must be used for `plan` only.
pub fn adapt(state: &mut SessionState, plan: &LogicalPlan) {
    optimizer::adapt(state, plan);
}

/// Corrects the settings of `state` after `error` of its planner. Returns whether to plan again.
pub fn adapt_after(state: &mut SessionState, error: &DataFusionError) -> bool {
    optimizer::leave_in_place(state, error)
}

/// Adds the corrected optimizer rules, and the corrections of logical and physical plans that must
/// run among DataFusion's rules, to a session.
pub fn with_rules(builder: SessionStateBuilder) -> SessionStateBuilder {
    physical::with_rules(optimizer::with_rules(analyzer::with_rules(builder)))
}
