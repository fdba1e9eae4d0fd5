//! Checksum of a day's calls. It depends on their content, not on how a file encodes it.
//!
//! Each value that is not NULL enters the SHA-256 of its column together with its row number. The
//! checksum of the day covers the names and sums of its columns. Encodings, row groups and columns
//! that are NULL throughout do not change it. `fetched_at` is left out because the lake adds it.

use std::collections::BTreeMap;
use std::fmt;

use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type, TimestampMillisecondType};
use arrow::error::ArrowError;
use sha2::{Digest as _, Sha256};
use voxlake_model::schema::FETCHED_AT;

use crate::digest::hex;

/// SHA-256 of the content of calls, displayed as hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum([u8; 32]);

impl Checksum {
    /// Combines named checksums, in the order given.
    pub fn combine<N: fmt::Display>(parts: impl IntoIterator<Item = (N, Self)>) -> Self {
        let mut whole = Sha256::new();
        for (name, part) in parts {
            whole.update(format!("{name} {part}\n"));
        }
        Self(whole.finalize().into())
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Computes the checksum of a day from its batches.
#[derive(Default)]
pub(crate) struct ChecksumBuilder {
    columns: BTreeMap<String, Column>,
}

/// Checksum of one column, or of a field within one.
#[derive(Default)]
struct Column {
    values: Sha256,
    /// Rows so far, NULLs included.
    rows: u64,
    /// Set once a value is not NULL.
    has_value: bool,
}

impl Column {
    /// Adds the array's values, each as its canonical bytes.
    fn update<'a, B: AsRef<[u8]> + 'a>(&mut self, array: &dyn Array, value: impl Fn(usize) -> B) {
        for row in 0..array.len() {
            if array.is_valid(row) {
                let value = value(row);
                let value = value.as_ref();
                self.values.update((self.rows + row as u64).to_le_bytes());
                self.values.update((value.len() as u64).to_le_bytes());
                self.values.update(value);
                self.has_value = true;
            }
        }
        self.rows += array.len() as u64;
    }
}

impl ChecksumBuilder {
    /// Adds the day's next calls.
    pub(crate) fn update(&mut self, calls: &RecordBatch) -> Result<(), ArrowError> {
        for (field, column) in calls.schema().fields().iter().zip(calls.columns()) {
            if field.name() != FETCHED_AT {
                self.update_column(field.name(), column)?;
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Checksum {
        let present = self.columns.into_iter().filter(|(_, column)| column.has_value);
        Checksum::combine(present.map(|(name, column)| (name, Checksum(column.values.finalize().into()))))
    }

    fn update_column(&mut self, name: &str, array: &ArrayRef) -> Result<(), ArrowError> {
        let column = self.columns.entry(name.to_owned()).or_default();
        match array.data_type() {
            DataType::Utf8 => {
                let texts = array.as_string::<i32>();
                column.update(array, |row| texts.value(row));
            }
            DataType::Boolean => {
                let flags = array.as_boolean();
                column.update(array, |row| [u8::from(flags.value(row))]);
            }
            DataType::Int64 => {
                let numbers = array.as_primitive::<Int64Type>();
                column.update(array, |row| numbers.value(row).to_le_bytes());
            }
            DataType::Timestamp(..) => {
                let instants = array.as_primitive::<TimestampMillisecondType>();
                column.update(array, |row| instants.value(row).to_le_bytes());
            }
            DataType::Decimal128(..) => {
                let amounts = array.as_primitive::<Decimal128Type>();
                column.update(array, |row| amounts.value(row).to_le_bytes());
            }
            DataType::List(_) => {
                let lists = array.as_list::<i32>();
                column.update(array, |row| lists.value_length(row).to_le_bytes());
                let (first, last) = (lists.value_offsets().first(), lists.value_offsets().last());
                if let (Some(first), Some(last)) = (first, last) {
                    let at = |offset: i32| usize::try_from(offset).unwrap_or(0);
                    let items = lists.values().slice(at(*first), at(last - first));
                    self.update_column(&format!("{name}/item"), &items)?;
                }
            }
            DataType::Struct(fields) => {
                let parts = array.as_struct();
                column.update(array, |_| []);
                for (field, part) in fields.iter().zip(parts.columns()) {
                    self.update_column(&format!("{name}/{}", field.name()), part)?;
                }
            }
            other => {
                return Err(ArrowError::NotYetImplemented(format!("a checksum of {name}, which is {other}")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use voxlake_model::decode_records;

    use super::*;

    fn calls(results: &[Option<&str>]) -> RecordBatch {
        let records: Vec<String> = results
            .iter()
            .map(|result| {
                let result = serde_json::to_string(result).unwrap();
                format!(
                    r#"{{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z", "result": {result}}}"#
                )
            })
            .collect();
        decode_records(records.iter().map(String::as_str), chrono::DateTime::UNIX_EPOCH).unwrap().0
    }

    fn sum(batches: &[RecordBatch]) -> Checksum {
        let mut builder = ChecksumBuilder::default();
        batches.iter().for_each(|batch| builder.update(batch).unwrap());
        builder.finish()
    }

    #[test]
    fn independent_of_batches_but_not_of_order() {
        let (x, y) = (calls(&[Some("x")]), calls(&[None, Some("y")]));
        let whole = calls(&[Some("x"), None, Some("y")]);
        assert_eq!(sum(&[x.clone(), y.clone()]), sum(&[whole]));
        assert_ne!(sum(&[y.clone(), x.clone()]), sum(&[x, y]));
    }

    #[test]
    fn one_value_differs_from_two() {
        let place_of_the_second = "\u{1}\0\0\0\0\0\0\0";
        let one = format!("x{place_of_the_second}y");
        assert_ne!(sum(&[calls(&[Some(&one), None])]), sum(&[calls(&[Some("x"), Some("y")])]));
    }
}
