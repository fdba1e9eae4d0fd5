//! Fetched calls into the calls of a day: by key, the later fetch wins.
//!
//! The key is (`start_time`, `engagement_id`), and the result is sorted by it. A call that says
//! the same as before keeps its row, `fetched_at` included, so that fetching twice changes nothing.
//! Legs are replaced as a set; a summary fetch brings no legs, and then the known ones stay.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt64Array};
use arrow::compute::{concat_batches, take, take_record_batch};
use arrow::datatypes::TimestampMillisecondType;
use arrow::error::ArrowError;
use arrow::row::{RowConverter, Rows, SortField};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use voxlake_model::schema::{self, ENGAGEMENT_ID, EXTRA, FETCHED_AT, START_TIME, VOICE_CALL_DETAILS};

/// What a merge does where the day has a call already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// The call is replaced by what was fetched later. The rule of a sync.
    #[default]
    Replace,
    /// The call stays as it is; calls that the day does not have are added. The rule of an import.
    Keep,
    /// The call stays as it is, and so does every range that was fetched before: what comes new into
    /// one is refused. The rule of closed books.
    Freeze,
}

/// What a merge did to the calls of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MergeCounts {
    /// Calls that the day did not have.
    pub added: usize,
    /// Calls that say something else than before.
    pub changed: usize,
    /// Fetched calls that say what they said before.
    pub unchanged: usize,
}

/// What a merge changed in ranges that the day had fetched before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// Calls that say something else than before.
    pub changed: usize,
    /// Calls that are new in a range that had been fetched.
    pub late: usize,
    /// By how much those calls changed the sum of charges: millionths of a unit, by currency.
    /// Charges without a currency stand under the empty name. No entry is zero.
    pub charges: BTreeMap<String, i128>,
    /// What [`Existing::Freeze`] refused. None of it is in the figures above.
    pub refused: Vec<RefusedChange>,
}

/// A change that a frozen day did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedChange {
    /// The call.
    pub engagement_id: String,
    /// When it began.
    pub start_time: DateTime<Utc>,
    /// Whether the day does not have the call at all; otherwise it has it in other words.
    pub late: bool,
    /// By how much the call would have changed the sum of charges: millionths, by currency. No entry is zero.
    pub charges: BTreeMap<String, i128>,
}

/// Splits calls by the UTC date of their `start_time`; the order within a day is kept.
///
/// # Errors
/// Where the calls do not have the lake's schema.
pub fn split_by_day(calls: &RecordBatch) -> Result<BTreeMap<NaiveDate, RecordBatch>, ArrowError> {
    let mut rows: BTreeMap<NaiveDate, Vec<u64>> = BTreeMap::new();
    let starts = calls[START_TIME].as_primitive::<TimestampMillisecondType>();
    for (row, start) in (0..).zip(starts.values()) {
        let start = DateTime::from_timestamp_millis(*start)
            .ok_or_else(|| ArrowError::ComputeError(format!("start_time {start} ms is no date")))?;
        rows.entry(start.date_naive()).or_default().push(row);
    }
    rows.into_iter()
        .map(|(date, rows)| Ok((date, take_record_batch(calls, &UInt64Array::from(rows))?)))
        .collect()
}

/// Merges `fetched` into `existing`, both of the lake's schema; later rows of `fetched` win over earlier ones.
pub(crate) fn merge(
    existing: &RecordBatch,
    fetched: &[RecordBatch],
) -> Result<(RecordBatch, MergeCounts), ArrowError> {
    let schema = schema::voice_calls();
    let all = concat_batches(&schema, std::iter::once(existing).chain(fetched))?;
    let known = existing.num_rows();
    let keys = rows(&all, |name| name == START_TIME || name == ENGAGEMENT_ID)?;
    let content = rows(&all, |name| name != FETCHED_AT && name != VOICE_CALL_DETAILS)?;
    let legs = rows(&all, |name| name == VOICE_CALL_DETAILS)?;
    let legs_given = all[VOICE_CALL_DETAILS].logical_nulls();
    let legs_list = all[VOICE_CALL_DETAILS].as_list::<i32>();
    // An empty list tells no more than none does: a call that was made has a leg.
    let has_legs = |row: usize| {
        legs_given.as_ref().is_none_or(|nulls| nulls.is_valid(row)) && legs_list.value_length(row) > 0
    };

    let mut order: Vec<usize> = (0..all.num_rows()).collect();
    // Stable: rows of one key stay in the order of their coming, the existing one first.
    order.sort_by(|a, b| keys.row(*a).cmp(&keys.row(*b)));

    let (mut kept, mut kept_legs) = (Vec::new(), Vec::new());
    let mut counts = MergeCounts::default();
    for same_key in order.chunk_by(|a, b| keys.row(*a) == keys.row(*b)) {
        let [first, .., latest] = same_key else {
            // One row alone: nothing to merge.
            kept.extend(same_key);
            kept_legs.extend(same_key);
            counts.added += same_key.iter().filter(|row| **row >= known).count();
            continue;
        };
        let latest_legs = same_key.iter().rev().find(|row| has_legs(**row)).unwrap_or(latest);
        let same = content.row(*first) == content.row(*latest) && legs.row(*first) == legs.row(*latest_legs);
        let (row, legs_row) = if same { (first, first) } else { (latest, latest_legs) };
        kept.push(*row);
        kept_legs.push(*legs_row);
        match (*first < known, same) {
            (false, _) => counts.added += 1,
            (true, false) => counts.changed += 1,
            (true, true) => counts.unchanged += 1,
        }
    }
    Ok((gather(&all, &kept, &kept_legs)?, counts))
}

