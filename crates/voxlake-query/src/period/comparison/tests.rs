//! Compared periods around clock changes, leap days and turns of the year.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::period::{parse_moment, parse_named_period};

const BERLIN: Tz = chrono_tz::Europe::Berlin;

/// Parses `2026-W44`, `2026-10`, `2026` or a day, or two moments with a slash between them.
fn period(text: &str) -> TimeRange {
    let moment = |text| parse_moment("period", text, BERLIN).unwrap();
    match text.split_once('/') {
        Some((from, to)) => TimeRange { from: moment(from), to: moment(to) },
        None => parse_named_period("period", text, "2026-11-24T11:00:00Z".parse().unwrap(), BERLIN).unwrap(),
    }
}

fn compared(comparison: Comparison, text: &str) -> TimeRange {
    comparison.compared_period(period(text), BERLIN).unwrap()
}

fn assert_compared(comparison: Comparison, pairs: &[(&str, &str)]) {
    for (text, expected) in pairs {
        assert_eq!(compared(comparison, text), period(expected), "{comparison} of {text}");
    }
}

#[test]
fn previous_periods_have_the_same_kind() {
    assert_compared(
        Comparison::Previous,
        &[
            ("2026-11-24", "2026-11-23"),
            ("2026-03-01", "2026-02-28"),
            ("2026-W44", "2026-W43"),
            ("2026-W01", "2025-W52"),
            ("2026-10", "2026-09"),
            ("2026-03", "2026-02"),
            ("2026-01", "2025-12"),
            ("2026", "2025"),
            ("2026-07-01/2026-10-01", "2026-04-01/2026-07-01"),
            ("2026-11-10/2026-11-13", "2026-11-07/2026-11-10"),
            ("2026-11-10 08:00/2026-11-10 12:00", "2026-11-10 04:00/2026-11-10 08:00"),
        ],
    );
}

#[test]
fn same_weekdays_do_not_overlap() {
    assert_compared(
        Comparison::SameWeekdays,
        &[
            ("2026-11-24", "2026-11-17"),
            ("2026-W44", "2026-W43"),
            // October begins on a Thursday, as does the range.
            ("2026-10", "2026-08-27/2026-09-27"),
            ("2026-02", "2026-01-04/2026-02-01"),
            ("2026", "2024-12-26/2025-12-26"),
            ("2026-11-10/2026-11-13", "2026-11-03/2026-11-06"),
            ("2026-11-10/2026-11-18", "2026-10-27/2026-11-04"),
            ("2026-11-10 08:00/2026-11-10 12:00", "2026-11-03 08:00/2026-11-03 12:00"),
            ("2026-11-10 08:00/2026-11-17 09:00", "2026-10-27 08:00/2026-11-03 09:00"),
        ],
    );
}

#[test]
fn previous_years_keep_dates_and_week_numbers() {
    assert_compared(
        Comparison::PreviousYear,
        &[
            ("2026-11-24", "2025-11-24"),
            ("2028-02-29", "2027-02-28"),
            ("2026-W44", "2025-W44"),
            ("2026-W01", "2025-W01"),
            // 2025 has 52 weeks, 2020 has 53.
            ("2026-W53", "2025-W52"),
            ("2021-W52", "2020-W52"),
            ("2026-10", "2025-10"),
            ("2028-02", "2027-02"),
            ("2029-02", "2028-02"),
            ("2026", "2025"),
            ("2028-02-20/2028-03-01", "2027-02-20/2027-03-01"),
            ("2029-02-20/2029-03-01", "2028-02-20/2028-02-29"),
            ("2028-02-29/2028-03-05", "2027-02-28/2027-03-05"),
            ("2028-02-29 08:00/2028-02-29 12:00", "2027-02-28 08:00/2027-02-28 12:00"),
        ],
    );
}

