//! Distribution of calls over the hours of a day, by which windows are split.
//!
//! A window with too many calls is split into pieces of similar size. Nights are quiet: pieces of
//! equal length would be too large again by day, and each such piece costs a request.

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use voxlake_lake::{FetchedRange, TimeRange};
use voxlake_model::schema::START_TIME;

const SECONDS_PER_HOUR: i64 = 3600;
/// Exposure from which the rate of an hour counts as known.
const MIN_EXPOSURE_SECONDS: f64 = 600.0;
/// Maximum length of a fetched range that is informative about its hours.
const MAX_INFORMATIVE_RANGE: TimeDelta = TimeDelta::hours(3);
/// Minimum rate of an hour relative to the mean, so that each hour has split points.
const MIN_RELATIVE_RATE: f64 = 0.02;

/// Calls per second by hour of the UTC day, estimated from fetched windows.
#[derive(Clone, Debug, Default)]
pub(crate) struct HourlyProfile {
    calls: [f64; 24],
    seconds: [f64; 24],
}

impl HourlyProfile {
    /// Adds the calls of a complete window.
    pub(crate) fn add_window(&mut self, range: TimeRange, calls: &[RecordBatch]) {
        self.add_exposure(range);
        for batch in calls {
            for start in batch[START_TIME].as_primitive::<TimestampMillisecondType>().values() {
                let hour = start.div_euclid(1000 * SECONDS_PER_HOUR).rem_euclid(24);
                self.calls[usize::try_from(hour).unwrap_or(0)] += 1.0;
            }
        }
    }

    /// Adds a range that an earlier run fetched.
    pub(crate) fn seed(&mut self, fetched: &FetchedRange) {
        let range = TimeRange { from: fetched.from, to: fetched.to };
        let Some(calls) = fetched.calls.or(fetched.total_records) else { return };
        let length = seconds(range.to - range.from);
        if length <= 0.0 || range.to - range.from > MAX_INFORMATIVE_RANGE {
            return;
        }
        self.add_exposure(range);
        for (hour, part) in hours(range) {
            self.calls[hour] += to_float(calls) * part / length;
        }
    }

    fn add_exposure(&mut self, range: TimeRange) {
        for (hour, part) in hours(range) {
            self.seconds[hour] += part;
        }
    }

    /// Returns the relative rate of an hour: 1 for each if nothing is known.
    fn weight(&self, hour: usize) -> f64 {
        let known = |hour: usize| self.seconds[hour] >= MIN_EXPOSURE_SECONDS;
        let rate = |hour: usize| self.calls[hour] / self.seconds[hour];
        let rates: Vec<f64> = (0..24).filter(|hour| known(*hour)).map(rate).collect();
        let mean =
            if rates.is_empty() { 0.0 } else { rates.iter().sum::<f64>() / to_float(rates.len() as u64) };
        if mean <= 0.0 {
            return 1.0;
        }
        let weight = if known(hour) { rate(hour) } else { mean };
        weight.max(MIN_RELATIVE_RATE * mean)
    }

    /// Splits a range, at whole seconds, into pieces with calls in proportion to `shares`. Pieces
    /// shorter than a second are omitted.
    pub(crate) fn split(&self, range: TimeRange, shares: &[u64]) -> Vec<TimeRange> {
        let weights: Vec<f64> = (0..24).map(|hour| self.weight(hour)).collect();
        let whole: f64 = hours(range).map(|(hour, part)| weights[hour] * part).sum();
        let sum = to_float(shares.iter().sum::<u64>().max(1));
        let mut pieces = Vec::with_capacity(shares.len());
        let (mut from, mut taken) = (range.from, 0);
        for (at, share) in shares.iter().enumerate() {
            taken += share;
            let to = if at + 1 == shares.len() {
                range.to
            } else {
                split_point(range, &weights, whole * to_float(taken) / sum)
            };
            if from < to {
                pieces.push(TimeRange { from, to });
                from = to;
            }
        }
        pieces
    }
}

