//! Accumulator for all groups of an aggregation, and its intermediate state.

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

use super::histogram::Histogram;
use super::kind::{PercentileKind, decimal_type};
use super::rank::{Fraction, Interpolation};

/// Kind of the values of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// Integers.
    Integer,
    /// Floating-point numbers, encoded as integers that sort by [`f64::total_cmp`].
    Float,
}

impl ValueKind {
    /// Returns a percentile as a double.
    fn to_f64(self, percentile: Interpolation<i64>) -> f64 {
        let real = |value: i64| f64::from_bits(sortable_bits(value).cast_unsigned());
        match self {
            Self::Integer => percentile.to_f64(),
            Self::Float => {
                let Interpolation { lower, upper, rank } = percentile;
                Interpolation { lower: real(lower), upper: real(upper), rank }.to_f64()
            }
        }
    }

    /// Returns the encoded values of a column.
    fn values(self, column: &dyn Array) -> Cow<'_, [i64]> {
        match self {
            Self::Integer => Cow::Borrowed(column.as_primitive::<Int64Type>().values()),
            Self::Float => {
                let numbers = column.as_primitive::<Float64Type>().values().iter();
                Cow::Owned(numbers.map(|number| sortable_bits(number.to_bits().cast_signed())).collect())
            }
        }
    }
}

