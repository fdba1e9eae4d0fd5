//! Keys of the rows below UNNEST are not unique above it.
//!
//! DataFusion keeps the keys of the rows that it unnests, and then leaves out columns of GROUP BY that such a key
//! determines. A barrier hides them:
//!
//! ```text
//! Aggregate: groupBy=[a, u]                       Aggregate: groupBy=[a, u]
//!   Unnest: l AS u                                  Unnest: l AS u
//!     Aggregate: groupBy=[a], array_agg(x) AS l       Projection: optimization_barrier(a) AS a, l
//!                                                       Aggregate: groupBy=[a], array_agg(x) AS l
//! ```

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
            keeps_keys |= matches!(node, LogicalPlan::Unnest(unnest) if has_keys(&unnest.input));
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
        _ => node.recompute_schema(),
    }
}

/// A projection of the same columns without their keys.
fn without_keys(plan: &LogicalPlan) -> Result<LogicalPlan> {
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
    LogicalPlanBuilder::from(plan.clone()).project(columns)?.build()
}
