//! Hash joins that collect their left side.
//!
//! Such a join keeps the partitions of its right side. Ballista broadcasts the left side if it is
//! small and no row of it can be returned unmatched; it plans every other one again as a join of
//! two distributed sides, with another number of partitions. The operators above were planned for
//! the first number, and would run once per partition: sorts without a merge, aggregates without
//! one. So these joins are replaced here:
//!
//! ```text
//! HashJoinExec: mode=CollectLeft, Left    HashJoinExec: mode=Partitioned, Left
//!   left                            =>      RepartitionExec: Hash
//!   right                                     left
//!                                           RepartitionExec: Hash
//!                                             right
//! ```
//!
//! A join whose right side has one partition gets one partition on both sides. So does `NOT IN`
//! with a subquery: it returns nothing if any partition of the right side has a NULL.

use std::sync::Arc;

use ballista_core::config::BallistaConfig;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::JoinType;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::{ExecutionPlanProperties as _, Partitioning};

use super::expressions::calls_function;
use super::part::Plan;
use crate::one_partition::OnePartitionExec;

/// Replaces a join that Ballista would plan with another number of partitions.
pub(super) fn replace(node: Plan) -> Result<Plan> {
    let Some(join) = node.downcast_ref::<HashJoinExec>() else { return Ok(node) };
    if *join.partition_mode() != PartitionMode::CollectLeft {
        return Ok(node);
    }
    if join.null_aware {
        let sides = vec![OnePartitionExec::merge(join.left()), OnePartitionExec::merge(join.right())];
        return join.builder().with_new_children(sides)?.build_exec();
    }
    let returns_left = returns_unmatched_left(*join.join_type());
    if !returns_left && is_broadcast(join.left()) {
        if join.left().fetch().is_none() {
            return Ok(node);
        }
        // Ballista drops a merge on the left side, with its limit.
        let sides = vec![OnePartitionExec::merge(join.left()), Arc::clone(join.right())];
        return join.builder().with_new_children(sides)?.build_exec();
    }
    let (left_keys, right_keys): (Vec<_>, Vec<_>) = join.on().iter().cloned().unzip();
    let partitions = join.right().output_partitioning().partition_count();
    // The operators above a join that returns rows of its right side may rely on the partitioning
    // of that side.
    let distributes = returns_left && partitions > 1 && !call_functions(&left_keys, &right_keys)?;
    let sides = if distributes {
        let hash = |side: &Plan, keys| -> Result<Plan> {
            let partitioning = Partitioning::Hash(keys, partitions);
            Ok(Arc::new(RepartitionExec::try_new(Arc::clone(side), partitioning)?))
        };
        vec![hash(join.left(), left_keys)?, hash(join.right(), right_keys)?]
    } else {
        vec![OnePartitionExec::merge(join.left()), OnePartitionExec::merge(join.right())]
    };
    join.builder().with_partition_mode(PartitionMode::Partitioned).with_new_children(sides)?.build_exec()
}

fn call_functions(left: &[Arc<dyn PhysicalExpr>], right: &[Arc<dyn PhysicalExpr>]) -> Result<bool> {
    for key in left.iter().chain(right) {
        if calls_function(key)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns whether a join returns rows of its left side depending on all rows of its right side.
pub(super) fn returns_unmatched_left(join_type: JoinType) -> bool {
    match join_type {
        JoinType::Left | JoinType::Full | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => {
            true
        }
        JoinType::Inner
        | JoinType::Right
        | JoinType::RightSemi
        | JoinType::RightAnti
        | JoinType::RightMark => false,
    }
}

/// Returns whether Ballista broadcasts `side`: it is known to be small.
fn is_broadcast(side: &Plan) -> bool {
    let Ok(statistics) = StatisticsContext::new().compute(side.as_ref(), &StatisticsArgs::new()) else {
        return false;
    };
    let limit = BallistaConfig::default().broadcast_join_threshold_bytes();
    let bytes = statistics.total_byte_size.get_value().copied().filter(|bytes| *bytes != 0);
    let rows = statistics.num_rows.get_value().copied().filter(|rows| *rows != 0);
    let estimate = || {
        let schema = side.schema();
        let width: usize = schema.fields().iter().map(|field| width(field.data_type())).sum();
        rows.map(|rows| rows.saturating_mul(width.max(8)))
    };
    bytes.or_else(estimate).is_some_and(|bytes| bytes < limit)
}

/// Bytes of a value, as Ballista estimates them. Larger estimates are safe.
fn width(data_type: &DataType) -> usize {
    data_type.primitive_width().unwrap_or(32)
}
