//! Runs the tasks of an executor: fast unnests, and streams that stop when a task is cancelled.
//!
//! Plans travel with DataFusion's unnests, which the executor replaces as a session does.
//!
//! Ballista drops the future of a cancelled task, but the writer of a stage reads its input in
//! threads of its own, which run on to the end. Joins do not yield to other tasks either, so that a
//! cross join of hours would block a thread of the executor.
//!
//! ```text
//! ShuffleWriterExec                       ShuffleWriterExec
//!   AggregateExec                  =>       StoppableExec
//!     CrossJoinExec                           AggregateExec
//!       ShuffleReaderExec                       StoppableExec
//!       ShuffleReaderExec                         CrossJoinExec
//!                                                   StoppableExec
//!                                                     ShuffleReaderExec
//!                                                   StoppableExec
//!                                                     ShuffleReaderExec
//! ```

use std::fmt::{self, Display, Formatter};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ballista_core::JobId;
use ballista_core::serde::protobuf::{
    RuntimeStatsReport, ShuffleWritePartition, TaskColumnStats, WindowStateReport,
};
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::prelude::SessionConfig;
use voxlake_engine::rules::with_offset_unnest;

use crate::stop::{StopOnDrop, StopSignal, stop_signal};
use crate::stoppable_exec::StoppableExec;
use crate::task_error::readable;

/// Ballista's engine with fast unnests and tasks that stop.
pub(crate) struct StageEngine {
    inner: DefaultExecutionEngine,
}

impl StageEngine {
    pub(crate) fn new() -> Self {
        Self { inner: DefaultExecutionEngine::new() }
    }
}

impl ExecutionEngine for StageEngine {
    fn create_query_stage_exec(
        &self,
        job_id: JobId,
        stage_id: usize,
        task_id: usize,
        global_output_partition_ids: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> Result<Arc<dyn QueryStageExecutor>> {
        let (guard, signal) = stop_signal();
        let plan = with_offset_unnest(stoppable(plan, &signal)?)?;
        let inner = self.inner.create_query_stage_exec(
            job_id,
            stage_id,
            task_id,
            global_output_partition_ids,
            plan,
            work_dir,
            config,
        )?;
        Ok(Arc::new(StoppableStage { inner, guard: Mutex::new(Some(guard)) }))
    }
}

/// Makes a stage stop at `signal`: below its writer, at its leaves, and above operators that return
/// many batches for one of their input.
fn stoppable(writer: Arc<dyn ExecutionPlan>, signal: &StopSignal) -> Result<Arc<dyn ExecutionPlan>> {
    let wrap = |node| -> Arc<dyn ExecutionPlan> { Arc::new(StoppableExec::new(node, signal.clone())) };
    let multiplies = |node: &Arc<dyn ExecutionPlan>| {
        node.children().is_empty()
            || node.is::<CrossJoinExec>()
            || node.is::<NestedLoopJoinExec>()
            || node.is::<HashJoinExec>()
            || node.is::<UnnestExec>()
    };
    let wrapped = writer.map_children(|input| {
        let input = input.transform_up(|node| {
            Ok(if multiplies(&node) { Transformed::yes(wrap(node)) } else { Transformed::no(node) })
        })?;
        Ok(Transformed::yes(wrap(input.data)))
    })?;
    Ok(wrapped.data)
}

/// A stage that stops when the future of its task is dropped.
#[derive(Debug)]
struct StoppableStage {
    inner: Arc<dyn QueryStageExecutor>,
    /// Taken by the task.
    guard: Mutex<Option<StopOnDrop>>,
}

impl Display for StoppableStage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl QueryStageExecutor for StoppableStage {
    async fn execute_query_stage(
        &self,
        task_id: usize,
        context: Arc<TaskContext>,
    ) -> Result<Vec<ShuffleWritePartition>> {
        let _guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.inner.execute_query_stage(task_id, context).await.map_err(readable)
    }

    fn collect_plan_metrics(&self) -> Vec<MetricsSet> {
        self.inner.collect_plan_metrics()
    }

    fn collect_runtime_stats_reports(&self) -> Vec<RuntimeStatsReport> {
        self.inner.collect_runtime_stats_reports()
    }

    fn collect_window_state_reports(&self) -> Result<Vec<WindowStateReport>> {
        self.inner.collect_window_state_reports()
    }

    fn collect_column_stats(&self) -> Vec<TaskColumnStats> {
        self.inner.collect_column_stats()
    }
}
