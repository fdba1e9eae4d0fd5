//! Which ranges of time a day file has fetched, and when: the state that a sync plans from.
//!
//! An engagement appears in the API only after it ended, so a moment counts as settled once it was
//! fetched later than that moment plus the settle time. That is taken moment by moment: of a day
//! fetched at noon of the next with a settle time of 24 h, the morning is settled and only the
//! afternoon is asked for again.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{ScopeId, TimeRange};

/// Difference of two machines' clocks that is tolerated. A run stops at a larger one.
const MAX_CLOCK_DIFFERENCE: TimeDelta = TimeDelta::hours(1);

/// One range that was fetched whole: every page, and as many records as the API said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedRange {
    /// First moment of the range.
    pub from: DateTime<Utc>,
    /// First moment after the range.
    pub to: DateTime<Utc>,
    /// When the fetching began.
    pub fetched_at: DateTime<Utc>,
    /// How many records the API said there were; `None` where it said so only of a window over
    /// several days.
    pub total_records: Option<u64>,
    /// How many distinct calls of the range this fetch left in the day's file, and those that came
    /// into it later; `None` in files of versions that did not note it.
    /// [`Lake::merge_day`](crate::Lake::merge_day) counts them itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    /// The conditions that the calls asked for had to meet; `None` where all were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeId>,
}

impl FetchedRange {
    /// The range without what is known of its fetching.
    pub(crate) fn range(&self) -> TimeRange {
        TimeRange { from: self.from, to: self.to }
    }

    /// Whether the range was fetched by a clock that is not known to have been ahead; see
    /// [`Coverage::trusted_at`].
    #[must_use]
    pub fn is_trusted_at(&self, now: DateTime<Utc>) -> bool {
        let latest = now.checked_add_signed(MAX_CLOCK_DIFFERENCE).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.fetched_at <= latest
    }

    /// The part of the range that was over when it was fetched.
    fn covered(&self) -> TimeRange {
        TimeRange { from: self.from, to: self.to.min(self.fetched_at) }
    }

    /// The part of the range that need not be asked for again.
    fn settled(&self, settle: TimeDelta) -> TimeRange {
        let until = self.fetched_at.checked_sub_signed(settle).unwrap_or(DateTime::<Utc>::MIN_UTC);
        TimeRange { from: self.from, to: self.to.min(until) }
    }
}

/// The fetched ranges of one day, in the order of their fetching.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    ranges: Vec<FetchedRange>,
}

impl Coverage {
    /// The fetched ranges, in the order of their fetching.
    #[must_use]
    pub fn ranges(&self) -> &[FetchedRange] {
        &self.ranges
    }

    /// Records a fetched range. Earlier ones that lie within it have nothing left to say and go.
    pub fn add(&mut self, fetched: FetchedRange) {
        self.ranges.retain(|earlier| {
            earlier.fetched_at > fetched.fetched_at || earlier.from < fetched.from || earlier.to > fetched.to
        });
        self.ranges.push(fetched);
        self.ranges.sort_by_key(|fetched| (fetched.fetched_at, fetched.from));
    }

    /// The moments of `within` that are not settled, in order.
    #[must_use]
    pub fn unsettled(&self, within: TimeRange, settle: TimeDelta) -> Vec<TimeRange> {
        let settled = self.ranges.iter().map(|fetched| fetched.settled(settle));
        subtract(within, settled)
    }

    /// The moments of `within` that were never fetched, in order. A range covers nothing after the
    /// moment at which it was fetched.
    #[must_use]
    pub fn gaps(&self, within: TimeRange) -> Vec<TimeRange> {
        subtract(within, self.ranges.iter().map(FetchedRange::covered))
    }

    /// The coverage that can be relied on at `now`. A range that was fetched more than an hour
    /// after `now` was fetched with a clock that was ahead, and may lack calls.
    #[must_use]
    pub fn trusted_at(&self, now: DateTime<Utc>) -> Self {
        let trusted = self.ranges.iter().filter(|fetched| fetched.is_trusted_at(now));
        let ranges = trusted
            .map(|fetched| FetchedRange { fetched_at: fetched.fetched_at.min(now), ..*fetched })
            .collect();
        Self { ranges }
    }

    /// The ranges that were fetched under the conditions of `scope`. Others lack calls of it.
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
    fn a_day_never_fetched_is_unsettled_whole() {
        assert_eq!(Coverage::default().unsettled(range(0, 24), DAY), [range(0, 24)]);
        assert_eq!(Coverage::default().unsettled(range(5, 5), DAY), []);
    }

    #[test]
    fn a_day_fetched_later_than_its_end_plus_the_settle_time_is_settled() {
        assert_eq!(coverage(&[fetched(0, 24, 48)]).unsettled(range(0, 24), DAY), []);
    }

    #[test]
    fn a_day_fetched_at_noon_of_the_next_is_settled_until_its_own_noon() {
        assert_eq!(coverage(&[fetched(0, 24, 36)]).unsettled(range(0, 24), DAY), [range(12, 24)]);
        assert_eq!(coverage(&[fetched(0, 24, 36)]).gaps(range(0, 24)), []);
    }

    #[test]
    fn a_range_covers_nothing_after_the_moment_of_its_fetching() {
        assert_eq!(coverage(&[fetched(0, 24, 7)]).gaps(range(0, 24)), [range(7, 24)]);
        assert_eq!(coverage(&[fetched(8, 24, 7)]).gaps(range(0, 24)), [range(0, 24)]);
    }

    #[test]
    fn what_a_clock_ahead_fetched_is_not_trusted() {
        let ahead = coverage(&[fetched(0, 6, 30), fetched(6, 24, 240)]);
        let trusted = ahead.trusted_at(hour(29));
        assert_eq!(trusted.ranges(), [fetched(0, 6, 29)]);
        assert_eq!(trusted.unsettled(range(0, 24), DAY), [range(5, 24)]);
        assert_eq!(ahead.trusted_at(hour(240)), ahead);
    }

    #[test]
    fn a_hole_between_fetched_ranges_is_a_gap() {
        let coverage = coverage(&[fetched(0, 6, 99), fetched(8, 24, 99)]);
        assert_eq!(coverage.unsettled(range(0, 24), DAY), [range(6, 8)]);
        assert_eq!(coverage.gaps(range(0, 24)), [range(6, 8)]);
    }

    #[test]
    fn a_range_that_lies_within_a_later_one_is_forgotten() {
        let coverage = coverage(&[fetched(0, 6, 7), fetched(2, 24, 26), fetched(0, 12, 48)]);
        assert_eq!(coverage.ranges(), [fetched(2, 24, 26), fetched(0, 12, 48)]);
    }

    proptest! {
        #[test]
        fn a_moment_is_unsettled_just_when_no_fetch_came_late_enough(
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
