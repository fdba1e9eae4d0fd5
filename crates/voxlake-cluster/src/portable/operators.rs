//! Operators that are known to return the same rows in a cluster.

use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, SlidingAggregateWindowExpr, WindowExpr};
use datafusion::physical_plan::Partitioning;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::union::{InterleaveExec, UnionExec};
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use voxlake_engine::correctness::portable as corrections;
use voxlake_engine::table::pinned_scan;

use super::expressions;
use super::memory_scans::memory_scan;
use super::part::{Plan, refused};
use crate::one_partition::OnePartitionExec;

/// Checks every operator of `plan` and its expressions.
pub(super) fn check(plan: &Plan) -> Result<()> {
    plan.apply(|node| {
        if !is_portable(node) {
            return Err(refused(format!("the operator {}", node.name()), "its kind is unknown"));
        }
        node.apply_expressions(&mut |expr| {
            if !(fills_filters(node) && expressions::is_empty_filter(expr)) {
                expressions::check(expr)?;
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        check_partitioning(node)?;
        check_windows(node)?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

fn is_portable(node: &Plan) -> bool {
    is_scan(node)
        || node.is::<ProjectionExec>()
        || node.is::<FilterExec>()
        || node.is::<AggregateExec>()
        || node.is::<SortExec>()
        || node.is::<SortPreservingMergeExec>()
        || node.is::<CoalescePartitionsExec>()
        || node.is::<RepartitionExec>()
        || node.is::<GlobalLimitExec>()
        || node.is::<LocalLimitExec>()
        || node.is::<HashJoinExec>()
        || node.is::<NestedLoopJoinExec>()
        || node.is::<CrossJoinExec>()
        || node.is::<UnionExec>()
        || node.is::<InterleaveExec>()
        || node.is::<WindowAggExec>()
        || node.is::<BoundedWindowAggExec>()
        || node.is::<UnnestExec>()
        || node.is::<CooperativeExec>()
        || node.is::<OnePartitionExec>()
        || corrections::describe_node(node).is_some()
}

/// Returns whether `node` has a filter that it fills while it runs. The filter is not pushed into
/// scans in portable plans.
fn fills_filters(node: &Plan) -> bool {
    node.is::<SortExec>() || node.is::<AggregateExec>() || node.is::<HashJoinExec>()
}

/// Returns whether `node` scans day files or rows in memory.
fn is_scan(node: &Plan) -> bool {
    memory_scan(node).is_some() || pinned_scan::file_scan(node).is_some_and(pinned_scan::is_pinned)
}

/// Checks the expressions by which rows are distributed. Ballista encodes them itself, by the name
/// of a function and without its state.
fn check_partitioning(node: &Plan) -> Result<()> {
    let Some(repartition) = node.downcast_ref::<RepartitionExec>() else { return Ok(()) };
    match repartition.partitioning() {
        Partitioning::Hash(exprs, _) => {
            for expr in exprs {
                if expressions::calls_function(expr)? {
                    return Err(refused(format!("a distribution by {expr}"), "it calls a function"));
                }
            }
            Ok(())
        }
        // Ballista leaves these out.
        Partitioning::RoundRobinBatch(_) | Partitioning::UnknownPartitioning(_) => Ok(()),
        other @ Partitioning::Range(_) => {
            Err(refused(format!("the distribution {other}"), "its kind is unknown"))
        }
    }
}

/// Checks window functions. DataFusion's encoding drops `IGNORE NULLS` of window functions,
/// `FILTER` and `ORDER BY` of aggregates, and reversed evaluation. Some of it only the debug format
/// shows.
fn check_windows(node: &Plan) -> Result<()> {
    let windows = match (node.downcast_ref::<WindowAggExec>(), node.downcast_ref::<BoundedWindowAggExec>()) {
        (Some(node), _) => node.window_expr(),
        (_, Some(node)) => node.window_expr(),
        (None, None) => return Ok(()),
    };
    for window in windows {
        let lost = match aggregate_of(window.as_ref()) {
            Some((aggregate, _)) if !aggregate.order_bys().is_empty() => Some("ORDER BY of an aggregate is"),
            Some((aggregate, _)) if aggregate.is_reversed() => Some("reversed evaluation is"),
            Some((_, true)) => Some("FILTER of a window is"),
            Some((_, false)) => None,
            None => lost_of_function(&format!("{window:?}")),
        };
        if let Some(lost) = lost {
            return Err(refused(
                format!("the window function {}", window.name()),
                format!("{lost} not sent"),
            ));
        }
        for expr in window.expressions() {
            expressions::check(&expr)?;
        }
    }
    Ok(())
}

/// Returns the aggregate of a window, and whether it has a filter.
fn aggregate_of(window: &dyn WindowExpr) -> Option<(&AggregateFunctionExpr, bool)> {
    let window = window.as_any();
    // The expressions have no access to their filter.
    let has_filter = |shown: String| !shown.ends_with("filter: None }");
    if let Some(plain) = window.downcast_ref::<PlainAggregateWindowExpr>() {
        return Some((plain.get_aggregate_expr(), has_filter(format!("{plain:?}"))));
    }
    let sliding = window.downcast_ref::<SlidingAggregateWindowExpr>()?;
    Some((sliding.get_aggregate_expr(), has_filter(format!("{sliding:?}"))))
}

/// Returns what the encoding of a window function drops.
fn lost_of_function(shown: &str) -> Option<&'static str> {
    if shown.contains("ignore_nulls: true") {
        return Some("IGNORE NULLS is");
    }
    shown.contains("is_reversed: true").then_some("reversed evaluation is")
}
