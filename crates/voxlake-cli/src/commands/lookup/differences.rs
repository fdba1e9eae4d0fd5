//! Differences between calls of the API and of the lake.

use std::collections::HashMap;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, NaiveDate, Utc};
use voxlake_lake::{Lake, LakeError};
use voxlake_model::schema::{ENGAGEMENT_ID, FETCHED_AT, START_TIME, VOICE_CALL_DETAILS};

/// Difference in one field of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) engagement_id: String,
    pub(super) start_time: Option<DateTime<Utc>>,
    pub(super) field: String,
    pub(super) in_lake: String,
    pub(super) in_api: String,
}

/// LakeComparison of calls of the API with those of the lake.
#[derive(Clone, Debug, Default)]
pub(super) struct LakeComparison {
    /// Calls that the lake does not have.
    pub(super) missing: usize,
    /// Calls that are the same in the lake.
    pub(super) same: usize,
    /// Calls with different fields.
    pub(super) different: usize,
    pub(super) differences: Vec<Difference>,
}

impl LakeComparison {
    /// Compares calls with those of the same key in the lake. Ignores the fetch time, and legs
    /// unless `with_legs` is set.
    pub(super) async fn with_lake(
        lake: &Lake,
        days: &[(NaiveDate, RecordBatch)],
        with_legs: bool,
    ) -> Result<Self, LakeError> {
        let mut comparison = Self::default();
        for (date, calls) in days {
            let stored = lake.read_day(*date).await?.calls;
            comparison.add(calls, &stored, with_legs)?;
        }
        Ok(comparison)
    }

    fn add(&mut self, calls: &RecordBatch, stored: &RecordBatch, with_legs: bool) -> Result<(), ArrowError> {
        let is_compared = |name: &str| name != FETCHED_AT && (with_legs || name != VOICE_CALL_DETAILS);
        let rows_by_key: HashMap<(i64, &str), usize> =
            keys(stored).enumerate().map(|(row, key)| (key, row)).collect();
        for (row, key) in keys(calls).enumerate() {
            let Some(stored_row) = rows_by_key.get(&key) else {
                self.missing += 1;
                continue;
            };
            let before = self.differences.len();
            for field in calls.schema().fields().iter().filter(|field| is_compared(field.name())) {
                let in_api = format_field(calls, field.name(), row)?;
                let in_lake = format_field(stored, field.name(), *stored_row)?;
                if in_api != in_lake {
                    self.differences.push(Difference {
                        engagement_id: key.1.to_owned(),
                        start_time: DateTime::from_timestamp_millis(key.0),
                        field: field.name().clone(),
                        in_lake,
                        in_api,
                    });
                }
            }
            let is_same = self.differences.len() == before;
            *if is_same { &mut self.same } else { &mut self.different } += 1;
        }
        Ok(())
    }
}

fn keys(calls: &RecordBatch) -> impl Iterator<Item = (i64, &str)> {
    let ids = calls[ENGAGEMENT_ID].as_string::<i32>().iter().flatten();
    calls[START_TIME].as_primitive::<TimestampMillisecondType>().values().iter().copied().zip(ids)
}

fn format_field(calls: &RecordBatch, field: &str, row: usize) -> Result<String, ArrowError> {
    let Some(column) = calls.column_by_name(field) else { return Ok(String::new()) };
    let options = FormatOptions::default().with_null("NULL");
    Ok(ArrayFormatter::try_new(column, &options)?.value(row).to_string())
}

#[cfg(test)]
mod tests {
    use voxlake_model::decode_records;

    use super::*;

    #[test]
    fn calls_are_missing_equal_or_different() {
        let calls = |records: &[&str], at: i64| {
            decode_records(records.iter().copied(), DateTime::from_timestamp(at, 0).unwrap()).unwrap().0
        };
        let call = |id: &str, rest: &str| {
            format!(r#"{{"engagement_id": "{id}", "start_time": "2026-11-01T08:00:00Z"{rest}}}"#)
        };
        let (same, new) = (call("same", ""), call("new", ""));
        let (old, changed) = (
            call("changed", r#", "result": "missed", "queues": [{"queue_name": "Sales"}]"#),
            call("changed", r#", "result": "completed", "queues": [{"queue_name": "Sales"}]"#),
        );
        let mut comparison = LakeComparison::default();
        comparison.add(&calls(&[&same, &new, &changed], 9), &calls(&[&old, &same], 1), true).unwrap();
        assert_eq!((comparison.missing, comparison.same, comparison.different), (1, 1, 1));
        let found: Vec<_> = comparison
            .differences
            .iter()
            .map(|one| [&one.engagement_id, &one.field, &one.in_lake, &one.in_api].map(String::as_str))
            .collect();
        assert_eq!(found, [["changed", "result", "missed", "completed"]]);
    }
}
