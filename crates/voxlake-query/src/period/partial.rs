//! Calendar units of which a result has only a part: those that the period cuts, and those that the
//! lake does not hold entirely.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;

use super::calendar::{CalendarUnit, local_day};

/// Maximum number of units that are checked. Tables for people have no more rows.
const MAX_UNITS: usize = 10_000;

/// Returns labels such as `2026-W46, 3 of 7 days` for the units of which `period` without `gaps`
/// has only a part, by the names of the units.
///
/// If the lake has no coverage of the period at all, such as after an import without it, only the
/// period counts.
pub(crate) fn partial_units(
    unit: CalendarUnit,
    period: TimeRange,
    gaps: &[TimeRange],
    zone: Tz,
) -> BTreeMap<String, String> {
    let gaps = if total(gaps.iter().copied()) >= period.to - period.from { &[] } else { gaps };
    let mut labels = BTreeMap::new();
    if period.is_empty() {
        return labels;
    }
    let mut first = unit.first_day(period.from.with_timezone(&zone).date_naive());
    for _ in 0..MAX_UNITS {
        let Some((day, next)) = first.and_then(|day| Some((day, unit.next(day)?))) else { break };
        let Some(start) = local_day(day, zone).filter(|start| start.from < period.to) else { break };
        let part = match unit {
            CalendarUnit::Day => part_of_day(start, period, gaps),
            CalendarUnit::Week | CalendarUnit::Month => part_of_days((day, next), period, gaps, zone),
        };
        if let Some(part) = part {
            let name = unit.name(day);
            labels.insert(name.clone(), format!("{name}, {part}"));
        }
        first = Some(next);
    }
    labels
}

/// Returns `14 of 24 hours`; `None` for a whole day.
fn part_of_day(day: TimeRange, period: TimeRange, gaps: &[TimeRange]) -> Option<String> {
    let (held, whole) = (held_time(day, period, gaps), day.to - day.from);
    let hours = |time: TimeDelta| time.num_milliseconds() as f64 / 3_600_000.0;
    (held < whole).then(|| format!("{} hours", part(hours(held), hours(whole))))
}

/// Returns `3 of 7 days`; `None` if the days from the first up to, but not including, the next unit
/// are whole. A day of 23 or 25 hours is one day.
fn part_of_days(
    (first, next): (NaiveDate, NaiveDate),
    period: TimeRange,
    gaps: &[TimeRange],
    zone: Tz,
) -> Option<String> {
    let days = first.iter_days().take_while(|day| *day < next).filter_map(|day| local_day(day, zone));
    let (mut held, mut whole) = (0.0, 0.0);
    let mut is_partial = false;
    for day in days.filter(|day| !day.is_empty()) {
        let (part, length) = (held_time(day, period, gaps), day.to - day.from);
        is_partial |= part < length;
        held += part.num_milliseconds() as f64 / length.num_milliseconds() as f64;
        whole += 1.0;
    }
    is_partial.then(|| format!("{} days", part(held, whole)))
}

/// Formats `3 of 7`, with one decimal place if it is needed. A part is never shown as all or
/// nothing.
fn part(held: f64, whole: f64) -> String {
    const EPSILON: f64 = 1e-6;
    let rounded = |number: f64| (number * 10.0 + EPSILON).floor() / 10.0;
    let shown = if held < EPSILON { 0.0 } else { rounded(held).clamp(0.1, (whole - 0.1).max(0.1)) };
    format!("{shown} of {}", rounded(whole))
}

/// Returns the time within `range` and `period` that the lake holds.
fn held_time(range: TimeRange, period: TimeRange, gaps: &[TimeRange]) -> TimeDelta {
    let asked = range.intersection(&period);
    if asked.is_empty() {
        return TimeDelta::zero();
    }
    asked.to - asked.from - total(gaps.iter().map(|gap| gap.intersection(&asked)))
}

fn total(ranges: impl Iterator<Item = TimeRange>) -> TimeDelta {
    ranges.filter(|range| !range.is_empty()).map(|range| range.to - range.from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: Tz = chrono_tz::Europe::Berlin;

    fn range(from: &str, to: &str) -> TimeRange {
        TimeRange { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    fn labels(unit: CalendarUnit, period: TimeRange, gaps: &[TimeRange], zone: Tz) -> Vec<String> {
        partial_units(unit, period, gaps, zone).into_values().collect()
    }

    #[test]
    fn units_that_the_period_cuts_are_partial() {
        let period = range("2026-11-11T00:00:00Z", "2026-12-01T00:00:00Z");
        let weeks = labels(CalendarUnit::Week, period, &[], Tz::UTC);
        assert_eq!(weeks, ["2026-W46, 5 of 7 days", "2026-W49, 1 of 7 days"]);
        assert_eq!(labels(CalendarUnit::Month, period, &[], Tz::UTC), ["2026-11, 20 of 30 days"]);
        assert_eq!(labels(CalendarUnit::Day, period, &[], Tz::UTC), [""; 0]);
        let half = range("2026-11-11T00:00:00Z", "2026-11-12T12:30:00Z");
        assert_eq!(labels(CalendarUnit::Day, half, &[], Tz::UTC), ["2026-11-12, 12.5 of 24 hours"]);
        assert_eq!(labels(CalendarUnit::Week, half, &[], Tz::UTC), ["2026-W46, 1.5 of 7 days"]);
    }

    #[test]
    fn units_that_the_lake_lacks_are_partial() {
        let period = range("2026-11-02T00:00:00Z", "2026-11-16T00:00:00Z");
        let gaps = [
            range("2026-11-10T00:00:00Z", "2026-11-11T00:00:00Z"),
            range("2026-11-15T23:59:00Z", "2026-11-16T00:00:00Z"),
        ];
        assert_eq!(labels(CalendarUnit::Week, period, &gaps, Tz::UTC), ["2026-W46, 5.9 of 7 days"]);
        assert_eq!(
            labels(CalendarUnit::Day, period, &gaps, Tz::UTC),
            ["2026-11-10, 0 of 24 hours", "2026-11-15, 23.9 of 24 hours"]
        );
        // Without any coverage, only the period counts.
        assert_eq!(labels(CalendarUnit::Week, period, &[period], Tz::UTC), [""; 0]);
    }

    #[test]
    fn local_days_count_where_the_clock_changes() {
        // Monday to Sunday in Berlin, whose Sunday has 25 hours.
        let week = range("2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z");
        assert_eq!(labels(CalendarUnit::Week, week, &[], BERLIN), [""; 0]);
        let utc = range("2026-10-19T00:00:00Z", "2026-10-25T00:00:00Z");
        assert_eq!(labels(CalendarUnit::Week, utc, &[], BERLIN), ["2026-W43, 5.9 of 7 days"]);
        let gap = range("2026-10-24T22:00:00Z", "2026-10-25T03:00:00Z");
        assert_eq!(labels(CalendarUnit::Day, week, &[gap], BERLIN), ["2026-10-25, 20 of 25 hours"]);
        // The week lacks one day of 24 hours, and has one of 25.
        let saturday = range("2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z");
        assert_eq!(labels(CalendarUnit::Week, week, &[saturday], BERLIN), ["2026-W43, 6 of 7 days"]);
    }

    #[test]
    fn empty_periods_have_no_units() {
        let empty = range("2026-11-02T00:00:00Z", "2026-11-02T00:00:00Z");
        assert_eq!(labels(CalendarUnit::Day, empty, &[], Tz::UTC), [""; 0]);
    }
}
