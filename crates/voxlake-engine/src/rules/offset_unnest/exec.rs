//! Physical operator that unnests lists through their offsets.

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

use super::unnester::ListUnnester;

/// Unnests the list columns of its input, as [`UnnestExec`] does.
///
/// Each row becomes as many rows as its longest list has entries. Shorter lists are padded with
/// NULL, other columns are repeated, and rows whose lists are all null or empty are dropped.
#[derive(Debug)]
pub(super) struct OffsetUnnestExec {
    /// Replaced operator, which holds the input, the columns to unnest and the plan properties.
    inner: Arc<UnnestExec>,
    /// Metrics of all partitions.
    metrics: ExecutionPlanMetricsSet,
}

impl OffsetUnnestExec {
    /// Creates the operator. `inner` unnests only lists without nested lists and drops null and
    /// empty ones.
    pub(super) fn new(inner: UnnestExec) -> Self {
        Self { inner: Arc::new(inner), metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for OffsetUnnestExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        let schema = self.inner.input().schema();
        let lists = self.inner.list_column_indices().iter().map(|list| {
            let index = list.index_in_input_schema;
            format!("{}@{index}", schema.field(index).name())
        });
        let lists = lists.collect::<Vec<_>>().join(", ");
        match format {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "OffsetUnnestExec: lists=[{lists}]")
            }
            DisplayFormatType::TreeRender => writeln!(f, "lists={lists}"),
        }
    }
}

impl ExecutionPlan for OffsetUnnestExec {
    fn name(&self) -> &'static str {
        "OffsetUnnestExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.inner.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.inner.children()
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
        let replaced = Arc::clone(&self.inner).replace_children(children, options)?;
        match replaced.downcast_ref::<UnnestExec>() {
            Some(unnest) => Ok(Arc::new(Self::new(unnest.clone()))),
            None => internal_err!("replacing the children of an UnnestExec changed its type"),
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
        let max_rows = match context.memory_pool().memory_limit() {
            // Unlimited memory permits larger batches, which avoids splitting lists with few
            // entries.
            MemoryLimit::Infinite => batch_size.saturating_mul(2),
            // Sorts that spill expect batches of this size.
            _ => batch_size,
        };
        let lists = self.inner.list_column_indices();
        let lists: Vec<_> = lists.iter().map(|list| list.index_in_input_schema).collect();
        let schema = self.schema();
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let input = self.inner.input().execute(partition, context)?;
        let unnested = input.flat_map(move |batch| {
            let _timer = metrics.elapsed_compute().timer();
            let unnested_batches = batch.and_then(|batch| {
                let unnester = ListUnnester::new(&batch, &lists);
                let unnested_batches =
                    unnester.row_ranges(max_rows).into_iter().map(|rows| unnester.unnest(rows, &schema));
                unnested_batches.collect::<Result<Vec<_>>>()
            });
            let batches = match unnested_batches {
                Ok(unnested_batches) => {
                    unnested_batches.iter().flat_map(|batch| split_batch(batch, max_rows)).map(Ok).collect()
                }
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

/// Splits `batch` into slices of at most `max_rows` rows, because a single list may have any
/// length.
fn split_batch(batch: &RecordBatch, max_rows: usize) -> Vec<RecordBatch> {
    let max_rows = max_rows.max(1);
    (0..batch.num_rows())
        .step_by(max_rows)
        .map(|from| batch.slice(from, max_rows.min(batch.num_rows() - from)))
        .collect()
}
