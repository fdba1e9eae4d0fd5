//! Operator that hides properties of its input and passes batches on.

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
use serde::{Deserialize, Serialize};

/// Properties of an input to hide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Hidden {
    /// No properties.
    None,
    /// Orderings only.
    Orderings,
    /// Constants, equal columns, orderings and unique keys.
    All,
}

impl Hidden {
    /// Returns whether `properties` have any that would be hidden.
    pub(super) fn has_any(self, properties: &EquivalenceProperties) -> bool {
        let ordered = !properties.oeq_class().is_empty();
        match self {
            Self::None => false,
            Self::Orderings => ordered,
            Self::All => ordered || !properties.eq_group().is_empty(),
        }
    }

    /// Returns `properties` without the hidden ones.
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

/// Passes the batches of its input on and hides some of its properties.
#[derive(Clone, Debug)]
pub(super) struct HidePropertiesExec {
    /// Input plan.
    input: Arc<dyn ExecutionPlan>,
    /// Properties of the input to hide.
    hidden: Hidden,
    /// True if the parent benefits from more partitions.
    benefits_from_partitions: bool,
    /// Cached properties of the input without the hidden ones.
    properties: Arc<PlanProperties>,
}

impl HidePropertiesExec {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, hidden: Hidden, benefits_from_partitions: bool) -> Self {
        let shown = hidden.apply(input.equivalence_properties());
        let properties = PlanProperties::clone(input.properties()).with_eq_properties(shown);
        Self { input, hidden, benefits_from_partitions, properties: Arc::new(properties) }
    }

    /// Returns what the node hides, and whether its parent benefits from more partitions.
    pub(super) fn parts(&self) -> (Hidden, bool) {
        (self.hidden, self.benefits_from_partitions)
    }
}

impl DisplayAs for HidePropertiesExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        let hides = match self.hidden {
            Hidden::None => "nothing",
            Hidden::Orderings => "orderings",
            Hidden::All => "constants, orderings",
        };
        match format {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "HidePropertiesExec: hides={hides}")
            }
            DisplayFormatType::TreeRender => writeln!(f, "hides={hides}"),
        }
    }
}

impl ExecutionPlan for HidePropertiesExec {
    fn name(&self) -> &'static str {
        "HidePropertiesExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    // Keeps sorts from being pushed below this node.
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
        let Some(input) = children.pop() else { return internal_err!("HidePropertiesExec takes one input") };
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
            _ => internal_err!("HidePropertiesExec takes one input"),
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
        // A projection below that cannot merge with the new one returns it unchanged above this
        // node, which would repeat forever.
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
