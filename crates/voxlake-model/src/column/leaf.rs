//! Builders of columns of plain values. Their rows can be removed again.

use arrow::array::{BooleanBufferBuilder, NullBufferBuilder, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::error::ArrowError;

/// Converts a length to an Arrow offset. It cannot overflow: a batch has less than 2 GiB of JSON,
/// and no column has more bytes or items than its JSON has bytes.
#[inline]
pub(super) fn to_offset(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

pub(super) fn from_offset(end: i32) -> usize {
    usize::try_from(end).unwrap_or(0)
}

/// Appends a value. Memory for `rows` values is reserved with the first one.
#[inline]
pub(super) fn push<T>(values: &mut Vec<T>, value: T, rows: usize) {
    if values.len() == values.capacity() {
        values.reserve(rows);
    }
    values.push(value);
}

/// Builder of a text column: one string, and the offset of each row's end.
pub(crate) struct TextColumn {
    pub(super) values: String,
    pub(super) ends: Vec<i32>,
    pub(super) nulls: NullBufferBuilder,
    rows: usize,
}

impl TextColumn {
    pub(crate) fn new(rows: usize) -> Self {
        Self { values: String::new(), ends: vec![0], nulls: NullBufferBuilder::new(rows), rows }
    }

    #[inline]
    pub(crate) fn append(&mut self, value: Option<&str>) {
        if let Some(text) = value {
            if self.values.capacity() == 0 {
                self.values.reserve(self.rows.saturating_mul(text.len()));
            }
            self.values.push_str(text);
        }
        push(&mut self.ends, to_offset(self.values.len()), self.rows);
        self.nulls.append(value.is_some());
    }

    /// Returns the text of the last row; empty for NULL.
    pub(super) fn last(&self) -> &str {
        let begin = self.ends.iter().rev().nth(1).map_or(0, |&end| from_offset(end));
        self.values.get(begin..).unwrap_or_default()
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows + 1);
        self.values.truncate(self.ends.last().map_or(0, |&end| from_offset(end)));
        self.nulls.truncate(rows);
    }

    pub(crate) fn finish(mut self) -> Result<StringArray, ArrowError> {
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        StringArray::try_new(ends, Buffer::from_vec(self.values.into_bytes()), self.nulls.finish())
    }
}

pub(crate) struct NumberColumn<T> {
    pub(super) values: Vec<T>,
    pub(super) nulls: NullBufferBuilder,
    rows: usize,
}

impl<T: Default> NumberColumn<T> {
    pub(super) fn new(rows: usize) -> Self {
        Self { values: Vec::new(), nulls: NullBufferBuilder::new(rows), rows }
    }

    #[inline]
    pub(super) fn append(&mut self, value: Option<T>) {
        self.nulls.append(value.is_some());
        push(&mut self.values, value.unwrap_or_default(), self.rows);
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }
}

pub(crate) struct FlagColumn {
    pub(super) values: BooleanBufferBuilder,
    pub(super) nulls: NullBufferBuilder,
}

impl FlagColumn {
    pub(super) fn new(rows: usize) -> Self {
        Self { values: BooleanBufferBuilder::new(rows), nulls: NullBufferBuilder::new(rows) }
    }

    #[inline]
    pub(super) fn append(&mut self, value: Option<bool>) {
        self.values.append(value.unwrap_or_default());
        self.nulls.append(value.is_some());
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }
}
