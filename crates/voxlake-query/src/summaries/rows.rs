//! Rows of stored summaries: from memory if there are few, otherwise decoded while they are read.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray as _, BooleanArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{SchemaRef, TimestampMillisecondType};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{MemTable, Session, TableProvider};
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::stream;
use voxlake_lake::{SummaryContent, TimeRange};
use voxlake_model::schema::START_TIME;

/// Rows of summaries in some of their columns.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Schema of the summaries.
    pub(crate) schema: SchemaRef,
    /// Indices of the columns.
    pub(crate) columns: Vec<usize>,
    pub(crate) parts: Vec<RowSource>,
}

/// Rows of one summary, possibly restricted to a time range.
#[derive(Clone, Debug)]
pub(crate) enum RowSource {
    /// Decoded, in the columns of [`columns_for`].
    Decoded(RecordBatch, Option<TimeRange>),
    /// Decoded while they are read.
    Encoded(SummaryContent, Option<TimeRange>),
}

/// Indices of the columns to read for `columns`. A restriction to a range needs the start time as
/// the last column.
pub(crate) fn columns_for(
    columns: &[usize],
    schema: &SchemaRef,
    within: Option<TimeRange>,
) -> Option<Vec<usize>> {
    let start = schema.index_of(START_TIME).ok()?;
    Some(columns.iter().copied().chain(within.map(|_| start)).collect())
}

impl Rows {
    /// Row count before restriction to time ranges.
    pub(crate) fn count(&self) -> usize {
        let count = |part: &RowSource| match part {
            RowSource::Decoded(rows, _) => rows.num_rows(),
            RowSource::Encoded(content, _) => content.num_rows(),
        };
        self.parts.iter().map(count).sum()
    }

    /// Returns a table with as many partitions as the session has threads.
    pub(crate) fn table(&self, state: &dyn Session) -> Result<Arc<dyn TableProvider>> {
        let schema = Arc::new(self.schema.project(&self.columns)?);
        let threads = state.config().target_partitions().max(1);
        let partitions =
            self.parts.chunks(self.parts.len().div_ceil(threads).max(1)).map(|parts| Partition {
                schema: Arc::clone(&schema),
                all_columns: Arc::clone(&self.schema),
                columns: self.columns.clone(),
                parts: parts.to_vec(),
                batch_size: state.config().batch_size(),
            });
        if self.parts.iter().all(|part| matches!(part, RowSource::Decoded(..))) {
            let mut rows =
                partitions.map(|partition| partition.batches().collect()).collect::<Result<Vec<_>>>()?;
            // A table needs at least one partition.
            rows.resize_with(rows.len().max(1), Vec::new);
            return Ok(Arc::new(MemTable::try_new(Arc::clone(&schema), rows)?));
        }
        let partitions = partitions.map(|partition| Arc::new(partition) as Arc<dyn PartitionStream>);
        let partitions = partitions.collect();
        Ok(Arc::new(StreamingTable::try_new(schema, partitions)?))
    }
}

/// Rows of several summaries, one after the other.
#[derive(Clone, Debug)]
struct Partition {
    schema: SchemaRef,
    all_columns: SchemaRef,
    columns: Vec<usize>,
    parts: Vec<RowSource>,
    batch_size: usize,
}

impl Partition {
    fn batches(&self) -> impl Iterator<Item = Result<RecordBatch>> + Send + use<> {
        let this = self.clone();
        self.parts.clone().into_iter().flat_map(move |part| {
            let batches: Box<dyn Iterator<Item = Result<RecordBatch>> + Send> =
                match this.source_batches(part) {
                    Ok(batches) => batches,
                    Err(error) => Box::new(std::iter::once(Err(error))),
                };
            batches
        })
    }

    fn source_batches(
        &self,
        part: RowSource,
    ) -> Result<Box<dyn Iterator<Item = Result<RecordBatch>> + Send>> {
        let schema = Arc::clone(&self.schema);
        Ok(match part {
            RowSource::Decoded(rows, within) => {
                Box::new(std::iter::once(restrict_to_range(&rows, within, &schema)))
            }
            RowSource::Encoded(content, within) => {
                let columns = columns_for(&self.columns, &self.all_columns, within);
                let columns = columns.ok_or_else(|| internal_datafusion_err!("summaries have a start"))?;
                let batches = content.batches(&columns, self.batch_size)?;
                Box::new(batches.map(move |batch| restrict_to_range(&batch?, within, &schema)))
            }
        })
    }
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = stream::iter(self.batches());
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

/// Returns `rows` in `schema`. With a range, only rows that start within it; their start is the
/// last column of `rows`.
fn restrict_to_range(
    rows: &RecordBatch,
    within: Option<TimeRange>,
    schema: &SchemaRef,
) -> Result<RecordBatch> {
    let whole = match within {
        None => rows.clone(),
        Some(within) => {
            let start = rows.column(rows.num_columns() - 1).as_primitive::<TimestampMillisecondType>();
            let (from, to) = (within.from.timestamp_millis(), within.to.timestamp_millis());
            let counts: BooleanArray =
                start.iter().map(|start| start.map(|start| from <= start && start < to)).collect();
            filter_record_batch(rows, &counts)?
        }
    };
    let columns = whole.columns()[..schema.fields().len()].to_vec();
    let options = RecordBatchOptions::new().with_row_count(Some(whole.num_rows()));
    // The file may have stricter nullability; the types are the same.
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
