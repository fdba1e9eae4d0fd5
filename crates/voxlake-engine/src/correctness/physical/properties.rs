//! Hides properties that do not hold for a node's output from DataFusion's rules.
//!
//! DataFusion removes sorts and streams groups based on the properties of a node's output:
//! constants, equal columns and orderings. Some nodes pass on properties of their inputs that no
//! longer hold:
//!
//! - an outer join: the side that is padded with NULL has no constants
//! - an aggregation over grouping sets: a group column is NULL in the rows of other sets
//! - a union: a column that is constant in each input has several values overall, and the orders of
//!   the inputs are not an order of the union
//! - an inner join: the rows of the build side repeat for each row of the probe side, so that their
//!   order is not a second key of the output's order
//!
//! [`HiddenProperties`] inserts a [`HidePropertiesExec`] between such a node and its input, or
//! above the node:
//!
//! ```text
//! SortExec: expr=[t@1 ASC, k@0 ASC]          removed by DataFusion: t is constant
//!   HashJoinExec: join_type=Left
//!     DataSourceExec
//!     ProjectionExec: expr=[x@0, p as t]
//!
//! SortExec: expr=[t@1 ASC, k@0 ASC]          kept
//!   HashJoinExec: join_type=Left
//!     DataSourceExec
//!     HidePropertiesExec: hides=constants, orderings
//!       ProjectionExec: expr=[x@0, p as t]
//! ```
//!
//! The node stays in the plan and passes batches on unchanged. Joins whose padded side has no such
//! properties, and aggregations without grouping sets, are not changed.

mod describe;
mod hide;

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{JoinType, Result};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::{
    HashJoinExec, NestedLoopJoinExec, PiecewiseMergeJoinExec, SortMergeJoinExec, SymmetricHashJoinExec,
};
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties as _};

pub use self::describe::HiddenNode;
pub(crate) use self::describe::{hidden_node, hide_again, hide_all};
use self::hide::{Hidden, HidePropertiesExec};

/// Hides properties that do not hold from later rules.
#[derive(Debug)]
pub(super) struct HiddenProperties;

impl PhysicalOptimizerRule for HiddenProperties {
    fn name(&self) -> &'static str {
        "hidden_properties"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(plan.transform_up(hide_properties)?.data)
    }
}

/// Inserts the nodes that hide properties below and above `node`.
fn hide_properties(node: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    if let Some(aggregate) = node.downcast_ref::<AggregateExec>()
        && aggregate.group_expr().has_grouping_set()
    {
        let node = hide_input_properties(node, &[Hidden::All])?.data;
        return Ok(Transformed::yes(Arc::new(HidePropertiesExec::new(node, Hidden::All, true))));
    }
    if node.is::<UnionExec>() && Hidden::All.has_any(node.equivalence_properties()) {
        return Ok(Transformed::yes(Arc::new(HidePropertiesExec::new(node, Hidden::All, true))));
    }
    let Some(join) = Join::of(&node) else { return Ok(Transformed::no(node)) };
    let node = hide_input_properties(node, &join.hidden())?;
    if join.kind == JoinKind::SortMerge && matches!(join.join_type, JoinType::Inner | JoinType::Left) {
        // DataFusion pushes sorts into either side of this join and then treats its output as
        // sorted.
        let hiding = HidePropertiesExec::new(node.data, Hidden::Orderings, true);
        return Ok(Transformed::yes(Arc::new(hiding)));
    }
    Ok(node)
}

/// Hides the properties `hidden` of each input, where it has any.
fn hide_input_properties(
    node: Arc<dyn ExecutionPlan>,
    hidden: &[Hidden],
) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    let benefits = node.benefits_from_input_partitioning();
    let mut changed = false;
    let mut children = Vec::with_capacity(hidden.len());
    for ((child, hidden), benefits) in node.children().into_iter().zip(hidden).zip(benefits) {
        if hidden.has_any(child.equivalence_properties()) {
            changed = true;
            children.push(Arc::new(HidePropertiesExec::new(Arc::clone(child), *hidden, benefits)) as _);
        } else {
            children.push(Arc::clone(child));
        }
    }
    match changed {
        true => Ok(Transformed::yes(replace_children_if_necessary(node, children)?)),
        false => Ok(Transformed::no(node)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum JoinKind {
    Hash,
    NestedLoop,
    SortMerge,
}

/// Parts of a join that determine the properties of its output.
struct Join {
    kind: JoinKind,
    join_type: JoinType,
}

impl Join {
    fn of(node: &Arc<dyn ExecutionPlan>) -> Option<Self> {
        let (kind, join_type) = if let Some(join) = node.downcast_ref::<HashJoinExec>() {
            (JoinKind::Hash, *join.join_type())
        } else if let Some(join) = node.downcast_ref::<SymmetricHashJoinExec>() {
            (JoinKind::Hash, *join.join_type())
        } else if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
            (JoinKind::NestedLoop, *join.join_type())
        } else if let Some(join) = node.downcast_ref::<PiecewiseMergeJoinExec>() {
            (JoinKind::NestedLoop, join.join_type())
        } else {
            let join = node.downcast_ref::<SortMergeJoinExec>()?;
            (JoinKind::SortMerge, join.join_type())
        };
        Some(Self { kind, join_type })
    }

    /// Returns the properties to hide of the left and right inputs.
    fn hidden(&self) -> [Hidden; 2] {
        match self.join_type {
            JoinType::Left => [Hidden::None, Hidden::All],
            JoinType::Right => [Hidden::All, Hidden::None],
            JoinType::Full => [Hidden::All, Hidden::All],
            // The left side is the build side; the rows of the right side arrive in order.
            JoinType::Inner if self.kind == JoinKind::Hash => [Hidden::Orderings, Hidden::None],
            _ => [Hidden::None, Hidden::None],
        }
    }
}

#[cfg(test)]
mod tests;
