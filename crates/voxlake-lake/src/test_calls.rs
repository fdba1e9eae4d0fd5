//! Calls for tests, and a compact form of their rows.

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use chrono::DateTime;
use voxlake_model::decode_records;
use voxlake_model::schema::VOICE_CALL_DETAILS;

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
