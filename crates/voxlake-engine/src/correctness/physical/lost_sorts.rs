//! Restores sorts that were removed for an order which a later rule lost.
//!
//! DataFusion removes the sort of a constant column. A later rule moves a projection into the join
//! below, which loses the constant, and the final check refuses the plan:
//!
//! ```text
//! SELECT b.k FROM a JOIN (SELECT x, 2 AS k FROM c) b ON a.x = b.x ORDER BY b.k
//!
//! SortPreservingMergeExec: [k@0]            SortPreservingMergeExec: [k@0]
//!   HashJoinExec: projection=[k@2]    =>      SortExec: expr=[k@0], preserve_partitioning=[true]
//!                                               HashJoinExec: projection=[k@2]
//! ```

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::physical_expr::LexOrdering;
use datafusion::physical_expr::OrderingRequirements;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties as _};

/// Sorts the inputs of nodes that require an order which their input does not have.
#[derive(Debug)]
pub(super) struct RestoreLostSorts;

impl PhysicalOptimizerRule for RestoreLostSorts {
    fn name(&self) -> &'static str {
        "restore_lost_sorts"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(plan.transform_up(restore_sorts)?.data)
    }
}

/// Returns `node` over sorted inputs.
fn restore_sorts(node: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    let mut changed = false;
    let mut children = Vec::new();
    for (child, required) in node.children().into_iter().zip(node.required_input_ordering()) {
        let required = required.map(OrderingRequirements::into_single);
        match required {
            Some(required)
                if !child.equivalence_properties().ordering_satisfy_requirement(required.clone())? =>
            {
                changed = true;
                let sort = SortExec::new(LexOrdering::from(required), Arc::clone(child));
                children.push(Arc::new(sort.with_preserve_partitioning(true)) as Arc<dyn ExecutionPlan>);
            }
            _ => children.push(Arc::clone(child)),
        }
    }
    match changed {
        true => Ok(Transformed::yes(replace_children_if_necessary(node, children)?)),
        false => Ok(Transformed::no(node)),
    }
}
