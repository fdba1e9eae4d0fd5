//! Periods of whole local days, and the calendar unit that they are.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;

use super::local_to_instant;

/// One or more consecutive days of a time zone's calendar.
///
/// ```
/// use chrono_tz::Europe::Berlin;
/// use voxlake_query::period::{LocalDays, parse_month};
///
/// let october = parse_month("month", "2026-10", Berlin)?;
/// let days = LocalDays::from_period(october, Berlin).map(|days| (days.count(), days.months()));
/// assert_eq!(days, Some((31, Some(1))));
/// # Ok::<(), voxlake_query::period::PeriodError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalDays {
    /// First day.
    pub first: NaiveDate,
    /// First day after them; later than `first`.
    pub next: NaiveDate,
}

impl LocalDays {
    /// Returns the local days that `period` consists of; `None` if it starts or ends within a day.
    #[must_use]
    pub fn from_period(period: TimeRange, zone: Tz) -> Option<Self> {
        let date = |at: DateTime<Utc>| {
            let date = at.with_timezone(&zone).date_naive();
            // A day starts when the clock first shows its date, which is not midnight everywhere.
            (local_to_instant(date.and_time(Default::default()), zone)? == at).then_some(date)
        };
        Self::between(date(period.from)?, date(period.to)?)
    }

    /// Returns the days from `first` to the one before `next`; `None` if `next` is not later.
    pub(super) fn between(first: NaiveDate, next: NaiveDate) -> Option<Self> {
        (first < next).then_some(Self { first, next })
    }

    /// Returns the time range of the days, between two local midnights; `None` beyond the calendar.
    #[must_use]
    pub fn to_period(self, zone: Tz) -> Option<TimeRange> {
        let midnight = |date: NaiveDate| local_to_instant(date.and_time(Default::default()), zone);
        Some(TimeRange { from: midnight(self.first)?, to: midnight(self.next)? })
    }

    /// Returns the number of days.
    #[must_use]
    pub fn count(self) -> u64 {
        (self.next - self.first).num_days().unsigned_abs()
    }

    /// Returns the last day.
    #[must_use]
    pub fn last(self) -> NaiveDate {
        self.next.pred_opt().unwrap_or(self.first)
    }

    /// Returns the number of calendar months, if the days are whole months.
    #[must_use]
    pub fn months(self) -> Option<u32> {
        let (first, next) = (self.first, self.next);
        let is_whole = first.day() == 1 && next.day() == 1;
        let months =
            i64::from(next.year() - first.year()) * 12 + i64::from(next.month()) - i64::from(first.month());
        is_whole.then(|| u32::try_from(months).ok()).flatten()
    }

    /// Returns whether the days are a calendar year.
    #[must_use]
    pub fn is_year(self) -> bool {
        self.months() == Some(12) && self.first.month() == 1
    }

    /// Returns whether the days are an ISO week, from Monday to Sunday.
    #[must_use]
    pub fn is_week(self) -> bool {
        self.count() == 7 && self.first.weekday() == Weekday::Mon
    }

    /// Returns the same number of days, `days` days earlier; `None` beyond the calendar.
    pub(super) fn days_earlier(self, days: u64) -> Option<Self> {
        let earlier = |date: NaiveDate| date.checked_sub_days(Days::new(days));
        Self::between(earlier(self.first)?, earlier(self.next)?)
    }
}
