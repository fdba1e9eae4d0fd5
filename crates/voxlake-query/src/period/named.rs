//! Periods by name (`last-week`, `2026-10`, `2026-W44`) and by length (`7d`).
//!
//! Periods start and end at local midnight, so a day has 23 or 25 hours when the clock changes.
//! Weeks are ISO 8601 weeks: they start on Monday, and week 1 of a year contains its first
//! Thursday.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;

use super::calendar::CalendarUnit;
use super::{PeriodError, between};

/// Parses a length of time before `now`. `12h` ends now; `7d`, `4w` and `3mo` are whole local days
/// and end at the last local midnight. `setting` names the option or setting in the error.
///
/// # Errors
/// [`PeriodError`] for any other text.
pub fn parse_last(setting: &str, text: &str, now: DateTime<Utc>, zone: Tz) -> Result<TimeRange, PeriodError> {
    parse_last_by(setting, text, now, zone, None)
}

/// Parses a length of time before `now` for a result with one row for each `unit`. As
/// [`parse_last`], but `4w` are whole ISO weeks if the rows are weeks, and `3mo` calendar months if
/// they are months.
///
/// # Errors
/// [`PeriodError`] for any other text.
pub fn parse_last_by(
    setting: &str,
    text: &str,
    now: DateTime<Utc>,
    zone: Tz,
    unit: Option<CalendarUnit>,
) -> Result<TimeRange, PeriodError> {
    const EXAMPLES: &str = "12h, 7d, 4w or 3mo (hours, days, weeks, months)";
    let text = text.trim();
    let today = now.with_timezone(&zone).date_naive();
    let days_before = |date: NaiveDate, days| date.checked_sub_days(Days::new(days));
    let end = |whole: CalendarUnit| if unit == Some(whole) { whole.first_day(today) } else { Some(today) };
    let span = number_and_unit(text).and_then(|(number, unit)| match unit {
        "h" => {
            let from = now.checked_sub_signed(TimeDelta::try_hours(number.into())?)?;
            Some(TimeRange { from, to: now })
        }
        "d" => between(days_before(today, number.into())?, today, zone),
        "w" => {
            let end = end(CalendarUnit::Week)?;
            between(days_before(end, u64::from(number) * 7)?, end, zone)
        }
        "mo" => {
            let end = end(CalendarUnit::Month)?;
            between(end.checked_sub_months(Months::new(number))?, end, zone)
        }
        _ => None,
    });
    span.ok_or_else(|| PeriodError::new(setting, text, "length of time", EXAMPLES))
}

/// Splits `7d` into a positive number and its unit.
fn number_and_unit(text: &str) -> Option<(u32, &str)> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number = number.parse().ok().filter(|number| *number > 0)?;
    Some((number, unit.trim_start()))
}

/// Parses a calendar month such as `2026-10`. `setting` names the option or setting in the error.
///
/// # Errors
/// [`PeriodError`] for any other text.
pub fn parse_month(setting: &str, text: &str, zone: Tz) -> Result<TimeRange, PeriodError> {
    let text = text.trim();
    month_of(text)
        .and_then(|(first, next)| between(first, next, zone))
        .ok_or_else(|| PeriodError::new(setting, text, "month", "2026-10"))
}

/// Parses a period by its name, relative to `now` (`last-week`) or absolute (`2026-W44`). `setting`
/// names the option or setting in the error.
///
/// # Errors
/// [`PeriodError`] for any other text, with the names.
pub fn parse_named_period(
    setting: &str,
    text: &str,
    now: DateTime<Utc>,
    zone: Tz,
) -> Result<TimeRange, PeriodError> {
    const EXAMPLES: &str = "today, yesterday, this-week, last-week, this-month, last-month, this-year, \
                            a year (2026), a month (2026-10), an ISO week (2026-W44) or a day (2026-11-01)";
    let text = text.trim();
    let today = now.with_timezone(&zone).date_naive();
    relative(text, today)
        .or_else(|| absolute(text))
        .and_then(|(first, next)| between(first, next, zone))
        .ok_or_else(|| PeriodError::new(setting, text, "period", EXAMPLES))
}

/// First day, and first day after the period.
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

#[cfg(test)]
mod tests;
