//! Joins below unions.
//!
//! A task of a union owns some partitions of some branches, and Ballista cuts the other branches
//! down to nothing. A join with a side that every partition reads whole cannot be cut down, so that
//! each task would run it once more.
//!
//! ```text
//! UnionExec                               UnionExec
//!   CrossJoinExec                   =>      OnePartitionExec
//!                                             CoalescePartitionsExec    a stage of its own
//!                                               CrossJoinExec
//! ```

use std::sync::Arc;

use datafusion::common::tree_node::TreeNode as _;
use datafusion::error::Result;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::union::{InterleaveExec, UnionExec};

use super::part::Plan;
use crate::one_partition::OnePartitionExec;

/// Merges the partitions of each branch of a union that contains a join.
///
/// Unions are rebuilt, which casts columns whose nullability or comments differ between branches.
/// Decoding does the same.
pub(super) fn merge_partitions(node: Plan) -> Result<Plan> {
    if let Some(interleave) = node.downcast_ref::<InterleaveExec>() {
        return Ok(Arc::new(InterleaveExec::try_new(interleave.inputs().clone())?));
    }
    if !node.is::<UnionExec>() {
        return Ok(node);
    }
    let branches = node.children().into_iter().map(|branch| {
        Ok(if has_join(branch)? { OnePartitionExec::stage(branch) } else { Arc::clone(branch) })
    });
    UnionExec::try_new(branches.collect::<Result<_>>()?)
}

fn has_join(plan: &Plan) -> Result<bool> {
    plan.exists(|node| {
        Ok(node.is::<CrossJoinExec>() || node.is::<NestedLoopJoinExec>() || node.is::<HashJoinExec>())
    })
}
