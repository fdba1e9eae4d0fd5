//! Columns under construction, led by the schema.
//!
//! They are filled from JSON in two ways: [`fit`] takes any value and knows what becomes of each, and
//! [`stream`] takes the usual ones straight from the parser. What both need is here, in buffers of our own,
//! because a record that fails halfway has to be [taken back](Column::truncate) and arrow's builders only grow.

mod fit;
mod stream;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBufferBuilder, Decimal128Array, Int64Array, ListArray, NullBufferBuilder,
    StringArray, StructArray, TimestampMillisecondArray,
};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};
use arrow::error::ArrowError;

use crate::Charge;
use crate::schema::{CHARGE, CHARGE_AMOUNT, CHARGE_CURRENCY, CHARGE_PRECISION, CHARGE_SCALE};

pub(crate) use fit::{integer, text};
pub(crate) use stream::Usual;

/// A column under construction.
pub(crate) enum Column {
    Text(TextColumn),
    Integer(Numbers<i64>),
    Flag(FlagColumn),
    Instant(Numbers<i64>, DataType),
    Money(Numbers<i128>),
    List(Box<ListColumn>),
    Struct(StructColumn),
}

impl Column {
    fn new(data_type: &DataType) -> Result<Self, ArrowError> {
        Ok(match data_type {
            DataType::Utf8 => Self::Text(TextColumn::new()),
            DataType::Int64 => Self::Integer(Numbers::new()),
            DataType::Boolean => Self::Flag(FlagColumn::new()),
            DataType::Timestamp(..) => Self::Instant(Numbers::new(), data_type.clone()),
            DataType::Decimal128(..) => Self::Money(Numbers::new()),
            DataType::List(item) => Self::List(Box::new(ListColumn::new(item)?)),
            DataType::Struct(fields) => Self::Struct(StructColumn::new(fields)?),
            other => return Err(ArrowError::SchemaError(format!("no column takes JSON as {other}"))),
        })
    }

    fn len(&self) -> usize {
        self.nulls().len()
    }

    fn last_is_valid(&self) -> bool {
        let nulls = self.nulls();
        nulls.len().checked_sub(1).is_some_and(|last| nulls.is_valid(last))
    }

    fn nulls(&self) -> &NullBufferBuilder {
        match self {
            Self::Text(column) => &column.nulls,
            Self::Integer(column) | Self::Instant(column, _) => &column.nulls,
            Self::Money(column) => &column.nulls,
            Self::Flag(column) => &column.nulls,
            Self::List(column) => &column.nulls,
            Self::Struct(column) => &column.nulls,
        }
    }

    fn append_null(&mut self) {
        match self {
            Self::Text(column) => column.append(None),
            Self::Integer(column) | Self::Instant(column, _) => column.append(None),
            Self::Money(column) => column.append(None),
            Self::Flag(column) => column.append(None),
            Self::List(column) => column.end_row(false),
            Self::Struct(column) => column.end_row(false),
        }
    }

    /// Takes back what was appended after the first `rows` rows, a row that was only begun included.
    fn truncate(&mut self, rows: usize) {
        match self {
            Self::Text(column) => column.truncate(rows),
            Self::Integer(column) | Self::Instant(column, _) => column.truncate(rows),
            Self::Money(column) => column.truncate(rows),
            Self::Flag(column) => {
                column.values.truncate(rows);
                column.nulls.truncate(rows);
            }
            Self::List(column) => {
                column.offsets.truncate(rows + 1);
                column.nulls.truncate(rows);
                column.values.truncate(column.offsets.last().map_or(0, |&end| at(end)));
            }
            Self::Struct(column) => column.truncate(rows),
        }
    }

