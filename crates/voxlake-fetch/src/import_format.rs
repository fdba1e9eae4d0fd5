//! Formats of imported files: pages as the API returns them, or single records; plain or
//! compressed.
//!
//! ```text
//! {"voice_calls": […], "next_page_token": …}     one or more pages, or a list of them
//! {"engagement_id": …}                           one record per line, or a list of records
//! {"_airbyte_data": {"engagement_id": …}, …}     records in the envelope of an extractor
//! ```
//!
//! The first lines show the format. In a file of lines, a malformed line does not affect the
//! others. Anything else is read as a sequence of JSON values.

mod brackets;
mod value_limit;

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;
use voxlake_model::{CurrencySymbols, Reject, decode_records_with, utf8_lossy};

use self::value_limit::ValueLimit;
use crate::limits::{MAX_BATCH_BYTES, MAX_VALUE_BYTES};

/// Records that are decoded together.
const BATCH_RECORDS: usize = 1000;
/// Magic numbers of compressed files.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Error of reading an imported file. The texts do not contain data of the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SavedError {
    /// The file cannot be read, or its compressed data is truncated or corrupt.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The file is neither JSON nor lines of JSON.
    #[error("it is neither JSON nor lines of JSON: {kind} at line {line}, column {column}")]
    NotJson {
        /// Kind of the syntax error.
        kind: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The calls do not form a record batch.
    #[error("its calls do not form a record batch")]
    Arrow(#[from] ArrowError),
    /// A line is longer than any record or page.
    #[error("line {line} has more than {} MiB", MAX_VALUE_BYTES >> 20)]
    LongLine {
        /// The line, from 1.
        line: usize,
    },
    /// The consumer of the calls stopped the read.
    #[error("reading it was stopped")]
    Ended,
}

impl From<serde_json::Error> for SavedError {
    fn from(error: serde_json::Error) -> Self {
        let kind = match error.classify() {
            serde_json::error::Category::Io => return Self::Io(error.into()),
            serde_json::error::Category::Eof => "an unexpected end",
            serde_json::error::Category::Syntax | serde_json::error::Category::Data => "a syntax error",
        };
        Self::NotJson { kind, line: error.line(), column: error.column() }
    }
}

/// Batch of calls from a file.
#[derive(Debug)]
pub struct SavedCalls {
    /// Calls in the schema of the lake and the order of the file.
    pub calls: RecordBatch,
    /// Records that cannot be stored as calls.
    pub rejects: Vec<Reject>,
}

impl SavedCalls {
    /// Returns the size in memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let rejects: usize = self.rejects.iter().map(|reject| reject.record.len()).sum();
        self.calls.get_array_memory_size() + rejects
    }
}

/// Reads the calls of a file, fetched at `fetched_at`, and passes them to `consume` in batches.
/// Memory use is that of some thousand records and the longest line or page of the file.
///
/// ```
/// use chrono::Utc;
/// use voxlake_fetch::read_saved;
/// use voxlake_model::CurrencySymbols;
///
/// let file = r#"{"engagement_id": "e1", "start_time": "2026-11-01T08:00:00Z"}"#;
/// let mut calls = 0;
/// read_saved(file.as_bytes(), Utc::now(), &CurrencySymbols::default(), |batch| {
///     calls += batch.calls.num_rows();
///     Ok(())
/// })?;
/// assert_eq!(calls, 1);
/// # Ok::<(), voxlake_fetch::SavedError>(())
/// ```
///
/// # Errors
/// [`SavedError`], after the calls before the error were passed on.
pub fn read_saved(
    file: impl Read,
    fetched_at: DateTime<Utc>,
    symbols: &CurrencySymbols,
    consume: impl FnMut(SavedCalls) -> Result<(), SavedError>,
) -> Result<(), SavedError> {
    let mut records = Records { pending: Vec::new(), bytes: 0, fetched_at, symbols, consume };
    let read = read_values(decompressed(file)?, &mut records);
    // Records before an error are returned as well.
    let flushed = records.flush();
    read.and(flushed)
}

/// Records that are collected into batches.
struct Records<'a, F> {
    pending: Vec<String>,
    /// Bytes of the pending records.
    bytes: usize,
    fetched_at: DateTime<Utc>,
    symbols: &'a CurrencySymbols,
    consume: F,
}

/// JSON value that contains records.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    voice_calls: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    _airbyte_data: Option<&'a RawValue>,
}

impl<F: FnMut(SavedCalls) -> Result<(), SavedError>> Records<'_, F> {
    /// Adds the records of a value: those of a page or an envelope, or the value itself.
    fn add(&mut self, value: &str) -> Result<(), SavedError> {
        // Only values with these keys are parsed twice.
        let enveloped = ["\"voice_calls\"", "\"_airbyte_data\""].iter().any(|key| value.contains(key));
        let envelope = if enveloped { serde_json::from_str::<Envelope<'_>>(value).ok() } else { None };
        match envelope {
            Some(Envelope { voice_calls: Some(records), .. }) => {
                records.into_iter().try_for_each(|record| self.push(record.get()))
            }
            Some(Envelope { _airbyte_data: Some(record), .. }) => self.push(record.get()),
            _ => self.push(value),
        }
    }

    fn push(&mut self, record: &str) -> Result<(), SavedError> {
        self.pending.push(record.to_owned());
        self.bytes += record.len();
        if self.pending.len() < BATCH_RECORDS && self.bytes < MAX_BATCH_BYTES { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), SavedError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let pending = std::mem::take(&mut self.pending);
        let pending = pending.iter().map(String::as_str);
        let (calls, rejects) = decode_records_with(pending, self.fetched_at, self.symbols)?;
        (self.consume)(SavedCalls { calls, rejects })
    }
}

