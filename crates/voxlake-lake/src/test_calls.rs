//! Calls for tests, and a compact form of their rows.

use arrow::array::{AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::TimestampMillisecondType;
use chrono::DateTime;
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use voxlake_model::decode_records;
use voxlake_model::schema::VOICE_CALL_DETAILS;

use crate::Coverage;
use crate::column_layout::arrow_list_schema;
use crate::footer::COVERAGE_KEY;

/// Midnight of 1 November 2026. Tests count seconds from it.
pub(crate) const MIDNIGHT: i64 = 1_793_491_200;

/// Returns calls given as (id, second, result, result of a leg), fetched at a second.
pub(crate) fn calls(fetched_at: i64, calls: &[(&str, i64, &str, Option<&str>)]) -> RecordBatch {
    let records: Vec<String> = calls
        .iter()
        .map(|(id, second, result, leg)| {
            let start = DateTime::from_timestamp(MIDNIGHT + *second, 0).unwrap().to_rfc3339();
            let legs = leg
                .map_or(String::new(), |leg| format!(r#", "voice_call_details": [{{"result": "{leg}"}}]"#));
            format!(r#"{{"engagement_id": "{id}", "start_time": "{start}", "result": "{result}"{legs}}}"#)
        })
        .collect();
    let at = DateTime::from_timestamp(MIDNIGHT + fetched_at, 0).unwrap();
    decode_records(records.iter().map(String::as_str), at).unwrap().0
}

/// Formats rows as "id second result fetched_at leg".
pub(crate) fn format_rows(batch: &RecordBatch) -> Vec<String> {
    let second =
        |name: &str, row| batch[name].as_primitive::<TimestampMillisecondType>().value(row) / 1000 - MIDNIGHT;
    (0..batch.num_rows())
        .map(|row| {
            let text = |name: &str| batch[name].as_string::<i32>().value(row).to_owned();
            let legs = batch[VOICE_CALL_DETAILS].as_list::<i32>().value(row);
            let leg = legs.as_struct()["result"].as_string::<i32>().iter().flatten().collect::<String>();
            format!(
                "{} {} {} {} {leg}",
                text("engagement_id"),
                second("start_time", row),
                text("result"),
                second("fetched_at", row)
            )
        })
        .collect()
}

/// Returns a day file as earlier versions wrote it: list children are named `item`. It has a
/// metadata entry of its own.
pub(crate) fn former_file(calls: &RecordBatch, coverage: &Coverage) -> Vec<u8> {
    parquet_file(&renamed(calls), coverage, "voxlake 0.1.0")
}

/// Returns a day file of another program: with calls in any columns and any order.
pub(crate) fn parquet_file(calls: &RecordBatch, coverage: &Coverage, created_by: &str) -> Vec<u8> {
    let properties = WriterProperties::builder().set_created_by(created_by.to_owned()).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), calls.schema(), Some(properties)).unwrap();
    writer.write(calls).unwrap();
    let coverage = serde_json::to_string(coverage).unwrap();
    writer.append_key_value_metadata(KeyValue::new(COVERAGE_KEY.to_owned(), coverage));
    writer.append_key_value_metadata(KeyValue::new("note".to_owned(), "kept".to_owned()));
    writer.into_inner().unwrap()
}

fn renamed(calls: &RecordBatch) -> RecordBatch {
    let schema = arrow_list_schema();
    let columns = schema.fields().iter().zip(calls.columns());
    let columns = columns.map(|(field, column)| cast(column, field.data_type()).unwrap());
    RecordBatch::try_new(schema.clone(), columns.collect()).unwrap()
}
