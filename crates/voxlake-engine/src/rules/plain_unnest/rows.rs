//! The rows that lists make.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, UInt32Array};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::common::Result;

/// A batch whose lists are unnested part by part.
pub(super) struct Lists<'a> {
    batch: &'a RecordBatch,
    /// The columns with lists, in order.
    columns: &'a [usize],
    /// How many rows each row makes: as many as its longest list has entries.
    lengths: Vec<usize>,
}

impl<'a> Lists<'a> {
    /// The lists in these `columns` of `batch`, in order.
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

    /// Ranges of rows that make `most` rows or fewer each, but for a single one that makes more. Those that make none
    /// at all are left out.
    pub(super) fn parts(&self, most: usize) -> Vec<Range<usize>> {
        let (mut parts, mut from, mut made) = (Vec::new(), 0, 0_usize);
        for (row, length) in self.lengths.iter().enumerate() {
            if made > 0 && made.saturating_add(*length) > most {
                parts.push(from..row);
                (from, made) = (row, 0);
            }
            made = made.saturating_add(*length);
        }
        if made > 0 {
            parts.push(from..self.lengths.len());
        }
        parts
    }

    /// The rows that a range of rows makes, in the columns of `schema`.
    pub(super) fn unnested(&self, rows: Range<usize>, schema: &SchemaRef) -> Result<RecordBatch> {
        let lengths = &self.lengths[rows.clone()];
        let made = lengths.iter().sum();
        let columns = self.batch.columns().iter().enumerate().map(|(place, column)| {
            if self.columns.contains(&place) {
                entries(column.as_list::<i32>(), rows.start, lengths, made)
            } else {
                repeated(column, rows.start, lengths, made)
            }
        });
        Ok(RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<Vec<_>>>()?)?)
    }
}

/// The values of a column, each as often as its row makes rows.
fn repeated(column: &ArrayRef, from: usize, lengths: &[usize], made: usize) -> Result<ArrayRef> {
    if lengths.iter().all(|length| *length == 1) {
        return Ok(column.slice(from, made));
    }
    let mut indices = Vec::with_capacity(made);
    for (row, length) in (from..).zip(lengths) {
        let row = index(row)?;
        match length {
            0 => {}
            1 => indices.push(row),
            length => indices.extend(std::iter::repeat_n(row, *length)),
        }
    }
    Ok(take(column, &UInt32Array::from(indices), None)?)
}

/// The entries of lists, with NULLs after those of one that is shorter than its row makes rows.
fn entries(list: &ListArray, from: usize, lengths: &[usize], made: usize) -> Result<ArrayRef> {
    let offsets = &list.value_offsets()[from..=from + lengths.len()];
    let (first, last) = (place(offsets[0]), place(offsets[lengths.len()]));
    // As many entries as rows is each of them in its place: a list is never longer than its row.
    if last - first == made {
        let own = offsets.windows(2).map(|ends| place(ends[1]) - place(ends[0]));
        if own.eq(lengths.iter().copied()) && lengths_are_valid(list, from, lengths) {
            return Ok(list.values().slice(first, made));
        }
    }
    let (mut indices, mut padding) = (Vec::with_capacity(made), Vec::new());
    for (at, (ends, length)) in offsets.windows(2).zip(lengths).enumerate() {
        let own = if list.is_valid(from + at) { place(ends[1]) - place(ends[0]) } else { 0 };
        let start = index(place(ends[0]))?;
        match own {
            0 => {}
            1 => indices.push(start),
            own => indices.extend(start..start + index(own)?),
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

/// Whether no list is NULL that has entries beneath.
fn lengths_are_valid(list: &ListArray, from: usize, lengths: &[usize]) -> bool {
    list.null_count() == 0 || (from..).zip(lengths).all(|(row, length)| *length == 0 || list.is_valid(row))
}

/// Offsets of an Arrow list are never negative and never decrease.
fn place(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or(0)
}

fn index(at: usize) -> Result<u32, ArrowError> {
    u32::try_from(at)
        .map_err(|_| ArrowError::ComputeError("a list of more entries than can be counted".to_owned()))
}
