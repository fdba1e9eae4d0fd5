//! Builders of columns, derived from the schema.
//!
//! They are filled from JSON in two ways: [`fast_path`] parses usual values directly from their
//! text, [`coerce`] takes any value. The buffers are this crate's own because a record that fails
//! halfway has to be [removed](Column::truncate), and arrow's builders can only grow.

mod coerce;
mod fast_path;
mod leaf;
mod names;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Int64Array, ListArray, NullBufferBuilder, StructArray,
    TimestampMillisecondArray,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};
use arrow::error::ArrowError;

use crate::charge::{Charge, CurrencySymbols};
use crate::schema::{CHARGE, CHARGE_AMOUNT, CHARGE_CURRENCY, CHARGE_PRECISION, CHARGE_SCALE};

pub(crate) use coerce::{to_integer, to_text};
pub(crate) use leaf::TextColumn;
use leaf::{FlagColumn, NumberColumn, from_offset, push, to_offset};
use names::FieldNames;

/// Builder of a column.
pub(crate) enum Column {
    Text(TextColumn),
    Integer(NumberColumn<i64>),
    Flag(FlagColumn),
    Instant(NumberColumn<i64>, DataType),
    Money(NumberColumn<i128>),
    List(Box<ListColumn>),
    Struct(StructColumn),
}

impl Column {
    /// Creates an empty column. Memory for `rows` is reserved with the first row.
    fn new(data_type: &DataType, rows: usize, symbols: &CurrencySymbols) -> Result<Self, ArrowError> {
        Ok(match data_type {
            DataType::Utf8 => Self::Text(TextColumn::new(rows)),
            DataType::Int64 => Self::Integer(NumberColumn::new(rows)),
            DataType::Boolean => Self::Flag(FlagColumn::new(rows)),
            DataType::Timestamp(..) => Self::Instant(NumberColumn::new(rows), data_type.clone()),
            DataType::Decimal128(..) => Self::Money(NumberColumn::new(rows)),
            DataType::List(item) => Self::List(Box::new(ListColumn::new(item, rows, symbols)?)),
            DataType::Struct(fields) => Self::Struct(StructColumn::new(fields, rows, symbols)?),
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
            Self::Struct(column) => column.end_row(FilledColumns::default(), false),
        }
    }

    /// Removes all rows after the first `rows`, including an incomplete one.
    fn truncate(&mut self, rows: usize) {
        match self {
            Self::Text(column) => column.truncate(rows),
            Self::Integer(column) | Self::Instant(column, _) => column.truncate(rows),
            Self::Money(column) => column.truncate(rows),
            Self::Flag(column) => column.truncate(rows),
            Self::List(column) => {
                column.offsets.truncate(rows + 1);
                column.nulls.truncate(rows);
                column.values.truncate(column.offsets.last().map_or(0, |&end| from_offset(end)));
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

pub(crate) struct ListColumn {
    item: FieldRef,
    values: Column,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
    rows: usize,
}

impl ListColumn {
    fn new(item: &FieldRef, rows: usize, symbols: &CurrencySymbols) -> Result<Self, ArrowError> {
        let values = Column::new(item.data_type(), rows, symbols)?;
        let nulls = NullBufferBuilder::new(rows);
        Ok(Self { item: Arc::clone(item), values, offsets: vec![0], nulls, rows })
    }

    /// Ends a list with the items appended since the last one. A list that is not `valid` becomes
    /// NULL.
    fn end_row(&mut self, valid: bool) {
        push(&mut self.offsets, to_offset(self.values.len()), self.rows);
        self.nulls.append(valid);
    }

    fn finish(mut self) -> Result<ListArray, ArrowError> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        ListArray::try_new(self.item, offsets, self.values.finish()?, self.nulls.finish())
    }
}

/// Builder of a struct column. A record is a struct as well.
pub(crate) struct StructColumn {
    fields: Fields,
    names: FieldNames,
    columns: Vec<Column>,
    charge: Option<ChargeColumns>,
    nulls: NullBufferBuilder,
}

/// Positions of the columns of a struct's charge.
struct ChargeColumns {
    text: usize,
    amount: usize,
    currency: usize,
    symbols: CurrencySymbols,
}

/// Bit set of the columns that have a value in the current row.
#[derive(Clone, Copy, Default)]
struct FilledColumns(u64);

impl FilledColumns {
    /// Adds a column. `None` if it already has a value in this row.
    fn insert(&mut self, column: usize) -> Option<()> {
        let bit = 1 << column;
        let new = self.0 & bit == 0;
        self.0 |= bit;
        new.then_some(())
    }
}

impl StructColumn {
    /// Creates an empty struct column. Memory for `rows` is reserved with the first row. Charges
    /// are parsed with `symbols`.
    pub(crate) fn new(fields: &Fields, rows: usize, symbols: &CurrencySymbols) -> Result<Self, ArrowError> {
        if fields.len() > u64::BITS as usize {
            return Err(ArrowError::SchemaError(format!(
                "{} fields are too many for a struct",
                fields.len()
            )));
        }
        let columns = fields
            .iter()
            .map(|field| Column::new(field.data_type(), rows, symbols))
            .collect::<Result<_, _>>()?;
        let find = |name| fields.find(name).map(|(at, _)| at);
        let charge = match (find(CHARGE), find(CHARGE_AMOUNT), find(CHARGE_CURRENCY)) {
            (Some(text), Some(amount), Some(currency)) => {
                Some(ChargeColumns { text, amount, currency, symbols: symbols.clone() })
            }
            _ => None,
        };
        let nulls = NullBufferBuilder::new(rows);
        Ok(Self { fields: fields.clone(), names: FieldNames::new(fields), columns, charge, nulls })
    }

    /// Number of complete rows.
    pub(crate) fn len(&self) -> usize {
        self.nulls.len()
    }

    /// Returns the text in a column's last row. Empty for NULL and for columns of other types.
    pub(crate) fn last_text(&self, column: usize) -> &str {
        match &self.columns[column] {
            Column::Text(column) => column.last(),
            _ => "",
        }
    }

    /// Returns whether the last row of a timestamp column has a value.
    pub(crate) fn has_last_instant(&self, column: usize) -> bool {
        match &self.columns[column] {
            Column::Instant(column, _) => {
                column.values.len().checked_sub(1).is_some_and(|last| column.nulls.is_valid(last))
            }
            _ => false,
        }
    }

    /// Ends a row. Derives the amount and currency from the charge's text, and fills missing
    /// columns with NULL.
    fn end_row(&mut self, mut filled: FilledColumns, valid: bool) {
        if let Some(ChargeColumns { text, amount, currency, symbols }) = &self.charge
            && filled.0 & 1 << text != 0
        {
            let (amount, currency) = (*amount, *currency);
            let charge = Charge::parse_with(self.last_text(*text), symbols);
            if let Column::Money(column) = &mut self.columns[amount] {
                column.append(charge.as_ref().map(|charge| i128::from(charge.micros)));
                filled.0 |= 1 << amount;
            }
            if let Column::Text(column) = &mut self.columns[currency] {
                column.append(charge.as_ref().and_then(|charge| charge.currency.as_deref()));
                filled.0 |= 1 << currency;
            }
        }
        for (at, column) in self.columns.iter_mut().enumerate() {
            if filled.0 & 1 << at == 0 {
                column.append_null();
            }
        }
        self.nulls.append(valid);
    }

    /// Removes all rows after the first `rows`, including an incomplete one.
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
