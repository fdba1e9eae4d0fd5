//! Optimizer rules that rewrite one kind of plan node.

use std::fmt::Debug;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::{Aggregate, LogicalPlan, Projection};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// Rewrite of aggregations.
pub(super) trait AggregateRewrite: Debug + Send + Sync {
    /// Name of the optimizer rule.
    const NAME: &'static str;

    /// Returns the replacement of `aggregate`, or `None` to keep it.
    fn rewrite(&self, aggregate: &Aggregate) -> Result<Option<LogicalPlan>>;
}

/// Optimizer rule of an [`AggregateRewrite`], applied bottom-up.
#[derive(Debug)]
pub(super) struct AggregateRule<R>(pub(super) R);

impl<R: AggregateRewrite> OptimizerRule for AggregateRule<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(Transformed::no(plan)) };
        match self.0.rewrite(&aggregate)? {
            Some(plan) => Ok(Transformed::yes(plan)),
            None => Ok(Transformed::no(LogicalPlan::Aggregate(aggregate))),
        }
    }
}

/// Rewrite of the inputs of projections.
pub(super) trait ProjectionInputRewrite: Debug + Send + Sync {
    /// Name of the optimizer rule.
    const NAME: &'static str;

    /// Returns the new input of `projection`, or `None` to keep it. Its columns must have the names
    /// that the projection uses.
    fn rewrite_input(&self, projection: &Projection) -> Result<Option<LogicalPlan>>;
}

/// Optimizer rule of a [`ProjectionInputRewrite`], applied top-down.
#[derive(Debug)]
pub(super) struct ProjectionInputRule<R>(pub(super) R);

impl<R: ProjectionInputRewrite> OptimizerRule for ProjectionInputRule<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Projection(projection) = plan else { return Ok(Transformed::no(plan)) };
        let Some(input) = self.0.rewrite_input(&projection)? else {
            return Ok(Transformed::no(LogicalPlan::Projection(projection)));
        };
        let rewritten = Projection::try_new_with_schema(projection.expr, Arc::new(input), projection.schema)?;
        Ok(Transformed::yes(LogicalPlan::Projection(rewritten)))
    }
}
