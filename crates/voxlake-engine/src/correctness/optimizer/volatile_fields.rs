//! Fields of volatile structs, such as `named_struct('a', random())['a']`.
//!
//! DataFusion extracts such a field below the expression that computes the struct, and evaluates
//! the struct twice.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;

/// Disables the extraction of fields in `state` if `plan` has a volatile expression.
pub(crate) fn adapt(state: &mut SessionState, plan: &LogicalPlan) {
    let mut found = false;
    // The closures never fail, and so neither do the visits.
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