/// The rows of the columns that `wanted` names, in a form that compares.
fn rows(batch: &RecordBatch, wanted: impl Fn(&str) -> bool) -> Result<Rows, ArrowError> {
    let schema = batch.schema();
    let mut chosen: Vec<usize> =
        (0..schema.fields().len()).filter(|at| wanted(schema.field(*at).name())).collect();
    // The key sorts by time first, and the schema has the id first.
    chosen.sort_by_key(|at| schema.field(*at).name() == ENGAGEMENT_ID);
    let fields = chosen.iter().map(|at| SortField::new(schema.field(*at).data_type().clone())).collect();
    let columns: Vec<_> = chosen.iter().map(|at| Arc::clone(batch.column(*at))).collect();
    RowConverter::new(fields)?.convert_columns(&columns)
}

/// The given rows of `all`, with the legs of others.
fn gather(all: &RecordBatch, rows: &[usize], legs_rows: &[usize]) -> Result<RecordBatch, ArrowError> {
    let indices = |rows: &[usize]| rows.iter().map(|row| *row as u64).collect::<UInt64Array>();
    let (rows, legs_rows) = (indices(rows), indices(legs_rows));
    let schema = all.schema();
    let columns = schema
        .fields()
        .iter()
        .zip(all.columns())
        .map(|(field, column)| match field.name().as_str() {
            VOICE_CALL_DETAILS => take(column, &legs_rows, None),
            EXTRA => extra(column.as_string(), &rows, &legs_rows),
            _ => take(column, &rows, None),
        })
        .collect::<Result<_, _>>()?;
    RecordBatch::try_new(schema, columns)
}

