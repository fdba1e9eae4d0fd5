//! Merges sorted partitions by the whole order of their input.
//!
//! DataFusion pushes the sort of a query below the merge of a subquery with LIMIT. The merge uses
//! only the order of the subquery, but its output counts as sorted like its input:
//!
//! ```text
//! SortPreservingMergeExec: [a], fetch=100        SortPreservingMergeExec: [a, n], fetch=100
//!   SortExec: TopK(fetch=100), expr=[a, n]   =>    SortExec: TopK(fetch=100), expr=[a, n]
//! ```

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties as _};

/// Extends the order of merges to that of their input.
#[derive(Debug)]
pub(super) struct MergeByWholeOrder;

impl PhysicalOptimizerRule for MergeByWholeOrder {
    fn name(&self) -> &'static str {
        "merge_by_whole_order"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(plan.transform_up(|node| Ok(extend_order(node)))?.data)
    }
}

fn extend_order(node: Arc<dyn ExecutionPlan>) -> Transformed<Arc<dyn ExecutionPlan>> {
    let Some(merge) = node.downcast_ref::<SortPreservingMergeExec>() else { return Transformed::no(node) };
    match merge.input().output_ordering() {
        Some(order) if order.len() > merge.expr().len() && order.starts_with(merge.expr()) => {
            let merge = SortPreservingMergeExec::new(order.clone(), Arc::clone(merge.input()))
                .with_fetch(merge.fetch());
            Transformed::yes(Arc::new(merge))
        }
        _ => Transformed::no(node),
    }
}
