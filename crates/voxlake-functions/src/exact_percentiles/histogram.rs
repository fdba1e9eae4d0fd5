//! Counts of distinct values, from which percentiles are read.
//!
//! Durations are integer seconds, so millions of calls have some thousand distinct values. Counts
//! take a hundredth of the memory of the values, and adding a value increments an array element.

use std::mem::{size_of, size_of_val};

use super::rank::{Fraction, Interpolation};

/// Maximum slots of the dense array per entry that moves into it. Limits the zeros that widely
/// spread values would cause.
const MAX_DENSE_SLOTS_PER_ENTRY: usize = 8;
/// Number of sparse entries at which they are sorted for the first time.
const INITIAL_SPARSE_CAPACITY: usize = 64;

/// Values of one group with their counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histogram {
    /// Counts of the values from 0 up to the array's length.
    dense: Vec<u64>,
    /// All other values with their counts, unsorted and with duplicates until
    /// [`Histogram::sort_sparse`].
    sparse: Vec<(i64, u64)>,
}

impl Histogram {
    /// Adds `count` occurrences of `value`. Returns the additional memory in bytes.
    #[inline]
    pub(super) fn add(&mut self, value: i64, count: u64) -> usize {
        match usize::try_from(value).ok().and_then(|index| self.dense.get_mut(index)) {
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
        if self.sparse.len() >= INITIAL_SPARSE_CAPACITY {
            self.sort_sparse();
            self.move_to_dense();
            // The capacity doubles, so that sorting stays a small part of the work.
            self.sparse.reserve_exact(self.sparse.len().max(INITIAL_SPARSE_CAPACITY));
            // Now there is free capacity or a slot in the array.
            self.add(value, count);
        } else {
            self.sparse.push((value, count));
        }
        self.bytes() - before
    }

    /// Merges duplicates of sparse values and sorts them.
    fn sort_sparse(&mut self) {
        self.sparse.sort_unstable_by_key(|(value, _)| *value);
        self.sparse.dedup_by(|(value, count), (kept, sum)| {
            let same = value == kept;
            if same {
                *sum = sum.saturating_add(*count);
            }
            same
        });
    }

    /// Moves sparse entries into the dense array as far as it may grow.
    fn move_to_dense(&mut self) {
        let longest = self.dense.len() + MAX_DENSE_SLOTS_PER_ENTRY * self.sparse.len();
        let index = |value: i64| usize::try_from(value).ok().filter(|index| *index < longest);
        let Some(last) = self.sparse.iter().rev().find_map(|(value, _)| index(*value)) else { return };
        self.dense.resize(last + 1, 0);
        let dense = &mut self.dense;
        self.sparse.retain(|(value, count)| match index(*value) {
            Some(index) => {
                dense[index] = *count;
                false
            }
            None => true,
        });
    }

    /// Returns the distinct values with their counts, in ascending order.
    pub(super) fn entries(&mut self) -> impl Iterator<Item = (i64, u64)> {
        self.sort_sparse();
        let (below, above) = self.sparse.split_at(self.sparse.partition_point(|(value, _)| *value < 0));
        let dense = (0..).zip(&self.dense).filter(|(_, count)| **count > 0);
        let dense = dense.map(|(value, count): (i64, _)| (value, *count));
        below.iter().copied().chain(dense).chain(above.iter().copied())
    }

    /// Returns the memory in use, including this struct, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self)
            + self.dense.capacity() * size_of::<u64>()
            + self.sparse.capacity() * size_of::<(i64, u64)>()
    }

    /// Returns, for each of `fractions`, the value at rank `fraction * (count - 1)` between the
    /// values of two ranks. Returns `None` without values.
    pub(super) fn percentiles(&mut self, fractions: &[Fraction]) -> Option<Vec<Interpolation<i64>>> {
        let mut values = Vec::new();
        let mut counted = 0_u64;
        for (value, count) in self.entries() {
            counted = counted.saturating_add(count);
            values.push((value, counted));
        }
        let last = counted.checked_sub(1)?;
        let at = |rank: u64| {
            let index = values.partition_point(|(_, counted)| *counted <= rank);
            values.get(index).map_or(0, |(value, _)| *value)
        };
        let percentile = |fraction: &Fraction| {
            let rank = fraction.rank(last);
            Interpolation { lower: at(rank.below), upper: at((rank.below.saturating_add(1)).min(last)), rank }
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
    fn only_small_values_are_dense() {
        let mut near = Histogram::default();
        for i in 0..100_000 {
            near.add(i % 3600, 1);
        }
        assert_eq!((near.dense.len(), near.sparse.len()), (3600, 0));
        let mut far = Histogram::default();
        for i in 0..1000 {
            far.add(i * 1_000_000, 1);
        }
        assert!(far.dense.len() <= 1 && far.sparse.len() >= 999);
    }

    #[test]
    fn outliers_stay_sparse() {
        let mut histogram = Histogram::default();
        for i in 0..100_000 {
            histogram.add(if i % 100 == 0 { 1_000_000_000 + i } else { i % 500 }, 1);
        }
        assert_eq!(histogram.dense.len(), 500);
        assert!(histogram.bytes() < 64 * 1024, "{}", histogram.bytes());
    }

    fn value() -> impl Strategy<Value = i64> {
        prop_oneof![6 => 0..300_i64, 2 => -20..3000_i64, 1 => any::<i64>()]
    }

    proptest! {
        #[test]
        fn histogram_equals_map_of_sums(added in vec((value(), 0..5_u64), 0..2000)) {
            let (mut histogram, mut map) = (Histogram::default(), BTreeMap::new());
            for (value, count) in added {
                histogram.add(value, count);
                *map.entry(value).or_insert(0) += count;
            }
            map.retain(|_, count| *count > 0);
            prop_assert_eq!(histogram.entries().collect::<Vec<_>>(), map.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn percentiles_equal_those_of_sorted_values(
            mut values in vec(-50..5000_i64, 1..600),
            hundredths in 0..=100_usize,
        ) {
            let mut histogram = Histogram::default();
            for value in &values {
                histogram.add(*value, 1);
            }
            values.sort_unstable();
            // In hundredths of ranks and of values.
            let rank = hundredths * (values.len() - 1);
            let (below, weight) = (rank / 100, i128::try_from(rank % 100).unwrap());
            let at = |rank: usize| i128::from(values[rank.min(values.len() - 1)]);
            let expected = at(below) * 100 + (at(below + 1) - at(below)) * weight;
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let fraction = Fraction::parse(hundredths as f64 / 100.0);
            let percentile = histogram.percentiles(&[fraction]).unwrap()[0];
            prop_assert_eq!(percentile.to_millionths(), expected * 10_000);
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let expected = expected as f64 / 100.0;
            prop_assert!((percentile.to_f64() - expected).abs() < 1e-9);
        }
    }
}
