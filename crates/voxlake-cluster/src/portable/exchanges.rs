//! Properties across exchanges.
//!
//! In a session, an exchange keeps the constants of its input, and the order of one partition. The
//! rows that a stage reads from another one have neither. The sides of a join may be swapped when
//! their sizes are known. So these properties are hidden above exchanges, joins and unions, and an
//! operator that requires an order gets a sort:
//!
//! ```text
//! BoundedWindowAggExec: PARTITION BY k    BoundedWindowAggExec: PARTITION BY k
//!   RepartitionExec: Hash([k])      =>      SortExec: expr=[k]
//!     SortExec: expr=[k]                      HidePropertiesExec
//!                                               RepartitionExec: Hash([k])
//!                                                 SortExec: expr=[k]
//! ```

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::physical_expr::{LexOrdering, OrderingRequirements};
use datafusion::physical_plan::ExecutionPlanProperties as _;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::{InterleaveExec, UnionExec};
use voxlake_engine::correctness::portable as corrections;

use super::part::Plan;

/// Hides the properties of exchanges, joins and unions in `plan`. Restores sorts that rely on them.
pub(super) fn hide_properties(plan: Plan) -> Result<Plan> {
    let required = plan.required_input_ordering();
    let mut children = Vec::new();
    for (child, required) in plan.children().into_iter().zip(required) {
        let child = hide_properties(Arc::clone(child))?;
        children.push(match required {
            Some(required) => sorted(child, required)?,
            None => child,
        });
    }
    let plan = replace_children_if_necessary(plan, children)?;
    Ok(if loses_properties(&plan) { corrections::hide_properties(plan) } else { plan })
}

/// Sorts `plan` unless it has the required order.
fn sorted(plan: Plan, required: OrderingRequirements) -> Result<Plan> {
    let required = required.into_single();
    if plan.equivalence_properties().ordering_satisfy_requirement(required.clone())? {
        return Ok(plan);
    }
    let sort = SortExec::new(LexOrdering::from(required), plan);
    Ok(Arc::new(sort.with_preserve_partitioning(true)))
}

fn loses_properties(node: &Plan) -> bool {
    node.is::<RepartitionExec>()
        || node.is::<CoalescePartitionsExec>()
        || node.is::<HashJoinExec>()
        || node.is::<NestedLoopJoinExec>()
        || node.is::<CrossJoinExec>()
        // Branches may become stages.
        || node.is::<UnionExec>()
        || node.is::<InterleaveExec>()
}
