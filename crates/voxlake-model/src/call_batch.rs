//! Builder of a batch of calls.
//!
//! A record is first decoded on the fast path, from its text directly into the columns. If anything
//! in it is unusual, its values are removed again and it is decoded on the slow path, which handles
//! all cases.

use std::sync::Arc;

use arrow::array::{Array as _, RecordBatch, TimestampMillisecondArray};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::charge::CurrencySymbols;
use crate::column::{StructColumn, TextColumn, to_text};
use crate::cursor::Cursor;
use crate::extra_fields::{ExtraFields, Path};
use crate::limits::MAX_LIST_ENTRIES;
use crate::schema::{self, ENGAGEMENT_ID, START_TIME};
use crate::{RejectReason, surrogates, time};

pub(crate) struct CallBatchBuilder {
    schema: SchemaRef,
    /// Columns that records fill.
    columns: StructColumn,
    extra: TextColumn,
    engagement_id: usize,
    start_time: usize,
    /// Bytes of JSON so far.
    bytes: usize,
}

impl CallBatchBuilder {
    /// Creates an empty batch. Memory for `rows` calls is reserved with the first call. Charges are
    /// parsed with `symbols`.
    pub(crate) fn new(rows: usize, symbols: &CurrencySymbols) -> Result<Self, ArrowError> {
        let schema = schema::voice_calls();
        // The last two columns, `extra` and `fetched_at`, do not come from the record.
        let own = schema.fields().len() - 2;
        Ok(Self {
            columns: StructColumn::new(
                &schema.fields()[..own].iter().map(Arc::clone).collect(),
                rows,
                symbols,
            )?,
            extra: TextColumn::new(rows),
            engagement_id: schema.index_of(ENGAGEMENT_ID)?,
            start_time: schema.index_of(START_TIME)?,
            bytes: 0,
            schema,
        })
    }

    /// Adds to the bytes of JSON in the batch. Fails at 2 GiB, the limit of Arrow's offsets.
    pub(crate) fn add_json_bytes(&mut self, bytes: usize) -> Result<(), ArrowError> {
        self.bytes += bytes;
        i32::try_from(self.bytes).map_err(|_| ArrowError::OffsetOverflowError(self.bytes))?;
        Ok(())
    }

    /// Appends the call of a record, or returns the reason why it cannot be stored.
    pub(crate) fn append(&mut self, record: &str) -> Result<(), RejectReason> {
        let mut json = Cursor::new(record);
        let rows = self.columns.len();
        if self.append_fast(&mut json).filter(|()| json.is_at_end()).is_some() {
            return Ok(());
        }
        self.truncate(rows);
        self.append_slow(record)
    }

    /// Appends the next record, or returns its text and the reason why it cannot be stored. `None`
    /// if the text is not JSON.
    pub(crate) fn append_next<'a>(
        &mut self,
        json: &mut Cursor<'a>,
    ) -> Option<Result<(), (RejectReason, &'a str)>> {
        let (rows, begin) = (self.columns.len(), json.position());
        if self.append_fast(json).is_some() {
            return Some(Ok(()));
        }
        self.truncate(rows);
        json.rewind_to(begin);
        let record = json.value::<&RawValue>()?.get();
        Some(self.append_slow(record).map_err(|reason| (reason, record)))
    }

    /// Appends a record on the fast path. After `None`, the caller has to truncate the columns.
    fn append_fast(&mut self, json: &mut Cursor<'_>) -> Option<()> {
        let mut extra = ExtraFields::default();
        self.columns.append_fast(json, &Path::Record, &mut extra)?;
        let placed = self.columns.has_last_instant(self.start_time)
            && !self.columns.last_text(self.engagement_id).trim().is_empty();
        self.extra.append(extra.into_json().as_deref());
        placed.then_some(())
    }

    /// Appends a record on the slow path.
    fn append_slow(&mut self, record: &str) -> Result<(), RejectReason> {
        let replaced = surrogates::replace_lone(record);
        let object = parse_placeable(replaced.as_deref().unwrap_or(record))?;
        let mut extra = ExtraFields::default();
        self.columns.append(object, &Path::Record, &mut extra);
        if replaced.is_some() {
            surrogates::keep_raw(record, &mut extra);
        }
        self.extra.append(extra.into_json().as_deref());
        Ok(())
    }

    fn truncate(&mut self, rows: usize) {
        self.columns.truncate(rows);
        self.extra.truncate(rows);
    }

    pub(crate) fn finish(self, fetched_at: DateTime<Utc>) -> Result<RecordBatch, ArrowError> {
        let fetched_at =
            TimestampMillisecondArray::from(vec![fetched_at.timestamp_millis(); self.columns.len()]);
        let mut calls = self.columns.finish()?;
        // A sync holds many pages at once. Their reserved memory would be several times their
        // content.
        calls.shrink_to_fit();
        let (_, mut columns, _) = calls.into_parts();
        columns.push(Arc::new(self.extra.finish()?));
        columns.push(Arc::new(fetched_at.with_timezone("UTC")));
        RecordBatch::try_new(self.schema, columns)
    }
}

