//! Periods of summaries.

use std::fmt;

use chrono::{Datelike as _, Days, Months, NaiveDate};

use crate::TimeRange;

/// UTC days that a summary covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SummaryPeriod {
    /// One day.
    Day(NaiveDate),
    /// The month of a date.
    Month(NaiveDate),
    /// The year of a date.
    Year(NaiveDate),
}

impl SummaryPeriod {
    /// First day of the period.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        match self {
            Self::Day(date) => date,
            Self::Month(date) => date - Days::new(date.day0().into()),
            Self::Year(date) => date - Days::new(date.ordinal0().into()),
        }
    }

    /// The same period, with its first day as date.
    #[must_use]
    pub fn normalized(self) -> Self {
        let first = self.first_day();
        match self {
            Self::Day(_) => Self::Day(first),
            Self::Month(_) => Self::Month(first),
            Self::Year(_) => Self::Year(first),
        }
    }

    /// Time range of the period.
    #[must_use]
    pub fn range(self) -> TimeRange {
        let first = self.first_day();
        let months = match self {
            Self::Day(date) => return TimeRange::of_day(date),
            Self::Month(_) => 1,
            Self::Year(_) => 12,
        };
        let next = first.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX);
        TimeRange { from: TimeRange::of_day(first).from, to: TimeRange::of_day(next).from }
    }

    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Day(_) => "day",
            Self::Month(_) => "month",
            Self::Year(_) => "year",
        }
    }

    pub(super) fn parse(folder: &str, text: &str) -> Option<Self> {
        match folder {
            "day" => text.parse().ok().map(Self::Day),
            "month" => format!("{text}-01").parse().ok().map(Self::Month),
            "year" => format!("{text}-01-01").parse().ok().map(Self::Year),
            _ => None,
        }
    }
}

impl fmt::Display for SummaryPeriod {
    /// Writes `2026-11-01`, `2026-11` or `2026`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => date.fmt(f),
            Self::Month(date) => date.format("%Y-%m").fmt(f),
            Self::Year(date) => date.format("%Y").fmt(f),
        }
    }
}
