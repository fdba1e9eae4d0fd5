//! Fields of volatile values, such as `named_struct('a', random())['a']`.
//!
//! DataFusion evaluates such a field below the expression that makes the value, and the value
//! another time.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;

/// Switches the push-down of fields off in `state` if `plan` has a volatile expression.
pub(in crate::correctness) fn adapt(state: &mut SessionState, plan: &LogicalPlan) {
    let mut found = false;
    // The visits never fail: their closures do not.
    let _ = plan.apply_with_subqueries(|node| {
        let _ = node.apply_expressions(|expr| {
            found |= expr.is_volatile();
            Ok(TreeNodeRecursion::Continue)
        });
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    if found {
        state.config_mut().options_mut().optimizer.enable_leaf_expression_pushdown = false;
    }
}
