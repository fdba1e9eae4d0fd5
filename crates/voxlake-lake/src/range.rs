//! Ranges of time.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// A half-open range of time, `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// First moment.
    pub from: DateTime<Utc>,
    /// First moment after.
    pub to: DateTime<Utc>,
}

impl TimeRange {
    /// Whether no moment is in the range.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    /// Whether the moment is in the range.
    #[must_use]
    pub fn contains(&self, moment: DateTime<Utc>) -> bool {
        self.from <= moment && moment < self.to
    }

    /// The moments that are in both ranges; empty where there are none.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// The range's moments that are not in `other`, in up to two pieces.
    pub fn difference(self, other: Self) -> impl Iterator<Item = Self> {
        let cut =
            if self.intersection(&other).is_empty() { Self { from: self.to, to: self.to } } else { other };
        [Self { to: self.to.min(cut.from), ..self }, Self { from: self.from.max(cut.to), ..self }]
            .into_iter()
            .filter(|piece| !piece.is_empty())
    }

    /// A UTC day.
    #[must_use]
    pub fn of_day(date: NaiveDate) -> Self {
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
        let to = date.checked_add_days(Days::new(1)).map_or(DateTime::<Utc>::MAX_UTC, midnight);
        Self { from: midnight(date), to }
    }

    /// The UTC days that the range touches, each with its part of the range.
    pub fn by_day(self) -> impl Iterator<Item = (NaiveDate, Self)> {
        let days = self.from.date_naive().iter_days();
        days.map(move |date| (date, Self::of_day(date).intersection(&self)))
            .take_while(|(_, part)| !part.is_empty())
    }

    /// Ranges in order of time, those that touch or overlap as one.
    #[must_use]
    pub fn coalesce(ranges: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut ranges: Vec<Self> = ranges.into_iter().collect();
        ranges.sort();
        let mut joined: Vec<Self> = Vec::new();
        for range in ranges {
            match joined.last_mut() {
                Some(last) if range.from <= last.to => last.to = last.to.max(range.to),
                _ => joined.push(range),
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: i64, to: i64) -> TimeRange {
        let hour = |hour: i64| DateTime::from_timestamp(1_793_491_200 + hour * 3600, 0).unwrap();
        TimeRange { from: hour(from), to: hour(to) }
    }

    #[test]
    fn a_range_is_parted_at_every_midnight_and_joined_again() {
        let whole = range(20, 50);
        let parts: Vec<(String, TimeRange)> =
            whole.by_day().map(|(date, part)| (date.to_string(), part)).collect();
        let expected = [
            ("2026-11-01".to_owned(), range(20, 24)),
            ("2026-11-02".to_owned(), range(24, 48)),
            ("2026-11-03".to_owned(), range(48, 50)),
        ];
        assert_eq!(parts, expected);
        assert_eq!(TimeRange::coalesce(parts.into_iter().rev().map(|(_, part)| part)), [whole]);
        assert_eq!(range(5, 5).by_day().count(), 0);
    }

    #[test]
    fn only_ranges_that_touch_are_joined() {
        let ranges = [range(5, 7), range(1, 2), range(2, 3), range(6, 6), range(8, 9)];
        assert_eq!(TimeRange::coalesce(ranges), [range(1, 3), range(5, 7), range(8, 9)]);
        assert_eq!(TimeRange::coalesce([]), []);
    }
}
