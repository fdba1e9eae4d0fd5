//! The step of a physical plan in which lists are unnested.

use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::common::internal_err;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::memory_pool::MemoryLimit;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{StreamExt as _, stream};

use super::rows::Lists;

/// What the engine's step does, done by [`Lists`].
#[derive(Debug)]
pub(super) struct PlainUnnestExec {
    engines_own: Arc<UnnestExec>,
    metrics: ExecutionPlanMetricsSet,
}

impl PlainUnnestExec {
    /// In place of a step that has nothing but lists to unnest, and leaves out those without entries.
    pub(super) fn new(engines_own: UnnestExec) -> Self {
        Self { engines_own: Arc::new(engines_own), metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for PlainUnnestExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("PlainUnnestExec")
    }
}

impl ExecutionPlan for PlainUnnestExec {
    fn name(&self) -> &'static str {
        "PlainUnnestExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.engines_own.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.engines_own.children()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let replaced = Arc::clone(&self.engines_own).replace_children(children, options)?;
        match replaced.downcast_ref::<UnnestExec>() {
            Some(unnest) => Ok(Arc::new(Self::new(unnest.clone()))),
            None => internal_err!("an UnnestExec of other children is another step"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let batch_size = context.session_config().batch_size();
        let most = match context.memory_pool().memory_limit() {
            // A batch of lists of few entries becomes one batch, though it has some more rows.
            MemoryLimit::Infinite => batch_size.saturating_mul(2),
            // What sorts and spills reckons with batches of that size.
            _ => batch_size,
        };
        let lists = self.engines_own.list_column_indices();
        let lists: Vec<_> = lists.iter().map(|list| list.index_in_input_schema).collect();
        let schema = self.schema();
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let input = self.engines_own.input().execute(partition, context)?;
        let unnested = input.flat_map(move |batch| {
            let _timer = metrics.elapsed_compute().timer();
            let made = batch.and_then(|batch| {
                let lists = Lists::new(&batch, &lists);
                let made = lists.parts(most).into_iter().map(|rows| lists.unnested(rows, &schema));
                made.collect::<Result<Vec<_>>>()
            });
            let batches = match made {
                Ok(made) => made.iter().flat_map(|batch| split(batch, most)).map(Ok).collect(),
                Err(error) => vec![Err(error)],
            };
            for batch in batches.iter().flatten() {
                metrics.record_output(batch.num_rows());
            }
            stream::iter(batches)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), unnested)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// `batch` in slices of no more than `most` rows: a single list may be of any length.
fn split(batch: &RecordBatch, most: usize) -> Vec<RecordBatch> {
    let most = most.max(1);
    (0..batch.num_rows())
        .step_by(most)
        .map(|from| batch.slice(from, most.min(batch.num_rows() - from)))
        .collect()
}
