//! Fields of volatile structs, such as `named_struct('a', random())`.
//!
//! DataFusion extracts a field below the expression that computes its struct, and so evaluates a
//! volatile value twice. It would turn
//!
//! ```text
//! Projection: s, get_field(s, 'a') AS f
//!   Projection: named_struct('a', random()) AS s
//!     TableScan: t
//! ```
//! into
//! ```text
//! Projection: s, __datafusion_extracted_1 AS f
//!   Projection: named_struct('a', random()) AS s, random() AS __datafusion_extracted_1
//!     TableScan: t
//! ```
//!
//! Without the extraction, the first plan stays.

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
