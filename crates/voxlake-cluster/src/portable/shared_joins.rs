//! Nested-loop joins whose partitions share the marks of matched rows.
//!
//! A nested-loop join that also returns unmatched rows of its left side collects that side once,
//! and the last partition returns what no partition has matched. In a cluster each partition may
//! run in another process, and each would return the rows that it has not matched itself.
//!
//! ```text
//! NestedLoopJoinExec: join_type=Left      NestedLoopJoinExec: join_type=Left
//!   left                            =>      left
//!   right                                   OnePartitionExec
//!                                             CoalescePartitionsExec
//!                                               right
//! ```

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::NestedLoopJoinExec;

use super::collected_joins::returns_unmatched_left;
use super::part::Plan;
use crate::one_partition::OnePartitionExec;

/// Merges the partitions of the right side of such a join.
pub(super) fn merge_partitions(node: Plan) -> Result<Plan> {
    let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() else { return Ok(node) };
    if !returns_unmatched_left(*join.join_type()) {
        return Ok(node);
    }
    let children = vec![Arc::clone(join.left()), OnePartitionExec::merge(join.right())];
    replace_children_if_necessary(node, children)
}
