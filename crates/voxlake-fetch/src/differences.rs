//! Differences between calls of the API and of the lake.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::datatypes::TimestampMillisecondType;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, NaiveDate, Utc};
use voxlake_lake::{Lake, LakeError, group_digits};
use voxlake_model::schema::{ENGAGEMENT_ID, FETCHED_AT, START_TIME, VOICE_CALL_DETAILS};

/// Field of a call that differs between the API and the lake.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldDifference {
    /// Id of the engagement.
    pub engagement_id: String,
    /// Start time of the call.
    pub start_time: Option<DateTime<Utc>>,
    /// Name of the field.
    pub field: String,
    /// Value in the lake.
    pub in_lake: String,
    /// Value in the API.
    pub in_api: String,
}

/// Comparison of calls of the API with those of a lake.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CallComparison {
    /// Number of calls that the lake does not have.
    pub missing: usize,
    /// Number of calls that are equal in the lake.
    pub same: usize,
    /// Number of calls with different fields.
    pub different: usize,
    /// Fields that differ.
    pub differences: Vec<FieldDifference>,
}

impl CallComparison {
    /// Compares calls with those of the same key in the lake. The fetch time is not compared, and
    /// legs only if `with_legs`.
    ///
    /// # Errors
    /// [`LakeError`] for a day file that cannot be read.
    pub async fn new(
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

    /// Returns the differences as rows: id, start time, field, and the two values.
    ///
    /// # Errors
    /// [`ArrowError`] if the batch cannot be created.
    pub fn to_batch(&self) -> Result<RecordBatch, ArrowError> {
        let rows = &self.differences;
        let texts = |text: fn(&FieldDifference) -> &String| {
            Arc::new(StringArray::from_iter_values(rows.iter().map(text))) as ArrayRef
        };
        let starts = rows.iter().map(|row| row.start_time.map(|start| start.timestamp_millis()));
        let starts = Arc::new(TimestampMillisecondArray::from_iter(starts).with_timezone("UTC")) as ArrayRef;
        RecordBatch::try_from_iter([
            (ENGAGEMENT_ID, texts(|row| &row.engagement_id)),
            (START_TIME, starts),
            ("field", texts(|row| &row.field)),
            ("in_lake", texts(|row| &row.in_lake)),
            ("in_api", texts(|row| &row.in_api)),
        ])
    }

    /// Describes the numbers of calls.
    #[must_use]
    pub fn describe(&self) -> String {
        let [same, different, missing] =
            [self.same, self.different, self.missing].map(|count| group_digits(count as u64));
        format!("in the lake: {same} identical, {different} different, {missing} missing")
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
                let in_api = format_value(calls, field.name(), row)?;
                let in_lake = format_value(stored, field.name(), *stored_row)?;
                if in_api != in_lake {
                    self.differences.push(FieldDifference {
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

fn format_value(calls: &RecordBatch, field: &str, row: usize) -> Result<String, ArrowError> {
    let Some(column) = calls.column_by_name(field) else { return Ok(String::new()) };
    let options = FormatOptions::default().with_null("NULL");
    Ok(ArrayFormatter::try_new(column, &options)?.value(row).to_string())
}

#[cfg(test)]
mod tests {
    use voxlake_model::decode_records;

    use super::*;

    #[test]
    fn calls_are_missing_same_or_different() {
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
        let mut comparison = CallComparison::default();
        comparison.add(&calls(&[&same, &new, &changed], 9), &calls(&[&old, &same], 1), true).unwrap();
        assert_eq!((comparison.missing, comparison.same, comparison.different), (1, 1, 1));
        let found: Vec<_> = comparison
            .differences
            .iter()
            .map(|one| [&one.engagement_id, &one.field, &one.in_lake, &one.in_api].map(String::as_str))
            .collect();
        assert_eq!(found, [["changed", "result", "missed", "completed"]]);
        assert_eq!(comparison.describe(), "in the lake: 1 identical, 1 different, 1 missing");
        let rows = comparison.to_batch().unwrap();
        assert_eq!(rows["start_time"].as_primitive::<TimestampMillisecondType>().value(0), 1_793_520_000_000);
        assert_eq!(rows["in_api"].as_string::<i32>().value(0), "completed");
    }
}
