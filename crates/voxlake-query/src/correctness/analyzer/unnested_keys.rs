//! What is unique in the rows below UNNEST is not unique above it.
//!
//! DataFusion keeps the keys of the rows that it unnests, and then leaves out columns of GROUP BY that such a key
//! determines:
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
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::barrier::barrier;

/// Hides the keys of the rows below UNNEST.
#[derive(Debug)]
pub(super) struct HideUnnestedKeys;

impl AnalyzerRule for HideUnnestedKeys {
    fn name(&self) -> &'static str {
        "hide_unnested_keys"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let mut keeps_keys = false;
        plan.apply_with_subqueries(|node| {
            keeps_keys |= has_keys_below(node);
            Ok(if keeps_keys { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        if !keeps_keys {
            return Ok(plan);
        }
        // Each plan above repeats the keys in its own schema.
        let hidden = plan.transform_up_with_subqueries(|node| hide(node).map(Transformed::yes))?;
        Ok(hidden.data)
    }
}

fn has_keys_below(node: &LogicalPlan) -> bool {
    matches!(node, LogicalPlan::Unnest(unnest) if !unnest.input.schema().functional_dependencies().is_empty())
}

fn hide(node: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::Unnest(unnest) = &node else { return node.recompute_schema() };
    let schema = unnest.input.schema();
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
    let input = LogicalPlanBuilder::from(Arc::clone(&unnest.input)).project(columns)?.build()?;
    let expressions = node.expressions();
    node.with_new_exprs(expressions, vec![input])
}
