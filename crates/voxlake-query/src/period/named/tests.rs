//! Known periods around clock changes and turns of the year; adjacent periods meet.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;

const BERLIN: Tz = chrono_tz::Europe::Berlin;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Noon in Berlin, on a Tuesday.
fn now() -> DateTime<Utc> {
    at("2026-11-24T11:00:00Z")
}

fn shown(period: Result<TimeRange, PeriodError>) -> String {
    let TimeRange { from, to } = period.unwrap();
    let local = |at: DateTime<Utc>| at.with_timezone(&BERLIN).format("%Y-%m-%d %H:%M").to_string();
    format!("{} to {}", local(from), local(to))
}

#[test]
fn hours_end_now_and_days_at_midnight() {
    for (text, expected) in [
        ("12h", "2026-11-24 00:00 to 2026-11-24 12:00"),
        ("7d", "2026-11-17 00:00 to 2026-11-24 00:00"),
        ("1d", "2026-11-23 00:00 to 2026-11-24 00:00"),
        ("4w", "2026-10-27 00:00 to 2026-11-24 00:00"),
        ("3mo", "2026-08-24 00:00 to 2026-11-24 00:00"),
        ("3 mo", "2026-08-24 00:00 to 2026-11-24 00:00"),
    ] {
        assert_eq!(shown(parse_last("--last", text, now(), BERLIN)), expected, "{text}");
    }
}

/// Weeks end with the last Sunday if the rows are weeks, months with the last month if they are
/// months.
#[test]
fn lengths_follow_the_unit_of_rows() {
    // 24 November 2026 is a Tuesday.
    for (text, unit, expected) in [
        ("2w", CalendarUnit::Week, "2026-11-09 00:00 to 2026-11-23 00:00"),
        ("2w", CalendarUnit::Day, "2026-11-10 00:00 to 2026-11-24 00:00"),
        ("2w", CalendarUnit::Month, "2026-11-10 00:00 to 2026-11-24 00:00"),
        ("14d", CalendarUnit::Week, "2026-11-10 00:00 to 2026-11-24 00:00"),
        ("2mo", CalendarUnit::Month, "2026-09-01 00:00 to 2026-11-01 00:00"),
        ("2mo", CalendarUnit::Week, "2026-09-24 00:00 to 2026-11-24 00:00"),
    ] {
        let period = parse_last_by("--last", text, now(), BERLIN, Some(unit));
        assert_eq!(shown(period), expected, "{text} {unit:?}");
    }
}

#[test]
fn months_back_clamp_to_the_last_day() {
    let last_of_may = at("2026-05-31T10:00:00Z");
    assert_eq!(
        shown(parse_last("--last", "3mo", last_of_may, BERLIN)),
        "2026-02-28 00:00 to 2026-05-31 00:00"
    );
}

#[test]
fn days_are_local_to_the_zone() {
    // Past midnight in Tokyo, while it is still the 24th in Berlin.
    let late = at("2026-11-24T16:00:00Z");
    let tokyo = chrono_tz::Asia::Tokyo;
    assert_eq!(
        parse_named_period("--period", "today", late, tokyo).unwrap().from,
        at("2026-11-24T15:00:00Z")
    );
    assert_eq!(
        parse_named_period("--period", "today", late, BERLIN).unwrap().from,
        at("2026-11-23T23:00:00Z")
    );
}

#[test]
fn named_periods_parse() {
    for (text, expected) in [
        ("today", "2026-11-24 00:00 to 2026-11-25 00:00"),
        ("yesterday", "2026-11-23 00:00 to 2026-11-24 00:00"),
        ("this-week", "2026-11-23 00:00 to 2026-11-30 00:00"),
        ("last-week", "2026-11-16 00:00 to 2026-11-23 00:00"),
        ("this-month", "2026-11-01 00:00 to 2026-12-01 00:00"),
        ("last-month", "2026-10-01 00:00 to 2026-11-01 00:00"),
        ("this-year", "2026-01-01 00:00 to 2027-01-01 00:00"),
        ("2026", "2026-01-01 00:00 to 2027-01-01 00:00"),
        ("2026-10", "2026-10-01 00:00 to 2026-11-01 00:00"),
        ("2026-12", "2026-12-01 00:00 to 2027-01-01 00:00"),
        ("2026-W44", "2026-10-26 00:00 to 2026-11-02 00:00"),
        // A year's first week may begin in the year before, and its last end in the year after.
        ("2026-W01", "2025-12-29 00:00 to 2026-01-05 00:00"),
        ("2026-W53", "2026-12-28 00:00 to 2027-01-04 00:00"),
        ("2026-11-01", "2026-11-01 00:00 to 2026-11-02 00:00"),
        ("2028-02-29", "2028-02-29 00:00 to 2028-03-01 00:00"),
    ] {
        assert_eq!(shown(parse_named_period("--period", text, now(), BERLIN)), expected, "{text}");
    }
    assert_eq!(shown(parse_month("--month", "2026-10", BERLIN)), "2026-10-01 00:00 to 2026-11-01 00:00");
}

