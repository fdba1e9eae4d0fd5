//! How calls spread over the hours of a day, as far as it is known, and windows cut by that.
//!
//! A window that holds too many calls is cut into pieces of known size; without knowing that nights
//! are quiet, the pieces of the day would be too large again, and each such try costs a request.

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use voxlake_lake::{FetchedRange, TimeRange};
use voxlake_model::schema::START_TIME;

const SECONDS_PER_HOUR: i64 = 3600;
/// An hour of the day counts as known once so much of it was seen.
const SEEN_ENOUGH_SECONDS: f64 = 600.0;
/// Fetched ranges longer than this say too little of their hours.
const TELLING: TimeDelta = TimeDelta::hours(3);
/// No hour is taken for quieter than this share of the mean: a cut needs somewhere to fall.
const QUIETEST_SHARE: f64 = 0.02;

/// Calls per second by hour of the UTC day, learnt as windows come in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    calls: [f64; 24],
    seconds: [f64; 24],
}

impl Shape {
    /// Learns from the calls of a window that is complete.
    pub(crate) fn learn(&mut self, range: TimeRange, calls: &[RecordBatch]) {
        self.expose(range);
        for batch in calls {
            for start in batch[START_TIME].as_primitive::<TimestampMillisecondType>().values() {
                let hour = start.div_euclid(1000 * SECONDS_PER_HOUR).rem_euclid(24);
                self.calls[usize::try_from(hour).unwrap_or(0)] += 1.0;
            }
        }
    }

    /// Learns from what an earlier run noted.
    pub(crate) fn recall(&mut self, fetched: &FetchedRange) {
        let range = TimeRange { from: fetched.from, to: fetched.to };
        let Some(calls) = fetched.calls.or(fetched.total_records) else { return };
        let length = seconds(range.to - range.from);
        if length <= 0.0 || range.to - range.from > TELLING {
            return;
        }
        self.expose(range);
        for (hour, part) in hours(range) {
            self.calls[hour] += to_float(calls) * part / length;
        }
    }

    fn expose(&mut self, range: TimeRange) {
        for (hour, part) in hours(range) {
            self.seconds[hour] += part;
        }
    }

    /// Calls per second of an hour of the day, by no particular unit where nothing is known.
    fn weight(&self, hour: usize) -> f64 {
        let known = |hour: usize| self.seconds[hour] >= SEEN_ENOUGH_SECONDS;
        let rate = |hour: usize| self.calls[hour] / self.seconds[hour];
        let rates: Vec<f64> = (0..24).filter(|hour| known(*hour)).map(rate).collect();
        let mean =
            if rates.is_empty() { 0.0 } else { rates.iter().sum::<f64>() / to_float(rates.len() as u64) };
        if mean <= 0.0 {
            return 1.0;
        }
        let weight = if known(hour) { rate(hour) } else { mean };
        weight.max(QUIETEST_SHARE * mean)
    }

    /// Cuts a range into pieces that hold calls in proportion to `shares`, in order of time and to
    /// the second. Pieces without a second are left out, so there may be fewer than shares.
    pub(crate) fn cut(&self, range: TimeRange, shares: &[u64]) -> Vec<TimeRange> {
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
                moment(range, &weights, whole * to_float(taken) / sum)
            };
            if from < to {
                pieces.push(TimeRange { from, to });
                from = to;
            }
        }
        pieces
    }
}

/// The moment of `range` by which so much weight has passed.
fn moment(range: TimeRange, weights: &[f64], weight: f64) -> DateTime<Utc> {
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

/// The hours of the day that a range runs through, each with the seconds in it.
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

#[expect(clippy::cast_precision_loss, reason = "lengths far below 2^52 seconds, for an estimate")]
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
    fn of_a_day_that_nothing_is_known_of_equal_shares_are_equal_times() {
        let pieces = Shape::default().cut(day(), &[1, 1, 2]);
        let ends: Vec<DateTime<Utc>> = pieces.iter().map(|piece| piece.to).collect();
        assert_eq!(ends, [at(6), at(12), at(24)]);
    }

    #[test]
    fn where_the_busy_hours_are_known_the_pieces_there_are_shorter() {
        let mut shape = Shape::default();
        (0..24).for_each(|hour| shape.recall(&fetched(hour, hour + 1, if hour < 12 { 30 } else { 10 })));
        let pieces = shape.cut(day(), &[1, 1, 1, 1]);
        let ends: Vec<DateTime<Utc>> = pieces.iter().map(|piece| piece.to).collect();
        assert_eq!(ends, [at(4), at(8), at(12), at(24)]);
    }

    #[test]
    fn a_range_too_long_to_tell_teaches_nothing() {
        let mut shape = Shape::default();
        shape.recall(&fetched(0, 12, 1_000_000));
        assert_eq!(shape.cut(day(), &[1, 1])[0].to, at(12));
    }

    proptest! {
        #[test]
        fn pieces_are_the_range_without_a_gap(
            known in proptest::collection::vec((0_i64..24, 0_u64..1000), 0..24),
            length in 1_i64..2_000_000, shares in proptest::collection::vec(0_u64..50, 1..60),
        ) {
            let mut shape = Shape::default();
            known.iter().for_each(|(hour, calls)| shape.recall(&fetched(*hour, hour + 1, *calls)));
            let range = TimeRange { from: at(3), to: at(3) + TimeDelta::seconds(length) };
            let pieces = shape.cut(range, &shares);
            prop_assert_eq!(pieces.first().map(|piece| piece.from), Some(range.from));
            prop_assert_eq!(pieces.last().map(|piece| piece.to), Some(range.to));
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
            prop_assert!(pieces.windows(2).all(|pair| pair[0].to == pair[1].from));
        }
    }
}
