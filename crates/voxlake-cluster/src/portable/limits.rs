//! Limits of sorted rows.
//!
//! Ballista plans stages with DataFusion's rules. They merge partitions without an order if no
//! operator above needs it, although a limit does. They also push the sort of a later operator
//! below a limit that skips rows. Nodes that require the order, and stop sorts, prevent both:
//!
//! ```text
//! GlobalLimitExec: skip=3                 OnePartitionExec
//!   SortExec: expr=[k ASC]          =>      GlobalLimitExec: skip=3
//!                                             OnePartitionExec: order=[k ASC]
//!                                               SortExec: expr=[k ASC]
//! ```

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::physical_expr::LexOrdering;
use datafusion::physical_plan::ExecutionPlanProperties as _;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;

use super::part::Plan;
use crate::one_partition::OnePartitionExec;

/// Fixes the order of a merge with a limit, and the order and place of a limit that skips rows.
pub(super) fn fix(node: Plan) -> Result<Plan> {
    if let Some(merge) = node.downcast_ref::<SortPreservingMergeExec>()
        && merge.fetch().is_some()
    {
        let order = merge.expr().clone();
        return Ok(Arc::new(OnePartitionExec::new(node, Some(order))));
    }
    let Some(limit) = node.downcast_ref::<GlobalLimitExec>().filter(|limit| limit.skip() > 0) else {
        return Ok(node);
    };
    let mut input = limit.input();
    if let Some(ordered) = input.downcast_ref::<OnePartitionExec>() {
        input = ordered.input();
    }
    let order = limit.required_ordering().clone().or_else(|| order_of(input));
    let ordered = Arc::new(OnePartitionExec::new(Arc::clone(input), order));
    let limit = replace_children_if_necessary(node, vec![ordered])?;
    Ok(Arc::new(OnePartitionExec::new(limit, None)))
}

/// Returns the order of a plan. A sort has the requested order: the first of its output orderings
/// may be another one, which no longer holds after partitions are merged.
fn order_of(plan: &Plan) -> Option<LexOrdering> {
    if let Some(sort) = plan.downcast_ref::<SortExec>() {
        return Some(sort.expr().clone());
    }
    if let Some(merge) = plan.downcast_ref::<SortPreservingMergeExec>() {
        return Some(merge.expr().clone());
    }
    plan.output_ordering().cloned()
}
