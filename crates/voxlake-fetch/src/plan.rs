//! What to fetch: the moments that are not settled, in windows that never leave their UTC day.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use voxlake_lake::{Coverage, TimeRange};

/// A range of one day to ask the API for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The UTC day whose file takes the calls.
    pub date: NaiveDate,
    /// The range, within that day.
    pub range: TimeRange,
}

/// The windows of `period` that are not settled, oldest first. A day without coverage was never fetched.
#[must_use]
pub fn plan(period: TimeRange, settle: TimeDelta, coverage: &BTreeMap<NaiveDate, Coverage>) -> Vec<Window> {
    let unknown = Coverage::default();
    let mut windows = Vec::new();
    for date in period.from.date_naive().iter_days() {
        let within = utc_day(date).intersection(&period);
        if within.is_empty() {
            break;
        }
        let unsettled = coverage.get(&date).unwrap_or(&unknown).unsettled(within, settle);
        windows.extend(unsettled.into_iter().map(|range| Window { date, range }));
    }
    windows
}

/// A UTC day as a range.
pub(crate) fn utc_day(date: NaiveDate) -> TimeRange {
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    let to = date.checked_add_days(Days::new(1)).map_or(DateTime::<Utc>::MAX_UTC, midnight);
    TimeRange { from: midnight(date), to }
}

#[cfg(test)]
mod tests {
    use voxlake_lake::Fetched;

    use super::*;

    fn range(from: &str, to: &str) -> TimeRange {
        TimeRange { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    fn planned(period: TimeRange, known: &BTreeMap<NaiveDate, Coverage>) -> Vec<TimeRange> {
        let windows = plan(period, TimeDelta::hours(24), known);
        windows.iter().for_each(|window| assert_eq!(window.range.from.date_naive(), window.date));
        windows.into_iter().map(|window| window.range).collect()
    }

    #[test]
    fn an_empty_lake_is_planned_in_whole_days_and_the_period_s_ends() {
        assert_eq!(
            planned(range("2026-10-30T18:00:00Z", "2026-11-01T06:00:00Z"), &BTreeMap::new()),
            [
                range("2026-10-30T18:00:00Z", "2026-10-31T00:00:00Z"),
                range("2026-10-31T00:00:00Z", "2026-11-01T00:00:00Z"),
                range("2026-11-01T00:00:00Z", "2026-11-01T06:00:00Z"),
            ]
        );
        let midnight = range("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z");
        assert_eq!(planned(midnight, &BTreeMap::new()), []);
    }

    #[test]
    fn only_what_is_not_settled_is_planned() {
        let mut known = BTreeMap::new();
        let day = range("2026-10-31T00:00:00Z", "2026-11-01T00:00:00Z");
        let mut coverage = Coverage::default();
        let fetched_at = "2026-11-01T06:00:00Z".parse().unwrap();
        coverage.add(Fetched { from: day.from, to: day.to, fetched_at, total_records: Some(1), calls: None });
        known.insert(day.from.date_naive(), coverage);
        assert_eq!(
            planned(range("2026-10-31T00:00:00Z", "2026-11-01T07:00:00Z"), &known),
            [
                range("2026-10-31T06:00:00Z", "2026-11-01T00:00:00Z"),
                range("2026-11-01T00:00:00Z", "2026-11-01T07:00:00Z"),
            ]
        );
    }
}
