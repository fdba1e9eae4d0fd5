//! What the lake does not hold of a period, in words.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use voxlake_lake::{Scope, TimeRange};

/// Days and runs of days to name before the rest is only counted.
const NAMED: usize = 10;

/// A line about the calls that the lake holds by its scope.
pub(crate) fn told_scope(scope: &Scope) -> String {
    if scope.widened_from.is_some() {
        return format!(
            "the scope of the lake is being widened to {}: some days hold fewer calls until `voxlake rescope` ends",
            scope.words
        );
    }
    format!("the lake holds only calls with {}", scope.words)
}

/// Lines about `gaps`, the moments of `period` that the lake does not hold: about the UTC days of which
/// it has nothing, and about those that it has in part. None where there is no gap.
pub(crate) fn told(gaps: &[TimeRange], period: TimeRange) -> Vec<String> {
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

/// A line about `gaps`, the moments that the lake does not hold of `before`, whole days before a period that
/// the question reads too. None where there is no gap.
pub(crate) fn told_before(gaps: &[TimeRange], before: TimeRange) -> Option<String> {
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
        "of the {days} before the period, which this question reads too, the lake does not hold {missing}"
    ))
}

/// The UTC days of `asked` of which nothing is held, and those of which a part is, where `gaps` are not.
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
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// `2026-11-03, 2026-11-09 to 2026-11-10`
fn runs(dates: &[NaiveDate]) -> String {
    let runs = dates
        .chunk_by(|one, other| one.succ_opt() == Some(*other))
        .filter_map(|run| match run {
            [] => None,
            [only] => Some(only.to_string()),
            [first, .., last] => Some(format!("{first} to {last}")),
        })
        .collect::<Vec<_>>();
    match runs.len().saturating_sub(NAMED) {
        0 => runs.join(", "),
        more => format!("{} and {more} more", runs[..NAMED].join(", ")),
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
    fn days_that_are_not_there_are_named_by_their_runs() {
        let gaps = [
            range("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z"),
            range("2026-11-09T00:00:00Z", "2026-11-11T00:00:00Z"),
        ];
        assert_eq!(
            told(&gaps, november()),
            ["the lake does not hold 3 days of this period: 2026-11-03, 2026-11-09 to 2026-11-10"]
        );
        assert_eq!(told(&[], november()), [""; 0]);
    }

    #[test]
    fn days_that_are_there_in_part_are_told_apart() {
        let gaps = [
            range("2026-11-03T18:00:00Z", "2026-11-05T00:00:00Z"),
            range("2026-11-07T00:00:00Z", "2026-11-07T00:30:00Z"),
            range("2026-11-07T01:00:00Z", "2026-11-07T01:30:00Z"),
        ];
        assert_eq!(
            told(&gaps, november()),
            [
                "the lake does not hold 1 day of this period: 2026-11-04",
                "of 2 days the lake holds only a part: 2026-11-03, 2026-11-07"
            ]
        );
    }

    #[test]
    fn of_a_day_that_the_period_cuts_only_what_was_asked_counts() {
        let period = range("2026-10-31T23:00:00Z", "2026-11-01T23:00:00Z");
        let gap = range("2026-10-31T23:00:00Z", "2026-11-01T00:00:00Z");
        assert_eq!(told(&[gap], period), ["the lake does not hold 1 day of this period: 2026-10-31"]);
    }

    #[test]
    fn gaps_before_the_period_are_told_as_such() {
        let before = |days: u32| range(&format!("2026-10-{}T12:00:00Z", 31 - days), "2026-10-31T12:00:00Z");
        let told = |gaps: &[TimeRange], days| told_before(gaps, before(days)).unwrap_or_default();
        let edge = range("2026-10-31T00:00:00Z", "2026-10-31T12:00:00Z");
        let whole = range("2026-10-28T00:00:00Z", "2026-10-30T00:00:00Z");
        let part = range("2026-10-30T06:00:00Z", "2026-10-30T18:00:00Z");
        assert_eq!(told(&[], 7), "");
        assert_eq!(
            told(&[edge], 1),
            "of the day before the period, which this question reads too, the lake does not hold 2026-10-31"
        );
        assert_eq!(
            told(&[part], 7),
            "of the 7 days before the period, which this question reads too, the lake does not hold all of 2026-10-30"
        );
        assert_eq!(
            told(&[whole, part, edge], 7),
            "of the 7 days before the period, which this question reads too, the lake does not hold \
             2026-10-28 to 2026-10-29, 2026-10-31, nor all of 2026-10-30"
        );
    }

    #[test]
    fn many_gaps_are_counted_and_not_all_named() {
        let gaps = (1..=12).map(|i| {
            let date = NaiveDate::from_ymd_opt(2026, 11, 2 * i).unwrap();
            TimeRange::of_day(date)
        });
        let line = told(&gaps.collect::<Vec<_>>(), november()).remove(0);
        assert!(
            line.starts_with("the lake does not hold 12 days of this period: 2026-11-02, 2026-11-04, "),
            "{line}"
        );
        assert!(line.ends_with("2026-11-20 and 2 more"), "{line}");
    }
}
