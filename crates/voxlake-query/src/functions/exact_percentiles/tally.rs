//! How often each value occurred: what percentiles are read off.
//!
//! Durations are whole seconds, so millions of calls have some thousand values. Counts take a
//! hundredth of the memory that the values would, and adding one is an increment of an array.

use std::mem::{size_of, size_of_val};

/// Values of few groups would be spread over a long array of zeros: an array of counts may have so
/// many places for each entry that it takes in.
const PLACES_PER_ENTRY: usize = 8;
/// Entries outside the array at which they are put in order for the first time.
const FIRST_ENTRIES: usize = 64;

/// The values of one group with their counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// The counts of the values from 0 to below its length.
    dense: Vec<u64>,
    /// All other values with their counts: in no order, and several entries for a value, until
    /// [`Tally::settle`].
    sparse: Vec<(i64, u64)>,
}

impl Tally {
    /// Counts `value` another `count` times; gives the bytes that this took.
    #[inline]
    pub(super) fn add(&mut self, value: i64, count: u64) -> usize {
        match usize::try_from(value).ok().and_then(|place| self.dense.get_mut(place)) {
            Some(known) => *known = known.saturating_add(count),
            None if count > 0 => return self.add_sparse(value, count),
            None => {}
        }
        0
    }

    fn add_sparse(&mut self, value: i64, count: u64) -> usize {
        if self.sparse.len() < self.sparse.capacity() {
            self.sparse.push((value, count));
            return 0;
        }
        let before = self.bytes();
        if self.sparse.len() >= FIRST_ENTRIES {
            self.settle();
            self.spread();
            // What is in order leaves as much room again, so that ordering stays a small part.
            self.sparse.reserve_exact(self.sparse.len().max(FIRST_ENTRIES));
            // There is room now, or a place in the array.
            self.add(value, count);
        } else {
            self.sparse.push((value, count));
        }
        self.bytes() - before
    }

    /// Makes one entry of each value outside the array, in ascending order.
    fn settle(&mut self) {
        self.sparse.sort_unstable_by_key(|(value, _)| *value);
        self.sparse.dedup_by(|(value, count), (kept, sum)| {
            let same = value == kept;
            if same {
                *sum = sum.saturating_add(*count);
            }
            same
        });
    }

    /// Takes those of the settled entries into the array that it may grow to.
    fn spread(&mut self) {
        let longest = self.dense.len() + PLACES_PER_ENTRY * self.sparse.len();
        let place = |value: i64| usize::try_from(value).ok().filter(|place| *place < longest);
        let Some(last) = self.sparse.iter().rev().find_map(|(value, _)| place(*value)) else { return };
        self.dense.resize(last + 1, 0);
        let dense = &mut self.dense;
        self.sparse.retain(|(value, count)| match place(*value) {
            Some(place) => {
                dense[place] = *count;
                false
            }
            None => true,
        });
    }

    /// The values with their counts, ascending, each once.
    pub(super) fn entries(&mut self) -> impl Iterator<Item = (i64, u64)> {
        self.settle();
        let (below, above) = self.sparse.split_at(self.sparse.partition_point(|(value, _)| *value < 0));
        let dense = (0..).zip(&self.dense).filter(|(_, count)| **count > 0);
        let dense = dense.map(|(value, count): (i64, _)| (value, *count));
        below.iter().copied().chain(dense).chain(above.iter().copied())
    }

    /// Bytes of memory in use, this struct included.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self)
            + self.dense.capacity() * size_of::<u64>()
            + self.sparse.capacity() * size_of::<(i64, u64)>()
    }

    /// For each of `fractions` the value at rank `fraction * (count - 1)`, between two ranks by linear
    /// interpolation of what `number` makes of their values; `None` without a value.
    pub(super) fn percentiles(&mut self, fractions: &[f64], number: impl Fn(i64) -> f64) -> Option<Vec<f64>> {
        let mut values = Vec::new();
        let mut counted = 0_u64;
        for (value, count) in self.entries() {
            counted = counted.saturating_add(count);
            values.push((number(value), counted));
        }
        let last = counted.checked_sub(1)?;
        let at = |rank: u64| {
            let place = values.partition_point(|(_, counted)| *counted <= rank);
            values.get(place).map_or(f64::NAN, |(value, _)| *value)
        };
        let percentile = |fraction: &f64| {
            #[expect(clippy::cast_precision_loss, reason = "ranks are far below 2^53")]
            let rank = fraction * last as f64;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= rank")]
            let below = (rank.floor() as u64).min(last);
            let (lower, upper) = (at(below), at((below + 1).min(last)));
            lower + (upper - lower) * (rank - rank.floor())
        };
        Some(fractions.iter().map(percentile).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn many_small_values_become_an_array_and_a_few_far_apart_do_not() {
        let mut near = Tally::default();
        for i in 0..100_000 {
            near.add(i % 3600, 1);
        }
        assert_eq!((near.dense.len(), near.sparse.len()), (3600, 0));
        let mut far = Tally::default();
        for i in 0..1000 {
            far.add(i * 1_000_000, 1);
        }
        assert!(far.dense.len() <= 1 && far.sparse.len() >= 999);
    }

    #[test]
    fn an_outlier_does_not_stretch_the_array() {
        let mut tally = Tally::default();
        for i in 0..100_000 {
            tally.add(if i % 100 == 0 { 1_000_000_000 + i } else { i % 500 }, 1);
        }
        assert_eq!(tally.dense.len(), 500);
        assert!(tally.bytes() < 64 * 1024, "{}", tally.bytes());
    }

    fn value() -> impl Strategy<Value = i64> {
        prop_oneof![6 => 0..300_i64, 2 => -20..3000_i64, 1 => any::<i64>()]
    }

    proptest! {
        #[test]
        fn a_tally_is_a_map_of_sums(added in vec((value(), 0..5_u64), 0..2000)) {
            let (mut tally, mut map) = (Tally::default(), BTreeMap::new());
            for (value, count) in added {
                tally.add(value, count);
                *map.entry(value).or_insert(0) += count;
            }
            map.retain(|_, count| *count > 0);
            prop_assert_eq!(tally.entries().collect::<Vec<_>>(), map.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_values(
            mut values in vec(-50..5000_i64, 1..600),
            fraction in 0.0..=1.0_f64,
        ) {
            let mut tally = Tally::default();
            for value in &values {
                tally.add(*value, 1);
            }
            values.sort_unstable();
            let rank = fraction * (values.len() - 1) as f64;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= rank < len")]
            let at = |rank: f64| values[rank as usize] as f64;
            let (lower, upper) = (at(rank.floor()), at(rank.ceil()));
            let expected = lower + (upper - lower) * (rank - rank.floor());
            prop_assert_eq!(tally.percentiles(&[fraction], |value| value as f64), Some(vec![expected]));
        }
    }
}
