//! Physical operator of [`HashLag`](super::node::HashLag).

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

use super::state::LagState;

/// Appends the values of `lags` from the previous row with the same `keys`.
///
/// Buffers all rows of a partition in memory and cannot spill. Emits the batches of its input, in
/// their order, after the last one has arrived.
#[derive(Debug)]
pub(super) struct HashLagExec {
    /// Input plan, hash-partitioned by `keys`.
    input: Arc<dyn ExecutionPlan>,
    /// Arguments of `lag`, one for each appended column.
    lags: Vec<Arc<dyn PhysicalExpr>>,
    /// PARTITION BY expressions.
    keys: Vec<Arc<dyn PhysicalExpr>>,
    /// First ORDER BY expression: a timestamp or integer, never null.
    at: Arc<dyn PhysicalExpr>,
    /// Second ORDER BY expression: a text, never null. Rows with equal `at` have no defined order
    /// without it.
    tie: Option<Arc<dyn PhysicalExpr>>,
    /// Cached properties: schema and partitioning.
    properties: Arc<PlanProperties>,
    /// Metrics of all partitions.
    metrics: ExecutionPlanMetricsSet,
}

impl HashLagExec {
    /// Creates the operator. `schema` has the columns of `input`, then one for each of `lags`.
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
            // The columns of the input keep their indices.
            input.output_partitioning().clone(),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Self { input, lags, keys, at, tie, properties: Arc::new(properties), metrics }
    }
}

impl DisplayAs for HashLagExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        let list = |exprs: &[Arc<dyn PhysicalExpr>]| {
            exprs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let order: Vec<_> = [&self.at].into_iter().chain(&self.tie).map(Arc::clone).collect();
        let (lags, keys, order) = (list(&self.lags), list(&self.keys), list(&order));
        match format {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "HashLagExec: lag=[{lags}], keys=[{keys}], order_by=[{order}]")
            }
            DisplayFormatType::TreeRender => {
                writeln!(f, "lag={lags}")?;
                writeln!(f, "keys={keys}")?;
                writeln!(f, "order_by={order}")
            }
        }
    }
}

impl ExecutionPlan for HashLagExec {
    fn name(&self) -> &'static str {
        "HashLagExec"
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
        let Some(input) = children.pop() else { return internal_err!("HashLagExec takes one input") };
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
        let mut state = LagState::try_new(&self.keys, &self.input.schema(), memory)?;
        let (lags, keys, at) = (self.lags.clone(), self.keys.clone(), Arc::clone(&self.at));
        let tie = self.tie.clone();
        let (schema, metrics) = (self.schema(), BaselineMetrics::new(&self.metrics, partition));
        let batches = async move {
            let busy = metrics.elapsed_compute().clone();
            while let Some(batch) = input.try_next().await? {
                let _timer = busy.timer();
                let value =
                    |expr: &Arc<dyn PhysicalExpr>| expr.evaluate(&batch)?.into_array(batch.num_rows());
                let values = |exprs: &[_]| exprs.iter().map(value).collect::<Result<Vec<_>>>();
                let (keys, at, lags) = (values(&keys)?, value(&at)?, values(&lags)?);
                let tie = tie.as_ref().map(value).transpose()?;
                state.add(&keys, (&at, tie), lags, batch)?;
            }
            let timer = busy.timer();
            let lagged = state.find_previous()?;
            timer.done();
            Ok::<_, DataFusionError>(stream::iter(lagged.into_batches(schema).map(move |batch| {
                let _timer = busy.timer();
                let batch = batch?;
                metrics.record_output(batch.num_rows());
                Ok(batch)
            })))
        };
        let batches = stream::once(batches).try_flatten().boxed();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
