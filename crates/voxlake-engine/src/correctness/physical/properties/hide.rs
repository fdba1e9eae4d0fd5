//! Node that passes batches on and hides properties of its input.

use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    CardinalityEffect, ChildrenPropertiesMode, ReplaceChildrenOptions, replace_children_if_necessary,
};
use datafusion::physical_plan::filter_pushdown::{FilterDescription, FilterPushdownPhase};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties as _, PlanProperties,
};

/// Properties of an input that are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hidden {
    None,
    /// Orderings only.
    Orderings,
    /// Constants, equal columns, orderings and unique keys.
    All,
}

impl Hidden {
    /// Returns whether `properties` have anything that is hidden.
    pub(super) fn has_any(self, properties: &EquivalenceProperties) -> bool {
        let ordered = !properties.oeq_class().is_empty();
        match self {
            Self::None => false,
            Self::Orderings => ordered,
            Self::All => ordered || !properties.eq_group().is_empty(),
        }
    }

    /// Returns `properties` without what is hidden.
    fn apply(self, properties: &EquivalenceProperties) -> EquivalenceProperties {
        match self {
            Self::None => properties.clone(),
            Self::Orderings => {
                let mut properties = properties.clone();
                properties.clear_orderings();
                properties
            }
            Self::All => EquivalenceProperties::new(Arc::clone(properties.schema())),
        }
    }
}

/// Passes the batches of its input on, and hides properties of it.
#[derive(Clone, Debug)]
pub(super) struct HidePropertiesExec {
    input: Arc<dyn ExecutionPlan>,
    hidden: Hidden,
    /// True if the node above gains from more partitions.
    benefits_from_partitions: bool,
    properties: Arc<PlanProperties>,
}

impl HidePropertiesExec {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, hidden: Hidden, benefits_from_partitions: bool) -> Self {
        let shown = hidden.apply(input.equivalence_properties());
        let properties = PlanProperties::clone(input.properties()).with_eq_properties(shown);
        Self { input, hidden, benefits_from_partitions, properties: Arc::new(properties) }
    }
}

impl DisplayAs for HidePropertiesExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.hidden {
            Hidden::None => "HidePropertiesExec",
            Hidden::Orderings => "HidePropertiesExec: hides=orderings",
            Hidden::All => "HidePropertiesExec: hides=constants, orderings",
        })
    }
}

impl ExecutionPlan for HidePropertiesExec {
    fn name(&self) -> &'static str {
        "HidePropertiesExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    // Sorts are then not pushed below this node.
    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![self.benefits_from_partitions]
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
        options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(input) = children.pop() else { return internal_err!("a HidePropertiesExec has an input") };
        Ok(Arc::new(match options.children_properties {
            ChildrenPropertiesMode::Keep => Self { input, ..Self::clone(&self) },
            ChildrenPropertiesMode::Recompute => Self::new(input, self.hidden, self.benefits_from_partitions),
        }))
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
            _ => internal_err!("a HidePropertiesExec has one input"),
        }
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }

    fn try_swapping_with_projection(
        &self,
        projection: &ProjectionExec,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        // A projection below, which does not become one with it, returns it as it is: over this
        // node, and so forever.
        let projection = ProjectionExec::try_new(projection.expr().to_vec(), Arc::clone(&self.input))?;
        let swapped = self.input.try_swapping_with_projection(&projection)?;
        let below = |input| replace_children_if_necessary(Arc::new(self.clone()), vec![input]);
        swapped.map(below).transpose()
    }

    fn gather_filters_for_pushdown(
        &self,
        _: FilterPushdownPhase,
        parent_filters: Vec<Arc<dyn PhysicalExpr>>,
        _: &ConfigOptions,
    ) -> Result<FilterDescription> {
        FilterDescription::from_children(parent_filters, &self.children())
    }
}
