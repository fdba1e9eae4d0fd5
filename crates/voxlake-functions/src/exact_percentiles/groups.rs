//! Tallies for all groups of an aggregation at once, and what goes from one stage of it to the next.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, ListArray, PrimitiveArray,
};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::prep_null_mask_filter;
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Field, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

use super::rank::{Between, Fraction};
use super::tally::Tally;
use super::{Kind, decimal};

/// What the values of a tally are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Whole numbers, which stand for themselves.
    Whole,
    /// Floating-point numbers, which are told apart and ordered by their bits.
    Real,
}

impl Numbers {
    /// A percentile as a double.
    fn double(self, percentile: Between<i64>) -> f64 {
        let real = |value: i64| f64::from_bits(reorder(value).cast_unsigned());
        match self {
            Self::Whole => percentile.double(),
            Self::Real => {
                let Between { lower, upper, rank } = percentile;
                Between { lower: real(lower), upper: real(upper), rank }.interpolated()
            }
        }
    }

    /// The values of a column of such numbers.
    fn values(self, column: &dyn Array) -> Cow<'_, [i64]> {
        match self {
            Self::Whole => Cow::Borrowed(column.as_primitive::<Int64Type>().values()),
            Self::Real => {
                let numbers = column.as_primitive::<Float64Type>().values().iter();
                Cow::Owned(numbers.map(|number| reorder(number.to_bits().cast_signed())).collect())
            }
        }
    }
}

