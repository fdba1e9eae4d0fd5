//! Calendar units by which results are grouped: days, ISO weeks and months.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;

use super::between;

/// Calendar unit of the rows of a result.
///
/// ```
/// use voxlake_query::period::CalendarUnit;
///
/// assert_eq!(CalendarUnit::parse("week"), Some(CalendarUnit::Week));
/// assert_eq!(CalendarUnit::parse("queue"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarUnit {
    /// Local day.
    Day,
    /// ISO 8601 week, from Monday.
    Week,
    /// Calendar month.
    Month,
}

impl CalendarUnit {
    /// Returns the unit of this value of a query's parameter `by` or `per`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "day" => Some(Self::Day),
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            _ => None,
        }
    }

    /// Returns the first day of the unit that contains `date`.
    pub(crate) fn first_day(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(date),
            Self::Week => date.checked_sub_days(Days::new(date.weekday().num_days_from_monday().into())),
            Self::Month => date.with_day(1),
        }
    }

    /// Returns the first day of the next unit. `first` is the first day of this one.
    pub(crate) fn next(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => first.succ_opt(),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
        }
    }

    /// Returns the name of the unit with this first day, as the function `local_period` writes it.
    pub(crate) fn name(self, first: NaiveDate) -> String {
        let format = match self {
            Self::Day => "%Y-%m-%d",
            Self::Week => "%G-W%V",
            Self::Month => "%Y-%m",
        };
        first.format(format).to_string()
    }
}

/// Returns the range of a local day.
pub(crate) fn local_day(date: NaiveDate, zone: Tz) -> Option<TimeRange> {
    between(date, date.succ_opt()?, zone)
}
