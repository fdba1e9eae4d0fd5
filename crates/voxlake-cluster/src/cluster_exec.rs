//! Operator that runs its input on the cluster.

use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::common::internal_err;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::StreamExt as _;

use crate::address::EngineAddress;
use crate::client::Client;
use crate::job::Job;

/// Runs a plan on the cluster and returns its rows in one partition.
#[derive(Debug)]
pub(crate) struct ClusterExec {
    /// The plan as the session planned it.
    input: Arc<dyn ExecutionPlan>,
    job: Arc<Job>,
    client: Arc<Client>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl ClusterExec {
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>, job: Job, client: Arc<Client>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self {
            input,
            job: Arc::new(job),
            client,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }
}

impl DisplayAs for ClusterExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        let EngineAddress { host, port, partitions, .. } = &self.client.address;
        match format {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "ClusterExec: engine=ballista://{host}:{port}, partitions={partitions}")
            }
            DisplayFormatType::TreeRender => writeln!(f, "ballista://{host}:{port}"),
        }
    }
}

impl ExecutionPlan for ClusterExec {
    fn name(&self) -> &'static str {
        "ClusterExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
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
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        // The job is already encoded.
        match children.as_slice() {
            [input] if Arc::ptr_eq(input, &self.input) => Ok(self),
            _ => internal_err!("the input of ClusterExec cannot be replaced"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match children.as_slice() {
            [input] if Arc::ptr_eq(input, &self.input) => Ok(self),
            _ => internal_err!("the input of ClusterExec cannot be replaced"),
        }
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("ClusterExec has one partition");
        }
        let rows = MetricBuilder::new(&self.metrics).output_rows(partition);
        let batches = Arc::clone(&self.client).run(Arc::clone(&self.job));
        let (schema, expected) = (self.input.schema(), self.input.schema());
        // The files of a result lack the nullability and comments of some columns.
        let batches = batches.map(move |batch| {
            let batch = batch?;
            rows.add(batch.num_rows());
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            let (_, columns, _) = batch.into_parts();
            Ok(RecordBatch::try_new_with_options(Arc::clone(&expected), columns, &options)?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
