//! Physical operator of `last_names`.

use std::collections::HashMap;
use std::fmt::{self, Formatter};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Distribution, EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::common::collect;
use datafusion::physical_plan::execution_plan::{
    Boundedness, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::stream;

use super::super::usage::SummaryUsage;

/// Operator that returns the rows (id, name) of a period. Missing names are filled from `before`,
/// which runs only if a name is missing.
///
/// `before` is not a child, because EXPLAIN shows children as executed. See [`Self::ran_before`].
#[derive(Debug)]
pub(crate) struct LastNamesExec {
    /// Input plan: ids and names of the period, in one partition.
    of_period: Arc<dyn ExecutionPlan>,
    /// Plan of the names from before the period, and whether it ran.
    before: Arc<NamesBefore>,
    /// Cached properties: schema and one partition.
    properties: Arc<PlanProperties>,
}

/// Plan of the names from before a period.
#[derive(Debug)]
pub(super) struct NamesBefore {
    /// The plan, in one partition.
    plan: Arc<dyn ExecutionPlan>,
    /// True after `plan` was started.
    has_run: AtomicBool,
    /// Summaries that the query uses; those of `plan` are added when it runs.
    used: Arc<SummaryUsage>,
    /// Summaries that `plan` uses.
    used_by_plan: Arc<SummaryUsage>,
}

impl NamesBefore {
    /// `plan` has one partition.
    pub(super) fn new(
        plan: Arc<dyn ExecutionPlan>,
        used: Arc<SummaryUsage>,
        used_by_plan: Arc<SummaryUsage>,
    ) -> Self {
        Self { plan, has_run: AtomicBool::new(false), used, used_by_plan }
    }

    fn execute(&self, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.has_run.store(true, Ordering::Relaxed);
        self.used.include(&self.used_by_plan);
        self.plan.execute(0, context)
    }
}

impl LastNamesExec {
    /// Both plans have one partition of unique ids with names, which may be NULL.
    pub(super) fn new(of_period: Arc<dyn ExecutionPlan>, before: NamesBefore, schema: SchemaRef) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self { of_period, before: Arc::new(before), properties: Arc::new(properties) }
    }

    /// Plan of the names from before the period.
    pub(crate) fn before(&self) -> &Arc<dyn ExecutionPlan> {
        &self.before.plan
    }

    /// The same plan, if it ran.
    pub(crate) fn ran_before(&self) -> Option<&Arc<dyn ExecutionPlan>> {
        self.before.has_run.load(Ordering::Relaxed).then_some(&self.before.plan)
    }
}

impl DisplayAs for LastNamesExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        let before = if self.ran_before().is_some() { "read" } else { "not needed" };
        match format {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "LastNamesExec: names_from_before_the_period={before}")
            }
            DisplayFormatType::TreeRender => writeln!(f, "names_from_before_the_period={before}"),
        }
    }
}

impl ExecutionPlan for LastNamesExec {
    fn name(&self) -> &'static str {
        "LastNamesExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![Distribution::SinglePartition]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.of_period]
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
        let Some(of_period) = children.pop() else { return internal_err!("LastNamesExec is of one input") };
        Ok(Arc::new(Self {
            of_period,
            before: Arc::clone(&self.before),
            properties: Arc::clone(&self.properties),
        }))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let of_period = self.of_period.execute(partition, Arc::clone(&context))?;
        let before = Arc::clone(&self.before);
        let schema = self.schema();
        let names = async move {
            let of_period = collect(of_period).await?;
            let is_complete = of_period.iter().all(|names| names.column(1).null_count() == 0);
            if is_complete {
                return filled(&of_period, &HashMap::new(), &schema);
            }
            let before = collect(before.execute(context)?).await?;
            let known = before.iter().flat_map(pairs).filter_map(|(id, name)| Some((id?, name?)));
            filled(&of_period, &known.collect(), &schema)
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream::once(names))))
    }
}

fn pairs(names: &RecordBatch) -> impl Iterator<Item = (Option<&str>, Option<&str>)> {
    names.column(0).as_string::<i32>().iter().zip(names.column(1).as_string::<i32>())
}

/// Returns the rows of `names`, with missing names from `known` by id.
fn filled(names: &[RecordBatch], known: &HashMap<&str, &str>, schema: &SchemaRef) -> Result<RecordBatch> {
    let rows = names.iter().flat_map(pairs);
    let (ids, names): (Vec<_>, Vec<_>) =
        rows.map(|(id, name)| (id, name.or_else(|| known.get(id?).copied()))).unzip();
    let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(ids)), Arc::new(StringArray::from(names))];
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}
