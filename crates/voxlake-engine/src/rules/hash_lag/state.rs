//! Buffered rows of a partition, grouped by the ids of their keys.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, new_null_array};
use datafusion::arrow::compute::{cast, interleave};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::common::{Result, internal_err, resources_err};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;

/// Batch and row within it.
type RowRef = (u32, u32);

/// Row of a key, with its sort value.
#[derive(Clone, Copy, Default)]
struct Row {
    time: i64,
    /// Index over all batches.
    row: u32,
    batch: u32,
}

/// Rows with key ids, from 0 in the order of their first rows.
pub(super) struct LagState {
    /// Ids of keys.
    key_ids: Box<dyn GroupValues>,
    batches: Vec<RecordBatch>,
    /// Arguments of `lag`, for each batch.
    values: Vec<Vec<ArrayRef>>,
    /// Key id of each row over all batches.
    keys: Vec<u32>,
    /// First ORDER BY value of each row over all batches.
    times: Vec<i64>,
    /// Second ORDER BY column of each batch, if there is one.
    ties: Vec<Option<ArrayRef>>,
    /// Key ids of one batch; reused to avoid an allocation per batch.
    scratch: Vec<usize>,
    /// Memory of the buffered rows, without `key_ids`.
    buffered_bytes: usize,
    memory: MemoryReservation,
}

impl LagState {
    /// Creates an empty state for `keys` over columns of `schema`.
    ///
    /// # Errors
    /// If DataFusion cannot group by the types of `keys`.
    pub(super) fn try_new(
        keys: &[Arc<dyn PhysicalExpr>],
        schema: &Schema,
        memory: MemoryReservation,
    ) -> Result<Self> {
        let fields = keys.iter().map(|key| Ok(Field::new("key", key_type(&key.data_type(schema)?), true)));
        let fields = Schema::new(fields.collect::<Result<Vec<_>>>()?);
        Ok(Self {
            key_ids: new_group_values(Arc::new(fields), &GroupOrdering::None)?,
            batches: Vec::new(),
            values: Vec::new(),
            keys: Vec::new(),
            times: Vec::new(),
            ties: Vec::new(),
            scratch: Vec::new(),
            buffered_bytes: 0,
            memory,
        })
    }

    /// Adds the rows of a batch. The ORDER BY values must not be null.
    ///
    /// # Errors
    /// If the memory pool is exhausted or there are more than 2^32 rows.
    pub(super) fn add(
        &mut self,
        keys: &[ArrayRef],
        (at, tie): (&ArrayRef, Option<ArrayRef>),
        values: Vec<ArrayRef>,
        batch: RecordBatch,
    ) -> Result<()> {
        let keys = keys.iter().map(|key| cast(key, &key_type(key.data_type())));
        self.key_ids.intern(&keys.collect::<Result<Vec<_>, _>>()?, &mut self.scratch)?;
        // There are at most as many keys as rows, so both fit into 32 bits.
        if u32::try_from(self.keys.len() + self.scratch.len()).is_err() {
            return resources_err!("lag over more than 2^32 rows");
        }
        self.keys.extend(self.scratch.iter().map(|number| u32::try_from(*number).unwrap_or(u32::MAX)));
        if at.null_count() > 0 {
            return internal_err!("lag ordered by a null");
        }
        self.times.extend_from_slice(cast(at, &DataType::Int64)?.as_primitive::<Int64Type>().values());
        self.buffered_bytes += batch.get_array_memory_size() + batch.num_rows() * size_of::<(u32, i64)>();
        self.batches.push(batch);
        self.ties.push(tie);
        self.values.push(values);
        self.memory.try_resize(self.buffered_bytes + self.key_ids.size())
    }

    /// Finds the previous row of each row.
    pub(super) fn find_previous(self) -> Result<LaggedBatches> {
        let rows = self.keys.len();
        self.memory.try_grow(rows * (size_of::<Row>() + size_of::<Option<RowRef>>()))?;
        // Next free index per key; finally, the first index of the following key.
        let mut next = vec![0_usize; self.key_ids.len() + 1];
        for key in &self.keys {
            next[*key as usize + 1] += 1;
        }
        for key in 1..next.len() {
            next[key] += next[key - 1];
        }
        // Rows grouped by key, in input order.
        let mut by_key = vec![Row::default(); rows];
        let mut firsts = Vec::with_capacity(self.batches.len());
        let mut row = 0;
        for (batch, of) in (0..).zip(&self.batches) {
            firsts.push(row);
            for _ in 0..of.num_rows() {
                let index = &mut next[self.keys[row as usize] as usize];
                by_key[*index] = Row { time: self.times[row as usize], row, batch };
                *index += 1;
                row += 1;
            }
        }
        let mut previous = vec![None; rows];
        let mut first = 0;
        for end in &next[..self.key_ids.len()] {
            let rows = &mut by_key[first..*end];
            let tie = |row: &Row| {
                let ties = self.ties[row.batch as usize].as_ref()?.as_string_opt::<i32>()?;
                Some(ties.value((row.row - firsts[row.batch as usize]) as usize))
            };
            // A stable sort, which takes linear time for sorted input.
            rows.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| tie(a).cmp(&tie(b))));
            for pair in rows.windows(2) {
                let row_ref = (pair[0].batch, pair[0].row - firsts[pair[0].batch as usize]);
                previous[pair[1].row as usize] = Some(row_ref);
            }
            first = *end;
        }
        Ok(LaggedBatches { batches: self.batches, values: self.values, previous, _memory: self.memory })
    }
}

/// Returns the type in which keys are compared. Text views contain their first bytes, and so whole
/// phone numbers.
fn key_type(key: &DataType) -> DataType {
    match key {
        DataType::Utf8 => DataType::Utf8View,
        other => other.clone(),
    }
}

/// Batches with the previous row of each row.
pub(super) struct LaggedBatches {
    batches: Vec<RecordBatch>,
    values: Vec<Vec<ArrayRef>>,
    previous: Vec<Option<RowRef>>,
    _memory: MemoryReservation,
}

impl LaggedBatches {
    /// Returns the batches in input order with the appended columns.
    pub(super) fn into_batches(self, schema: SchemaRef) -> impl Iterator<Item = Result<RecordBatch>> {
        let mut first = 0;
        (0..self.batches.len()).map(move |at| {
            let batch = &self.batches[at];
            let previous = &self.previous[first..first + batch.num_rows()];
            first += batch.num_rows();
            let mut columns = batch.columns().to_vec();
            for lag in 0..self.values[at].len() {
                columns.push(self.lagged_column(lag, previous)?);
            }
            Ok(RecordBatch::try_new(Arc::clone(&schema), columns)?)
        })
    }

    fn lagged_column(&self, lag: usize, rows: &[Option<RowRef>]) -> Result<ArrayRef> {
        let mut arrays: Vec<_> = self.values.iter().map(|values| values[lag].as_ref()).collect();
        let none = new_null_array(arrays[0].data_type(), 1);
        let nowhere = (arrays.len(), 0);
        arrays.push(&none);
        let rows = rows.iter().map(|row| row.map_or(nowhere, |(batch, row)| (batch as usize, row as usize)));
        Ok(interleave(&arrays, &rows.collect::<Vec<_>>())?)
    }
}
