//! Refuses DISTINCT aggregates with different orders in one aggregation.
//!
//! DataFusion sorts all of them by the same ORDER BY. This plan is refused:
//!
//! ```text
//! Aggregate: groupBy=[], aggr=[string_agg(DISTINCT s, ',') ORDER BY [s ASC NULLS LAST],
//!                              string_agg(DISTINCT s, ',') ORDER BY [s DESC NULLS FIRST]]
//!   TableScan: t
//! ```
//!
//! This plan passes unchanged:
//!
//! ```text
//! Aggregate: groupBy=[], aggr=[string_agg(DISTINCT s, ',') ORDER BY [s ASC NULLS LAST]]
//!   TableScan: t
//! ```

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;

/// Refuses aggregations that sort distinct values in different orders.
#[derive(Debug)]
pub(super) struct RefuseOrderedDistinct;

impl AnalyzerRule for RefuseOrderedDistinct {
    fn name(&self) -> &'static str {
        "refuse_ordered_distinct"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::Aggregate(aggregate) = node {
                check_orders(aggregate)?;
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(plan)
    }
}

fn check_orders(aggregate: &Aggregate) -> Result<()> {
    let ordered: Vec<&AggregateFunction> = aggregate.aggr_expr.iter().filter_map(ordered_aggregate).collect();
    let orders = || ordered.iter().map(|function| &function.params.order_by);
    match ordered.iter().find(|function| function.params.distinct) {
        Some(distinct) if orders().any(|order| *order != distinct.params.order_by) => plan_err!(
            "{}(DISTINCT … ORDER BY …) with an aggregate in another order is not supported: write one of them in a subquery",
            distinct.func.name()
        ),
        _ => Ok(()),
    }
}

/// Returns `expr` if it is an aggregate with ORDER BY.
fn ordered_aggregate(mut expr: &Expr) -> Option<&AggregateFunction> {
    while let Expr::Alias(alias) = expr {
        expr = &alias.expr;
    }
    match expr {
        Expr::AggregateFunction(function) if !function.params.order_by.is_empty() => Some(function),
        _ => None,
    }
}
