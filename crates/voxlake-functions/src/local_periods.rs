//! `local_periods(from, to, per, zone)`: names of the local hours, days, weeks or months in a time
//! range.
//!
//! A report has a row for each of them, even if no call started in it.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::{DataType, TimestampMillisecondType};
use datafusion::common::{Result, ScalarValue, exec_err, not_impl_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use voxlake_model::schema::timestamp_type;

use super::local_period::period_format;
use super::local_time::time_zone;
use super::zoned_intervals::ZonedIntervals;
use crate::arguments::coerce_arguments;
use crate::lists::{list_of, single_list};

/// Maximum hours or days that are visited: more than 1,000 years of hours.
const MAX_STEPS: usize = 10_000_000;

/// `local_periods(timestamp, timestamp, text, text) -> list of text`: the distinct names that
/// `local_period` gives the instants of `[from, to)`, in chronological order. Has at least the name
/// of `from`, even if `to` is not after it.
///
/// `per` and the zone are as in `local_period`, except that an unknown `per` yields an empty list.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct LocalPeriods {
    signature: Signature,
}

impl Default for LocalPeriods {
    fn default() -> Self {
        // Volatile for the reason given in `local_intervals`: years of periods would become a
        // constant in the plan.
        Self { signature: Signature::user_defined(Volatility::Volatile) }
    }
}

impl ScalarUDFImpl for LocalPeriods {
    fn name(&self) -> &'static str {
        "local_periods"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(DataType::Utf8))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_arguments(
            self.name(),
            given,
            &[timestamp_type(), timestamp_type(), DataType::Utf8, DataType::Utf8],
        )
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [from, to, ColumnarValue::Scalar(per), ColumnarValue::Scalar(zone)] = args.args.as_slice() else {
            return not_impl_err!("local_periods takes one period and one time zone for all rows");
        };
        let (Some(Some(per)), Some(Some(zone))) = (per.try_as_str(), zone.try_as_str()) else {
            return exec_err!("local_periods takes text for the period and the time zone");
        };
        let (ColumnarValue::Scalar(from), ColumnarValue::Scalar(to)) = (from, to) else {
            return not_impl_err!("local_periods takes one span of time for all rows");
        };
        let ms = |bound: &ScalarValue| -> Result<Option<i64>> {
            let bound = bound.to_array()?;
            Ok(bound.as_primitive::<TimestampMillisecondType>().iter().next().flatten())
        };
        let (Some(from), Some(to)) = (ms(from)?, ms(to)?) else {
            return exec_err!("local_periods takes times for from and to");
        };
        let names: ArrayRef = match period_format(per, time_zone(zone)?) {
            Some((intervals, format)) => {
                Arc::new(StringArray::from(period_names(intervals, format, from, to)?))
            }
            None => Arc::new(StringArray::from(Vec::<String>::new())),
        };
        let names = ScalarValue::List(Arc::new(single_list(names)?));
        Ok(ColumnarValue::Scalar(names))
    }
}

/// Returns the names of the intervals in `[from, to)`, at least that of `from`.
fn period_names(intervals: ZonedIntervals, format: &str, from: i64, to: i64) -> Result<Vec<String>> {
    let (mut names, mut seen) = (Vec::new(), HashSet::new());
    let mut at = from;
    for step in 0.. {
        if step == MAX_STEPS {
            return exec_err!("the time range has more than {MAX_STEPS} hours or days: use a shorter one");
        }
        let span = intervals.span_at(at);
        if let Some(shown) = span.local_start() {
            let name = shown.format(format).to_string();
            if seen.insert(name.clone()) {
                names.push(name);
            }
        }
        let next = span.to().max(at + 1);
        if next >= to || is_complete(format, names.len()) {
            break;
        }
        at = next;
    }
    Ok(names)
}

/// Returns whether all possible names have occurred.
fn is_complete(format: &str, names: usize) -> bool {
    match format {
        "%H" => names == 24,
        "%u %A" => names == 7,
        "all" => names == 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use voxlake_query::test_lake::TestLake;

    async fn period_names(from: &str, to: &str, per: &str, zone: &str) -> String {
        let sql = format!("SELECT local_periods(TIMESTAMP '{from}', TIMESTAMP '{to}', '{per}', '{zone}')");
        TestLake::empty().sql(&sql).await.join(", ")
    }

    #[tokio::test]
    async fn periods_are_local() {
        let berlin = "Europe/Berlin";
        let (from, to) = ("2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z");
        assert_eq!(period_names(from, to, "day", berlin).await, "[2026-10-25, 2026-10-26]");
        assert_eq!(period_names(from, to, "weekday", berlin).await, "[7 Sunday, 1 Monday]");
        assert_eq!(period_names(from, to, "week", berlin).await, "[2026-W43, 2026-W44]");
        assert_eq!(period_names(from, to, "month", berlin).await, "[2026-10]");
        assert_eq!(period_names(from, to, "all", berlin).await, "[all]");
        assert_eq!(period_names(from, to, "country", berlin).await, "[]");
        // An hour that is skipped by a clock change is not a period.
        let (from, to) = ("2026-03-29T00:30:00Z", "2026-03-29T02:00:00Z");
        assert_eq!(period_names(from, to, "hour", berlin).await, "[01, 03]");
    }

    #[tokio::test]
    async fn empty_ranges_have_their_start_period() {
        let at = "2026-11-01T23:30:00Z";
        assert_eq!(period_names(at, at, "day", "Europe/Berlin").await, "[2026-11-02]");
    }

    #[tokio::test]
    async fn hours_of_many_years_are_found_quickly() {
        let hours = period_names("2000-01-01T00:00:00Z", "2199-12-31T00:00:00Z", "hour", "UTC").await;
        assert_eq!(hours.split(", ").count(), 24);
    }
}
