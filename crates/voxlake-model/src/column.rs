//! Columns that take JSON as it comes, led by the schema.
//!
//! A value that fits its column, or says the same in another type (a number as a string, a single
//! value where a list is described), goes into it. Anything else leaves a null there and is kept,
//! whole, among the [`Leftovers`], as is every field that the schema does not know.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Decimal128Builder, Int64Builder, ListArray, StringBuilder, StructArray,
    TimestampMillisecondBuilder,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};
use arrow::error::ArrowError;
use serde_json::{Map, Value};

use crate::schema::{CHARGE, CHARGE_AMOUNT, CHARGE_CURRENCY, CHARGE_PRECISION, CHARGE_SCALE};
use crate::{Charge, time};

/// What no column could take: path in the record (`agents/0/new_field`, escaped as in RFC 6901
/// but without the leading slash) → the value as it came.
#[derive(Default)]
pub(crate) struct Leftovers {
    path: Vec<String>,
    found: BTreeMap<String, Value>,
}

impl Leftovers {
    fn keep(&mut self, name: Option<&str>, value: Value) {
        let mut path = self.path.clone();
        path.extend(name.map(escape));
        self.found.insert(path.join("/"), value);
    }

    fn within<T>(&mut self, name: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(escape(name));
        let result = work(self);
        self.path.pop();
        result
    }

    /// The leftovers as the text of one JSON object; `None` where there are none.
    pub(crate) fn into_json(self) -> Option<String> {
        (!self.found.is_empty()).then(|| Value::Object(self.found.into_iter().collect()).to_string())
    }
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A column under construction.
pub(crate) enum Column {
    Text(StringBuilder),
    Integer(Int64Builder),
    Flag(BooleanBuilder),
    Instant(TimestampMillisecondBuilder),
    List(ListColumn),
    Struct(StructColumn),
}

impl Column {
    fn new(data_type: &DataType) -> Result<Self, ArrowError> {
        Ok(match data_type {
            // From nothing: the builders' own beginning has room for 1024 rows, ten pages, in each of the columns.
            DataType::Utf8 => Self::Text(StringBuilder::with_capacity(0, 0)),
            DataType::Int64 => Self::Integer(Int64Builder::with_capacity(0)),
            DataType::Boolean => Self::Flag(BooleanBuilder::with_capacity(0)),
            DataType::Timestamp(..) => {
                Self::Instant(TimestampMillisecondBuilder::with_capacity(0).with_data_type(data_type.clone()))
            }
            DataType::List(item) => Self::List(ListColumn {
                item: Arc::clone(item),
                values: Box::new(Self::new(item.data_type())?),
                lengths: Vec::new(),
                valid: Vec::new(),
            }),
            DataType::Struct(fields) => Self::Struct(StructColumn::new(fields)?),
            other => return Err(ArrowError::SchemaError(format!("no column takes JSON as {other}"))),
        })
    }

    /// Appends one row: `value`, or null where it is absent or does not fit.
    fn append(&mut self, value: Option<Value>, leftovers: &mut Leftovers) {
        let value = value.filter(|value| !value.is_null());
        // An empty string says nothing, except in a text column, where it is what the API said.
        let value = match self {
            Self::Text(_) => value,
            _ => value.filter(|value| value.as_str() != Some("")),
        };
        match self {
            Self::Text(column) => column.append_option(fit(value, text, leftovers)),
            Self::Integer(column) => column.append_option(fit(value, integer, leftovers)),
            Self::Flag(column) => column.append_option(fit(value, flag, leftovers)),
            Self::Instant(column) => column.append_option(fit(value, instant, leftovers)),
            Self::List(column) => column.append(value, leftovers),
            Self::Struct(column) => match value {
                Some(Value::Object(object)) => column.append(Some(object), leftovers),
                other => {
                    column.append(None, leftovers);
                    if let Some(value) = other {
                        leftovers.keep(None, value);
                    }
                }
            },
        }
    }

    fn finish(self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(mut column) => Arc::new(column.finish()),
            Self::Integer(mut column) => Arc::new(column.finish()),
            Self::Flag(mut column) => Arc::new(column.finish()),
            Self::Instant(mut column) => Arc::new(column.finish()),
            Self::List(column) => Arc::new(column.finish()?),
            Self::Struct(column) => Arc::new(column.finish()?),
        })
    }
}

pub(crate) struct ListColumn {
    item: FieldRef,
    values: Box<Column>,
    lengths: Vec<usize>,
    valid: Vec<bool>,
}

