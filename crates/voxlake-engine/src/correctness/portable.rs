//! Functions and nodes of corrected plans as data, so that another process can rebuild them.

use std::sync::Arc;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use datafusion::physical_plan::ExecutionPlan;

pub use super::physical::HiddenNode;
use super::physical::{hidden_node, hide_again, hide_all};
use super::{
    analyzer, barrier, checked_arithmetic, exact_sums, fixed_order, float_extremes, interval_length, sliding,
    unsigned_nan, without_rows,
};

/// Returns the scalar functions of corrections that are rebuilt by name. Two may share a name.
#[must_use]
pub fn stateless_scalars() -> Vec<ScalarUDF> {
    let mut functions = vec![barrier::function(), interval_length::function(), unsigned_nan::function()];
    functions.extend(checked_arithmetic::functions());
    functions.extend(analyzer::nullable_functions());
    functions
}

/// Returns the aggregate functions of corrections that are rebuilt by name.
#[must_use]
pub fn stateless_aggregates() -> Vec<AggregateUDF> {
    let mut functions = vec![exact_sums::exact_sum()];
    functions.extend(float_extremes::functions());
    functions
}

/// Returns the function that a correction of scalar functions wraps; `None` for other functions.
#[must_use]
pub fn wrapped_scalar(function: &ScalarUDF) -> Option<&Arc<ScalarUDF>> {
    without_rows::inner_function(function)
}

/// Wraps a scalar function, as in the input of [`wrapped_scalar`].
#[must_use]
pub fn wrap_scalar(function: Arc<ScalarUDF>) -> ScalarUDF {
    without_rows::without_rows(function)
}

/// Returns the function that a correction of aggregate functions wraps; `None` for other functions.
#[must_use]
pub fn wrapped_aggregate(function: &AggregateUDF) -> Option<&Arc<AggregateUDF>> {
    sliding::without_sliding(function)
}

/// Wraps an aggregate function, as in the input of [`wrapped_aggregate`].
#[must_use]
pub fn wrap_aggregate(function: Arc<AggregateUDF>) -> AggregateUDF {
    sliding::sliding(function)
}

/// Returns the function that a correction of window functions wraps; `None` for other functions.
#[must_use]
pub fn wrapped_window(function: &WindowUDF) -> Option<&Arc<WindowUDF>> {
    fixed_order::without_fixed_order(function)
}

/// Wraps a window function, as in the input of [`wrapped_window`].
#[must_use]
pub fn wrap_window(function: Arc<WindowUDF>) -> WindowUDF {
    fixed_order::fixed_order(function)
}

/// Returns the description of a node that hides properties of its input; `None` for other nodes.
#[must_use]
pub fn describe_node(node: &Arc<dyn ExecutionPlan>) -> Option<HiddenNode> {
    hidden_node(node)
}

/// Hides all constants and orderings of `input`; returns it unchanged if it has none.
#[must_use]
pub fn hide_properties(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    hide_all(input)
}

/// Rebuilds a node over `input` from its description.
#[must_use]
pub fn rebuild_node(input: Arc<dyn ExecutionPlan>, node: HiddenNode) -> Arc<dyn ExecutionPlan> {
    hide_again(input, node)
}
