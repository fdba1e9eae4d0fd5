//! Arrays of typed values from the cells of rows.

use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, RecordBatch,
    StringBuilder, TimestampMicrosecondBuilder, TimestampMillisecondBuilder,
};
use datafusion::arrow::datatypes::{Date32Type, SchemaRef, TimeUnit};

use super::kinds::Kind;
use super::values;

/// Rows per batch.
const BATCH_ROWS: usize = 8192;

/// Builds record batches from rows of text, by the types of the columns.
pub(super) struct BatchBuilder {
    schema: SchemaRef,
    columns: Vec<Builder>,
    rows: usize,
    /// Memory of the finished batches, in bytes.
    pub(super) bytes: usize,
    finished: Vec<RecordBatch>,
}

impl BatchBuilder {
    pub(super) fn new(schema: SchemaRef, kinds: &[Kind]) -> Self {
        let columns = kinds.iter().map(|kind| Builder::new(*kind)).collect();
        Self { schema, columns, rows: 0, bytes: 0, finished: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The reason why a cell is not a value of its column's type: `price is 'x', which is no date`.
    pub(super) fn add<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Result<(), String> {
        for ((column, cell), field) in self.columns.iter_mut().zip(cells).zip(self.schema.fields()) {
            column.add(cell).map_err(|reason| format!("{} {cell:?} {reason}", field.name()))?;
        }
        self.rows += 1;
        if self.rows == BATCH_ROWS { self.finish_batch() } else { Ok(()) }
    }

    /// Returns all batches.
    pub(super) fn finish(mut self) -> Result<Vec<RecordBatch>, String> {
        if self.rows > 0 {
            self.finish_batch()?;
        }
        Ok(self.finished)
    }

    fn finish_batch(&mut self) -> Result<(), String> {
        let columns = self.columns.iter_mut().map(Builder::finish).collect::<Result<_, _>>()?;
        let batch =
            RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| error.to_string())?;
        self.bytes += batch.get_array_memory_size();
        self.finished.push(batch);
        self.rows = 0;
        Ok(())
    }
}

/// Builder of a column.
struct Builder {
    kind: Kind,
    values: Values,
}

enum Values {
    Text(StringBuilder),
    Integer(Int64Builder),
    Decimal(Decimal128Builder),
    Double(Float64Builder),
    Date(Date32Builder),
    Millis(TimestampMillisecondBuilder),
    Micros(TimestampMicrosecondBuilder),
    Boolean(BooleanBuilder),
}

impl Builder {
    fn new(kind: Kind) -> Self {
        let values = match kind {
            Kind::Text => Values::Text(StringBuilder::new()),
            Kind::Integer => Values::Integer(Int64Builder::new()),
            Kind::Decimal { .. } => {
                Values::Decimal(Decimal128Builder::new().with_data_type(kind.data_type()))
            }
            Kind::Double { .. } => Values::Double(Float64Builder::new()),
            Kind::Date => Values::Date(Date32Builder::new()),
            Kind::Timestamp { unit: TimeUnit::Millisecond } => {
                Values::Millis(TimestampMillisecondBuilder::new().with_data_type(kind.data_type()))
            }
            Kind::Timestamp { .. } => {
                Values::Micros(TimestampMicrosecondBuilder::new().with_data_type(kind.data_type()))
            }
            Kind::Boolean => Values::Boolean(BooleanBuilder::new()),
        };
        Self { kind, values }
    }

    /// Adds a cell; an empty one is NULL.
    fn add(&mut self, cell: &str) -> Result<(), String> {
        let text = cell.trim();
        let filled = !text.is_empty();
        let wrong = || "is not a value of its type".to_owned();
        match (&mut self.values, self.kind) {
            (Values::Text(values), _) => values.append_option((!cell.is_empty()).then_some(cell)),
            (Values::Integer(values), _) => values.append_option(
                filled.then(|| values::integer(text).ok_or("is no whole number of 64 bits")).transpose()?,
            ),
            (Values::Decimal(values), Kind::Decimal { precision, scale, sign }) => values
                .append_option(filled.then(|| values::decimal(text, sign, precision, scale)).transpose()?),
            (Values::Double(values), Kind::Double { sign }) => values
                .append_option(filled.then(|| values::double(text, sign).ok_or("is no number")).transpose()?),
            (Values::Date(values), _) => values
                .append_option(filled.then(|| day(text).ok_or("is no date such as 2026-11-02")).transpose()?),
            (Values::Millis(values), _) => values.append_option(
                filled.then(|| moment(text)).transpose()?.map(|micros| micros.div_euclid(1000)),
            ),
            (Values::Micros(values), _) => values.append_option(filled.then(|| moment(text)).transpose()?),
            (Values::Boolean(values), _) => values.append_option(
                filled.then(|| values::boolean(text).ok_or("is neither true nor false")).transpose()?,
            ),
            (Values::Decimal(_) | Values::Double(_), _) => return Err(wrong()),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, String> {
        Ok(match &mut self.values {
            Values::Text(values) => Arc::new(values.finish()),
            Values::Integer(values) => Arc::new(values.finish()),
            Values::Decimal(values) => Arc::new(values.finish()),
            Values::Double(values) => Arc::new(values.finish()),
            Values::Date(values) => Arc::new(values.finish()),
            Values::Millis(values) => Arc::new(values.finish()),
            Values::Micros(values) => Arc::new(values.finish()),
            Values::Boolean(values) => Arc::new(values.finish()),
        })
    }
}

fn day(text: &str) -> Option<i32> {
    values::date(text).map(|day: NaiveDate| Date32Type::from_naive_date(day))
}

/// Date and time, or a date, which means its midnight, in microseconds.
fn moment(text: &str) -> Result<i64, &'static str> {
    values::timestamp(text)
        .or_else(|| {
            values::date(text).map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros())
        })
        .ok_or("is no date and time such as 2026-11-02 08:00")
}
