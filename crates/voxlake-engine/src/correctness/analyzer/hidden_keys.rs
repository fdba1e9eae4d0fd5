//! Hides keys from DataFusion where they no longer hold.
//!
//! A column that is unique in a relation determines all its other columns. DataFusion drops columns
//! of GROUP BY that others determine. This is wrong
//!
//! - above UNNEST, where DataFusion keeps the keys of the rows below,
//! - above GROUP BY and DISTINCT, where DataFusion assumes that a column that determines some
//!   columns of a join determines all columns of the group,
//! - above an outer join, where the NULL key of a padded row may equal the key of another row.
//!
//! A barrier hides the keys:
//!
//! ```text
//! Aggregate: groupBy=[a, u]                       Aggregate: groupBy=[a, u]
//!   Unnest: l AS u                                  Unnest: l AS u
//!     Aggregate: groupBy=[a], array_agg(x) AS l       Projection: optimization_barrier(a) AS a,
//!                                                                 optimization_barrier(l) AS l
//!                                                       Aggregate: groupBy=[a], array_agg(x) AS l
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::utils::expr_to_columns;
use datafusion::logical_expr::{Aggregate, Distinct, Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::barrier::barrier;

/// Hides keys that do not hold above UNNEST, GROUP BY, DISTINCT and outer joins.
#[derive(Debug)]
pub(super) struct HideKeys;

impl AnalyzerRule for HideKeys {
    fn name(&self) -> &'static str {
        "hide_keys"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let mut has_any = false;
        plan.apply_with_subqueries(|node| {
            has_any |= !keys_to_hide(node)?.is_empty();
            Ok(if has_any { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        if !has_any {
            return Ok(plan);
        }
        // Each plan above repeats the keys in its own schema.
        let hidden = plan.transform_up_with_subqueries(|node| hide_keys(node).map(Transformed::yes))?;
        Ok(hidden.data)
    }
}

fn hide_keys(node: LogicalPlan) -> Result<LogicalPlan> {
    let keys = keys_to_hide(&node)?;
    match node.inputs().as_slice() {
        [input] if !keys.is_empty() => {
            let input = project_without_keys(input, &keys)?;
            let expressions = node.expressions();
            node.with_new_exprs(expressions, vec![input])
        }
        _ => node.recompute_schema(),
    }
}

/// Returns the columns of the input of `node` that must not be keys above it.
fn keys_to_hide(node: &LogicalPlan) -> Result<BTreeSet<usize>> {
    match node {
        // Includes columns that are equal to a key.
        LogicalPlan::Unnest(unnest) if has_keys(&unnest.input) => {
            Ok((0..unnest.input.schema().fields().len()).collect())
        }
        LogicalPlan::Aggregate(aggregate) if has_keys(&aggregate.input) => keys_of_groups(aggregate),
        LogicalPlan::Distinct(Distinct::All(input)) if has_keys(input) => {
            let columns = input.schema().fields().len();
            Ok(keys_among(input, &(0..columns).collect()))
        }
        _ => Ok(BTreeSet::new()),
    }
}

fn keys_of_groups(aggregate: &Aggregate) -> Result<BTreeSet<usize>> {
    let mut columns = std::collections::HashSet::new();
    for expr in &aggregate.group_expr {
        expr_to_columns(expr, &mut columns)?;
    }
    let schema = aggregate.input.schema();
    let groups = columns.iter().filter_map(|column| schema.maybe_index_of_column(column));
    Ok(keys_among(&aggregate.input, &groups.collect()))
}

fn has_keys(plan: &LogicalPlan) -> bool {
    !plan.schema().functional_dependencies().is_empty()
}

/// Returns the columns in `groups` that are a key or determined by one, unless the key covers all
/// of `groups`.
fn keys_among(input: &Arc<LogicalPlan>, groups: &BTreeSet<usize>) -> BTreeSet<usize> {
    let dependencies = input.schema().functional_dependencies();
    let mut keys = BTreeSet::new();
    for dependency in dependencies.iter() {
        let is_grouped = dependency.source_indices.iter().all(|source| groups.contains(source));
        let is_all = dependency.source_indices.len() >= groups.len();
        if is_grouped && !is_all {
            let determined = dependency.source_indices.iter().chain(&dependency.target_indices);
            keys.extend(determined.filter(|column| groups.contains(column)));
        }
    }
    keys
}

/// Projects the same columns and hides `keys` behind a barrier.
fn project_without_keys(plan: &LogicalPlan, keys: &BTreeSet<usize>) -> Result<LogicalPlan> {
    let hidden = |(index, column): (usize, Column)| {
        let (table, name) = (column.relation.clone(), column.name.clone());
        let value = Expr::Column(column);
        if keys.contains(&index) { barrier(value).alias_qualified(table, name) } else { value }
    };
    let columns = plan.schema().columns().into_iter().enumerate().map(hidden);
    LogicalPlanBuilder::from(plan.clone()).project(columns)?.build()
}