    fn finish(self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(column) => Arc::new(column.finish()?),
            Self::Integer(mut column) => {
                Arc::new(Int64Array::try_new(column.values.into(), column.nulls.finish())?)
            }
            Self::Flag(mut column) => {
                Arc::new(BooleanArray::new(column.values.finish(), column.nulls.finish()))
            }
            Self::Instant(mut column, data_type) => {
                let instants = TimestampMillisecondArray::try_new(column.values.into(), column.nulls.finish())?;
                Arc::new(instants.with_data_type(data_type))
            }
            Self::Money(mut column) => {
                let amounts = Decimal128Array::try_new(column.values.into(), column.nulls.finish())?;
                Arc::new(amounts.with_precision_and_scale(CHARGE_PRECISION, CHARGE_SCALE)?)
            }
            Self::List(column) => Arc::new(column.finish()?),
            Self::Struct(column) => Arc::new(column.finish()?),
        })
    }
}

/// The end of a text or a list as arrow notes it. A batch holds less than 2 GiB of records, and no column
/// has more bytes or items than its records have bytes, so that the other case does not come up.
fn end(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

fn at(end: i32) -> usize {
    usize::try_from(end).unwrap_or(0)
}

/// Text in one piece, and where each row's ends.
pub(crate) struct TextColumn {
    values: String,
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl TextColumn {
    pub(crate) fn new() -> Self {
        Self { values: String::new(), ends: vec![0], nulls: NullBufferBuilder::new(0) }
    }

    pub(crate) fn append(&mut self, value: Option<&str>) {
        if let Some(text) = value {
            self.values.push_str(text);
        }
        self.ends.push(end(self.values.len()));
        self.nulls.append(value.is_some());
    }

    /// The text of the last row; empty where that is null.
    fn last(&self) -> &str {
        let begin = self.ends.iter().rev().nth(1).map_or(0, |&end| at(end));
        self.values.get(begin..).unwrap_or_default()
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows + 1);
        self.values.truncate(self.ends.last().map_or(0, |&end| at(end)));
        self.nulls.truncate(rows);
    }

    pub(crate) fn finish(mut self) -> Result<StringArray, ArrowError> {
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        StringArray::try_new(ends, Buffer::from_vec(self.values.into_bytes()), self.nulls.finish())
    }
}

pub(crate) struct Numbers<T> {
    values: Vec<T>,
    nulls: NullBufferBuilder,
}

impl<T: Default> Numbers<T> {
    fn new() -> Self {
        Self { values: Vec::new(), nulls: NullBufferBuilder::new(0) }
    }

    fn append(&mut self, value: Option<T>) {
        self.nulls.append(value.is_some());
        self.values.push(value.unwrap_or_default());
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }
}

pub(crate) struct FlagColumn {
    values: BooleanBufferBuilder,
    nulls: NullBufferBuilder,
}

impl FlagColumn {
    fn new() -> Self {
        Self { values: BooleanBufferBuilder::new(0), nulls: NullBufferBuilder::new(0) }
    }

    fn append(&mut self, value: Option<bool>) {
        self.values.append(value.unwrap_or_default());
        self.nulls.append(value.is_some());
    }
}

pub(crate) struct ListColumn {
    item: FieldRef,
    values: Column,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl ListColumn {
    fn new(item: &FieldRef) -> Result<Self, ArrowError> {
        let values = Column::new(item.data_type())?;
        Ok(Self { item: Arc::clone(item), values, offsets: vec![0], nulls: NullBufferBuilder::new(0) })
    }

    /// Makes a list of the items appended since the last one, or a null where it is not `valid`.
    fn end_row(&mut self, valid: bool) {
        self.offsets.push(end(self.values.len()));
        self.nulls.append(valid);
    }

    fn finish(mut self) -> Result<ListArray, ArrowError> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        ListArray::try_new(self.item, offsets, self.values.finish()?, self.nulls.finish())
    }
}

/// A struct under construction; the record itself is one.
pub(crate) struct StructColumn {
    fields: Fields,
    names: Names,
    columns: Vec<Column>,
    charge: Option<ChargeColumns>,
    nulls: NullBufferBuilder,
}

/// Which of a struct's columns are the charge's.
#[derive(Clone, Copy)]
struct ChargeColumns {
    text: usize,
    amount: usize,
    currency: usize,
}

impl StructColumn {
    pub(crate) fn new(fields: &Fields) -> Result<Self, ArrowError> {
        let columns = fields.iter().map(|field| Column::new(field.data_type())).collect::<Result<_, _>>()?;
        let find = |name| fields.find(name).map(|(at, _)| at);
        let charge = match (find(CHARGE), find(CHARGE_AMOUNT), find(CHARGE_CURRENCY)) {
            (Some(text), Some(amount), Some(currency)) => Some(ChargeColumns { text, amount, currency }),
            _ => None,
        };
        let nulls = NullBufferBuilder::new(0);
        Ok(Self { fields: fields.clone(), names: Names::new(fields), columns, charge, nulls })
    }

    /// Number of whole rows.
    pub(crate) fn len(&self) -> usize {
        self.nulls.len()
    }

    /// The text of a column's last row; empty where it is null, or the column is none of text.
    pub(crate) fn last_text(&self, column: usize) -> &str {
        match &self.columns[column] {
            Column::Text(column) => column.last(),
            _ => "",
        }
    }

    pub(crate) fn last_is_valid(&self, column: usize) -> bool {
        self.columns[column].last_is_valid()
    }

    /// Completes a row, whose columns were appended to or not: what is missing becomes null, and the charge's
    /// text its amount and currency.
    fn end_row(&mut self, valid: bool) {
        let row = self.len();
        if let Some(ChargeColumns { text, amount, currency }) = self.charge {
            let charge = match &self.columns[text] {
                Column::Text(column) if column.nulls.len() > row => Charge::parse(column.last()),
                _ => None,
            };
            if let Column::Money(column) = &mut self.columns[amount] {
                column.append(charge.as_ref().map(|charge| i128::from(charge.micros)));
            }
            if let Column::Text(column) = &mut self.columns[currency] {
                column.append(charge.as_ref().and_then(|charge| charge.currency.as_deref()));
            }
        }
        for column in &mut self.columns {
            if column.len() == row {
                column.append_null();
            }
        }
        self.nulls.append(valid);
    }

    /// Takes back what was appended after the first `rows` rows, a row that was only begun included.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.nulls.truncate(rows);
        self.columns.iter_mut().for_each(|column| column.truncate(rows));
    }

    pub(crate) fn finish(mut self) -> Result<StructArray, ArrowError> {
        let rows = self.len();
        let columns = self.columns.into_iter().map(Column::finish).collect::<Result<_, _>>()?;
        StructArray::try_new_with_length(self.fields, columns, self.nulls.finish(), rows)
    }
}

