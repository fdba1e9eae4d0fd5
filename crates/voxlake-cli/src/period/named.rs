//! Periods by name: `last-week`, `2026-10`, `2026-W44`, and the last so many days.
//!
//! Their ends are local midnights, so that a day has 23 or 25 hours where the clock changes. Weeks
//! are ISO 8601's: they begin on Monday, and the first of a year is the one with its first Thursday.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;

use super::instant_of;
use crate::exit::UsageError;

/// The period of so much time up to now, as `--last` takes it: `12h` ends now; `7d`, `4w` and `3mo`
/// end with today's local midnight and are whole local days.
pub(crate) fn last(text: &str, now: DateTime<Utc>, zone: Tz) -> Result<TimeRange, UsageError> {
    let text = text.trim();
    let today = now.with_timezone(&zone).date_naive();
    let days_before = |days| today.checked_sub_days(Days::new(days));
    let span = number_and_unit(text).and_then(|(number, unit)| match unit {
        "h" => {
            let from = now.checked_sub_signed(TimeDelta::try_hours(number.into())?)?;
            Some(TimeRange { from, to: now })
        }
        "d" => between(days_before(number.into())?, today, zone),
        "w" => between(days_before(u64::from(number) * 7)?, today, zone),
        "mo" => between(today.checked_sub_months(Months::new(number))?, today, zone),
        _ => None,
    });
    span.ok_or_else(|| {
        UsageError(format!(
            "--last {text:?} is no length of time: write 12h, 7d, 4w or 3mo (hours, days, weeks, months)"
        ))
    })
}

/// A number above zero and what follows it.
fn number_and_unit(text: &str) -> Option<(u32, &str)> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number = number.parse().ok().filter(|number| *number > 0)?;
    Some((number, unit.trim_start()))
}

/// A calendar month, as `--month` takes it: `2026-10`.
pub(crate) fn month(text: &str, zone: Tz) -> Result<TimeRange, UsageError> {
    let text = text.trim();
    month_of(text)
        .and_then(|(first, next)| between(first, next, zone))
        .ok_or_else(|| UsageError(format!("--month {text:?} is no month: write 2026-10")))
}

/// A period by its name, as `--period` takes it.
pub(crate) fn named(text: &str, now: DateTime<Utc>, zone: Tz) -> Result<TimeRange, UsageError> {
    let text = text.trim();
    let today = now.with_timezone(&zone).date_naive();
    relative(text, today)
        .or_else(|| absolute(text))
        .and_then(|(first, next)| between(first, next, zone))
        .ok_or_else(|| {
            UsageError(format!(
                "--period {text:?} is no period: write today, yesterday, this-week, last-week, this-month, last-month, \
                 this-year, a year (2026), a month (2026-10), an ISO week (2026-W44) or a day (2026-11-01)"
            ))
        })
}

/// First day and first day after.
type Dates = (NaiveDate, NaiveDate);

fn relative(text: &str, today: NaiveDate) -> Option<Dates> {
    let monday = || today.checked_sub_days(Days::new(today.weekday().num_days_from_monday().into()));
    let first_of_month = || today.with_day(1);
    match text {
        "today" => days_from(today, 1),
        "yesterday" => days_from(today.pred_opt()?, 1),
        "this-week" => days_from(monday()?, 7),
        "last-week" => days_from(monday()?.checked_sub_days(Days::new(7))?, 7),
        "this-month" => months_from(first_of_month()?, 1),
        "last-month" => months_from(first_of_month()?.checked_sub_months(Months::new(1))?, 1),
        "this-year" => months_from(today.with_ordinal(1)?, 12),
        _ => None,
    }
}

fn absolute(text: &str) -> Option<Dates> {
    if let Some((year, week)) = text.split_once("-W") {
        let monday = NaiveDate::from_isoywd_opt(year_of(year)?, two_digits(week)?, Weekday::Mon)?;
        return days_from(monday, 7);
    }
    match text.len() {
        4 => months_from(NaiveDate::from_ymd_opt(year_of(text)?, 1, 1)?, 12),
        7 => month_of(text),
        10 => days_from(text.parse().ok()?, 1),
        _ => None,
    }
}

fn month_of(text: &str) -> Option<Dates> {
    let (year, month) = text.split_once('-')?;
    months_from(NaiveDate::from_ymd_opt(year_of(year)?, two_digits(month)?, 1)?, 1)
}

fn year_of(text: &str) -> Option<i32> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn two_digits(text: &str) -> Option<u32> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn days_from(first: NaiveDate, days: u64) -> Option<Dates> {
    Some((first, first.checked_add_days(Days::new(days))?))
}

fn months_from(first: NaiveDate, months: u32) -> Option<Dates> {
    Some((first, first.checked_add_months(Months::new(months))?))
}

/// From the local midnight of one day to that of another.
fn between(first: NaiveDate, next: NaiveDate, zone: Tz) -> Option<TimeRange> {
    let midnight = |date: NaiveDate| instant_of(date.and_time(Default::default()), zone);
    Some(TimeRange { from: midnight(first)?, to: midnight(next)? })
}

#[cfg(test)]
mod tests;