/// Parses a record. Fails if it lacks what is needed to store it.
fn parse_placeable(record: &str) -> Result<Map<String, Value>, RejectReason> {
    let value: Value = serde_json::from_str(record).map_err(|_| RejectReason::InvalidJson)?;
    let Value::Object(object) = value else {
        return Err(RejectReason::NotAnObject);
    };
    if object.get(ENGAGEMENT_ID).and_then(to_text).is_none_or(|id| id.trim().is_empty()) {
        return Err(RejectReason::NoEngagementId);
    }
    if object.iter().any(|(name, value)| schema::voice_calls().index_of(name).is_ok() && has_long_list(value))
    {
        return Err(RejectReason::ListTooLong);
    }
    match object.get(START_TIME) {
        None | Some(Value::Null) => Err(RejectReason::NoStartTime),
        Some(Value::String(text)) if time::parse(text).is_some() => Ok(object),
        Some(_) => Err(RejectReason::InvalidStartTime),
    }
}

/// Returns whether a value is or contains a list with too many entries.
fn has_long_list(value: &Value) -> bool {
    match value {
        Value::Array(entries) => entries.len() > MAX_LIST_ENTRIES || entries.iter().any(has_long_list),
        Value::Object(fields) => fields.values().any(has_long_list),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray as _, StringArray};
    use proptest::prelude::*;

    use super::*;
    use crate::test_records::{any_damage, any_json, any_record, damage, well_formed_call, write_unusual};

    /// Builds a batch with `append`. Returns it with the reasons of rejected records.
    fn build(
        records: &[String],
        append: impl Fn(&mut CallBatchBuilder, &str) -> Result<(), RejectReason>,
    ) -> (RecordBatch, Vec<Option<RejectReason>>) {
        let mut calls = CallBatchBuilder::new(records.len(), &CurrencySymbols::default()).unwrap();
        let reasons = records.iter().map(|record| append(&mut calls, record).err()).collect();
        (calls.finish(DateTime::UNIX_EPOCH).unwrap(), reasons)
    }

    fn takes_fast_path(record: &str) -> bool {
        let mut json = Cursor::new(record);
        CallBatchBuilder::new(1, &CurrencySymbols::default())
            .unwrap()
            .append_fast(&mut json)
            .is_some_and(|()| json.is_at_end())
    }

    proptest! {
        #[test]
        fn both_paths_give_the_same_batch(
            records in proptest::collection::vec(
                (
                    prop_oneof![any_record(), well_formed_call(), any_json()],
                    proptest::collection::vec(any::<u8>(), 1..99),
                    proptest::option::of((0_usize..1000, 0_usize..3, any_damage())),
                ),
                0..5,
            ),
        ) {
            let records: Vec<String> = records
                .iter()
                .map(|(record, choices, harm)| {
                    let text = write_unusual(record, choices);
                    harm.iter().fold(text, |text, (place, removed, put_in)| damage(&text, *place, *removed, put_in))
                })
                .collect();
            prop_assert_eq!(build(&records, CallBatchBuilder::append), build(&records, CallBatchBuilder::append_slow));
        }

        #[test]
        fn well_formed_calls_take_the_fast_path(call in well_formed_call()) {
            prop_assert!(takes_fast_path(&serde_json::to_string_pretty(&call).unwrap()));
        }
    }

    #[test]
    fn unusual_records_take_the_slow_path() {
        let usual = r#"{"engagement_id":"a","start_time":"2026-11-01T00:00:00Z","agents":[{"user_id":"u"}]}"#;
        let odd = [
            // A duplicate field, and a field with a special meaning for the parser.
            r#"{"engagement_id":"a","start_time":"2026-11-01T00:00:00Z","result":"x","result":"y"}"#,
            r#"{"engagement_id":"a","start_time":"2026-11-01T00:00:00Z","queues":[{"$serde_json::private::Number":"1"}]}"#,
            // In the middle of a list of structs.
            r#"{"engagement_id":"a","start_time":"2026-11-01T00:00:00Z","agents":[{"user_id":"u"},{"team_ids":["1",2]}]}"#,
            r#"{"engagement_id":"a","start_time":"2026-11-01T00:00:00Z","total_duration":"5"}"#,
            r#"{"engagement_id":"a","start_time":"2026-11-01T00:00:00Z"} x"#,
            // A form feed is not white space in JSON.
            "{\"engagement_id\":\"a\",\"start_time\":\"2026-11-01T00:00:00Z\"}\u{c}",
            // Control characters in a string.
            "{\"engagement_id\":\"a\tb\",\"start_time\":\"2026-11-01T00:00:00Z\"}",
            r#"{"engagement_id":" ","start_time":"2026-11-01T00:00:00Z"}"#,
            r#"{"engagement_id":"a","start_time":null}"#,
            "[]",
        ];
        assert!(takes_fast_path(usual));
        for odd in odd {
            assert!(!takes_fast_path(odd), "{odd}");
            let records = [usual.to_owned(), odd.to_owned(), usual.to_owned()];
            assert_eq!(
                build(&records, CallBatchBuilder::append),
                build(&records, CallBatchBuilder::append_slow),
                "{odd}"
            );
        }
    }

    #[test]
    fn names_of_derived_columns_are_unknown_fields() {
        let leg = |fields: &str| {
            format!(
                r#"{{"engagement_id":"a","start_time":"2026-11-01T00:00:00Z","voice_call_details":[{{{fields}}}]}}"#
            )
        };
        let known = leg(r#""charge":"$1","rate":"$2","charge_type":"x","charge_amount":3,"result":"missed""#);
        assert!(takes_fast_path(&known));
        let (calls, _) = build(std::slice::from_ref(&known), CallBatchBuilder::append);
        assert_eq!(calls["extra"].as_string::<i32>().value(0), r#"{"voice_call_details/0/charge_amount":3}"#);
        let broken = leg(r#""charge_type":"x","charge_amount":"result":"missed""#);
        assert_eq!(build(&[broken], CallBatchBuilder::append).1, [Some(RejectReason::InvalidJson)]);
    }

    #[test]
    fn unknown_fields_stay_on_the_fast_path() {
        let record =
            r#"{"engagement_id":"a","start_time":"2026-11-01T00:00:00Z","agents":[{"mood":{"b":[1.50]}}]}"#;
        assert!(takes_fast_path(record));
        let (calls, _) = build(&[record.to_owned()], CallBatchBuilder::append);
        let extra: &StringArray = calls["extra"].as_string();
        assert_eq!(extra.value(0), r#"{"agents/0/mood":{"b":[1.50]}}"#);
    }
}
