//! Unnesting of the lists of one batch.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, UInt32Array};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::common::Result;

/// Batch whose lists are unnested in ranges of rows.
pub(super) struct ListUnnester<'a> {
    batch: &'a RecordBatch,
    /// Indices of the list columns, in order.
    columns: &'a [usize],
    /// Output rows of each row: the length of its longest list.
    lengths: Vec<usize>,
}

impl<'a> ListUnnester<'a> {
    /// Creates an unnester of the list columns `columns` of `batch`.
    pub(super) fn new(batch: &'a RecordBatch, columns: &'a [usize]) -> Self {
        let mut lengths = vec![0; batch.num_rows()];
        for column in columns {
            let list = batch.column(*column).as_list::<i32>();
            for (row, (length, own)) in lengths.iter_mut().zip(list.offsets().lengths()).enumerate() {
                if own > *length && list.is_valid(row) {
                    *length = own;
                }
            }
        }
        Self { batch, columns, lengths }
    }

    /// Returns ranges of rows that yield at most `max_rows` rows each, except for single rows that
    /// yield more. Omits ranges without output.
    pub(super) fn row_ranges(&self, max_rows: usize) -> Vec<Range<usize>> {
        let (mut parts, mut from, mut output_rows) = (Vec::new(), 0, 0_usize);
        for (row, length) in self.lengths.iter().enumerate() {
            if output_rows > 0 && output_rows.saturating_add(*length) > max_rows {
                parts.push(from..row);
                (from, output_rows) = (row, 0);
            }
            output_rows = output_rows.saturating_add(*length);
        }
        if output_rows > 0 {
            parts.push(from..self.lengths.len());
        }
        parts
    }

    /// Unnests a range of rows into the columns of `schema`.
    pub(super) fn unnest(&self, rows: Range<usize>, schema: &SchemaRef) -> Result<RecordBatch> {
        let lengths = &self.lengths[rows.clone()];
        let output_rows = lengths.iter().sum();
        let columns = self.batch.columns().iter().enumerate().map(|(place, column)| {
            if self.columns.contains(&place) {
                list_entries(column.as_list::<i32>(), rows.start, lengths, output_rows)
            } else {
                repeat_values(column, rows.start, lengths, output_rows)
            }
        });
        Ok(RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<Vec<_>>>()?)?)
    }
}

/// Repeats each value of a column as often as its row yields rows.
fn repeat_values(column: &ArrayRef, from: usize, lengths: &[usize], output_rows: usize) -> Result<ArrayRef> {
    if lengths.iter().all(|length| *length == 1) {
        return Ok(column.slice(from, output_rows));
    }
    let mut indices = Vec::with_capacity(output_rows);
    for (row, length) in (from..).zip(lengths) {
        let row = to_u32(row)?;
        match length {
            0 => {}
            1 => indices.push(row),
            length => indices.extend(std::iter::repeat_n(row, *length)),
        }
    }
    Ok(take(column, &UInt32Array::from(indices), None)?)
}

/// Returns the entries of lists, padded with nulls to the number of rows that their row yields.
fn list_entries(list: &ListArray, from: usize, lengths: &[usize], output_rows: usize) -> Result<ArrayRef> {
    let offsets = &list.value_offsets()[from..=from + lengths.len()];
    let (first, last) = (to_usize(offsets[0]), to_usize(offsets[lengths.len()]));
    // If there are as many entries as output rows, each entry is in its place: a list is never
    // longer than the output of its row.
    if last - first == output_rows {
        let own = offsets.windows(2).map(|ends| to_usize(ends[1]) - to_usize(ends[0]));
        if own.eq(lengths.iter().copied()) && lengths_are_valid(list, from, lengths) {
            return Ok(list.values().slice(first, output_rows));
        }
    }
    let (mut indices, mut padding) = (Vec::with_capacity(output_rows), Vec::new());
    for (at, (ends, length)) in offsets.windows(2).zip(lengths).enumerate() {
        let own = if list.is_valid(from + at) { to_usize(ends[1]) - to_usize(ends[0]) } else { 0 };
        let start = to_u32(to_usize(ends[0]))?;
        match own {
            0 => {}
            1 => indices.push(start),
            own => indices.extend(start..start + to_u32(own)?),
        }
        if own < *length {
            padding.push(indices.len()..indices.len() + length - own);
            indices.extend(std::iter::repeat_n(0, length - own));
        }
    }
    let valid = (!padding.is_empty()).then(|| {
        let mut valid = vec![true; indices.len()];
        for rows in padding {
            valid[rows].fill(false);
        }
        NullBuffer::from(valid)
    });
    Ok(take(list.values(), &UInt32Array::try_new(indices.into(), valid)?, None)?)
}

/// Returns whether no null list has entries in the values array.
fn lengths_are_valid(list: &ListArray, from: usize, lengths: &[usize]) -> bool {
    list.null_count() == 0 || (from..).zip(lengths).all(|(row, length)| *length == 0 || list.is_valid(row))
}

/// Arrow list offsets are never negative.
fn to_usize(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or(0)
}

fn to_u32(at: usize) -> Result<u32, ArrowError> {
    u32::try_from(at)
        .map_err(|_| ArrowError::ComputeError("a list column has more than 2^32 entries".to_owned()))
}
