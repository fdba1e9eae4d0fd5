//! The answer to a question: record batches as they come, and errors that name what is to blame.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use futures::stream::{BoxStream, Stream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use voxlake_engine::corruption::find_corrupt_file;
use voxlake_lake::{DayFile, Lake, SummaryPeriod};

use crate::error::QueryError;
use crate::plan_files::{files_of, possible_files_of};
use crate::reading::Reading;
use crate::summaries::Used;

/// A running answer. Dropping it stops the work.
///
/// As a [`Stream`] it gives the batches in order; after an error nothing more comes.
pub struct Answer {
    schema: SchemaRef,
    plan: Arc<dyn ExecutionPlan>,
    batches: BoxStream<'static, Result<RecordBatch, QueryError>>,
    /// Day files of the session, read or not.
    days: usize,
    summaries: Arc<Used>,
    notices: Vec<String>,
}

/// Tells how much of the lake a running answer has read, also while another task waits for its batches.
#[derive(Clone)]
pub struct Gauge {
    plan: Arc<dyn ExecutionPlan>,
    days: usize,
    summaries: Arc<Used>,
}

impl Gauge {
    /// How much of the lake was read so far.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Reading::of(&self.plan, self.days, &self.summaries)
    }

    /// The day files that the answer is read from, by their paths within the lake: those that
    /// pruning by date left over.
    #[must_use]
    pub fn files(&self) -> Vec<Path> {
        files_of(&self.plan)
    }
}

impl std::fmt::Debug for Gauge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gauge").field("reading", &self.reading()).finish()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Answer {
    pub(crate) fn new(
        plan: Arc<dyn ExecutionPlan>,
        batches: SendableRecordBatchStream,
        examiner: Examiner,
        days: usize,
        summaries: Arc<Used>,
    ) -> Self {
        let schema = batches.schema();
        let batches = batches
            .then(move |batch| {
                let examiner = examiner.clone();
                async move {
                    match batch {
                        Ok(batch) => Ok(batch),
                        Err(error) => Err(examiner.explain(error).await),
                    }
                }
            })
            // One error ends an answer: what would come after it is not the whole anyway.
            .scan(false, |failed, batch| {
                let go_on = !*failed;
                *failed = batch.is_err();
                futures::future::ready(go_on.then_some(batch))
            })
            .boxed();
        Self { schema, plan, batches, days, summaries, notices: Vec::new() }
    }

    pub(crate) fn with_notices(mut self, notices: Vec<String>) -> Self {
        self.notices = notices;
        self
    }

    /// Notices about how the parameters of a named query were understood: a queue name that stands
    /// for several queues or for none, an empty period.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// What tells how far the answer is while it runs.
    #[must_use]
    pub fn gauge(&self) -> Gauge {
        Gauge { plan: Arc::clone(&self.plan), days: self.days, summaries: Arc::clone(&self.summaries) }
    }

    /// The answer's columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The plan that makes the answer, with its metrics once it has run.
    #[must_use]
    pub fn plan(&self) -> &Arc<dyn ExecutionPlan> {
        &self.plan
    }

    /// The day files that the answer is read from, by their paths within the lake: those that
    /// pruning by date left over.
    #[must_use]
    pub fn files(&self) -> Vec<Path> {
        self.gauge().files()
    }

    /// The summaries that the answer is made from, by their names: of which days, months and years.
    #[must_use]
    pub fn summaries(&self) -> BTreeMap<&'static str, BTreeSet<SummaryPeriod>> {
        self.summaries.all()
    }

    /// How much of the lake was read so far; all that the answer took, once the stream has ended.
    #[must_use]
    pub fn reading(&self) -> Reading {
        self.gauge().reading()
    }

    /// The plan in words, a line for each step from the answer down to the files, with what was
    /// measured so far at each.
    #[must_use]
    pub fn explained(&self) -> String {
        DisplayableExecutionPlan::with_metrics(self.plan.as_ref()).indent(false).to_string()
    }

    /// The whole answer in memory.
    ///
    /// # Errors
    /// The first that comes up on the way: damage, a lack of memory, a failing store.
    pub async fn collect(self) -> Result<Vec<RecordBatch>, QueryError> {
        self.batches.try_collect().await
    }

    /// The answer as DataFusion's own kind of stream, for what takes nothing else. Its errors carry
    /// a [`QueryError`] as `DataFusionError::External`.
    #[must_use]
    pub fn into_record_batch_stream(self) -> SendableRecordBatchStream {
        let batches = self.batches.map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(self.schema, batches))
    }
}

impl Stream for Answer {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_next_unpin(cx)
    }
}

/// Finds out whether a file is to blame for an error.
#[derive(Clone)]
pub(crate) struct Examiner {
    lake: Lake,
    /// The files that the failed plan reads.
    days: Arc<[DayFile]>,
}

impl Examiner {
    /// For a plan that reads some of `days`.
    pub(crate) fn new(lake: &Lake, days: &[DayFile], plan: &Arc<dyn ExecutionPlan>) -> Self {
        let files = possible_files_of(plan);
        let read =
            days.iter().filter(|day| files.binary_search(&day.meta.location).is_ok()).cloned().collect();
        Self { lake: lake.clone(), days: read }
    }

    async fn explain(&self, error: DataFusionError) -> QueryError {
        if may_be_a_files_fault(&error)
            && let Some(blame) = find_corrupt_file(&self.lake, self.days.to_vec()).await
        {
            tracing::debug!(%error, "explained by a file");
            return blame.into();
        }
        QueryError::execution(error)
    }
}

/// Whether it is worth reading files again to explain this error.
pub(crate) fn may_be_a_files_fault(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::ParquetError(_)
        | DataFusionError::ArrowError(..)
        | DataFusionError::ObjectStore(_)
        | DataFusionError::IoError(_)
        | DataFusionError::External(_)
        | DataFusionError::Internal(_) => true,
        // A file that was shared out by its rows has others by now.
        DataFusionError::Execution(reason) => reason.starts_with("Invalid Parquet RowSelection"),
        _ => false,
    }
}
