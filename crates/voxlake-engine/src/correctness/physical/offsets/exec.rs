//! Placeholder of a limit with an offset while DataFusion adds and moves sorts.

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

/// Limit with an offset that requires the order of its input. Exists only while
/// `EnsureRequirements` runs.
#[derive(Clone, Debug)]
pub(super) struct OffsetExec {
    /// Replaced limit, with the input.
    limit: Arc<GlobalLimitExec>,
    /// Order of the input when the offset was planned, which the limit requires.
    order: Option<LexOrdering>,
    /// True if the nodes above may rely on the order.
    shows_order: bool,
    /// Cached properties, without orderings unless `shows_order` is true.
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

/// Returns the order of a plan. A sort has the requested order: the first of its output orderings
/// may be another one, which no longer holds after partitions are merged.
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
    fn fmt_as(&self, format: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        let skip = self.limit.skip();
        let fetch = self.limit.fetch().map_or_else(|| "None".to_owned(), |rows| rows.to_string());
        match format {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "OffsetExec: skip={skip}, fetch={fetch}")?;
                self.order.as_ref().map_or(Ok(()), |order| write!(f, ", order=[{order}]"))
            }
            DisplayFormatType::TreeRender => {
                writeln!(f, "skip={skip}")?;
                writeln!(f, "fetch={fetch}")
            }
        }
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
        let Some(input) = children.pop() else { return internal_err!("OffsetExec takes one input") };
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