/// Turns the bits of a double into an integer that is ordered as [`f64::total_cmp`] does, and back.
fn reorder(bits: i64) -> i64 {
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// The groups of an aggregation, or its only one.
#[derive(Debug)]
pub(super) struct Tallies {
    numbers: Numbers,
    /// Whether a column of counts follows the values; else each is there once.
    counted: bool,
    /// Whether percentiles are decimals.
    decimal: bool,
    fractions: Vec<Fraction>,
    groups: Vec<Tally>,
    /// Bytes that the groups hold.
    bytes: usize,
}

impl Tallies {
    pub(super) fn new(numbers: Numbers, kind: Kind, fractions: &[f64]) -> Self {
        let Kind { counted, decimal } = kind;
        let fractions = fractions.iter().map(|fraction| Fraction::of(*fraction)).collect();
        Self { numbers, counted, decimal, fractions, groups: Vec::new(), bytes: 0 }
    }

    /// As [`Tallies::new`], for an aggregation that has one group whether or not there are rows.
    pub(super) fn single(numbers: Numbers, kind: Kind, fractions: &[f64]) -> Self {
        let mut single = Self::new(numbers, kind, fractions);
        single.grow(1);
        single
    }

    fn grow(&mut self, groups: usize) {
        let more = groups.saturating_sub(self.groups.len());
        self.bytes += more * Tally::default().bytes();
        self.groups.resize_with(groups.max(self.groups.len()), Tally::default);
    }

    /// Gives each value that counts, with the row it is in and its count, to `add`.
    fn each(
        &self,
        columns: &[ArrayRef],
        filter: Option<&BooleanArray>,
        mut add: impl FnMut(usize, i64, u64),
    ) -> Result<()> {
        let Some(values) = columns.first() else { return exec_err!("no values to count") };
        let mut valid = NullBuffer::union(values.nulls(), filter.map(passing).as_ref());
        let counts = match columns.get(1).filter(|_| self.counted) {
            Some(counts) => {
                valid = NullBuffer::union(valid.as_ref(), counts.nulls());
                Some(counts.as_primitive::<Int64Type>().values())
            }
            None => None,
        };
        let values = self.numbers.values(values);
        match (counts, valid) {
            (None, None) => values.iter().enumerate().for_each(|(row, value)| add(row, *value, 1)),
            (None, Some(valid)) => valid.valid_indices().for_each(|row| add(row, values[row], 1)),
            (Some(counts), valid) => {
                let valid = valid.unwrap_or_else(|| NullBuffer::new_valid(values.len()));
                for row in valid.valid_indices() {
                    let Ok(count) = u64::try_from(counts[row]) else {
                        return exec_err!("a value cannot be there {} times", counts[row]);
                    };
                    add(row, values[row], count);
                }
            }
        }
        Ok(())
    }

    /// Adds the values of `columns` to the group that `group` gives for their row.
    fn count(
        &mut self,
        columns: &[ArrayRef],
        filter: Option<&BooleanArray>,
        group: impl Fn(usize) -> usize,
    ) -> Result<()> {
        let mut groups = std::mem::take(&mut self.groups);
        let mut grown = 0;
        let counted = self.each(columns, filter, |row, value, count| {
            let tally = &mut groups[group(row)];
            grown += tally.add(value, count);
        });
        self.groups = groups;
        self.bytes += grown;
        counted
    }

    /// Adds what [`Tallies::states`] gave of other tallies.
    fn merge(&mut self, states: &[ArrayRef], group: impl Fn(usize) -> usize) -> Result<()> {
        let [values, counts] = states else { return exec_err!("a tally is two lists") };
        let (values, counts) = (values.as_list::<i32>(), counts.as_list::<i32>());
        let offsets = values.value_offsets();
        let (values, counts) =
            (values.values().as_primitive::<Int64Type>(), counts.values().as_primitive::<Int64Type>());
        for (row, ends) in offsets.windows(2).enumerate() {
            let tally = &mut self.groups[group(row)];
            let place = |offset: i32| usize::try_from(offset).unwrap_or(0);
            for entry in place(ends[0])..place(ends[1]) {
                self.bytes += tally.add(values.value(entry), counts.value(entry).cast_unsigned());
            }
        }
        Ok(())
    }

    /// The percentiles of `groups`, a list for each; null for one without a value.
    fn answers(&self, groups: &mut [Tally]) -> Result<ListArray> {
        let (mut lengths, mut valid, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for group in groups {
            let percentiles = group.percentiles(&self.fractions);
            valid.push(percentiles.is_some());
            let percentiles = percentiles.unwrap_or_default();
            lengths.push(percentiles.len());
            values.extend(percentiles);
        }
        if self.decimal {
            let values = values.into_iter().map(Between::millionths).collect::<Vec<_>>();
            let values = Decimal128Array::from(values).with_data_type(decimal());
            return lists(lengths, values, Some(valid.into()));
        }
        let values = values.into_iter().map(|percentile| self.numbers.double(percentile));
        lists::<Float64Type>(lengths, values.collect::<Vec<_>>().into(), Some(valid.into()))
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<Tally> {
        let taken = emit_to.take_needed(&mut self.groups);
        self.bytes -= taken.iter().map(Tally::bytes).sum::<usize>();
        taken
    }
}

impl GroupsAccumulator for Tallies {
    fn update_batch(
        &mut self,
        columns: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.grow(total);
        self.count(columns, filter, |row| groups[row])
    }

    fn merge_batch(&mut self, given: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.grow(total);
        self.merge(given, |row| groups[row])
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut groups = self.take(emit_to);
        Ok(Arc::new(self.answers(&mut groups)?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        states(&mut self.take(emit_to))
    }

    fn convert_to_state(&self, columns: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = columns.first().map_or(0, Array::len);
        let (mut lengths, mut values, mut counts) = (vec![0; rows], Vec::new(), Vec::new());
        self.each(columns, filter, |row, value, count| {
            lengths[row] = 1;
            values.push(value);
            counts.push(count.cast_signed());
        })?;
        let values = lists::<Int64Type>(lengths.clone(), values.into(), None)?;
        let counts = lists::<Int64Type>(lengths, counts.into(), None)?;
        Ok(vec![Arc::new(values), Arc::new(counts)])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.bytes
    }
}

impl Accumulator for Tallies {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.count(columns, None, |_| 0)
    }

    fn merge_batch(&mut self, given: &[ArrayRef]) -> Result<()> {
        self.merge(given, |_| 0)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut groups = std::mem::take(&mut self.groups);
        Ok(ScalarValue::List(Arc::new(self.answers(&mut groups)?)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let states = states(&mut std::mem::take(&mut self.groups))?;
        states.iter().map(|state| ScalarValue::try_from_array(state, 0)).collect()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.bytes
    }
}

/// The values of `groups` and their counts, a list of each for a group.
fn states(groups: &mut [Tally]) -> Result<Vec<ArrayRef>> {
    let (mut lengths, mut values, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for group in groups {
        let before = values.len();
        for (value, count) in group.entries() {
            values.push(value);
            counts.push(count.cast_signed());
        }
        lengths.push(values.len() - before);
    }
    let values = lists::<Int64Type>(lengths.clone(), values.into(), None)?;
    let counts = lists::<Int64Type>(lengths, counts.into(), None)?;
    Ok(vec![Arc::new(values), Arc::new(counts)])
}

/// Lists of these lengths.
fn lists<T: ArrowPrimitiveType>(
    lengths: Vec<usize>,
    values: PrimitiveArray<T>,
    valid: Option<NullBuffer>,
) -> Result<ListArray> {
    // Offsets of a list are 32 bits wide, and those of too many entries would wrap.
    if i32::try_from(values.len()).is_err() {
        return exec_err!("more than 2^31 values to hand over at once");
    }
    let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(values), valid)?)
}

/// The rows that pass `filter`, as the rows that are valid.
fn passing(filter: &BooleanArray) -> NullBuffer {
    let passing: BooleanBuffer = match filter.nulls() {
        Some(_) => prep_null_mask_filter(filter).values().clone(),
        None => filter.values().clone(),
    };
    NullBuffer::new(passing)
}
