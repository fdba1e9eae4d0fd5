//! Columns with the ids of groups.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use voxlake_engine::correctness::portable as corrections;
use voxlake_functions::text_groups::{TextGroupFunction, TextGroups};

use super::super::part::Plan;
use crate::one_partition::OnePartitionExec;

/// Part of a plan that is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// Operators without an exchange between them.
    Stage,
    Plan,
}

/// Returns the groups whose ids the column at `index` of `plan` holds.
pub(super) fn groups_of(plan: &Plan, index: usize, within: Within) -> Option<Arc<TextGroups>> {
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        return groups_of_expr(&projection.expr().get(index)?.expr, projection.input(), within);
    }
    if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
        return groups_of_expr(&aggregate.group_expr().expr().get(index)?.0, aggregate.input(), within);
    }
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        let index = match filter.projection() {
            Some(columns) => *columns.get(index)?,
            None => index,
        };
        return groups_of(filter.input(), index, within);
    }
    match plan.children()[..] {
        [input] if keeps_columns(plan, within) => groups_of(input, index, within),
        _ => None,
    }
}

fn groups_of_expr(expr: &Arc<dyn PhysicalExpr>, input: &Plan, within: Within) -> Option<Arc<TextGroups>> {
    if let Some(column) = expr.downcast_ref::<Column>() {
        return groups_of(input, column.index(), within);
    }
    match TextGroupFunction::find(expr.downcast_ref::<ScalarFunctionExpr>()?.fun())? {
        (TextGroupFunction::Code, groups) => Some(Arc::clone(groups)),
        (TextGroupFunction::Text { .. }, _) => None,
    }
}

/// Returns whether `node` has the columns of its input.
fn keeps_columns(node: &Plan, within: Within) -> bool {
    let exchanges = node.is::<RepartitionExec>()
        || node.is::<CoalescePartitionsExec>()
        || node.is::<SortPreservingMergeExec>();
    (exchanges && within == Within::Plan)
        || node.is::<SortExec>()
        || node.is::<GlobalLimitExec>()
        || node.is::<LocalLimitExec>()
        || node.is::<CooperativeExec>()
        || node.is::<OnePartitionExec>()
        || corrections::describe_node(node).is_some()
}

/// Returns whether `node` reads the text of an id that its stage did not assign.
pub(super) fn unknown_texts(node: &Plan) -> Result<bool> {
    let mut unknown = false;
    node.apply_expressions(&mut |expr| {
        expr.apply(|part| {
            unknown |= is_unknown_text(part, node);
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(unknown)
}

fn is_unknown_text(expr: &Arc<dyn PhysicalExpr>, node: &Plan) -> bool {
    let Some(call) = expr.downcast_ref::<ScalarFunctionExpr>() else { return false };
    let Some((TextGroupFunction::Text { .. }, groups)) = TextGroupFunction::find(call.fun()) else {
        return false;
    };
    let ([input], [id]) = (&node.children()[..], call.args()) else { return true };
    !groups_of_expr(id, input, Within::Stage).is_some_and(|known| Arc::ptr_eq(&known, groups))
}
