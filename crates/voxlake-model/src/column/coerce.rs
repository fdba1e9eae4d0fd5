//! Slow path: conversion of any JSON value to the type of its column.
//!
//! A value that fits, or is equivalent in another type, goes into its column: for example a number
//! in a string, or a single value instead of a list. Any other value leaves a NULL there and is
//! kept whole in [`ExtraFields`], like fields that the schema does not have.

use serde_json::{Map, Value};

use super::{Column, FilledColumns, ListColumn, StructColumn};
use crate::extra_fields::{ExtraFields, Path};
use crate::time;

impl Column {
    /// Appends a row with `value`, or NULL if it does not fit.
    fn append(&mut self, value: Value, path: &Path<'_>, extra: &mut ExtraFields) {
        // An empty string counts as NULL, except in a text column, which keeps it.
        let empty = value.is_null() || value.as_str() == Some("") && !matches!(self, Self::Text(_));
        if empty {
            return self.append_null();
        }
        let fits = match self {
            Self::Text(column) => to_text(&value).map(|text| column.append(Some(&text))),
            Self::Integer(column) => to_integer(&value).map(|number| column.append(Some(number))),
            Self::Flag(column) => to_flag(&value).map(|flag| column.append(Some(flag))),
            Self::Instant(column, _) => to_timestamp(&value).map(|millis| column.append(Some(millis))),
            Self::Money(_) => None,
            Self::List(column) => return column.append(value, path, extra),
            Self::Struct(column) => match value {
                Value::Object(object) => return column.append(object, path, extra),
                _ => None,
            },
        };
        if fits.is_none() {
            self.append_null();
            extra.keep(path, value);
        }
    }
}

impl ListColumn {
    fn append(&mut self, value: Value, path: &Path<'_>, extra: &mut ExtraFields) {
        let items = match value {
            Value::Array(items) => items,
            single => vec![single],
        };
        for (at, item) in items.into_iter().enumerate() {
            self.values.append(item, &Path::Item(path, at), extra);
        }
        self.end_row(true);
    }
}

impl StructColumn {
    /// Appends a row. Fields of `object` without a column go to `extra`.
    pub(crate) fn append(&mut self, object: Map<String, Value>, path: &Path<'_>, extra: &mut ExtraFields) {
        let mut filled = FilledColumns::default();
        for (name, value) in object {
            let path = Path::Field(path, &name);
            match self.names.find(&name, None) {
                Some(at) => {
                    self.columns[at].append(value, &path, extra);
                    filled.insert(at);
                }
                None => extra.keep(&path, value),
            }
        }
        self.end_row(filled, true);
    }
}

pub(crate) fn to_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

pub(crate) fn to_integer(value: &Value) -> Option<i64> {
    let text = to_text(value)?;
    let text = text.trim();
    // "10.0" and 10.0 are whole numbers too. They are converted without a float.
    let whole = text.split_once('.').filter(|(_, f)| !f.is_empty() && f.bytes().all(|b| b == b'0'));
    whole.map_or(text, |(whole, _)| whole).parse().ok()
}

fn to_flag(value: &Value) -> Option<bool> {
    match to_text(value)?.trim() {
        "1" => Some(true),
        "0" => Some(false),
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn to_timestamp(value: &Value) -> Option<i64> {
    time::parse(value.as_str()?).map(|instant| instant.timestamp_millis())
}
