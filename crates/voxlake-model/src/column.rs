//! Columns under construction, led by the schema.
//!
//! They are filled from JSON in two ways: [`fit`] takes any value and knows what becomes of each, and
//! [`usual`] takes the usual ones straight from their text. What both need is here, in buffers of our own,
//! because a record that fails halfway has to be [taken back](Column::truncate) and arrow's builders only grow.

mod fit;
mod usual;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, BooleanBufferBuilder, Decimal128Array, Int64Array, ListArray, NullBufferBuilder,
    StringArray, StructArray, TimestampMillisecondArray,
};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};
use arrow::error::ArrowError;

use crate::Charge;
use crate::schema::{CHARGE, CHARGE_AMOUNT, CHARGE_CURRENCY, CHARGE_PRECISION, CHARGE_SCALE};

pub(crate) use fit::{integer, text};

/// Fields that are tried before a name is looked for among all: calls leave out some of what others have.
const LIKELY: usize = 4;

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
    /// An empty column, which makes room for so many `rows` once it has one.
    fn new(data_type: &DataType, rows: usize) -> Result<Self, ArrowError> {
        Ok(match data_type {
            DataType::Utf8 => Self::Text(TextColumn::new(rows)),
            DataType::Int64 => Self::Integer(Numbers::new(rows)),
            DataType::Boolean => Self::Flag(FlagColumn::new(rows)),
            DataType::Timestamp(..) => Self::Instant(Numbers::new(rows), data_type.clone()),
            DataType::Decimal128(..) => Self::Money(Numbers::new(rows)),
            DataType::List(item) => Self::List(Box::new(ListColumn::new(item, rows)?)),
            DataType::Struct(fields) => Self::Struct(StructColumn::new(fields, rows)?),
            other => return Err(ArrowError::SchemaError(format!("no column takes JSON as {other}"))),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(column) => column.ends.len() - 1,
            Self::Integer(column) | Self::Instant(column, _) => column.values.len(),
            Self::Money(column) => column.values.len(),
            Self::Flag(column) => column.values.len(),
            Self::List(column) => column.offsets.len() - 1,
            Self::Struct(column) => column.len(),
        }
    }

    fn append_null(&mut self) {
        match self {
            Self::Text(column) => column.append(None),
            Self::Integer(column) | Self::Instant(column, _) => column.append(None),
            Self::Money(column) => column.append(None),
            Self::Flag(column) => column.append(None),
            Self::List(column) => column.end_row(false),
            Self::Struct(column) => column.end_row(Row::default(), false),
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
                let instants =
                    TimestampMillisecondArray::try_new(column.values.into(), column.nulls.finish())?;
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

/// Appends to what has room for a number of `rows` once it has any, and grows from there.
fn push<T>(values: &mut Vec<T>, value: T, rows: usize) {
    if values.len() == values.capacity() {
        values.reserve(rows);
    }
    values.push(value);
}

/// Text in one piece, and where each row's ends.
pub(crate) struct TextColumn {
    values: String,
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
    rows: usize,
}

impl TextColumn {
    pub(crate) fn new(rows: usize) -> Self {
        Self { values: String::new(), ends: vec![0], nulls: NullBufferBuilder::new(rows), rows }
    }

    pub(crate) fn append(&mut self, value: Option<&str>) {
        if let Some(text) = value {
            if self.values.capacity() == 0 {
                self.values.reserve(self.rows.saturating_mul(text.len()));
            }
            self.values.push_str(text);
        }
        push(&mut self.ends, end(self.values.len()), self.rows);
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
    rows: usize,
}

impl<T: Default> Numbers<T> {
    fn new(rows: usize) -> Self {
        Self { values: Vec::new(), nulls: NullBufferBuilder::new(rows), rows }
    }

    fn append(&mut self, value: Option<T>) {
        self.nulls.append(value.is_some());
        push(&mut self.values, value.unwrap_or_default(), self.rows);
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
    fn new(rows: usize) -> Self {
        Self { values: BooleanBufferBuilder::new(rows), nulls: NullBufferBuilder::new(rows) }
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
    rows: usize,
}

impl ListColumn {
    fn new(item: &FieldRef, rows: usize) -> Result<Self, ArrowError> {
        let values = Column::new(item.data_type(), rows)?;
        let nulls = NullBufferBuilder::new(rows);
        Ok(Self { item: Arc::clone(item), values, offsets: vec![0], nulls, rows })
    }

    /// Makes a list of the items appended since the last one, or a null where it is not `valid`.
    fn end_row(&mut self, valid: bool) {
        push(&mut self.offsets, end(self.values.len()), self.rows);
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

/// The columns that a row has been appended to, a bit for each.
#[derive(Clone, Copy, Default)]
struct Row(u64);

impl Row {
    /// Notes that the row has a column; `None` where it has it already.
    fn has(&mut self, column: usize) -> Option<()> {
        let bit = 1 << column;
        let new = self.0 & bit == 0;
        self.0 |= bit;
        new.then_some(())
    }
}

impl StructColumn {
    /// An empty struct, which makes room for so many `rows` once it has one.
    pub(crate) fn new(fields: &Fields, rows: usize) -> Result<Self, ArrowError> {
        if fields.len() > u64::BITS as usize {
            return Err(ArrowError::SchemaError(format!(
                "{} fields are too many for a struct",
                fields.len()
            )));
        }
        let columns =
            fields.iter().map(|field| Column::new(field.data_type(), rows)).collect::<Result<_, _>>()?;
        let find = |name| fields.find(name).map(|(at, _)| at);
        let charge = match (find(CHARGE), find(CHARGE_AMOUNT), find(CHARGE_CURRENCY)) {
            (Some(text), Some(amount), Some(currency)) => Some(ChargeColumns { text, amount, currency }),
            _ => None,
        };
        let nulls = NullBufferBuilder::new(rows);
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

    /// Whether a column of instants has one in its last row.
    pub(crate) fn has_last_instant(&self, column: usize) -> bool {
        match &self.columns[column] {
            Column::Instant(column, _) => {
                column.values.len().checked_sub(1).is_some_and(|last| column.nulls.is_valid(last))
            }
            _ => false,
        }
    }

    /// Completes a row: what it has not becomes null, and the charge's text its amount and currency.
    fn end_row(&mut self, mut row: Row, valid: bool) {
        if let Some(ChargeColumns { text, amount, currency }) = self.charge
            && row.0 & 1 << text != 0
        {
            let charge = Charge::parse(self.last_text(text));
            if let Column::Money(column) = &mut self.columns[amount] {
                column.append(charge.as_ref().map(|charge| i128::from(charge.micros)));
                row.0 |= 1 << amount;
            }
            if let Column::Text(column) = &mut self.columns[currency] {
                column.append(charge.as_ref().and_then(|charge| charge.currency.as_deref()));
                row.0 |= 1 << currency;
            }
        }
        for (at, column) in self.columns.iter_mut().enumerate() {
            if row.0 & 1 << at == 0 {
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

/// The names that a struct's columns have in JSON, found quickest in the order in which they came before.
struct Names {
    /// In quotes and with the colon, as JSON mostly has them; empty for a column that is made from another.
    quoted: Vec<Box<[u8]>>,
    /// For the beginning, and then for each column, a column whose field came after it.
    after: Vec<usize>,
}

impl Names {
    fn new(fields: &Fields) -> Self {
        let quoted = |name: &str| match name {
            CHARGE_AMOUNT | CHARGE_CURRENCY => Box::default(),
            name => format!("\"{name}\":").into_bytes().into_boxed_slice(),
        };
        let quoted = fields.iter().map(|field| quoted(field.name())).collect();
        Self { quoted, after: (0..=fields.len()).collect() }
    }

    /// The columns whose fields are likely to follow that of the column `before`, and their names in quotes: the
    /// one that came there before, the one after that, for where that is missing, and so on.
    fn likely(&self, before: Option<usize>) -> impl Iterator<Item = (usize, &[u8])> {
        let after = |column: Option<usize>| {
            let column = *self.after.get(column.map_or(0, |column| column + 1))?;
            Some((column, &**self.quoted.get(column)?))
        };
        let likely = std::iter::successors(after(before), move |(column, _)| after(Some(*column)));
        likely.take(LIKELY).filter(|(_, quoted)| !quoted.is_empty())
    }

    /// The column of the field `name`, which follows that of the column `before`.
    fn find(&mut self, name: &str, before: Option<usize>) -> Option<usize> {
        let is = |quoted: &[u8]| quoted.len() == name.len() + 3 && quoted[1..].starts_with(name.as_bytes());
        let column = self.quoted.iter().position(|quoted| is(quoted))?;
        self.after[before.map_or(0, |column| column + 1)] = column;
        Some(column)
    }
}
