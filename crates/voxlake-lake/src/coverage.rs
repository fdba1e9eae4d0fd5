//! Coverage: the time ranges of a day that were fetched, and when. Syncs are planned from it.
//!
//! An engagement appears in the API only after it ended. A moment is *settled* once it was fetched
//! later than that moment plus the settle time. This is decided moment by moment. For example, if a
//! day is fetched at noon of the next day with a settle time of 24 h, its morning is settled, and
//! only its afternoon is fetched again.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{ScopeId, TimeRange};

/// Tolerated difference between the clocks of two machines. A sync stops at a larger one.
const MAX_CLOCK_DIFFERENCE: TimeDelta = TimeDelta::hours(1);

/// A time range that was fetched completely: all pages, and as many records as the API announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedRange {
    /// First moment of the range.
    pub from: DateTime<Utc>,
    /// First moment after the range.
    pub to: DateTime<Utc>,
    /// Start of the fetch.
    pub fetched_at: DateTime<Utc>,
    /// Number of records according to the API. `None` if it was announced only for a window over
    /// several days.
    pub total_records: Option<u64>,
    /// Number of distinct calls of the range that this fetch left in the day file, plus those that
    /// were added later. `None` in files of versions that did not record it.
    /// [`Lake::merge_day`](crate::Lake::merge_day) maintains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    /// Conditions of the fetch. `None` if all calls were fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeId>,
}

impl FetchedRange {
    /// The bare time range.
    pub(crate) fn range(&self) -> TimeRange {
        TimeRange { from: self.from, to: self.to }
    }

    /// Returns whether the clock of the fetch was not ahead of `now`. See [`Coverage::trusted_at`].
    #[must_use]
    pub fn is_trusted_at(&self, now: DateTime<Utc>) -> bool {
        let latest = now.checked_add_signed(MAX_CLOCK_DIFFERENCE).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.fetched_at <= latest
    }

    /// Part of the range that had passed when it was fetched.
    fn covered(&self) -> TimeRange {
        TimeRange { from: self.from, to: self.to.min(self.fetched_at) }
    }

    /// Part of the range that is final.
    fn settled(&self, settle: TimeDelta) -> TimeRange {
        let until = self.fetched_at.checked_sub_signed(settle).unwrap_or(DateTime::<Utc>::MIN_UTC);
        TimeRange { from: self.from, to: self.to.min(until) }
    }
}

/// Fetched ranges of one day, in the order of their fetches.
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use voxlake_lake::{Coverage, FetchedRange, TimeRange};
///
/// let day = TimeRange::of_day("2026-11-01".parse()?);
/// let fetched_at: DateTime<Utc> = "2026-11-02T12:00:00Z".parse()?;
/// let mut coverage = Coverage::default();
/// coverage.add(FetchedRange {
///     from: day.from,
///     to: day.to,
///     fetched_at,
///     total_records: None,
///     calls: None,
///     scope: None,
/// });
/// assert!(coverage.gaps(day).is_empty());
/// // Fetched only twelve hours after the day ended: its second half is not settled yet.
/// let afternoon = TimeRange { from: day.from + TimeDelta::hours(12), to: day.to };
/// assert_eq!(coverage.unsettled(day, TimeDelta::hours(24)), [afternoon]);
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    ranges: Vec<FetchedRange>,
}

impl Coverage {
    /// Fetched ranges, in the order of their fetches.
    #[must_use]
    pub fn ranges(&self) -> &[FetchedRange] {
        &self.ranges
    }

    /// Adds a fetched range. Earlier fetches of ranges within it are removed.
    pub fn add(&mut self, fetched: FetchedRange) {
        self.ranges.retain(|earlier| {
            earlier.fetched_at > fetched.fetched_at || earlier.from < fetched.from || earlier.to > fetched.to
        });
        self.ranges.push(fetched);
        self.ranges.sort_by_key(|fetched| (fetched.fetched_at, fetched.from));
    }

    /// Returns the parts of `within` that are not settled, in order.
    #[must_use]
    pub fn unsettled(&self, within: TimeRange, settle: TimeDelta) -> Vec<TimeRange> {
        let settled = self.ranges.iter().map(|fetched| fetched.settled(settle));
        subtract(within, settled)
    }

    /// Returns the parts of `within` that were never fetched, in order. A range covers nothing
    /// after the start of its fetch.
    #[must_use]
    pub fn gaps(&self, within: TimeRange) -> Vec<TimeRange> {
        subtract(within, self.ranges.iter().map(FetchedRange::covered))
    }

