//! Stops filter pushdown where a column name is ambiguous.
//!
//! Physical filter pushdown looks up the columns of a filter in the schema of the child by name,
//! and uses the first field of that name. After a join, both sides may have a field with the same
//! name:
//!
//! ```text
//! FilterExec: result@0 IS NULL OR result@0 != result@2
//!   ProjectionExec: expr=[result@2, engagement_id@0, result@1]
//!     HashJoinExec: join_type=Left
//! ```
//!
//! DataFusion pushes `result@0 != result@2` as `result@1 != result@1` into the scan of one side,
//! and removes the filter. [`GuardedPushdown`] puts a [`FilterGuardExec`] on each node where a
//! lookup by name would find the wrong column, runs DataFusion's rule, and removes the guards:
//!
//! ```text
//! FilterExec: result@0 IS NULL OR result@0 != result@2
//!   FilterGuardExec: passes=[engagement_id@1]
//!     ProjectionExec: expr=[result@2, engagement_id@0, result@1]
//!       FilterGuardExec: passes=[engagement_id@0, result@1]
//!         HashJoinExec: join_type=Left
//! ```

mod guard;

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{JoinSide, JoinType, Result};
use datafusion::physical_expr::PhysicalExprRef;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::joins::utils::build_join_schema;
use datafusion::physical_plan::projection::ProjectionExec;

use self::guard::FilterGuardExec;
use super::rule::PhysicalRule;

/// DataFusion's rule `FilterPushdown` of one phase, applied to a plan with guards.
#[derive(Debug)]
pub(super) struct GuardedPushdown {
    inner: PhysicalRule,
}

impl GuardedPushdown {
    pub(super) fn new(inner: PhysicalRule) -> Self {
        Self { inner }
    }
}

impl PhysicalOptimizerRule for GuardedPushdown {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn schema_check(&self) -> bool {
        self.inner.schema_check()
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let guarded = plan.transform_up(|node| {
            let passing = passing_columns(&node);
            if passing.len() == node.schema().fields().len() {
                return Ok(Transformed::no(node));
            }
            Ok(Transformed::yes(Arc::new(FilterGuardExec::new(node, passing)) as _))
        })?;
        let pushed = self.inner.optimize(guarded.data, config)?;
        let unguarded = pushed.transform_up(|node| {
            Ok(match node.downcast_ref::<FilterGuardExec>() {
                Some(guard) => Transformed::yes(Arc::clone(guard.input())),
                None => Transformed::no(node),
            })
        })?;
        Ok(unguarded.data)
    }
}

/// Returns the output columns of `node` that a filter may refer to when it crosses `node`.
fn passing_columns(node: &Arc<dyn ExecutionPlan>) -> HashSet<usize> {
    let schema = node.schema();
    (0..schema.fields().len())
        .filter(|&column| {
            let name = schema.field(column).name();
            is_first(&schema, name, column)
                && sources(node, column).iter().all(|source| source.is_found_by(name))
        })
        .collect()
}

/// Returns whether a lookup of `name` finds `column`.
fn is_first(schema: &SchemaRef, name: &str, column: usize) -> bool {
    schema.index_of(name).is_ok_and(|found| found == column)
}

/// Column of a child from which a column of the parent comes.
struct Source {
    schema: SchemaRef,
    /// Index in `schema`; `None` if no column of the child has the same values.
    column: Option<usize>,
}

impl Source {
    fn new(child: &Arc<dyn ExecutionPlan>, column: Option<usize>) -> Self {
        Self { schema: child.schema(), column }
    }

    /// Returns whether a lookup by name in the child's schema finds this column, or nothing at all.
    fn is_found_by(&self, name: &str) -> bool {
        match self.schema.index_of(name) {
            Ok(found) => self.column == Some(found),
            Err(_) => true,
        }
    }
}

/// Returns the columns into which DataFusion may translate `column` of `node` by name.
fn sources(node: &Arc<dyn ExecutionPlan>, column: usize) -> Vec<Source> {
    if let Some(projection) = node.downcast_ref::<ProjectionExec>() {
        return projection_sources(projection, column);
    }
    if let Some(filter) = node.downcast_ref::<FilterExec>() {
        let projection = filter.projection().as_ref();
        let source = projection.map_or(Some(column), |columns| columns.get(column).copied());
        return vec![Source::new(filter.input(), source)];
    }
    if let Some(aggregate) = node.downcast_ref::<AggregateExec>() {
        let group = aggregate.group_expr().expr().get(column);
        let group = group.and_then(|(expr, _)| expr.downcast_ref::<Column>());
        return vec![Source::new(aggregate.input(), group.map(Column::index))];
    }
    if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        return join_sources(join, column);
    }
    // Sorts, repartitions, unions and similar nodes have the columns of their children at the same
    // indices.
    node.children().into_iter().map(|child| Source::new(child, Some(column))).collect()
}

/// Returns nothing for a column whose name is unique in the projection: its expression has the
/// indices of the input.
fn projection_sources(projection: &ProjectionExec, column: usize) -> Vec<Source> {
    let exprs = projection.expr();
    let alias = exprs.get(column).map(|expr| &expr.alias);
    if exprs.iter().filter(|expr| Some(&expr.alias) == alias).count() == 1 {
        return Vec::new();
    }
    // Of several expressions with one alias, DataFusion takes the last.
    vec![Source { schema: projection.schema(), column: None }]
}

/// Returns the column of the side from which `column` of the join comes, and for a semi join also
/// its equal on the other side.
fn join_sources(join: &HashJoinExec, column: usize) -> Vec<Source> {
    let (_, columns) = build_join_schema(&join.left().schema(), &join.right().schema(), join.join_type());
    let projected = match &join.projection {
        Some(projection) => projection.get(column).and_then(|&index| columns.get(index)),
        None => columns.get(column),
    };
    let Some(from) = projected else { return Vec::new() };
    let (own, other) = match from.side {
        JoinSide::Left => (join.left(), join.right()),
        JoinSide::Right => (join.right(), join.left()),
        // DataFusion does not push filters on a mark column.
        JoinSide::None => return Vec::new(),
    };
    let mut sources = vec![Source::new(own, Some(from.index))];
    if matches!(join.join_type(), JoinType::LeftSemi | JoinType::RightSemi) {
        let index = |expr: &PhysicalExprRef| expr.downcast_ref::<Column>().map(Column::index);
        let equals = join.on().iter().filter_map(|(left, right)| {
            let (key, equal) = match from.side {
                JoinSide::Left => (index(left), index(right)),
                _ => (index(right), index(left)),
            };
            (key == Some(from.index)).then_some(equal).flatten()
        });
        sources.extend(semi_join_equal(other, own, from.index, equals));
    }
    sources
}

/// Returns the equal on the other side of a semi join that has the name of the column, if any has;
/// otherwise the first.
fn semi_join_equal(
    other: &Arc<dyn ExecutionPlan>,
    own: &Arc<dyn ExecutionPlan>,
    column: usize,
    mut equals: impl Iterator<Item = usize>,
) -> Option<Source> {
    let schema = own.schema();
    let named = other.schema().index_of(schema.field(column).name()).ok();
    let mut first = None;
    let found = equals.find(|equal| {
        first.get_or_insert(*equal);
        Some(*equal) == named
    });
    found.or(first).map(|equal| Source::new(other, Some(equal)))
}

#[cfg(test)]
mod tests;
