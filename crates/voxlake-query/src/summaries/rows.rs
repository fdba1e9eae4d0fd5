//! Kept summaries as a table: their rows, from memory where they are few, and decoded as they are read where they are
//! many.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datafusion::arrow::array::{AsArray as _, BooleanArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{SchemaRef, TimestampMillisecondType};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{MemTable, Session, TableProvider};
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::datasource::TableType;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::stream;
use voxlake_lake::{Span, SummaryContent, TimeRange};
use voxlake_model::schema::START_TIME;

use super::cover::Piece;
use super::kept::{Kept, Lost, held};
use super::merged::Asked;

/// The summaries that one answer was made from, by the names of their definitions.
#[derive(Debug, Default)]
pub(crate) struct Used {
    spans: Mutex<BTreeMap<&'static str, BTreeSet<Span>>>,
    /// What no question had asked for before this one.
    first: Mutex<HashSet<(&'static str, Asked)>>,
}

impl Used {
    fn note(&self, name: &'static str, pieces: &[Piece]) {
        held(&self.spans).entry(name).or_default().extend(pieces.iter().map(|piece| piece.span));
    }

    pub(crate) fn all(&self) -> BTreeMap<&'static str, BTreeSet<Span>> {
        held(&self.spans).clone()
    }

    /// Notes that this question is the first that asks for something.
    pub(super) fn note_first(&self, name: &'static str, asked: Asked) {
        held(&self.first).insert((name, asked));
    }

    /// Whether this question is the first that asks for something.
    pub(super) fn is_first(&self, name: &'static str, asked: &Asked) -> bool {
        held(&self.first).contains(&(name, asked.clone()))
    }
}

/// The rows of some pieces' summaries.
#[derive(Debug)]
pub(crate) struct SummaryRows {
    pub(crate) name: &'static str,
    pub(crate) kept: Arc<Kept>,
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
        let columns = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let asked = (self.pieces.clone(), columns);
        let (columns, schema) = (&asked.1, Arc::new(self.schema.project(&asked.1)?));
        let few = |rows: Arc<[RecordBatch]>| -> Result<Arc<dyn ExecutionPlan>> {
            self.used.note(self.name, &self.pieces);
            Ok(MemorySourceConfig::try_new_exec(&[rows.to_vec()], Arc::clone(&schema), None)?)
        };
        if let Some(rows) = self.kept.known(&asked, &self.used) {
            return few(rows);
        }
        let rows = self.kept.rows(&self.pieces, columns, &self.schema).await;
        let rows = rows.map_err(|lost| DataFusionError::External(Box::new(lost)))?;
        if let Some(rows) = self.kept.merged(&asked, &rows, (state, &self.used)).await {
            return few(rows);
        }
        self.used.note(self.name, &self.pieces);
        rows.table(state)?.scan(state, None, &[], None).await
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
            let rows = partitions.map(|partition| partition.batches().collect());
            return Ok(Arc::new(MemTable::try_new(Arc::clone(&schema), rows.collect::<Result<_>>()?)?));
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

/// Whether planning failed for want of a summary, so that it has to be done again without.
pub(crate) fn is_lost(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::External(source) => source.is::<Lost>(),
        _ => false,
    }
}