    /// Returns the coverage that is reliable at `now`.
    ///
    /// A range that was fetched more than an hour after `now` was fetched with a clock that was
    /// ahead. It may lack calls and is left out.
    #[must_use]
    pub fn trusted_at(&self, now: DateTime<Utc>) -> Self {
        let trusted = self.ranges.iter().filter(|fetched| fetched.is_trusted_at(now));
        let ranges = trusted
            .map(|fetched| FetchedRange { fetched_at: fetched.fetched_at.min(now), ..*fetched })
            .collect();
        Self { ranges }
    }

    /// Returns the ranges that were fetched under the conditions of `scope`. Other fetches lack
    /// some of its calls.
    #[must_use]
    pub fn of_scope(&self, scope: Option<ScopeId>) -> Self {
        Self { ranges: self.ranges.iter().filter(|fetched| fetched.scope == scope).copied().collect() }
    }
}

fn subtract(whole: TimeRange, parts: impl Iterator<Item = TimeRange>) -> Vec<TimeRange> {
    let start = if whole.is_empty() { Vec::new() } else { vec![whole] };
    parts
        .filter(|part| !part.is_empty())
        .fold(start, |left, part| left.into_iter().flat_map(|piece| piece.difference(part)).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hour(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_793_491_200 + hour * 3600, 0).unwrap()
    }

    fn range(from: i64, to: i64) -> TimeRange {
        TimeRange { from: hour(from), to: hour(to) }
    }

    fn fetched(from: i64, to: i64, at: i64) -> FetchedRange {
        FetchedRange {
            from: hour(from),
            to: hour(to),
            fetched_at: hour(at),
            total_records: None,
            calls: None,
            scope: None,
        }
    }

    fn coverage(ranges: &[FetchedRange]) -> Coverage {
        let mut coverage = Coverage::default();
        ranges.iter().for_each(|fetched| coverage.add(*fetched));
        coverage
    }

    const DAY: TimeDelta = TimeDelta::hours(24);

    #[test]
    fn unfetched_day_is_unsettled() {
        assert_eq!(Coverage::default().unsettled(range(0, 24), DAY), [range(0, 24)]);
        assert_eq!(Coverage::default().unsettled(range(5, 5), DAY), []);
    }

    #[test]
    fn day_fetched_after_the_settle_time_is_settled() {
        assert_eq!(coverage(&[fetched(0, 24, 48)]).unsettled(range(0, 24), DAY), []);
    }

    #[test]
    fn settles_moment_by_moment() {
        assert_eq!(coverage(&[fetched(0, 24, 36)]).unsettled(range(0, 24), DAY), [range(12, 24)]);
        assert_eq!(coverage(&[fetched(0, 24, 36)]).gaps(range(0, 24)), []);
    }

    #[test]
    fn nothing_after_the_fetch_is_covered() {
        assert_eq!(coverage(&[fetched(0, 24, 7)]).gaps(range(0, 24)), [range(7, 24)]);
        assert_eq!(coverage(&[fetched(8, 24, 7)]).gaps(range(0, 24)), [range(0, 24)]);
    }

    #[test]
    fn fetches_of_a_fast_clock_are_not_trusted() {
        let ahead = coverage(&[fetched(0, 6, 30), fetched(6, 24, 240)]);
        let trusted = ahead.trusted_at(hour(29));
        assert_eq!(trusted.ranges(), [fetched(0, 6, 29)]);
        assert_eq!(trusted.unsettled(range(0, 24), DAY), [range(5, 24)]);
        assert_eq!(ahead.trusted_at(hour(240)), ahead);
    }

    #[test]
    fn finds_gaps_between_ranges() {
        let coverage = coverage(&[fetched(0, 6, 99), fetched(8, 24, 99)]);
        assert_eq!(coverage.unsettled(range(0, 24), DAY), [range(6, 8)]);
        assert_eq!(coverage.gaps(range(0, 24)), [range(6, 8)]);
    }

    #[test]
    fn later_ranges_replace_contained_ones() {
        let coverage = coverage(&[fetched(0, 6, 7), fetched(2, 24, 26), fetched(0, 12, 48)]);
        assert_eq!(coverage.ranges(), [fetched(2, 24, 26), fetched(0, 12, 48)]);
    }

    proptest! {
        #[test]
        fn unsettled_equals_direct_computation(
            fetches in proptest::collection::vec((0_i64..24, 0_i64..24, 0_i64..72), 0..6),
            moment in 0_i64..24,
        ) {
            let fetches: Vec<FetchedRange> = fetches.iter()
                .map(|(a, b, at)| fetched(*a.min(b), *a.max(b), *at)).collect();
            let settled = fetches.iter()
                .any(|f| f.from <= hour(moment) && hour(moment) < f.to && f.fetched_at > hour(moment) + DAY);
            let unsettled = coverage(&fetches).unsettled(range(0, 24), DAY);
            let found = unsettled.iter().any(|r| r.from <= hour(moment) && hour(moment) < r.to);
            prop_assert_eq!(found, !settled);
        }
    }
}
