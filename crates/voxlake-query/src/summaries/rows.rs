//! Kept summaries as a table: their rows, from memory where they are few, and decoded as they are read where they are
//! many.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datafusion::arrow::array::{AsArray as _, BooleanArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{SchemaRef, TimestampMillisecondType};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{MemTable, Session, TableProvider};
use datafusion::common::{Result, ScalarValue, internal_datafusion_err};
use datafusion::datasource::TableType;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, ident};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::union::UnionExec;
use futures::stream;
use tokio::sync::OnceCell;
use voxlake_lake::{SummaryContent, SummaryPeriod, TimeRange};
use voxlake_model::schema::START_TIME;

use super::Summary;
use super::cover::Piece;
use super::kept::{Found, locked};
use super::merged::{Fewer, Wanted};

/// What one answer was made from.
#[derive(Debug, Default)]
pub(crate) struct Used {
    /// The summaries, by the names of their definitions.
    spans: Mutex<BTreeMap<&'static str, BTreeSet<SummaryPeriod>>>,
    /// Whether what is read of them is added up further: the same wherever in a question it is read.
    decided: Mutex<HashMap<(&'static str, Wanted), Decision>>,
}

/// The fewer rows that all of a question reads; `None` where it reads the rows as they are.
type Decision = Arc<OnceCell<Option<Fewer>>>;

impl Used {
    fn note(&self, name: &'static str, pieces: &[Piece]) {
        locked(&self.spans).entry(name).or_default().extend(pieces.iter().map(|piece| piece.span));
    }

    /// Adds the summaries of `other`.
    pub(crate) fn include(&self, other: &Self) {
        for (name, spans) in other.all() {
            locked(&self.spans).entry(name).or_default().extend(spans);
        }
    }

    pub(crate) fn all(&self) -> BTreeMap<&'static str, BTreeSet<SummaryPeriod>> {
        locked(&self.spans).clone()
    }

    fn decided(&self, name: &'static str, wanted: &Wanted) -> Decision {
        Arc::clone(locked(&self.decided).entry((name, wanted.clone())).or_default())
    }
}

/// The rows of some pieces' summaries.
#[derive(Debug)]
pub(crate) struct SummaryRows {
    pub(crate) summary: Arc<Summary>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) schema: SchemaRef,
    pub(crate) used: Arc<Used>,
}

#[async_trait]
impl TableProvider for SummaryRows {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (name, kept) = (self.summary.name(), &self.summary.kept);
        let columns = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let mut wanted = Wanted { pieces: self.pieces.clone(), columns };
        let decided = self.used.decided(name, &wanted);
        if let Some(rows) = decided.get_or_init(|| kept.fewer(&wanted, &self.schema, state)).await {
            self.used.note(name, &wanted.pieces);
            let schema = Arc::new(self.schema.project(&wanted.columns)?);
            return Ok(MemorySourceConfig::try_new_exec(&[rows.to_vec()], schema, None)?);
        }
        let Found { rows, lost } = kept.rows(&wanted, &self.schema).await;
        wanted.pieces.retain(|piece| !lost.contains(piece));
        self.used.note(name, &wanted.pieces);
        let rows = rows.table(state)?.scan(state, None, &[], None).await?;
        if lost.is_empty() {
            return Ok(rows);
        }
        let calls = self.calls_of(&lost, &wanted.columns)?;
        UnionExec::try_new(vec![rows, state.create_physical_plan(&calls).await?])
    }
}

impl SummaryRows {
    /// What the calls themselves say, for pieces whose summaries were there when the question was planned and are not now.
    fn calls_of(&self, pieces: &[Piece], columns: &[usize]) -> Result<LogicalPlan> {
        let ranges = pieces.iter().map(|piece| piece.within.unwrap_or_else(|| piece.span.range()));
        let calls = self.summary.scanned(&TimeRange::coalesce(ranges), ScalarValue::Null)?;
        let columns = columns.iter().map(|column| ident(self.schema.field(*column).name()));
        LogicalPlanBuilder::from(calls).project(columns)?.build()
    }
}

/// Rows of summaries in some of their columns.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The columns of the summaries.
    pub(crate) schema: SchemaRef,
    /// Those of the rows, by their places.
    pub(crate) columns: Vec<usize>,
    pub(crate) parts: Vec<Part>,
}

/// The rows of one summary; of some only those of certain moments count.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Decoded, in the columns that [`columns_for`] says.
    Held(RecordBatch, Option<TimeRange>),
    /// To be decoded as they are read.
    Content(SummaryContent, Option<TimeRange>),
}

/// What has to be read for `columns` of summaries: the start of each row as well, last, where only certain moments count.
pub(crate) fn columns_for(
    columns: &[usize],
    schema: &SchemaRef,
    within: Option<TimeRange>,
) -> Option<Vec<usize>> {
    let start = schema.index_of(START_TIME).ok()?;
    Some(columns.iter().copied().chain(within.map(|_| start)).collect())
}

impl Rows {
    /// How many there are, before those of other moments are left out.
    pub(crate) fn count(&self) -> usize {
        let count = |part: &Part| match part {
            Part::Held(rows, _) => rows.num_rows(),
            Part::Content(content, _) => content.num_rows(),
        };
        self.parts.iter().map(count).sum()
    }

    /// A table of them, in as many partitions as the session has threads.
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
        if self.parts.iter().all(|part| matches!(part, Part::Held(..))) {
            let mut rows =
                partitions.map(|partition| partition.batches().collect()).collect::<Result<Vec<_>>>()?;
            // The engine knows no table without a partition.
            rows.resize_with(rows.len().max(1), Vec::new);
            return Ok(Arc::new(MemTable::try_new(Arc::clone(&schema), rows)?));
        }
        let partitions = partitions.map(|partition| Arc::new(partition) as Arc<dyn PartitionStream>);
        let partitions = partitions.collect();
        Ok(Arc::new(StreamingTable::try_new(schema, partitions)?))
    }
}

/// The rows of some parts, one part after the other.
#[derive(Clone, Debug)]
struct Partition {
    schema: SchemaRef,
    all_columns: SchemaRef,
    columns: Vec<usize>,
    parts: Vec<Part>,
    batch_size: usize,
}

impl Partition {
    fn batches(&self) -> impl Iterator<Item = Result<RecordBatch>> + Send + use<> {
        let this = self.clone();
        self.parts.clone().into_iter().flat_map(move |part| {
            let batches: Box<dyn Iterator<Item = Result<RecordBatch>> + Send> = match this.of(part) {
                Ok(batches) => batches,
                Err(error) => Box::new(std::iter::once(Err(error))),
            };
            batches
        })
    }

    fn of(&self, part: Part) -> Result<Box<dyn Iterator<Item = Result<RecordBatch>> + Send>> {
        let schema = Arc::clone(&self.schema);
        Ok(match part {
            Part::Held(rows, within) => Box::new(std::iter::once(cut(&rows, within, &schema))),
            Part::Content(content, within) => {
                let columns = columns_for(&self.columns, &self.all_columns, within);
                let columns = columns.ok_or_else(|| internal_datafusion_err!("summaries have a start"))?;
                let batches = content.batches(&columns, self.batch_size)?;
                Box::new(batches.map(move |batch| cut(&batch?, within, &schema)))
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

/// `rows` as the columns of `schema`; where only certain moments count, those rows that are of them, by the start
/// that is their last column.
fn cut(rows: &RecordBatch, within: Option<TimeRange>, schema: &SchemaRef) -> Result<RecordBatch> {
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
    // What was written may be stricter about NULL; types are the same.
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
