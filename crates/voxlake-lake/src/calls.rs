//! Columns of calls that a merge compares, and calls by day.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _, Decimal128Array, RecordBatch, StringArray};
use arrow::array::{TimestampMillisecondArray, UInt64Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Decimal128Type, TimestampMillisecondType};
use arrow::error::ArrowError;
use chrono::{DateTime, NaiveDate, Utc};
use voxlake_model::schema::{CHARGE_AMOUNT, CHARGE_CURRENCY, ENGAGEMENT_ID, START_TIME};

use crate::revision::CallVersion;

/// Sort key and identity of a call within a day: `start_time` in ms, `engagement_id`.
pub(crate) type Key<'a> = (i64, &'a str);

/// The keys of a batch of calls.
pub(crate) struct Keys<'a> {
    starts: &'a TimestampMillisecondArray,
    ids: &'a StringArray,
}

impl<'a> Keys<'a> {
    /// Takes calls with at least the columns of the key, in the lake's types.
    pub(crate) fn new(calls: &'a RecordBatch) -> Self {
        Self {
            starts: calls[START_TIME].as_primitive::<TimestampMillisecondType>(),
            ids: calls[ENGAGEMENT_ID].as_string(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn get(&self, row: usize) -> Key<'a> {
        (self.starts.value(row), self.ids.value(row))
    }

    pub(crate) fn last(&self) -> Option<Key<'a>> {
        self.len().checked_sub(1).map(|row| self.get(row))
    }

    /// Counts the leading rows with a key up to and including `key`. The rows are sorted.
    pub(crate) fn count_through(&self, key: Key<'_>) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from.midpoint(to);
            if self.get(middle) <= key { from = middle + 1 } else { to = middle }
        }
        from
    }

    /// Returns whether each key is greater than the one before it, and the first one greater than
    /// `before`.
    pub(crate) fn ascend_from(&self, before: Option<Key<'_>>) -> bool {
        (self.len() == 0 || before.is_none_or(|before| before < self.get(0)))
            && (1..self.len()).all(|row| self.get(row - 1) < self.get(row))
    }
}

/// Keys and charges of a batch of calls.
pub(crate) struct Charges<'a> {
    keys: Keys<'a>,
    amounts: &'a Decimal128Array,
    currencies: &'a StringArray,
}

impl<'a> Charges<'a> {
    /// Takes calls of the lake's schema.
    pub(crate) fn new(calls: &'a RecordBatch) -> Self {
        Self {
            keys: Keys::new(calls),
            amounts: calls[CHARGE_AMOUNT].as_primitive::<Decimal128Type>(),
            currencies: calls[CHARGE_CURRENCY].as_string(),
        }
    }

    pub(crate) fn version(&self, row: usize) -> Result<CallVersion<'a>, ArrowError> {
        let (start, id) = self.keys.get(row);
        Ok(CallVersion {
            start: instant(start)?,
            id,
            amount: if self.amounts.is_valid(row) { self.amounts.value(row) } else { 0 },
            currency: if self.currencies.is_valid(row) { self.currencies.value(row) } else { "" },
        })
    }
}

fn instant(millis: i64) -> Result<DateTime<Utc>, ArrowError> {
    DateTime::from_timestamp_millis(millis)
        .ok_or_else(|| ArrowError::ComputeError(format!("start_time {millis} ms is out of range")))
}

/// Calls indexed by the UTC date of their `start_time`.
///
/// The calls of a day are copied only on request. Copies of many small days need several times the
/// memory of the page that they come from.
#[derive(Debug)]
pub struct CallsByDay {
    calls: RecordBatch,
    rows: BTreeMap<NaiveDate, Vec<u64>>,
}

impl CallsByDay {
    /// Indexes `calls`.
    ///
    /// # Errors
    /// If a start time is out of range.
    pub fn try_new(calls: RecordBatch) -> Result<Self, ArrowError> {
        let mut rows: BTreeMap<NaiveDate, Vec<u64>> = BTreeMap::new();
        let starts = calls[START_TIME].as_primitive::<TimestampMillisecondType>();
        for (row, start) in (0..).zip(starts.values()) {
            rows.entry(instant(*start)?.date_naive()).or_default().push(row);
        }
        Ok(Self { calls, rows })
    }

    /// All calls.
    #[must_use]
    pub fn all(&self) -> &RecordBatch {
        &self.calls
    }

    /// Dates of the calls, in order.
    pub fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.rows.keys().copied()
    }

    /// Returns the calls of a day. `None` for a day without calls.
    ///
    /// # Errors
    /// If arrow cannot copy them.
    pub fn of_day(&self, date: NaiveDate) -> Result<Option<RecordBatch>, ArrowError> {
        match self.rows.get(&date) {
            None => Ok(None),
            // Most pages are of one day. Those need no copy.
            Some(_) if self.rows.len() == 1 => Ok(Some(self.calls.clone())),
            Some(rows) => take_record_batch(&self.calls, &UInt64Array::from(rows.clone())).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_calls::{calls, format_rows};

    #[test]
    fn splits_calls_at_midnight_utc() {
        let split = CallsByDay::try_new(calls(
            0,
            &[("a", 86_400, "x", None), ("b", 86_399, "x", None), ("c", 86_401, "x", None)],
        ))
        .unwrap();
        let days: Vec<(String, Vec<String>)> = split
            .dates()
            .map(|date| (date.to_string(), format_rows(&split.of_day(date).unwrap().unwrap())))
            .collect();
        assert_eq!(
            days,
            [
                ("2026-11-01".to_owned(), vec!["b 86399 x 0 ".to_owned()]),
                ("2026-11-02".to_owned(), vec!["a 86400 x 0 ".to_owned(), "c 86401 x 0 ".to_owned()]),
            ]
        );
    }

    #[test]
    fn page_of_one_day_is_not_copied() {
        let page = calls(0, &[("a", 1, "x", None), ("b", 2, "x", None)]);
        let split = CallsByDay::try_new(page.clone()).unwrap();
        let date = split.dates().next().unwrap();
        let ids = |calls: &RecordBatch| calls[ENGAGEMENT_ID].as_string::<i32>().values().as_ptr();
        assert_eq!(ids(&split.of_day(date).unwrap().unwrap()), ids(&page));
        assert!(split.of_day(date.succ_opt().unwrap()).unwrap().is_none());
    }
}