/// Returns the point of `range` before which its weights sum up to `weight`.
fn split_point(range: TimeRange, weights: &[f64], weight: f64) -> DateTime<Utc> {
    let (mut passed, mut at) = (0.0, range.from);
    for (hour, part) in hours(range) {
        let next = passed + weights[hour] * part;
        if next >= weight {
            let within = (weight - passed) / weights[hour];
            return (at + whole_seconds(within)).min(range.to);
        }
        passed = next;
        at += whole_seconds(part);
    }
    range.to
}

/// Returns the hours of the day in a range, each with its seconds.
fn hours(range: TimeRange) -> impl Iterator<Item = (usize, f64)> {
    let mut at = range.from;
    std::iter::from_fn(move || {
        if at >= range.to {
            return None;
        }
        let hour = at.hour();
        let into = at.timestamp().rem_euclid(SECONDS_PER_HOUR);
        let next = (at + TimeDelta::seconds(SECONDS_PER_HOUR - into)).min(range.to);
        let part = seconds(next - at);
        at = next;
        Some((usize::try_from(hour).unwrap_or(0), part))
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts and lengths far below 2^52, for an estimate")]
fn to_float(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "durations far below 2^52 seconds, for an estimate")]
fn seconds(length: TimeDelta) -> f64 {
    length.num_seconds() as f64
}

#[expect(clippy::cast_possible_truncation, reason = "no longer than a window")]
fn whole_seconds(length: f64) -> TimeDelta {
    TimeDelta::seconds(length.round() as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_793_491_200 + hour * 3600, 0).unwrap()
    }

    fn day() -> TimeRange {
        TimeRange { from: at(0), to: at(24) }
    }

    fn fetched(from: i64, to: i64, calls: u64) -> FetchedRange {
        FetchedRange {
            from: at(from),
            to: at(to),
            fetched_at: at(99),
            total_records: None,
            calls: Some(calls),
            scope: None,
        }
    }

    #[test]
    fn unknown_days_split_into_equal_lengths() {
        let pieces = HourlyProfile::default().split(day(), &[1, 1, 2]);
        let ends: Vec<DateTime<Utc>> = pieces.iter().map(|piece| piece.to).collect();
        assert_eq!(ends, [at(6), at(12), at(24)]);
    }

    #[test]
    fn busy_hours_split_into_shorter_pieces() {
        let mut profile = HourlyProfile::default();
        (0..24).for_each(|hour| profile.seed(&fetched(hour, hour + 1, if hour < 12 { 30 } else { 10 })));
        let pieces = profile.split(day(), &[1, 1, 1, 1]);
        let ends: Vec<DateTime<Utc>> = pieces.iter().map(|piece| piece.to).collect();
        assert_eq!(ends, [at(4), at(8), at(12), at(24)]);
    }

    #[test]
    fn long_ranges_are_not_informative() {
        let mut profile = HourlyProfile::default();
        profile.seed(&fetched(0, 12, 1_000_000));
        assert_eq!(profile.split(day(), &[1, 1])[0].to, at(12));
    }

    proptest! {
        #[test]
        fn pieces_cover_the_range_without_gaps(
            known in proptest::collection::vec((0_i64..24, 0_u64..1000), 0..24),
            length in 1_i64..2_000_000, shares in proptest::collection::vec(0_u64..50, 1..60),
        ) {
            let mut profile = HourlyProfile::default();
            known.iter().for_each(|(hour, calls)| profile.seed(&fetched(*hour, hour + 1, *calls)));
            let range = TimeRange { from: at(3), to: at(3) + TimeDelta::seconds(length) };
            let pieces = profile.split(range, &shares);
            prop_assert_eq!(pieces.first().map(|piece| piece.from), Some(range.from));
            prop_assert_eq!(pieces.last().map(|piece| piece.to), Some(range.to));
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
            prop_assert!(pieces.windows(2).all(|pair| pair[0].to == pair[1].from));
        }
    }
}