/// Decompresses a file if its first bytes show that it is compressed.
fn decompressed<'a>(file: impl Read + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let (start, file) = peek(file, ZSTD.len())?;
    Ok(if start.starts_with(&GZIP) {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else if start == ZSTD {
        Box::new(BufReader::new(zstd::Decoder::new(file)?))
    } else {
        Box::new(BufReader::new(file))
    })
}

/// Returns up to `most` first bytes, and a reader that starts before them.
fn peek<R: Read>(mut file: R, most: usize) -> io::Result<(Vec<u8>, impl Read)> {
    let mut start = Vec::new();
    (&mut file).take(most as u64).read_to_end(&mut start)?;
    let whole = Cursor::new(start.clone()).chain(file);
    Ok((start, whole))
}

fn read_values<F>(file: Box<dyn BufRead + '_>, records: &mut Records<'_, F>) -> Result<(), SavedError>
where
    F: FnMut(SavedCalls) -> Result<(), SavedError>,
{
    let (start, mut file) = peek(file, BYTE_ORDER_MARK.len())?;
    if start == BYTE_ORDER_MARK {
        io::copy(&mut (&mut file).take(BYTE_ORDER_MARK.len() as u64), &mut io::sink())?;
    }
    let mut lines = Lines { file: BufReader::new(file), number: 0 };
    let mut first = Vec::new();
    // Leading white space is skipped. A list is not a line, even if it is short.
    while first.trim_ascii().is_empty() {
        if lines.file.fill_buf()?.first() == Some(&b'[') {
            return read_list(Cursor::new(first).chain(lines.file), records);
        }
        first.clear();
        if !lines.next(&mut first)? {
            return Ok(());
        }
    }
    if first.trim_ascii().starts_with(b"[") {
        return read_list(Cursor::new(first).chain(lines.file), records);
    }
    if brackets::is_one_object(first.trim_ascii()) {
        return read_lines(&[first], lines, records);
    }
    let mut second = Vec::new();
    lines.next(&mut second)?;
    if brackets::is_truncated_line(first.trim_ascii(), second.trim_ascii()) {
        return read_lines(&[first, second], lines, records);
    }
    let limit = ValueLimit::default();
    let file = limit.limited(Cursor::new(first).chain(Cursor::new(second)).chain(lines.file));
    for value in serde_json::Deserializer::from_reader(file).into_iter::<Box<RawValue>>() {
        records.add(value?.get())?;
        limit.reset();
    }
    Ok(())
}

/// Lines of a file, of less than [`MAX_VALUE_BYTES`] each.
struct Lines<R> {
    file: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    /// Appends the next line to `line`. Returns whether there is one.
    fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, SavedError> {
        self.number += 1;
        let read = (&mut self.file).take(MAX_VALUE_BYTES).read_until(b'\n', line)?;
        if read as u64 == MAX_VALUE_BYTES && !line.ends_with(b"\n") {
            return Err(SavedError::LongLine { line: self.number });
        }
        Ok(read > 0)
    }
}

/// Reads lines, of which `first` were read before. A line that is not JSON is a rejected record.
fn read_lines<F>(
    first: &[Vec<u8>],
    mut rest: Lines<impl BufRead>,
    records: &mut Records<'_, F>,
) -> Result<(), SavedError>
where
    F: FnMut(SavedCalls) -> Result<(), SavedError>,
{
    let mut add = |line: &[u8]| match line.trim_ascii() {
        [] => Ok(()),
        // As in pages of the API, invalid UTF-8 can only occur in strings.
        text => records.add(&utf8_lossy(text)),
    };
    first.iter().try_for_each(|line| add(line))?;
    let mut line = Vec::new();
    while rest.next(&mut line)? {
        add(&line)?;
        line.clear();
    }
    Ok(())
}

/// Reads a list value by value, so that its length is not limited.
fn read_list<F>(file: impl Read, records: &mut Records<'_, F>) -> Result<(), SavedError>
where
    F: FnMut(SavedCalls) -> Result<(), SavedError>,
{
    let (mut refused, limit) = (None, ValueLimit::default());
    let mut json = serde_json::Deserializer::from_reader(limit.limited(file));
    let list = List { records, refused: &mut refused, limit: &limit };
    let read = list.deserialize(&mut json).and_then(|()| json.end());
    match refused {
        Some(error) => Err(error),
        None => Ok(read?),
    }
}

struct List<'a, 'b, F> {
    records: &'a mut Records<'b, F>,
    /// Error of a record, which the parser's error type cannot hold.
    refused: &'a mut Option<SavedError>,
    limit: &'a ValueLimit,
}

impl<'de, F: FnMut(SavedCalls) -> Result<(), SavedError>> DeserializeSeed<'de> for List<'_, '_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(SavedCalls) -> Result<(), SavedError>> Visitor<'de> for List<'_, '_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while let Some(value) = values.next_element::<Box<RawValue>>()? {
            if let Err(error) = self.records.add(value.get()) {
                *self.refused = Some(error);
                return Err(A::Error::custom("refused"));
            }
            self.limit.reset();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
