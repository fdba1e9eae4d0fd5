//! Operator that requires its input in one partition, and possibly in an order.
//!
//! The scheduler plans each stage again with DataFusion's rules. They remove a merge of partitions
//! whose parent does not require it, such as the right side of a join, and move a sort of a parent
//! below a limit. They keep this node with what it requires, and move no sort across it.

use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Statistics, internal_err};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr,
};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{
    Boundedness, CardinalityEffect, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties as _, InputDistributionRequirements,
    Partitioning, PlanProperties,
};

/// Passes on the batches of its input, which has one partition.
#[derive(Debug)]
pub(crate) struct OnePartitionExec {
    input: Arc<dyn ExecutionPlan>,
    /// Order that the input must have. Nodes above cannot rely on it.
    order: Option<LexOrdering>,
    properties: Arc<PlanProperties>,
}

impl OnePartitionExec {
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>, order: Option<LexOrdering>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { input, order, properties: Arc::new(properties) }
    }

    /// Merges the partitions of `input`, unless it is such a node or has one partition.
    pub(crate) fn merge(input: &Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        match input.output_partitioning().partition_count() {
            1 if input.is::<Self>() => Arc::clone(input),
            1 => Arc::new(Self::new(Arc::clone(input), None)),
            _ => Self::stage(input),
        }
    }

    /// Merges the partitions of `input` in a stage of its own.
    pub(crate) fn stage(input: &Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(Self::new(Arc::new(CoalescePartitionsExec::new(Arc::clone(input))), None))
    }

    pub(crate) fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.input
    }

    /// Order that the input must have.
    pub(crate) fn order(&self) -> Option<&LexOrdering> {
        self.order.as_ref()
    }
}

impl DisplayAs for OnePartitionExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("OnePartitionExec")?;
        self.order.as_ref().map_or(Ok(()), |order| write!(f, ": order=[{order}]"))
    }
}

impl ExecutionPlan for OnePartitionExec {
    fn name(&self) -> &'static str {
        "OnePartitionExec"
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
        vec![false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
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
        match children.pop() {
            Some(input) => Ok(Arc::new(Self::new(input, self.order.clone()))),
            None => internal_err!("OnePartitionExec takes one input"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }

    // Without statistics Ballista would not broadcast the small side of a join.
    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition)]
    }

    fn statistics_from_inputs(
        &self,
        input_stats: &[Arc<Statistics>],
        _: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        match input_stats {
            [statistics] => Ok(Arc::clone(statistics)),
            _ => internal_err!("OnePartitionExec takes one input"),
        }
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }
}
