//! Removes repeated sort keys from aggregate functions.
//!
//! DataFusion's physical plan drops a repeated key from the order of an aggregate function but
//! keeps it in the function's state. The final aggregation then panics or fails. Keys that differ
//! in the statement may become equal in the optimizer:
//!
//! `last_value(a ORDER BY coalesce(id, 'none'), b, id)`, where `id` is never NULL, is simplified to
//!
//! ```text
//! Aggregate: groupBy=[], aggr=[last_value(a) ORDER BY [id, b, id]]
//!   TableScan: t
//! ```
//! and becomes
//! ```text
//! Aggregate: groupBy=[], aggr=[last_value(a) ORDER BY [id, b]]
//!   TableScan: t
//! ```

use std::collections::HashSet;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// Removes repeated sort keys of aggregate functions. Must run after the rules that simplify
/// expressions.
#[derive(Debug)]
pub(super) struct RemoveRepeatedSortKeys;

impl OptimizerRule for RemoveRepeatedSortKeys {
    fn name(&self) -> &str {
        "remove_repeated_sort_keys"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if !matches!(plan, LogicalPlan::Aggregate(_)) {
            return Ok(Transformed::no(plan));
        }
        let names = NamePreserver::new(&plan);
        plan.map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr.transform_up(without_repeated_keys)?.update_data(|expr| name.restore(expr)))
        })
    }
}

fn without_repeated_keys(expr: Expr) -> Result<Transformed<Expr>> {
    let Expr::AggregateFunction(AggregateFunction { func, mut params }) = expr else {
        return Ok(Transformed::no(expr));
    };
    let keys = params.order_by.len();
    let mut seen = HashSet::new();
    // Rows that are equal by a key are equal by its repetition, in either direction.
    params.order_by.retain(|key| seen.insert(key.expr.clone()));
    let removed = params.order_by.len() < keys;
    Ok(Transformed::new_transformed(Expr::AggregateFunction(AggregateFunction { func, params }), removed))
}
