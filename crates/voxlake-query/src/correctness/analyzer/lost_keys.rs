//! What is unique in the rows below UNNEST is not unique above it, and the columns of grouping sets are not unique
//! where a NULL of the rows meets the NULL of a set.
//!
//! DataFusion keeps such keys, and then leaves out columns of GROUP BY and ORDER BY that a key determines. A barrier
//! hides them:
//!
//! ```text
//! Aggregate: groupBy=[a, u]                       Aggregate: groupBy=[a, u]
//!   Unnest: l AS u                                  Unnest: l AS u
//!     Aggregate: groupBy=[a], array_agg(x) AS l       Projection: optimization_barrier(a) AS a, l
//!                                                       Aggregate: groupBy=[a], array_agg(x) AS l
//! ```

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::barrier::barrier;

/// Hides keys that do not hold.
#[derive(Debug)]
pub(super) struct HideLostKeys;

impl AnalyzerRule for HideLostKeys {
    fn name(&self) -> &'static str {
        "hide_lost_keys"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let mut loses = false;
        plan.apply_with_subqueries(|node| {
            loses |= loses_keys(node);
            Ok(if loses { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        if !loses {
            return Ok(plan);
        }
        // Each plan above repeats the keys in its own schema.
        let hidden = plan.transform_up_with_subqueries(|node| hide(node).map(Transformed::yes))?;
        Ok(hidden.data)
    }
}

fn loses_keys(node: &LogicalPlan) -> bool {
    match node {
        LogicalPlan::Unnest(unnest) => has_keys(&unnest.input),
        LogicalPlan::Aggregate(aggregate) => has_grouping_sets(aggregate) && has_keys(node),
        _ => false,
    }
}

fn has_grouping_sets(aggregate: &Aggregate) -> bool {
    matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)])
}

fn has_keys(plan: &LogicalPlan) -> bool {
    !plan.schema().functional_dependencies().is_empty()
}

fn hide(node: LogicalPlan) -> Result<LogicalPlan> {
    match &node {
        LogicalPlan::Unnest(unnest) if has_keys(&unnest.input) => {
            let input = without_keys(&unnest.input)?;
            let expressions = node.expressions();
            node.with_new_exprs(expressions, vec![input])
        }
        LogicalPlan::Aggregate(aggregate) if has_grouping_sets(aggregate) => {
            without_keys(&Arc::new(node.recompute_schema()?))
        }
        _ => node.recompute_schema(),
    }
}

/// A projection of the same columns without their keys.
fn without_keys(plan: &Arc<LogicalPlan>) -> Result<LogicalPlan> {
    let schema = plan.schema();
    let keys = schema.functional_dependencies();
    let columns = schema.columns().into_iter().enumerate().map(|(index, column)| {
        let (table, name) = (column.relation.clone(), column.name.clone());
        let value = Expr::Column(column);
        if keys.iter().any(|key| key.source_indices.contains(&index)) {
            barrier(value).alias_qualified(table, name)
        } else {
            value
        }
    });
    LogicalPlanBuilder::from(Arc::clone(plan)).project(columns)?.build()
}
