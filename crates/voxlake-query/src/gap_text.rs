//! Sentences about missing time ranges and the scope of a lake.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use voxlake_lake::{Scope, TimeRange, counted};

/// Maximum number of dates and runs of dates in a sentence; further ones are counted.
const MAX_LISTED_RUNS: usize = 10;

/// Describes which calls a lake holds according to its scope.
pub fn describe_scope(scope: &Scope) -> String {
    if scope.widened_from.is_some() {
        return format!(
            "the scope of the lake is being widened to {}: some days hold fewer calls until `voxlake rescope` ends",
            scope.words
        );
    }
    format!("the lake holds only calls with {}", scope.words)
}

/// Describes the `gaps` of a lake within `period`: one line for UTC days without any data, one for
/// days with a part of it. Empty without gaps.
pub fn describe_gaps(gaps: &[TimeRange], period: TimeRange) -> Vec<String> {
    let (none, part) = missing(gaps, period);
    let mut lines = Vec::new();
    if !none.is_empty() {
        lines.push(format!("the lake does not hold {} of this period: {}", count(none.len()), runs(&none)));
    }
    if !part.is_empty() {
        lines.push(format!("of {} the lake holds only a part: {}", count(part.len()), runs(&part)));
    }
    lines
}

/// Describes the `gaps` of a lake within `before`, the days before a period that a query also
/// reads. `None` without gaps.
pub fn describe_gaps_before(gaps: &[TimeRange], before: TimeRange) -> Option<String> {
    let (none, part) = missing(gaps, before);
    let missing = match (none.as_slice(), part.as_slice()) {
        ([], []) => return None,
        (none, []) => runs(none),
        ([], part) => format!("all of {}", runs(part)),
        (none, part) => format!("{}, nor all of {}", runs(none), runs(part)),
    };
    let days = match (before.to - before.from).num_days() {
        1 => "day".to_owned(),
        days => format!("{days} days"),
    };
    Some(format!(
        "of the {days} before the period, which this query also reads, the lake does not hold {missing}"
    ))
}

/// Returns the UTC days within `asked` that are missing entirely, and those missing in part.
fn missing(gaps: &[TimeRange], asked: TimeRange) -> (Vec<NaiveDate>, Vec<NaiveDate>) {
    let mut missing: BTreeMap<NaiveDate, TimeDelta> = BTreeMap::new();
    for (date, gap) in gaps.iter().flat_map(|gap| gap.by_day()) {
        *missing.entry(date).or_default() += gap.to - gap.from;
    }
    let (none, part): (Vec<_>, Vec<_>) = missing.into_iter().partition(|(date, missing)| {
        let asked = TimeRange::of_day(*date).intersection(&asked);
        *missing == asked.to - asked.from
    });
    let dates = |days: Vec<(NaiveDate, TimeDelta)>| days.into_iter().map(|(date, _)| date).collect();
    (dates(none), dates(part))
}

fn count(days: usize) -> String {
    counted(days as u64, "day", "days")
}

/// Formats dates as `2026-11-03, 2026-11-09 to 2026-11-10`.
fn runs(dates: &[NaiveDate]) -> String {
    let runs = dates
        .chunk_by(|one, other| one.succ_opt() == Some(*other))
        .filter_map(|run| match run {
            [] => None,
            [only] => Some(only.to_string()),
            [first, .., last] => Some(format!("{first} to {last}")),
        })
        .collect::<Vec<_>>();
    match runs.len().saturating_sub(MAX_LISTED_RUNS) {
        0 => runs.join(", "),
        more => format!("{} and {more} more", runs[..MAX_LISTED_RUNS].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: &str, to: &str) -> TimeRange {
        TimeRange { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    fn november() -> TimeRange {
        range("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    }

    #[test]
    fn missing_days_are_listed_as_runs() {
        let gaps = [
            range("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z"),
            range("2026-11-09T00:00:00Z", "2026-11-11T00:00:00Z"),
        ];
        assert_eq!(
            describe_gaps(&gaps, november()),
            ["the lake does not hold 3 days of this period: 2026-11-03, 2026-11-09 to 2026-11-10"]
        );
        assert_eq!(describe_gaps(&[], november()), [""; 0]);
    }

    #[test]
    fn partly_missing_days_are_listed_separately() {
        let gaps = [
            range("2026-11-03T18:00:00Z", "2026-11-05T00:00:00Z"),
            range("2026-11-07T00:00:00Z", "2026-11-07T00:30:00Z"),
            range("2026-11-07T01:00:00Z", "2026-11-07T01:30:00Z"),
        ];
        assert_eq!(
            describe_gaps(&gaps, november()),
            [
                "the lake does not hold 1 day of this period: 2026-11-04",
                "of 2 days the lake holds only a part: 2026-11-03, 2026-11-07"
            ]
        );
    }

    #[test]
    fn only_the_part_within_the_period_counts() {
        let period = range("2026-10-31T23:00:00Z", "2026-11-01T23:00:00Z");
        let gap = range("2026-10-31T23:00:00Z", "2026-11-01T00:00:00Z");
        assert_eq!(
            describe_gaps(&[gap], period),
            ["the lake does not hold 1 day of this period: 2026-10-31"]
        );
    }

    #[test]
    fn gaps_before_the_period_are_described() {
        let before = |days: u32| range(&format!("2026-10-{}T12:00:00Z", 31 - days), "2026-10-31T12:00:00Z");
        let described =
            |gaps: &[TimeRange], days| describe_gaps_before(gaps, before(days)).unwrap_or_default();
        let edge = range("2026-10-31T00:00:00Z", "2026-10-31T12:00:00Z");
        let whole = range("2026-10-28T00:00:00Z", "2026-10-30T00:00:00Z");
        let part = range("2026-10-30T06:00:00Z", "2026-10-30T18:00:00Z");
        assert_eq!(described(&[], 7), "");
        assert_eq!(
            described(&[edge], 1),
            "of the day before the period, which this query also reads, the lake does not hold 2026-10-31"
        );
        assert_eq!(
            described(&[part], 7),
            "of the 7 days before the period, which this query also reads, the lake does not hold all of 2026-10-30"
        );
        assert_eq!(
            described(&[whole, part, edge], 7),
            "of the 7 days before the period, which this query also reads, the lake does not hold \
             2026-10-28 to 2026-10-29, 2026-10-31, nor all of 2026-10-30"
        );
    }

    #[test]
    fn long_lists_of_gaps_are_cut() {
        let gaps = (1..=12).map(|i| {
            let date = NaiveDate::from_ymd_opt(2026, 11, 2 * i).unwrap();
            TimeRange::of_day(date)
        });
        let line = describe_gaps(&gaps.collect::<Vec<_>>(), november()).remove(0);
        assert!(
            line.starts_with("the lake does not hold 12 days of this period: 2026-11-02, 2026-11-04, "),
            "{line}"
        );
        assert!(line.ends_with("2026-11-20 and 2 more"), "{line}");
    }
}
