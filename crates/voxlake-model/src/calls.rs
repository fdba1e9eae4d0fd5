//! The calls of a batch under construction.
//!
//! A record goes the fast way first, from the parser into the columns; one with anything unusual is taken
//! back and goes the slow way, which knows what to do with everything.

use std::sync::Arc;

use arrow::array::{Array as _, RecordBatch, TimestampMillisecondArray};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use serde::de::{DeserializeSeed, Deserializer, Error as _};
use serde_json::{Map, Value};

use crate::column::{StructColumn, TextColumn, Usual, text};
use crate::leftovers::{Leftovers, Path};
use crate::schema::{self, ENGAGEMENT_ID, START_TIME};
use crate::{RejectReason, time};

pub(crate) struct Calls {
    schema: SchemaRef,
    /// The columns that records fill.
    columns: StructColumn,
    extra: TextColumn,
    engagement_id: usize,
    start_time: usize,
    /// Bytes of JSON so far.
    bytes: usize,
}

impl Calls {
    pub(crate) fn new() -> Result<Self, ArrowError> {
        let schema = schema::voice_calls();
        // The last two columns, `extra` and `fetched_at`, are not the record's own.
        let own = schema.fields().len() - 2;
        Ok(Self {
            columns: StructColumn::new(&schema.fields()[..own].iter().map(Arc::clone).collect())?,
            extra: TextColumn::new(),
            engagement_id: schema.index_of(ENGAGEMENT_ID)?,
            start_time: schema.index_of(START_TIME)?,
            bytes: 0,
            schema,
        })
    }

    /// Makes sure that so many more bytes of JSON fit into one batch, whose columns end below 2 GiB.
    pub(crate) fn make_room(&mut self, bytes: usize) -> Result<(), ArrowError> {
        self.bytes += bytes;
        i32::try_from(self.bytes).map_err(|_| ArrowError::OffsetOverflowError(self.bytes))?;
        Ok(())
    }

    /// Appends the call of a record, or says why it has no place in the lake.
    pub(crate) fn append(&mut self, record: &str) -> Result<(), RejectReason> {
        let rows = self.columns.len();
        let mut json = serde_json::Deserializer::from_str(record);
        if self.deserialize(&mut json).and_then(|()| json.end()).is_err() {
            self.columns.truncate(rows);
            self.extra.truncate(rows);
            let object = place(record)?;
            let mut leftovers = Leftovers::default();
            self.columns.append(object, &Path::Record, &mut leftovers);
            self.extra.append(leftovers.into_json().as_deref());
        }
        Ok(())
    }

    pub(crate) fn finish(self, fetched_at: DateTime<Utc>) -> Result<RecordBatch, ArrowError> {
        let fetched_at =
            TimestampMillisecondArray::from(vec![fetched_at.timestamp_millis(); self.columns.len()]);
        let mut calls = self.columns.finish()?;
        // A sync holds many pages at once, and what their columns have room for would be several times what they say.
        calls.shrink_to_fit();
        let (_, mut columns, _) = calls.into_parts();
        columns.push(Arc::new(self.extra.finish()?));
        columns.push(Arc::new(fetched_at.with_timezone("UTC")));
        RecordBatch::try_new(self.schema, columns)
    }
}

/// The fast way. Whatever is unusual is an error, and what was appended then is to be taken back.
impl<'de> DeserializeSeed<'de> for &mut Calls {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        let mut leftovers = Leftovers::default();
        Usual::record(&mut self.columns, &mut leftovers).deserialize(json)?;
        let id = self.columns.last_text(self.engagement_id);
        if id.trim().is_empty() || !self.columns.last_is_valid(self.start_time) {
            return Err(D::Error::custom("no place"));
        }
        self.extra.append(leftovers.into_json().as_deref());
        Ok(())
    }
}

/// The record as an object, if it has what its place in the lake needs.
fn place(record: &str) -> Result<Map<String, Value>, RejectReason> {
    let value: Value = serde_json::from_str(record).map_err(|_| RejectReason::InvalidJson)?;
    let Value::Object(object) = value else {
        return Err(RejectReason::NotAnObject);
    };
    if object.get(ENGAGEMENT_ID).and_then(text).is_none_or(|id| id.trim().is_empty()) {
        return Err(RejectReason::NoEngagementId);
    }
    match object.get(START_TIME) {
        None | Some(Value::Null) => Err(RejectReason::NoStartTime),
        Some(Value::String(text)) if time::parse(text).is_some() => Ok(object),
        Some(_) => Err(RejectReason::UnreadableStartTime),
    }
}