/// What no column could take, for rows whose legs come from other rows: with those legs comes what was
/// said in them beyond the columns.
fn extra(column: &StringArray, rows: &UInt64Array, legs_rows: &UInt64Array) -> Result<ArrayRef, ArrowError> {
    if rows == legs_rows {
        return take(column, rows, None);
    }
    let object = |row: u64| -> Result<Map<String, Value>, ArrowError> {
        let row = usize::try_from(row).unwrap_or(usize::MAX);
        let text = column.is_valid(row).then(|| column.value(row));
        text.map_or(Ok(Map::new()), serde_json::from_str).map_err(|e| ArrowError::JsonError(e.to_string()))
    };
    let in_legs = |path: &str| path.split('/').next() == Some(VOICE_CALL_DETAILS);
    let merged = rows.values().iter().zip(legs_rows.values()).map(|(row, legs_row)| {
        let mut extra = object(*row)?;
        if row != legs_row {
            extra.retain(|path, _| !in_legs(path));
            extra.extend(object(*legs_row)?.into_iter().filter(|(path, _)| in_legs(path)));
        }
        Ok((!extra.is_empty()).then(|| Value::Object(extra).to_string()))
    });
    Ok(Arc::new(merged.collect::<Result<StringArray, ArrowError>>()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use voxlake_model::decode_records;

    use super::*;

    /// Midnight of 1 November 2026, from which the tests count their seconds.
    const MIDNIGHT: i64 = 1_793_491_200;

    /// Calls as (id, second, result, legs), fetched at a second.
    fn calls(fetched_at: i64, calls: &[(&str, i64, &str, Option<&str>)]) -> RecordBatch {
        let records: Vec<String> = calls
            .iter()
            .map(|(id, second, result, leg)| {
                let start = DateTime::from_timestamp(MIDNIGHT + *second, 0).unwrap().to_rfc3339();
                let legs = leg.map_or(String::new(), |leg| {
                    format!(r#", "voice_call_details": [{{"result": "{leg}"}}]"#)
                });
                format!(r#"{{"engagement_id": "{id}", "start_time": "{start}", "result": "{result}"{legs}}}"#)
            })
            .collect();
        let at = DateTime::from_timestamp(MIDNIGHT + fetched_at, 0).unwrap();
        decode_records(records.iter().map(String::as_str), at).unwrap().0
    }

    /// Rows as "id second result fetched_at leg".
    fn shown(batch: &RecordBatch) -> Vec<String> {
        let second = |name: &str, row| {
            batch[name].as_primitive::<TimestampMillisecondType>().value(row) / 1000 - MIDNIGHT
        };
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

    #[test]
    fn new_calls_are_added_in_order_of_time_then_id() {
        let (merged, counts) = merge(
            &calls(90, &[("b", 5, "completed", None)]),
            &[
                calls(91, &[("z", 7, "missed", None), ("a", 5, "missed", None)]),
                calls(92, &[("c", 1, "missed", None)]),
            ],
        )
        .unwrap();
        assert_eq!(
            shown(&merged),
            ["c 1 missed 92 ", "a 5 missed 91 ", "b 5 completed 90 ", "z 7 missed 91 "]
        );
        assert_eq!(counts, MergeCounts { added: 3, changed: 0, unchanged: 0 });
    }

    #[test]
    fn the_later_fetch_wins_and_one_that_says_the_same_changes_nothing() {
        let existing = calls(90, &[("a", 1, "completed", Some("x")), ("b", 2, "completed", Some("x"))]);
        let again = calls(91, &[("a", 1, "completed", Some("x")), ("b", 2, "long_calls", Some("y"))]);
        let (merged, counts) = merge(&existing, &[again]).unwrap();
        assert_eq!(shown(&merged), ["a 1 completed 90 x", "b 2 long_calls 91 y"]);
        assert_eq!(counts, MergeCounts { added: 0, changed: 1, unchanged: 1 });
    }

    #[test]
    fn a_fetch_without_legs_leaves_the_known_ones() {
        let existing = calls(90, &[("a", 1, "completed", Some("x")), ("b", 2, "completed", Some("x"))]);
        let summary = calls(91, &[("a", 1, "completed", None), ("b", 2, "missed", None)]);
        let (merged, counts) = merge(&existing, &[summary]).unwrap();
        assert_eq!(shown(&merged), ["a 1 completed 90 x", "b 2 missed 91 x"]);
        assert_eq!(counts, MergeCounts { added: 0, changed: 1, unchanged: 1 });
    }

    #[test]
    fn what_legs_said_beyond_their_columns_goes_where_the_legs_go() {
        let record = |more: &str| {
            let record = format!(r#"{{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z", {more}}}"#);
            decode_records([record.as_str()], DateTime::UNIX_EPOCH).unwrap().0
        };
        let detail = record(r#""mood": 1, "voice_call_details": [{"wait": 12}]"#);
        for summary in [r#""mood": 2"#, r#""mood": 2, "voice_call_details": []"#] {
            let (merged, counts) = merge(&detail, &[record(summary)]).unwrap();
            let extra = merged["extra"].as_string::<i32>().value(0);
            assert_eq!(extra, r#"{"mood":2,"voice_call_details/0/wait":12}"#);
            assert_eq!(merged[VOICE_CALL_DETAILS].as_list::<i32>().value_length(0), 1);
            assert_eq!(counts, MergeCounts { added: 0, changed: 1, unchanged: 0 });
        }
    }

    #[test]
    fn a_call_on_two_pages_of_one_fetch_is_one_call() {
        let twice = calls(91, &[("a", 1, "missed", None), ("a", 1, "completed", None)]);
        let (merged, counts) = merge(&calls(0, &[]), &[twice]).unwrap();
        assert_eq!(shown(&merged), ["a 1 completed 91 "]);
        assert_eq!(counts, MergeCounts { added: 1, changed: 0, unchanged: 0 });
    }

    #[test]
    fn calls_are_split_at_midnight_utc() {
        let split = split_by_day(&calls(
            0,
            &[("a", 86_400, "x", None), ("b", 86_399, "x", None), ("c", 86_401, "x", None)],
        ))
        .unwrap();
        let days: Vec<(String, Vec<String>)> =
            split.iter().map(|(date, calls)| (date.to_string(), shown(calls))).collect();
        assert_eq!(
            days,
            [
                ("2026-11-01".to_owned(), vec!["b 86399 x 0 ".to_owned()]),
                ("2026-11-02".to_owned(), vec!["a 86400 x 0 ".to_owned(), "c 86401 x 0 ".to_owned()]),
            ]
        );
    }

    proptest! {
        #[test]
        fn merging_is_a_map_by_key_whatever_the_order(
            fetches in proptest::collection::vec(
                proptest::collection::vec(("[ab]", 0_i64..3, "[xy]"), 0..5), 0..5),
        ) {
            let mut expected = BTreeMap::new();
            let mut merged = calls(0, &[]);
            for (at, fetch) in (1..).zip(&fetches) {
                let rows: Vec<_> = fetch.iter().map(|(id, s, r)| (id.as_str(), *s, r.as_str(), None)).collect();
                for (id, second, result, _) in &rows {
                    expected.insert((*second, (*id).to_owned()), (*result).to_owned());
                }
                let batch = calls(at, &rows);
                let (once, _) = merge(&merged, std::slice::from_ref(&batch)).unwrap();
                let (twice, counts) = merge(&once, &[batch]).unwrap();
                // A batch that gives one key twice may say two things; its last word stays the same.
                prop_assert_eq!(counts.added + counts.changed, 0);
                prop_assert_eq!(&once, &twice);
                merged = once;
            }
            let found: Vec<String> = shown(&merged).iter()
                .map(|row| row.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect();
            let expected: Vec<String> = expected.iter().map(|((s, id), r)| format!("{id} {s} {r}")).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
