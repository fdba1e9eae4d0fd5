//! The step of a physical plan in which it is found.

use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Distribution, EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties as _, PlanProperties,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::rows::Rows;

/// The rows of `input`, each with the values of `lags` on the row before of its `keys` by `at`.
#[derive(Debug)]
pub(super) struct HashedLagExec {
    input: Arc<dyn ExecutionPlan>,
    lags: Vec<Arc<dyn PhysicalExpr>>,
    keys: Vec<Arc<dyn PhysicalExpr>>,
    at: Arc<dyn PhysicalExpr>,
    tie: Option<Arc<dyn PhysicalExpr>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl HashedLagExec {
    /// `schema` has the columns of `input` and one for each of `lags`.
    pub(super) fn new(
        input: Arc<dyn ExecutionPlan>,
        lags: Vec<Arc<dyn PhysicalExpr>>,
        keys: Vec<Arc<dyn PhysicalExpr>>,
        at: Arc<dyn PhysicalExpr>,
        tie: Option<Arc<dyn PhysicalExpr>>,
        schema: SchemaRef,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            // By columns of the input, which are the first of ours.
            input.output_partitioning().clone(),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Self { input, lags, keys, at, tie, properties: Arc::new(properties), metrics }
    }
}

impl DisplayAs for HashedLagExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        let list = |exprs: &[Arc<dyn PhysicalExpr>]| {
            exprs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        write!(f, "HashedLagExec: lag=[{}], keys=[{}], at={}", list(&self.lags), list(&self.keys), self.at)?;
        self.tie.as_ref().map_or(Ok(()), |tie| write!(f, ", tie={tie}"))
    }
}

impl ExecutionPlan for HashedLagExec {
    fn name(&self) -> &'static str {
        "HashedLagExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![Distribution::KeyPartitioned(self.keys.clone())]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for expr in self.lags.iter().chain(&self.keys).chain([&self.at]).chain(&self.tie) {
            if f(expr)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(input) = children.pop() else { return internal_err!("HashedLagExec is of one input") };
        let (lags, keys) = (self.lags.clone(), self.keys.clone());
        Ok(Arc::new(Self::new(input, lags, keys, Arc::clone(&self.at), self.tie.clone(), self.schema())))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut input = self.input.execute(partition, Arc::clone(&context))?;
        let memory = MemoryConsumer::new(self.name()).register(context.memory_pool());
        let mut rows = Rows::try_new(&self.keys, &self.input.schema(), memory)?;
        let (lags, keys, at) = (self.lags.clone(), self.keys.clone(), Arc::clone(&self.at));
        let tie = self.tie.clone();
        let (schema, metrics) = (self.schema(), BaselineMetrics::new(&self.metrics, partition));
        let found = async move {
            let busy = metrics.elapsed_compute().clone();
            while let Some(batch) = input.try_next().await? {
                let _timer = busy.timer();
                let value =
                    |expr: &Arc<dyn PhysicalExpr>| expr.evaluate(&batch)?.into_array(batch.num_rows());
                let values = |exprs: &[_]| exprs.iter().map(value).collect::<Result<Vec<_>>>();
                let (keys, at, lags) = (values(&keys)?, value(&at)?, values(&lags)?);
                let tie = tie.as_ref().map(value).transpose()?;
                rows.add(&keys, (&at, tie), lags, batch)?;
            }
            let timer = busy.timer();
            let found = rows.find()?;
            timer.done();
            Ok::<_, DataFusionError>(stream::iter(found.into_batches(schema).map(move |batch| {
                let _timer = busy.timer();
                let batch = batch?;
                metrics.record_output(batch.num_rows());
                Ok(batch)
            })))
        };
        let found = stream::once(found).try_flatten().boxed();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), found)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
