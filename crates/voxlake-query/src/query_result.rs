//! Result of a query: a stream of record batches, with errors that name damaged files.

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
use voxlake_engine::corruption::{find_corrupt_file, find_lake_error};
use voxlake_lake::{DayFile, Lake, SummaryPeriod};

use crate::error::QueryError;
use crate::plan_files::{possible_files, scanned_files};
use crate::scan_metrics::ScanMetrics;
use crate::summaries::SummaryUsage;

/// Result of a running query. Dropping it cancels the query.
///
/// As a [`Stream`] it yields the batches in order and ends after the first error.
pub struct QueryResult {
    schema: SchemaRef,
    plan: Arc<dyn ExecutionPlan>,
    batches: BoxStream<'static, Result<RecordBatch, QueryError>>,
    /// Number of day files of the session.
    days: usize,
    summaries: Arc<SummaryUsage>,
    notices: Vec<String>,
    charge_notices: Vec<String>,
}

/// Progress handle of a running query. It can be used while another task waits for the query's
/// batches.
#[derive(Clone)]
pub struct QueryProgress {
    plan: Arc<dyn ExecutionPlan>,
    days: usize,
    summaries: Arc<SummaryUsage>,
}

impl QueryProgress {
    /// Metrics of the scans so far.
    #[must_use]
    pub fn metrics(&self) -> ScanMetrics {
        ScanMetrics::collect(&self.plan, self.days, &self.summaries)
    }

    /// Day files that the query reads, as paths within the lake: those that pruning by date left.
    #[must_use]
    pub fn files(&self) -> Vec<Path> {
        scanned_files(&self.plan)
    }
}

impl std::fmt::Debug for QueryProgress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryProgress").field("metrics", &self.metrics()).finish()
    }
}

impl std::fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryResult").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl QueryResult {
    pub(crate) fn new(
        plan: Arc<dyn ExecutionPlan>,
        batches: SendableRecordBatchStream,
        diagnoser: FailureDiagnoser,
        days: usize,
        summaries: Arc<SummaryUsage>,
    ) -> Self {
        let schema = batches.schema();
        let batches = batches
            .then(move |batch| {
                let diagnoser = diagnoser.clone();
                async move {
                    match batch {
                        Ok(batch) => Ok(batch),
                        Err(error) => Err(diagnoser.into_query_error(error).await),
                    }
                }
            })
            // Batches after an error would be incomplete anyway.
            .scan(false, |failed, batch| {
                let go_on = !*failed;
                *failed = batch.is_err();
                futures::future::ready(go_on.then_some(batch))
            })
            .boxed();
        Self { schema, plan, batches, days, summaries, notices: Vec::new(), charge_notices: Vec::new() }
    }

    pub(crate) fn with_notices(mut self, notices: Vec<String>) -> Self {
        self.notices = notices;
        self
    }

    pub(crate) fn with_charge_notices(mut self, notices: Vec<String>) -> Self {
        self.charge_notices = notices;
        self
    }

    /// Notices about the parameters of a named query (a name that stands for several queues, a
    /// queue that no call of the period has, an empty period), and about dates without quotes in
    /// SQL.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Notices about charges: a few calls that make up more than a tenth of a total, with their
    /// ids, and charges that cannot be read, with their texts.
    #[must_use]
    pub fn charge_notices(&self) -> &[String] {
        &self.charge_notices
    }

    /// Returns a progress handle.
    #[must_use]
    pub fn progress(&self) -> QueryProgress {
        QueryProgress {
            plan: Arc::clone(&self.plan),
            days: self.days,
            summaries: Arc::clone(&self.summaries),
        }
    }

    /// Schema of the result.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Physical plan, with its metrics after it has run.
    #[must_use]
    pub fn plan(&self) -> &Arc<dyn ExecutionPlan> {
        &self.plan
    }

    /// Day files that the query reads, as paths within the lake: those that pruning by date left.
    #[must_use]
    pub fn files(&self) -> Vec<Path> {
        self.progress().files()
    }

    /// Summaries that the result is computed from: periods by summary name.
    #[must_use]
    pub fn summaries(&self) -> BTreeMap<&'static str, BTreeSet<SummaryPeriod>> {
        self.summaries.all()
    }

    /// Metrics of the scans so far, and their totals once the stream has ended.
    #[must_use]
    pub fn metrics(&self) -> ScanMetrics {
        self.progress().metrics()
    }

    /// Physical plan as text, one line per operator, with metrics so far.
    #[must_use]
    pub fn plan_text(&self) -> String {
        DisplayableExecutionPlan::with_metrics(self.plan.as_ref()).indent(false).to_string()
    }

    /// Collects all batches in memory.
    ///
    /// # Errors
    /// The first error of the query: damaged files, exhausted memory, a failing store.
    pub async fn collect(self) -> Result<Vec<RecordBatch>, QueryError> {
        self.batches.try_collect().await
    }

    /// Converts the result into DataFusion's stream type. Its errors are a [`QueryError`] in
    /// `DataFusionError::External`.
    #[must_use]
    pub fn into_record_batch_stream(self) -> SendableRecordBatchStream {
        let batches = self.batches.map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(self.schema, batches))
    }
}

impl Stream for QueryResult {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_next_unpin(cx)
    }
}

/// Finds the damaged file behind an error of DataFusion.
#[derive(Clone)]
pub(crate) struct FailureDiagnoser {
    lake: Lake,
    /// Day files that the plan reads.
    days: Arc<[DayFile]>,
}

impl FailureDiagnoser {
    /// Creates a diagnoser for a plan that reads some of `days`.
    pub(crate) fn new(lake: &Lake, days: &[DayFile], plan: &Arc<dyn ExecutionPlan>) -> Self {
        let files = possible_files(plan);
        let read =
            days.iter().filter(|day| files.binary_search(&day.meta.location).is_ok()).cloned().collect();
        Self { lake: lake.clone(), days: read }
    }

    async fn into_query_error(self, error: DataFusionError) -> QueryError {
        if let Some(found) = find_lake_error(&error) {
            return found.into();
        }
        if may_be_corruption(&error)
            && let Some(blame) = find_corrupt_file(&self.lake, self.days.to_vec()).await
        {
            tracing::debug!(%error, "explained by a file");
            return blame.into();
        }
        QueryError::execution(error)
    }
}

/// Returns whether a damaged file may have caused this error, so that files are read again to find
/// it.
pub(crate) fn may_be_corruption(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::ParquetError(_)
        | DataFusionError::ArrowError(..)
        | DataFusionError::ObjectStore(_)
        | DataFusionError::IoError(_)
        | DataFusionError::External(_)
        | DataFusionError::Internal(_) => true,
        // A file that was split by rows and replaced since has other row groups.
        DataFusionError::Execution(reason) => reason.starts_with("Invalid Parquet RowSelection"),
        _ => false,
    }
}