impl ListColumn {
    fn append(&mut self, value: Option<Value>, leftovers: &mut Leftovers) {
        self.valid.push(value.is_some());
        let items = match value {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(single) => vec![single],
        };
        self.lengths.push(items.len());
        for (at, item) in items.into_iter().enumerate() {
            leftovers.within(&at.to_string(), |leftovers| self.values.append(Some(item), leftovers));
        }
    }

    fn finish(self) -> Result<ListArray, ArrowError> {
        ListArray::try_new(
            self.item,
            OffsetBuffer::from_lengths(self.lengths),
            self.values.finish()?,
            Some(NullBuffer::from(self.valid)),
        )
    }
}

/// A struct under construction; the record itself is one.
pub(crate) struct StructColumn {
    fields: Fields,
    children: Vec<Child>,
    valid: Vec<bool>,
}

/// Where the values of a struct's field come from.
enum Child {
    Json(Column),
    ChargeAmount(Decimal128Builder),
    ChargeCurrency(StringBuilder),
}

impl StructColumn {
    pub(crate) fn new(fields: &Fields) -> Result<Self, ArrowError> {
        let children = fields
            .iter()
            .map(|field| {
                Ok(match field.name().as_str() {
                    CHARGE_AMOUNT => Child::ChargeAmount(
                        Decimal128Builder::with_capacity(0)
                            .with_precision_and_scale(CHARGE_PRECISION, CHARGE_SCALE)?,
                    ),
                    CHARGE_CURRENCY => Child::ChargeCurrency(StringBuilder::with_capacity(0, 0)),
                    _ => Child::Json(Column::new(field.data_type())?),
                })
            })
            .collect::<Result<_, ArrowError>>()?;
        Ok(Self { fields: fields.clone(), children, valid: Vec::new() })
    }

    /// Appends one row. What `object` holds beyond the struct's fields goes to `leftovers`.
    pub(crate) fn append(&mut self, object: Option<Map<String, Value>>, leftovers: &mut Leftovers) {
        self.valid.push(object.is_some());
        let mut object = object.unwrap_or_default();
        let charge =
            object.get(CHARGE).cloned().and_then(|value| text(&value)).and_then(|t| Charge::parse(&t));
        for (field, child) in self.fields.iter().zip(&mut self.children) {
            match child {
                Child::Json(column) => {
                    let value = object.remove(field.name());
                    leftovers.within(field.name(), |leftovers| column.append(value, leftovers));
                }
                Child::ChargeAmount(column) => {
                    column.append_option(charge.as_ref().map(|charge| i128::from(charge.micros)));
                }
                Child::ChargeCurrency(column) => {
                    column.append_option(charge.as_ref().and_then(|charge| charge.currency.as_deref()));
                }
            }
        }
        for (name, value) in object {
            leftovers.keep(Some(&name), value);
        }
    }

    pub(crate) fn finish(self) -> Result<StructArray, ArrowError> {
        let children = self
            .children
            .into_iter()
            .map(|child| {
                Ok(match child {
                    Child::Json(column) => column.finish()?,
                    Child::ChargeAmount(mut column) => Arc::new(column.finish()) as ArrayRef,
                    Child::ChargeCurrency(mut column) => Arc::new(column.finish()),
                })
            })
            .collect::<Result<_, ArrowError>>()?;
        StructArray::try_new_with_length(
            self.fields,
            children,
            Some(NullBuffer::from(self.valid.as_slice())),
            self.valid.len(),
        )
    }
}

/// `value` as `read` takes it; what it cannot take is kept.
fn fit<T>(value: Option<Value>, read: impl Fn(&Value) -> Option<T>, leftovers: &mut Leftovers) -> Option<T> {
    let value = value?;
    let fitted = read(&value);
    if fitted.is_none() {
        leftovers.keep(None, value);
    }
    fitted
}

pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

pub(crate) fn integer(value: &Value) -> Option<i64> {
    let text = text(value)?;
    let text = text.trim();
    // "10.0" and 10.0 are whole numbers too; no float comes between.
    let whole = text.split_once('.').filter(|(_, f)| !f.is_empty() && f.bytes().all(|b| b == b'0'));
    whole.map_or(text, |(whole, _)| whole).parse().ok()
}

fn flag(value: &Value) -> Option<bool> {
    match text(value)?.trim() {
        "1" => Some(true),
        "0" => Some(false),
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn instant(value: &Value) -> Option<i64> {
    time::parse(value.as_str()?).map(|instant| instant.timestamp_millis())
}
