//! Rows as they come, told apart by the number of their key.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, new_null_array};
use datafusion::arrow::compute::{cast, interleave};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::common::{Result, internal_err, resources_err};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;

/// Where a row is: the batch, and the row in it.
type Place = (u32, u32);

/// A row among those of its key.
#[derive(Clone, Copy, Default)]
struct Row {
    time: i64,
    /// Counted over all batches.
    row: u32,
    batch: u32,
}

/// Rows whose keys have numbers, from 0 on, in the order of their first rows.
pub(super) struct Rows {
    numbers: Box<dyn GroupValues>,
    batches: Vec<RecordBatch>,
    /// Of each batch what may be asked of its rows from the row after.
    values: Vec<Vec<ArrayRef>>,
    /// Of each row, over all batches: the number of its key, and its time.
    keys: Vec<u32>,
    times: Vec<i64>,
    /// Of each batch the texts that order rows at one time, if any do.
    ties: Vec<Option<ArrayRef>>,
    /// The numbers of one batch; kept, as it would be allocated for each.
    scratch: Vec<usize>,
    /// Bytes of what was added.
    added: usize,
    memory: MemoryReservation,
}

impl Rows {
    /// None yet; they will have `keys` made of columns of `schema`.
    pub(super) fn try_new(
        keys: &[Arc<dyn PhysicalExpr>],
        schema: &Schema,
        memory: MemoryReservation,
    ) -> Result<Self> {
        let fields = keys.iter().map(|key| Ok(Field::new("key", compared(&key.data_type(schema)?), true)));
        let fields = Schema::new(fields.collect::<Result<Vec<_>>>()?);
        Ok(Self {
            numbers: new_group_values(Arc::new(fields), &GroupOrdering::None)?,
            batches: Vec::new(),
            values: Vec::new(),
            keys: Vec::new(),
            times: Vec::new(),
            ties: Vec::new(),
            scratch: Vec::new(),
            added: 0,
            memory,
        })
    }

    /// Adds the rows of a batch. Neither their times nor what orders them at one time is ever null.
    pub(super) fn add(
        &mut self,
        keys: &[ArrayRef],
        (at, tie): (&ArrayRef, Option<ArrayRef>),
        values: Vec<ArrayRef>,
        batch: RecordBatch,
    ) -> Result<()> {
        let keys = keys.iter().map(|key| cast(key, &compared(key.data_type())));
        self.numbers.intern(&keys.collect::<Result<Vec<_>, _>>()?, &mut self.scratch)?;
        // As many keys as rows at most, and both have to be told by 32 bits.
        if u32::try_from(self.keys.len() + self.scratch.len()).is_err() {
            return resources_err!("lag over more than 2^32 rows");
        }
        self.keys.extend(self.scratch.iter().map(|number| u32::try_from(*number).unwrap_or(u32::MAX)));
        if at.null_count() > 0 {
            return internal_err!("lag by an instant that is null");
        }
        self.times.extend_from_slice(cast(at, &DataType::Int64)?.as_primitive::<Int64Type>().values());
        self.added += batch.get_array_memory_size() + batch.num_rows() * size_of::<(u32, i64)>();
        self.batches.push(batch);
        self.ties.push(tie);
        self.values.push(values);
        self.memory.try_resize(self.added + self.numbers.size())
    }

    /// Finds each row's row before.
    pub(super) fn find(self) -> Result<Found> {
        let rows = self.keys.len();
        self.memory.try_grow(rows * (size_of::<Row>() + size_of::<Option<Place>>()))?;
        // Where the next row of each key belongs; at last, where the rows of the key after begin.
        let mut next = vec![0_usize; self.numbers.len() + 1];
        for key in &self.keys {
            next[*key as usize + 1] += 1;
        }
        for key in 1..next.len() {
            next[key] += next[key - 1];
        }
        // Rows of one key side by side, as they came.
        let mut together = vec![Row::default(); rows];
        let mut firsts = Vec::with_capacity(self.batches.len());
        let mut row = 0;
        for (batch, of) in (0..).zip(&self.batches) {
            firsts.push(row);
            for _ in 0..of.num_rows() {
                let place = &mut next[self.keys[row as usize] as usize];
                together[*place] = Row { time: self.times[row as usize], row, batch };
                *place += 1;
                row += 1;
            }
        }
        let mut before = vec![None; rows];
        let mut first = 0;
        for end in &next[..self.numbers.len()] {
            let rows = &mut together[first..*end];
            let tie = |row: &Row| {
                let ties = self.ties[row.batch as usize].as_ref()?.as_string_opt::<i32>()?;
                Some(ties.value((row.row - firsts[row.batch as usize]) as usize))
            };
            // Stable, and at once where they came in time.
            rows.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| tie(a).cmp(&tie(b))));
            for pair in rows.windows(2) {
                let place = (pair[0].batch, pair[0].row - firsts[pair[0].batch as usize]);
                before[pair[1].row as usize] = Some(place);
            }
            first = *end;
        }
        Ok(Found { batches: self.batches, values: self.values, before, _memory: self.memory })
    }
}

/// The type by which keys are compared: a view of a text has its first bytes in itself, and a telephone number whole.
fn compared(key: &DataType) -> DataType {
    match key {
        DataType::Utf8 => DataType::Utf8View,
        other => other.clone(),
    }
}

/// Rows, and where the row before of each is.
pub(super) struct Found {
    batches: Vec<RecordBatch>,
    values: Vec<Vec<ArrayRef>>,
    before: Vec<Option<Place>>,
    _memory: MemoryReservation,
}

impl Found {
    /// The batches as they came, each with the values of the rows before as further columns.
    pub(super) fn into_batches(self, schema: SchemaRef) -> impl Iterator<Item = Result<RecordBatch>> {
        let mut first = 0;
        (0..self.batches.len()).map(move |at| {
            let batch = &self.batches[at];
            let before = &self.before[first..first + batch.num_rows()];
            first += batch.num_rows();
            let mut columns = batch.columns().to_vec();
            for lag in 0..self.values[at].len() {
                columns.push(self.of_rows(lag, before)?);
            }
            Ok(RecordBatch::try_new(Arc::clone(&schema), columns)?)
        })
    }

    fn of_rows(&self, lag: usize, places: &[Option<Place>]) -> Result<ArrayRef> {
        let mut arrays: Vec<_> = self.values.iter().map(|values| values[lag].as_ref()).collect();
        let none = new_null_array(arrays[0].data_type(), 1);
        let nowhere = (arrays.len(), 0);
        arrays.push(&none);
        let places =
            places.iter().map(|place| place.map_or(nowhere, |(batch, row)| (batch as usize, row as usize)));
        Ok(interleave(&arrays, &places.collect::<Vec<_>>())?)
    }
}
