//! How often each value occurred: what percentiles are read off.
//!
//! Durations are whole seconds, so millions of calls have some thousand values. Counts take a
//! hundredth of the memory that the values would, and adding one is an increment of an array.

use std::mem::{size_of, size_of_val};

use super::rank::{Between, Fraction};

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

    /// For each of `fractions` the place of the value at rank `fraction * (count - 1)`, between the
    /// values of two ranks; `None` without a value.
    pub(super) fn percentiles(&mut self, fractions: &[Fraction]) -> Option<Vec<Between<i64>>> {
        let mut values = Vec::new();
        let mut counted = 0_u64;
        for (value, count) in self.entries() {
            counted = counted.saturating_add(count);
            values.push((value, counted));
        }
        let last = counted.checked_sub(1)?;
        let at = |rank: u64| {
            let place = values.partition_point(|(_, counted)| *counted <= rank);
            values.get(place).map_or(0, |(value, _)| *value)
        };
        let percentile = |fraction: &Fraction| {
            let rank = fraction.rank(last);
            Between { lower: at(rank.below), upper: at((rank.below.saturating_add(1)).min(last)), rank }
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
            hundredths in 0..=100_usize,
        ) {
            let mut tally = Tally::default();
            for value in &values {
                tally.add(*value, 1);
            }
            values.sort_unstable();
            // In hundredths of ranks and of values.
            let rank = hundredths * (values.len() - 1);
            let (below, weight) = (rank / 100, i128::try_from(rank % 100).unwrap());
            let at = |rank: usize| i128::from(values[rank.min(values.len() - 1)]);
            let expected = at(below) * 100 + (at(below + 1) - at(below)) * weight;
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let fraction = Fraction::of(hundredths as f64 / 100.0);
            let percentile = tally.percentiles(&[fraction]).unwrap()[0];
            prop_assert_eq!(percentile.millionths(), expected * 10_000);
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let expected = expected as f64 / 100.0;
            prop_assert!((percentile.double() - expected).abs() < 1e-9);
        }
    }
}
