//! Planning of windows: unsettled ranges, in as few windows as the API allows.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use voxlake_lake::{Coverage, TimeRange};

/// Maximum length of a window. The API allows a month; every month has 28 days.
pub const MAX_WINDOW: TimeDelta = TimeDelta::days(28);

/// Order in which windows are fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowOrder {
    /// From the start of the period. The next run can resume an interrupted one without knowing its
    /// period.
    #[default]
    OldestFirst,
    /// From the end of the period, so that the newest calls are available first.
    NewestFirst,
}

/// Returns the windows of `period` that are not settled at `now`. A day without coverage was never
/// fetched. Windows may span midnights, but not the point that settles at `now`: younger calls may
/// still change the API's count.
#[must_use]
pub fn plan_windows(
    period: TimeRange,
    settle: TimeDelta,
    now: DateTime<Utc>,
    order: WindowOrder,
    coverage: &BTreeMap<NaiveDate, Coverage>,
) -> Vec<TimeRange> {
    let unknown = Coverage::default();
    let settling = now.checked_sub_signed(settle).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let mut windows: Vec<TimeRange> = Vec::new();
    for date in period.from.date_naive().iter_days() {
        let within = TimeRange::of_day(date).intersection(&period);
        if within.is_empty() {
            break;
        }
        let unsettled = coverage.get(&date).unwrap_or(&unknown).unsettled(within, settle);
        for piece in unsettled.into_iter().flat_map(|range| split_at(range, settling)) {
            match windows.last_mut() {
                Some(last)
                    if last.to == piece.from
                        && piece.from != settling
                        && piece.to - last.from <= MAX_WINDOW =>
                {
                    last.to = piece.to;
                }
                _ => windows.push(piece),
            }
        }
    }
    if order == WindowOrder::NewestFirst {
        windows.reverse();
    }
    windows
}

/// Splits `range` in two at `at`, if that lies within it.
fn split_at(range: TimeRange, at: DateTime<Utc>) -> impl Iterator<Item = TimeRange> {
    let at = at.clamp(range.from, range.to);
    [TimeRange { to: at, ..range }, TimeRange { from: at, ..range }]
        .into_iter()
        .filter(|piece| !piece.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use voxlake_lake::FetchedRange;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn range(from: &str, to: &str) -> TimeRange {
        TimeRange { from: at(from), to: at(to) }
    }

    const DAY: TimeDelta = TimeDelta::hours(24);

    fn planned(period: TimeRange, now: &str, known: &BTreeMap<NaiveDate, Coverage>) -> Vec<TimeRange> {
        let windows = plan_windows(period, DAY, at(now), WindowOrder::OldestFirst, known);
        let mut newest_first = plan_windows(period, DAY, at(now), WindowOrder::NewestFirst, known);
        newest_first.reverse();
        assert_eq!(newest_first, windows);
        windows
    }

    fn known(fetched: &[(&str, &str, &str)]) -> BTreeMap<NaiveDate, Coverage> {
        let mut days: BTreeMap<NaiveDate, Coverage> = BTreeMap::new();
        for (from, to, fetched_at) in fetched {
            for (date, part) in range(from, to).by_day() {
                let fetched_at = at(fetched_at);
                let fetched = FetchedRange {
                    from: part.from,
                    to: part.to,
                    fetched_at,
                    total_records: None,
                    calls: None,
                    scope: None,
                };
                days.entry(date).or_default().add(fetched);
            }
        }
        days
    }

    #[test]
    fn empty_lakes_are_planned_in_long_windows() {
        assert_eq!(
            planned(
                range("2026-01-01T18:00:00Z", "2026-03-01T06:00:00Z"),
                "2026-06-01T00:00:00Z",
                &BTreeMap::new()
            ),
            [
                range("2026-01-01T18:00:00Z", "2026-01-29T00:00:00Z"),
                range("2026-01-29T00:00:00Z", "2026-02-26T00:00:00Z"),
                range("2026-02-26T00:00:00Z", "2026-03-01T06:00:00Z"),
            ]
        );
        let midnight = range("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z");
        assert_eq!(planned(midnight, "2026-11-02T00:00:00Z", &BTreeMap::new()), []);
    }

    #[test]
    fn windows_end_at_the_settling_point() {
        let known = known(&[("2026-10-30T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-01T06:00:00Z")]);
        assert_eq!(
            planned(range("2026-10-30T00:00:00Z", "2026-11-01T07:00:00Z"), "2026-11-01T07:00:00Z", &known),
            [
                range("2026-10-31T06:00:00Z", "2026-10-31T07:00:00Z"),
                range("2026-10-31T07:00:00Z", "2026-11-01T07:00:00Z"),
            ]
        );
    }

    #[test]
    fn gaps_between_settled_days_are_windows() {
        let known = known(&[
            ("2026-10-01T00:00:00Z", "2026-10-03T00:00:00Z", "2026-11-01T00:00:00Z"),
            ("2026-10-04T00:00:00Z", "2026-10-06T00:00:00Z", "2026-11-01T00:00:00Z"),
        ]);
        assert_eq!(
            planned(range("2026-10-01T00:00:00Z", "2026-10-07T00:00:00Z"), "2026-11-01T00:00:00Z", &known),
            [
                range("2026-10-03T00:00:00Z", "2026-10-04T00:00:00Z"),
                range("2026-10-06T00:00:00Z", "2026-10-07T00:00:00Z"),
            ]
        );
    }

    proptest! {
        #[test]
        fn windows_contain_unsettled_times_once(
            fetches in proptest::collection::vec((0_i64..2000, 0_i64..2000, 0_i64..3000), 0..8),
            from in 0_i64..1000, hours in 0_i64..1000, now in 0_i64..3000, moment in 0_i64..2000,
        ) {
            let hour = |hour: i64| at("2026-01-01T00:30:00Z") + TimeDelta::hours(hour);
            let mut known: BTreeMap<NaiveDate, Coverage> = BTreeMap::new();
            for (a, b, fetched_at) in fetches {
                for (date, part) in (TimeRange { from: hour(a.min(b)), to: hour(a.max(b)) }).by_day() {
                    let fetched_at = hour(fetched_at);
                    known.entry(date).or_default().add(
                        FetchedRange { from: part.from, to: part.to, fetched_at, total_records: None, calls: None, scope: None });
                }
            }
            let period = TimeRange { from: hour(from), to: hour(from + hours) };
            let windows = plan_windows(period, DAY, hour(now), WindowOrder::OldestFirst, &known);
            let moment = hour(moment);
            let holding = windows.iter().filter(|w| w.from <= moment && moment < w.to).count();
            let in_period = period.from <= moment && moment < period.to;
            let settled = known.get(&moment.date_naive()).is_some_and(|coverage| coverage.unsettled(
                TimeRange { from: moment, to: moment + TimeDelta::seconds(1) }, DAY).is_empty());
            prop_assert_eq!(holding, usize::from(in_period && !settled));
            prop_assert!(windows.iter().all(|w| !w.is_empty() && w.to - w.from <= MAX_WINDOW));
        }
    }
}