#[test]
fn compared_periods_follow_the_local_clock() {
    let hours = |comparison, text| {
        let period = compared(comparison, text);
        (period.to - period.from).num_hours()
    };
    // The clock goes back on Sunday, 25 October 2026.
    assert_eq!(hours(Comparison::Previous, "2026-10-26"), 25);
    assert_eq!(hours(Comparison::SameWeekdays, "2026-11-01"), 25);
    assert_eq!(hours(Comparison::SameWeekdays, "2026-10-25"), 24);
    assert_eq!(hours(Comparison::Previous, "2026-W44"), 7 * 24 + 1);
    assert_eq!(hours(Comparison::PreviousYear, "2027-10"), 31 * 24 + 1);
    // The same hours a week before, when the clock was an hour ahead.
    assert_eq!(
        compared(Comparison::SameWeekdays, "2026-10-26 08:00/2026-10-26 12:00").from,
        "2026-10-19T06:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
    // The hour that 29 March skips has no counterpart.
    let skipped = period("2026-04-05 02:10/2026-04-05 02:20");
    assert_eq!(Comparison::SameWeekdays.compared_period(skipped, BERLIN), None);
}

#[test]
fn a_day_is_compared_with_its_weekday() {
    for (text, expected) in [
        ("2026-11-24", Comparison::SameWeekdays),
        ("2026-10-25", Comparison::SameWeekdays),
        ("2026-W44", Comparison::Previous),
        ("2026-10", Comparison::Previous),
        ("2026-11-24 00:00/2026-11-24 12:00", Comparison::Previous),
    ] {
        assert_eq!(Comparison::default_for(period(text), BERLIN), expected, "{text}");
    }
}

#[test]
fn none_and_the_end_of_the_calendar_have_no_period() {
    assert_eq!(Comparison::None.compared_period(period("2026-10"), BERLIN), None);
    let all = TimeRange { from: DateTime::<Utc>::MIN_UTC, to: DateTime::<Utc>::MAX_UTC };
    for comparison in Comparison::ALL {
        assert_eq!(comparison.compared_period(all, Tz::UTC), None, "{comparison}");
    }
}

#[test]
fn unknown_comparisons_list_the_names() {
    for comparison in Comparison::ALL {
        assert_eq!(Comparison::parse("compare", comparison.name()), Ok(comparison));
    }
    assert_eq!(
        Comparison::parse("compare", "last-year").unwrap_err().to_string(),
        "compare \"last-year\" is not a comparison: write previous, same-weekdays, previous-year or none"
    );
}

proptest! {
    #[test]
    fn compared_periods_end_before_the_period(
        seconds in 1_330_000_000_i64..4_000_000_000,
        length in 1_i64..90_000_000,
        zone in proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
    ) {
        let from = DateTime::from_timestamp(seconds, 0).unwrap();
        let period = TimeRange { from, to: from + TimeDelta::seconds(length) };
        for comparison in [Comparison::Previous, Comparison::SameWeekdays] {
            if let Some(compared) = comparison.compared_period(period, zone) {
                // The clock may have changed in between, in Samoa by a day.
                prop_assert!(compared.to <= period.from + TimeDelta::hours(26), "{}", comparison);
                prop_assert!(!compared.is_empty(), "{}", comparison);
            }
        }
    }

    #[test]
    fn days_are_compared_with_whole_days(
        seconds in 1_330_000_000_i64..4_000_000_000,
        zone in proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
    ) {
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        for text in ["yesterday", "last-week"] {
            let period = parse_named_period("period", text, now, zone).unwrap();
            let days = LocalDays::from_period(period, zone).unwrap();
            prop_assert_eq!(days.to_period(zone), Some(period));
            for comparison in [Comparison::Previous, Comparison::SameWeekdays] {
                let compared = comparison.compared_period(period, zone).unwrap();
                let compared = LocalDays::from_period(compared, zone).unwrap();
                prop_assert_eq!(compared.count(), days.count());
                prop_assert!(compared.next <= days.first);
            }
        }
    }
}
