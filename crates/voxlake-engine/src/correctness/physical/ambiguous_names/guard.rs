//! Node that stops filters on ambiguous columns while DataFusion's filter pushdown runs.

use std::collections::HashSet;
use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::filter_pushdown::{
    ChildFilterDescription, FilterDescription, FilterPushdownPhase,
};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

/// Passes only filters on some columns from its parents to its input. Exists only while filters are
/// pushed down.
#[derive(Debug)]
pub(super) struct FilterGuardExec {
    /// Input plan, on which a lookup by name could find the wrong column.
    input: Arc<dyn ExecutionPlan>,
    /// Indices of the columns to which filters may refer.
    passing: HashSet<usize>,
}

impl FilterGuardExec {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, passing: HashSet<usize>) -> Self {
        Self { input, passing }
    }

    pub(super) fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.input
    }
}

impl DisplayAs for FilterGuardExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        let schema = self.input.schema();
        let mut passing: Vec<_> = self.passing.iter().copied().collect();
        passing.sort_unstable();
        let passing = passing.into_iter().map(|index| format!("{}@{index}", schema.field(index).name()));
        let passing = passing.collect::<Vec<_>>().join(", ");
        match format {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "FilterGuardExec: passes=[{passing}]")
            }
            DisplayFormatType::TreeRender => writeln!(f, "passes={passing}"),
        }
    }
}

impl ExecutionPlan for FilterGuardExec {
    fn name(&self) -> &'static str {
        "FilterGuardExec"
    }

    // The same object as the input's properties, so that parents keep theirs when the guard is
    // removed.
    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
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
            Some(input) => Ok(Arc::new(Self::new(input, self.passing.clone()))),
            None => internal_err!("FilterGuardExec takes one input"),
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

    fn gather_filters_for_pushdown(
        &self,
        _: FilterPushdownPhase,
        parent_filters: Vec<Arc<dyn PhysicalExpr>>,
        _: &ConfigOptions,
    ) -> Result<FilterDescription> {
        let child = ChildFilterDescription::from_child_with_allowed_indices(
            &parent_filters,
            self.passing.clone(),
            &self.input,
        )?;
        Ok(FilterDescription::new().with_child(child))
    }
}