#[test]
fn clock_changes_change_the_length_of_days() {
    let hours = |period: TimeRange| (period.to - period.from).num_hours();
    let of = |text| hours(parse_named_period("--period", text, now(), BERLIN).unwrap());
    assert_eq!((of("2026-03-29"), of("2026-10-25"), of("2026-10-24")), (23, 25, 24));
    assert_eq!((of("2026-W13"), of("2026-10")), (7 * 24 - 1, 31 * 24 + 1));
    let after = at("2026-10-26T11:00:00Z");
    assert_eq!(hours(parse_named_period("--period", "yesterday", after, BERLIN).unwrap()), 25);
    assert_eq!(hours(parse_last("--last", "7d", after, BERLIN).unwrap()), 7 * 24 + 1);
    assert_eq!(hours(parse_last("--last", "12h", at("2026-10-25T03:00:00Z"), BERLIN).unwrap()), 12);
    // Where midnight itself is skipped, the day begins when the clock goes on.
    let beirut = parse_named_period("--period", "2026-03-29", now(), chrono_tz::Asia::Beirut).unwrap();
    assert_eq!((beirut.from, hours(beirut)), (at("2026-03-28T22:00:00Z"), 23));
    // Where midnight is put back to eleven, the day before goes on for another hour.
    let sao_paulo =
        parse_named_period("--period", "2018-02-17", now(), chrono_tz::America::Sao_Paulo).unwrap();
    assert_eq!((sao_paulo.to, hours(sao_paulo)), (at("2018-02-18T03:00:00Z"), 25));
}

#[test]
fn invalid_periods_are_refused_with_examples() {
    for text in ["", "0d", "d", "7", "-7d", "7y", "1.5h", "99999999999d", "4000000000mo", "4000000000d"] {
        assert!(
            parse_last("--last", text, now(), BERLIN)
                .unwrap_err()
                .to_string()
                .contains("write 12h, 7d, 4w or 3mo"),
            "{text}"
        );
    }
    for text in [
        "",
        "tomorrow",
        "2026-13",
        "2026-1",
        "2025-W53",
        "2026-W5",
        "2026-W00",
        "2026-02-29",
        "26",
        "+026",
        "2026-+1",
    ] {
        assert!(
            parse_named_period("--period", text, now(), BERLIN)
                .unwrap_err()
                .to_string()
                .contains("an ISO week (2026-W44)"),
            "{text}"
        );
    }
    for text in ["2026", "last-month", "2026-11-01", "2026-00"] {
        assert!(
            parse_month("--month", text, BERLIN).unwrap_err().to_string().contains("write 2026-10"),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn adjacent_periods_meet_and_contain_today(
        seconds in 1_330_000_000_i64..4_000_000_000,
        zone in proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
    ) {
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        let of = |text| parse_named_period("--period", text, now, zone).unwrap();
        for (before, after) in [("yesterday", "today"), ("last-week", "this-week"), ("last-month", "this-month")] {
            prop_assert_eq!(of(before).to, of(after).from);
        }
        for around in ["today", "this-week", "this-month", "this-year"] {
            prop_assert!(of(around).from <= of("today").from && of("today").to <= of(around).to, "{}", around);
            prop_assert!(of(around).contains(now), "{}", around);
        }
        let days = parse_last("--last", "7d", now, zone).unwrap();
        prop_assert_eq!(days.to, of("today").from);
        prop_assert!((days.to - days.from - TimeDelta::days(7)).abs() <= TimeDelta::hours(24));
        prop_assert_eq!(parse_named_period("--period", &now.with_timezone(&zone).format("%G-W%V").to_string(), now, zone).unwrap(), of("this-week"));
    }
}