/// Converts the bits of a double into an integer that sorts by [`f64::total_cmp`], and back.
fn sortable_bits(bits: i64) -> i64 {
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// Histograms of the groups of an aggregation.
#[derive(Debug)]
pub(super) struct PercentileAccumulator {
    values: ValueKind,
    /// True if a column of counts follows the values. Otherwise each value counts once.
    counted: bool,
    /// True if percentiles are decimals.
    decimal: bool,
    fractions: Vec<Fraction>,
    groups: Vec<Histogram>,
    /// Memory of the groups.
    bytes: usize,
}

impl PercentileAccumulator {
    pub(super) fn new(values: ValueKind, kind: PercentileKind, fractions: &[f64]) -> Self {
        let PercentileKind { counted, decimal } = kind;
        let fractions = fractions.iter().map(|fraction| Fraction::parse(*fraction)).collect();
        Self { values, counted, decimal, fractions, groups: Vec::new(), bytes: 0 }
    }

    /// Creates an accumulator like [`PercentileAccumulator::new`], for an aggregation with a single
    /// group, which exists even without rows.
    pub(super) fn single_group(values: ValueKind, kind: PercentileKind, fractions: &[f64]) -> Self {
        let mut single = Self::new(values, kind, fractions);
        single.grow(1);
        single
    }

    fn grow(&mut self, groups: usize) {
        let more = groups.saturating_sub(self.groups.len());
        self.bytes += more * Histogram::default().bytes();
        self.groups.resize_with(groups.max(self.groups.len()), Histogram::default);
    }

    /// Calls `add` with the row, value and count of each non-null value that passes `filter`.
    fn for_each_value(
        &self,
        columns: &[ArrayRef],
        filter: Option<&BooleanArray>,
        mut add: impl FnMut(usize, i64, u64),
    ) -> Result<()> {
        let Some(values) = columns.first() else { return exec_err!("percentiles need a column of values") };
        let mut valid = NullBuffer::union(values.nulls(), filter.map(passing_rows).as_ref());
        let counts = match columns.get(1).filter(|_| self.counted) {
            Some(counts) => {
                valid = NullBuffer::union(valid.as_ref(), counts.nulls());
                Some(counts.as_primitive::<Int64Type>().values())
            }
            None => None,
        };
        let values = self.values.values(values);
        match (counts, valid) {
            (None, None) => values.iter().enumerate().for_each(|(row, value)| add(row, *value, 1)),
            (None, Some(valid)) => valid.valid_indices().for_each(|row| add(row, values[row], 1)),
            (Some(counts), valid) => {
                let valid = valid.unwrap_or_else(|| NullBuffer::new_valid(values.len()));
                for row in valid.valid_indices() {
                    let Ok(count) = u64::try_from(counts[row]) else {
                        return exec_err!("a value cannot occur {} times", counts[row]);
                    };
                    add(row, values[row], count);
                }
            }
        }
        Ok(())
    }

    /// Adds the values of `columns` to the group that `group` returns for their row.
    fn add_values(
        &mut self,
        columns: &[ArrayRef],
        filter: Option<&BooleanArray>,
        group: impl Fn(usize) -> usize,
    ) -> Result<()> {
        let mut groups = std::mem::take(&mut self.groups);
        let mut grown = 0;
        let counted = self.for_each_value(columns, filter, |row, value, count| {
            let histogram = &mut groups[group(row)];
            grown += histogram.add(value, count);
        });
        self.groups = groups;
        self.bytes += grown;
        counted
    }

    /// Merges states of other accumulators.
    fn merge(&mut self, states: &[ArrayRef], group: impl Fn(usize) -> usize) -> Result<()> {
        let [values, counts] = states else { return exec_err!("the state of percentiles has two lists") };
        let (values, counts) = (values.as_list::<i32>(), counts.as_list::<i32>());
        let offsets = values.value_offsets();
        let (values, counts) =
            (values.values().as_primitive::<Int64Type>(), counts.values().as_primitive::<Int64Type>());
        for (row, ends) in offsets.windows(2).enumerate() {
            let histogram = &mut self.groups[group(row)];
            let index = |offset: i32| usize::try_from(offset).unwrap_or(0);
            for entry in index(ends[0])..index(ends[1]) {
                self.bytes += histogram.add(values.value(entry), counts.value(entry).cast_unsigned());
            }
        }
        Ok(())
    }

    /// Returns the percentiles of `groups`, one list each; null for a group without values.
    fn percentile_lists(&self, groups: &mut [Histogram]) -> Result<ListArray> {
        let (mut lengths, mut valid, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for group in groups {
            let percentiles = group.percentiles(&self.fractions);
            valid.push(percentiles.is_some());
            let percentiles = percentiles.unwrap_or_default();
            lengths.push(percentiles.len());
            values.extend(percentiles);
        }
        if self.decimal {
            let values = values.into_iter().map(Interpolation::to_millionths).collect::<Vec<_>>();
            let values = Decimal128Array::from(values).with_data_type(decimal_type());
            return primitive_lists(lengths, values, Some(valid.into()));
        }
        let values = values.into_iter().map(|percentile| self.values.to_f64(percentile));
        primitive_lists::<Float64Type>(lengths, values.collect::<Vec<_>>().into(), Some(valid.into()))
    }

    fn take_groups(&mut self, emit_to: EmitTo) -> Vec<Histogram> {
        let taken = emit_to.take_needed(&mut self.groups);
        self.bytes -= taken.iter().map(Histogram::bytes).sum::<usize>();
        taken
    }
}

impl GroupsAccumulator for PercentileAccumulator {
    fn update_batch(
        &mut self,
        columns: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.grow(total);
        self.add_values(columns, filter, |row| groups[row])
    }

    fn merge_batch(&mut self, given: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.grow(total);
        self.merge(given, |row| groups[row])
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut groups = self.take_groups(emit_to);
        Ok(Arc::new(self.percentile_lists(&mut groups)?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        state_lists(&mut self.take_groups(emit_to))
    }

    fn convert_to_state(&self, columns: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = columns.first().map_or(0, Array::len);
        let (mut lengths, mut values, mut counts) = (vec![0; rows], Vec::new(), Vec::new());
        self.for_each_value(columns, filter, |row, value, count| {
            lengths[row] = 1;
            values.push(value);
            counts.push(count.cast_signed());
        })?;
        let values = primitive_lists::<Int64Type>(lengths.clone(), values.into(), None)?;
        let counts = primitive_lists::<Int64Type>(lengths, counts.into(), None)?;
        Ok(vec![Arc::new(values), Arc::new(counts)])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.bytes
    }
}

impl Accumulator for PercentileAccumulator {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.add_values(columns, None, |_| 0)
    }

    fn merge_batch(&mut self, given: &[ArrayRef]) -> Result<()> {
        self.merge(given, |_| 0)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut groups = std::mem::take(&mut self.groups);
        Ok(ScalarValue::List(Arc::new(self.percentile_lists(&mut groups)?)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let states = state_lists(&mut std::mem::take(&mut self.groups))?;
        states.iter().map(|state| ScalarValue::try_from_array(state, 0)).collect()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.bytes
    }
}

/// Returns the values and counts of `groups`, one list of each per group.
fn state_lists(groups: &mut [Histogram]) -> Result<Vec<ArrayRef>> {
    let (mut lengths, mut values, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for group in groups {
        let before = values.len();
        for (value, count) in group.entries() {
            values.push(value);
            counts.push(count.cast_signed());
        }
        lengths.push(values.len() - before);
    }
    let values = primitive_lists::<Int64Type>(lengths.clone(), values.into(), None)?;
    let counts = primitive_lists::<Int64Type>(lengths, counts.into(), None)?;
    Ok(vec![Arc::new(values), Arc::new(counts)])
}

/// Builds lists with these lengths.
fn primitive_lists<T: ArrowPrimitiveType>(
    lengths: Vec<usize>,
    values: PrimitiveArray<T>,
    valid: Option<NullBuffer>,
) -> Result<ListArray> {
    // List offsets have 32 bits and would wrap.
    if i32::try_from(values.len()).is_err() {
        return exec_err!("the state of percentiles has more than 2^31 values");
    }
    let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(values), valid)?)
}

/// Returns the rows that pass `filter` as a validity mask.
fn passing_rows(filter: &BooleanArray) -> NullBuffer {
    let passing: BooleanBuffer = match filter.nulls() {
        Some(_) => prep_null_mask_filter(filter).values().clone(),
        None => filter.values().clone(),
    };
    NullBuffer::new(passing)
}
