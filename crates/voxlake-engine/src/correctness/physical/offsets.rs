//! Keeps the order of the rows that an OFFSET skips.
//!
//! When DataFusion adds and moves sorts, it may push a sort above a limit below it, with the
//! limit's number of rows but without the skipped ones. It also removes a sort if no column above
//! needs it:
//!
//! ```text
//! AggregateExec: gby=[g@0]                            AggregateExec: gby=[g@0]
//!   GlobalLimitExec: skip=1, fetch=None                 GlobalLimitExec: skip=1, fetch=None
//!     ProjectionExec: expr=[g@0]                =>        ProjectionExec: expr=[g@0]
//!       SortExec: expr=[k@1]
//! ```
//!
//! [`GuardedRequirements`] moves the limit below such projections and replaces it by an
//! [`OffsetExec`], which requires the order of its input and stops sorts. Afterwards the limit is
//! restored:
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

/// DataFusion's rule `EnsureRequirements`, applied to a plan whose offsets require the order of
/// their input.
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
        let lowered = plan.transform_down(move_below_projection)?;
        let guarded = lowered.data.transform_up(|node| Ok(guard_offset(node)))?;
        let guarded = show_order_at_root(guarded.data)?;
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

/// Moves a limit that skips rows below a projection.
fn move_below_projection(node: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    let Some(limit) = as_offset_limit(&node) else { return Ok(Transformed::no(node)) };
    let projection = limit.input();
    let Some(input) = projection.downcast_ref::<ProjectionExec>().map(ProjectionExec::input) else {
        return Ok(Transformed::no(node));
    };
    let lowered = GlobalLimitExec::new(Arc::clone(input), limit.skip(), limit.fetch());
    let projection = replace_children_if_necessary(Arc::clone(projection), vec![Arc::new(lowered)])?;
    Ok(Transformed::yes(projection))
}

fn guard_offset(node: Arc<dyn ExecutionPlan>) -> Transformed<Arc<dyn ExecutionPlan>> {
    match as_offset_limit(&node) {
        Some(limit) => Transformed::yes(Arc::new(OffsetExec::new(limit, false))),
        None => Transformed::no(node),
    }
}

/// Returns `node` if it is a limit that skips rows.
fn as_offset_limit(node: &Arc<dyn ExecutionPlan>) -> Option<&GlobalLimitExec> {
    node.downcast_ref::<GlobalLimitExec>().filter(|limit| limit.skip() > 0)
}

/// Lets an offset at the root of `plan` keep its order: no node above could limit the rows again.
fn show_order_at_root(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
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
