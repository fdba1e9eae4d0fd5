//! Time ranges.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// A half-open time range, `[from, to)`.
///
/// ```
/// use voxlake_lake::TimeRange;
///
/// let day = TimeRange::of_day("2026-11-01".parse()?);
/// let evening = TimeRange { from: "2026-11-01T18:00:00Z".parse()?, ..day };
/// let rest: Vec<TimeRange> = day.difference(evening).collect();
/// assert_eq!(rest, [TimeRange { to: evening.from, ..day }]);
/// assert_eq!(TimeRange::coalesce([evening, rest[0]]), [day]);
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// First moment.
    pub from: DateTime<Utc>,
    /// First moment after the range.
    pub to: DateTime<Utc>,
}

impl TimeRange {
    /// Returns whether the range contains no moment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    /// Returns whether the range contains the moment.
    #[must_use]
    pub fn contains(&self, moment: DateTime<Utc>) -> bool {
        self.from <= moment && moment < self.to
    }

    /// Returns the common part of two ranges. It is empty if they do not overlap.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// Returns the parts of the range outside `other`, at most two.
    pub fn difference(self, other: Self) -> impl Iterator<Item = Self> {
        let cut =
            if self.intersection(&other).is_empty() { Self { from: self.to, to: self.to } } else { other };
        [Self { to: self.to.min(cut.from), ..self }, Self { from: self.from.max(cut.to), ..self }]
            .into_iter()
            .filter(|piece| !piece.is_empty())
    }

    /// Returns the range of a UTC day.
    #[must_use]
    pub fn of_day(date: NaiveDate) -> Self {
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
        let to = date.checked_add_days(Days::new(1)).map_or(DateTime::<Utc>::MAX_UTC, midnight);
        Self { from: midnight(date), to }
    }

    /// Splits the range at each UTC midnight.
    pub fn by_day(self) -> impl Iterator<Item = (NaiveDate, Self)> {
        let days = self.from.date_naive().iter_days();
        days.map(move |date| (date, Self::of_day(date).intersection(&self)))
            .take_while(|(_, part)| !part.is_empty())
    }

    /// Sorts ranges and merges those that touch or overlap.
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

/// Formats a time range: `2026-11-01 00:00:00 to 2026-11-02 00:00:00 UTC`.
#[must_use]
pub fn format_range(range: TimeRange) -> String {
    let moment = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S").to_string();
    format!("{} to {} UTC", moment(range.from), moment(range.to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: i64, to: i64) -> TimeRange {
        let hour = |hour: i64| DateTime::from_timestamp(1_793_491_200 + hour * 3600, 0).unwrap();
        TimeRange { from: hour(from), to: hour(to) }
    }

    #[test]
    fn splits_at_midnights_and_coalesces() {
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
    fn coalesces_only_touching_ranges() {
        let ranges = [range(5, 7), range(1, 2), range(2, 3), range(6, 6), range(8, 9)];
        assert_eq!(TimeRange::coalesce(ranges), [range(1, 3), range(5, 7), range(8, 9)]);
        assert_eq!(TimeRange::coalesce([]), []);
    }
}
