//! Periods that others are compared with: the one before, the same weekdays, the year before.
//!
//! Days are local, from midnight to midnight, so the compared period may be an hour shorter or
//! longer when the clock changes.

use std::fmt;

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;

use super::local_days::LocalDays;
use super::{PeriodError, local_to_instant};

/// Months of a year.
const YEAR: Months = Months::new(12);

/// Choice of the period that another one is compared with.
///
/// - `previous`: the day, ISO week, month or year before. For several months, as many months
///   before; for other days, as many days; for hours, as much time.
/// - `same-weekdays`: as many days, the fewest whole weeks earlier that avoid an overlap. A day is
///   compared with the same weekday of the week before, a month of 31 days with 31 days five weeks
///   earlier, and hours with the same hours of the clock.
/// - `previous-year`: the same dates, months or hours of the year before. For an ISO week, the week
///   of the same number. 29 February becomes 28 February, and week 53 becomes week 52 if the year
///   before has no week 53.
/// - `none`: no period.
///
/// ```
/// use chrono_tz::Europe::Berlin;
/// use voxlake_query::period::{Comparison, parse_month, parse_named_period};
///
/// let now = "2026-11-24T11:00:00Z".parse()?;
/// let day = parse_named_period("period", "2026-11-24", now, Berlin)?;
/// let week_before = parse_named_period("period", "2026-11-17", now, Berlin)?;
/// assert_eq!(Comparison::default_for(day, Berlin), Comparison::SameWeekdays);
/// assert_eq!(Comparison::SameWeekdays.compared_period(day, Berlin), Some(week_before));
///
/// let month = parse_month("month", "2026-10", Berlin)?;
/// let month_before = parse_month("month", "2026-09", Berlin)?;
/// assert_eq!(Comparison::Previous.compared_period(month, Berlin), Some(month_before));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// The period directly before.
    Previous,
    /// The latest earlier period with the same weekdays.
    SameWeekdays,
    /// The period of the year before.
    PreviousYear,
    /// No comparison.
    None,
}

impl Comparison {
    /// All comparisons.
    pub const ALL: [Self; 4] = [Self::Previous, Self::SameWeekdays, Self::PreviousYear, Self::None];

    /// Returns the name in settings and report files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::SameWeekdays => "same-weekdays",
            Self::PreviousYear => "previous-year",
            Self::None => "none",
        }
    }

    /// Returns a short description for people.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Previous => "The period directly before: the day, week, month or year, or as many days",
            Self::SameWeekdays => "As many days on the same weekdays before: for a day, one week earlier",
            Self::PreviousYear => "The same dates of the year before; for an ISO week, the same week number",
            Self::None => "No comparison",
        }
    }

    /// Parses the name of a comparison. `setting` names the option or setting in the error.
    ///
    /// # Errors
    /// [`PeriodError`] for any other text, with the names.
    pub fn parse(setting: &str, text: &str) -> Result<Self, PeriodError> {
        let text = text.trim();
        Self::ALL.into_iter().find(|comparison| comparison.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            let (last, others) = names.split_last().unwrap_or((&"", &[]));
            PeriodError::new(setting, text, "comparison", &format!("{} or {last}", others.join(", ")))
        })
    }

    /// Returns the comparison of a period for which none was chosen: the same weekday for a day,
    /// because call volumes differ by weekday, and the previous period for others.
    #[must_use]
    pub fn default_for(period: TimeRange, zone: Tz) -> Self {
        match LocalDays::from_period(period, zone) {
            Some(days) if days.count() == 1 => Self::SameWeekdays,
            _ => Self::Previous,
        }
    }

    /// Returns the period that `period` is compared with; `None` for [`Comparison::None`], and if
    /// there is no such period in the calendar.
    #[must_use]
    pub fn compared_period(self, period: TimeRange, zone: Tz) -> Option<TimeRange> {
        let compared = match (self, LocalDays::from_period(period, zone)) {
            (Self::None, _) => None,
            (Self::Previous, Some(days)) => days_before(days)?.to_period(zone),
            (Self::Previous, None) => time_before(period),
            (Self::SameWeekdays, Some(days)) => {
                days.days_earlier(days.count().div_ceil(7) * 7)?.to_period(zone)
            }
            (Self::SameWeekdays, None) => {
                let weeks = weeks_covering(period)?;
                shift(period, zone, |local| local.checked_sub_days(Days::new(7 * weeks)))
            }
            (Self::PreviousYear, Some(days)) => days_of_previous_year(days)?.to_period(zone),
            (Self::PreviousYear, None) => shift(period, zone, |local| local.checked_sub_months(YEAR)),
        };
        compared.filter(|compared| !compared.is_empty())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Returns as many months before whole months, else as many days.
fn days_before(days: LocalDays) -> Option<LocalDays> {
    let first = match days.months() {
        Some(months) => days.first.checked_sub_months(Months::new(months))?,
        None => days.first.checked_sub_days(Days::new(days.count()))?,
    };
    LocalDays::between(first, days.first)
}

/// Returns the same length of time before a period.
fn time_before(period: TimeRange) -> Option<TimeRange> {
    let from = period.from.checked_sub_signed(period.to - period.from)?;
    Some(TimeRange { from, to: period.from })
}

/// Returns the fewest weeks that are at least as long as a period.
fn weeks_covering(period: TimeRange) -> Option<u64> {
    let week = TimeDelta::weeks(1).num_seconds().unsigned_abs();
    let seconds = u64::try_from((period.to - period.from).num_seconds()).ok()?;
    Some(seconds.div_ceil(week).max(1))
}

/// Shifts both ends of a period on the local clock.
fn shift(
    period: TimeRange,
    zone: Tz,
    earlier: impl Fn(NaiveDateTime) -> Option<NaiveDateTime>,
) -> Option<TimeRange> {
    let shifted = |at: DateTime<Utc>| local_to_instant(earlier(at.with_timezone(&zone).naive_local())?, zone);
    Some(TimeRange { from: shifted(period.from)?, to: shifted(period.to)? })
}

/// Returns the ISO week of the same number, the same months or the same dates of the year before.
fn days_of_previous_year(days: LocalDays) -> Option<LocalDays> {
    if days.is_week() {
        let week = days.first.iso_week();
        let monday = |number| NaiveDate::from_isoywd_opt(week.year() - 1, number, Weekday::Mon);
        let first = monday(week.week()).or_else(|| monday(52))?;
        return LocalDays::between(first, first.checked_add_days(Days::new(7))?);
    }
    let first = days.first.checked_sub_months(YEAR)?;
    let next = match days.months() {
        Some(_) => days.next.checked_sub_months(YEAR)?,
        // The last day is converted, because the day after 28 February is another one in a leap
        // year.
        None => days.last().checked_sub_months(YEAR)?.succ_opt()?,
    };
    LocalDays::between(first, next)
}

#[cfg(test)]
mod tests;