/// The names that a struct's columns have in JSON, found quickest in the order in which they came last time.
struct Names {
    /// `None` for a column that is made from another.
    names: Vec<Option<Box<str>>>,
    /// For each column, and first for the beginning, the one whose field came after it the last time.
    after: Vec<usize>,
}

impl Names {
    fn new(fields: &Fields) -> Self {
        let made = |name: &str| matches!(name, CHARGE_AMOUNT | CHARGE_CURRENCY);
        let names = fields.iter().map(|field| (!made(field.name())).then(|| field.name().as_str().into()));
        Self { names: names.collect(), after: (0..=fields.len()).collect() }
    }

    fn is(&self, column: usize, name: &str) -> bool {
        self.names.get(column).and_then(Option::as_deref) == Some(name)
    }

    /// The column of the field `name`, which follows that of the column `before`.
    fn find(&mut self, name: &str, before: Option<usize>) -> Option<usize> {
        let place = before.map_or(0, |column| column + 1);
        let likely = *self.after.get(place)?;
        if self.is(likely, name) {
            return Some(likely);
        }
        let column = (0..self.names.len()).find(|&column| self.is(column, name))?;
        self.after[place] = column;
        Some(column)
    }

    fn of(&self, column: usize) -> &str {
        self.names.get(column).and_then(Option::as_deref).unwrap_or_default()
    }
}
