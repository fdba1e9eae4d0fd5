//! Node that stands for a limit with an offset while DataFusion adds and moves sorts.

use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Distribution, EquivalenceProperties, LexOrdering, PhysicalExpr};
use datafusion::physical_expr_common::sort_expr::OrderingRequirements;
use datafusion::physical_optimizer::output_requirements::OutputRequirementExec;
use datafusion::physical_plan::execution_plan::{
    CardinalityEffect, ChildrenPropertiesMode, ReplaceChildrenOptions,
};
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, PlanProperties,
};

/// A limit with an offset that requires the order that its input has.
#[derive(Clone, Debug)]
pub(super) struct OffsetExec {
    limit: Arc<GlobalLimitExec>,
    /// Order of the input when the offset was planned.
    order: Option<LexOrdering>,
    /// True if the nodes above may rely on the order.
    shows_order: bool,
    properties: Arc<PlanProperties>,
}

impl OffsetExec {
    pub(super) fn new(limit: &GlobalLimitExec, shows_order: bool) -> Self {
        Self::with_order(limit.clone(), order_of(limit.input()), shows_order)
    }

    fn with_order(limit: GlobalLimitExec, order: Option<LexOrdering>, shows_order: bool) -> Self {
        let mut properties = PlanProperties::clone(limit.properties());
        if !shows_order {
            properties.set_eq_properties(EquivalenceProperties::new(limit.schema()));
        }
        Self { limit: Arc::new(limit), order, shows_order, properties: Arc::new(properties) }
    }

    pub(super) fn showing_order(&self) -> Self {
        Self::with_order(GlobalLimitExec::clone(&self.limit), self.order.clone(), true)
    }

    /// Returns the limit over the present input.
    pub(super) fn to_limit(&self) -> GlobalLimitExec {
        let mut limit = GlobalLimitExec::clone(&self.limit);
        if self.order.is_some() {
            limit.set_required_ordering(self.order.clone());
        }
        limit
    }
}

/// The order of a plan. Of a sort it is the one that was asked for: the first of the orders that
/// its output is said to have may be another one, which holds no longer once partitions are merged.
fn order_of(plan: &Arc<dyn ExecutionPlan>) -> Option<LexOrdering> {
    if let Some(sort) = plan.downcast_ref::<SortExec>() {
        return Some(sort.expr().clone());
    }
    if let Some(merge) = plan.downcast_ref::<SortPreservingMergeExec>() {
        return Some(merge.expr().clone());
    }
    if let Some(required) = plan.downcast_ref::<OutputRequirementExec>() {
        return order_of(&required.input());
    }
    plan.properties().output_ordering().cloned()
}

impl DisplayAs for OffsetExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("OffsetExec")
    }
}

impl ExecutionPlan for OffsetExec {
    fn name(&self) -> &'static str {
        "OffsetExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        vec![self.order.clone().map(OrderingRequirements::from)]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![self.shows_order]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![self.limit.input()]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(input) = children.pop() else { return internal_err!("an OffsetExec has an input") };
        let mut limit = GlobalLimitExec::new(input, self.limit.skip(), self.limit.fetch());
        limit.set_required_ordering(self.limit.required_ordering().clone());
        Ok(Arc::new(Self::with_order(limit, self.order.clone(), self.shows_order)))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.limit.execute(partition, context)
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        self.limit.child_stats_requests(partition)
    }

    fn statistics_from_inputs(
        &self,
        input_stats: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        self.limit.statistics_from_inputs(input_stats, args)
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::LowerEqual
    }
}
