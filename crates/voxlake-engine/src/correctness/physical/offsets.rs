//! Offsets keep the order of the rows that they skip.
//!
//! While DataFusion adds and moves sorts, it may push a sort that is needed above a limit below it,
//! with the limit's number of rows and without those that the limit skips. And it removes a sort
//! whose column is needed nowhere above:
//!
//! ```text
//! AggregateExec: gby=[g@0]                            AggregateExec: gby=[g@0]
//!   GlobalLimitExec: skip=1, fetch=None                 GlobalLimitExec: skip=1, fetch=None
//!     ProjectionExec: expr=[g@0]                =>        ProjectionExec: expr=[g@0]
//!       SortExec: expr=[k@1]
//! ```
//!
//! [`GuardedRequirements`] moves the limit below such projections and puts an [`OffsetExec`] in its
//! place, which requires the order of its input and lets no sort through. Afterwards the limit
//! takes its place again:
//!
//! ```text
//! AggregateExec: gby=[g@0]                            AggregateExec: gby=[g@0]
//!   ProjectionExec: expr=[g@0]                          ProjectionExec: expr=[g@0]
//!     OffsetExec: skip=1, fetch=None            =>        GlobalLimitExec: skip=1, fetch=None
//!       SortExec: expr=[k@1]                                SortExec: expr=[k@1]
//! ```

mod exec;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::output_requirements::OutputRequirementExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::projection::ProjectionExec;

use self::exec::OffsetExec;
use super::rule::PhysicalRule;

/// DataFusion's rule `EnsureRequirements`, run over a plan whose offsets require the order of their
/// input.
#[derive(Debug)]
pub(super) struct GuardedRequirements {
    inner: PhysicalRule,
}

impl GuardedRequirements {
    pub(super) fn new(inner: PhysicalRule) -> Self {
        Self { inner }
    }
}

impl PhysicalOptimizerRule for GuardedRequirements {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn schema_check(&self) -> bool {
        self.inner.schema_check()
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let lowered = plan.transform_down(below_projection)?;
        let guarded = lowered.data.transform_up(|node| Ok(guard(node)))?;
        let guarded = with_order_at_root(guarded.data)?;
        let sorted = self.inner.optimize(guarded, config)?;
        let restored = sorted.transform_up(|node| {
            Ok(match node.downcast_ref::<OffsetExec>() {
                Some(offset) => Transformed::yes(Arc::new(offset.to_limit()) as _),
                None => Transformed::no(node),
            })
        })?;
        Ok(restored.data)
    }
}

/// Returns a limit that skips rows of a projection as a projection of the rows that the limit
/// leaves.
fn below_projection(node: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    let Some(limit) = offset(&node) else { return Ok(Transformed::no(node)) };
    let projection = limit.input();
    let Some(input) = projection.downcast_ref::<ProjectionExec>().map(ProjectionExec::input) else {
        return Ok(Transformed::no(node));
    };
    let lowered = GlobalLimitExec::new(Arc::clone(input), limit.skip(), limit.fetch());
    let projection = replace_children_if_necessary(Arc::clone(projection), vec![Arc::new(lowered)])?;
    Ok(Transformed::yes(projection))
}

fn guard(node: Arc<dyn ExecutionPlan>) -> Transformed<Arc<dyn ExecutionPlan>> {
    match offset(&node) {
        Some(limit) => Transformed::yes(Arc::new(OffsetExec::new(limit, false))),
        None => Transformed::no(node),
    }
}

/// Returns `node` if it is a limit that skips rows.
fn offset(node: &Arc<dyn ExecutionPlan>) -> Option<&GlobalLimitExec> {
    node.downcast_ref::<GlobalLimitExec>().filter(|limit| limit.skip() > 0)
}

/// Returns `plan` with an offset at its root that shows its order: nothing above it could limit the
/// rows again.
fn with_order_at_root(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let mut above = Vec::new();
    let mut node = plan;
    while node.is::<OutputRequirementExec>() || node.is::<ProjectionExec>() {
        let [child] = node.children()[..] else { break };
        let child = Arc::clone(child);
        above.push(std::mem::replace(&mut node, child));
    }
    if let Some(offset) = node.downcast_ref::<OffsetExec>() {
        node = Arc::new(offset.showing_order());
    }
    above.into_iter().rev().try_fold(node, |node, parent| replace_children_if_necessary(parent, vec![node]))
}

#[cfg(test)]
mod tests;
