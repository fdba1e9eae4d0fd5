//! Calls that another extractor saved: pages as the API gave them, or records one by one, plain or
//! compressed.
//!
//! ```text
//! {"voice_calls": […], "next_page_token": …}     pages, one or many, also a list of them
//! {"engagement_id": …}                           records, a line each, or a list of them
//! {"_airbyte_data": {"engagement_id": …}, …}     records in the envelope of an extractor
//! ```
//!
//! The form of a file shows in its first lines. In a file of lines a broken line spoils no other,
//! also if it is the first one. Anything else is read as JSON values, one after the other.

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
const BATCH: usize = 1000;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Why a file of saved calls cannot be read to its end. The texts never repeat what the file says.
#[derive(Debug, Error)]
pub enum SavedError {
    /// The file cannot be read, or its compressed form is cut or garbled.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// What stands there is not JSON.
    #[error("it is neither JSON nor lines of JSON: {kind} at line {line}, column {column}")]
    NotJson {
        /// What is wrong.
        kind: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
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
    /// Whoever took the calls takes no more.
    #[error("reading it was ended")]
    Ended,
}

impl From<serde_json::Error> for SavedError {
    fn from(error: serde_json::Error) -> Self {
        let kind = match error.classify() {
            serde_json::error::Category::Io => return Self::Io(error.into()),
            serde_json::error::Category::Eof => "an early end",
            serde_json::error::Category::Syntax | serde_json::error::Category::Data => "a syntax error",
        };
        Self::NotJson { kind, line: error.line(), column: error.column() }
    }
}

/// Some of a file's calls.
#[derive(Debug)]
pub struct SavedCalls {
    /// The calls, in the lake's schema and the file's order.
    pub calls: RecordBatch,
    /// The records that have no place in the lake.
    pub rejects: Vec<Reject>,
}

impl SavedCalls {
    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        let rejects: usize = self.rejects.iter().map(|reject| reject.record.len()).sum();
        self.calls.get_array_memory_size() + rejects
    }
}

/// Reads a file of saved calls to its end, fetched at `fetched_at`, and gives them to `take`, until
/// that takes no more. Charges are read with `symbols`. Memory is needed for some thousand records
/// and the file's longest line or page.
///
/// # Errors
/// What the file cannot be read by; the calls before it were given.
pub fn read_saved(
    file: impl Read,
    fetched_at: DateTime<Utc>,
    symbols: &CurrencySymbols,
    take: impl FnMut(SavedCalls) -> Result<(), SavedError>,
) -> Result<(), SavedError> {
    let mut records = Records { waiting: Vec::new(), bytes: 0, fetched_at, symbols, take };
    let read = read_values(decompressed(file)?, &mut records);
    // What came before an error is given all the same.
    let given = records.give();
    read.and(given)
}

/// The records on their way, a batch at a time.
struct Records<'a, F> {
    waiting: Vec<String>,
    /// Bytes of those that wait.
    bytes: usize,
    fetched_at: DateTime<Utc>,
    symbols: &'a CurrencySymbols,
    take: F,
}

/// What a value may be besides a record.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    voice_calls: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    _airbyte_data: Option<&'a RawValue>,
}

impl<F: FnMut(SavedCalls) -> Result<(), SavedError>> Records<'_, F> {
    /// Takes the records of a value: of a page, in an envelope, or the value itself.
    fn add(&mut self, value: &str) -> Result<(), SavedError> {
        // Few records have the words, and the others need not be parsed twice.
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
        self.waiting.push(record.to_owned());
        self.bytes += record.len();
        if self.waiting.len() < BATCH && self.bytes < MAX_BATCH_BYTES { Ok(()) } else { self.give() }
    }

    fn give(&mut self) -> Result<(), SavedError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        let waiting = waiting.iter().map(String::as_str);
        let (calls, rejects) = decode_records_with(waiting, self.fetched_at, self.symbols)?;
        (self.take)(SavedCalls { calls, rejects })
    }
}

/// What a file says, whether it is compressed or not: its first bytes tell.
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

/// The first bytes, or fewer where there are no more, and everything from the beginning.
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
    // White space before the beginning says nothing, and a list is no line, however short.
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
    if brackets::enclose(first.trim_ascii()) {
        return read_lines(&[first], lines, records);
    }
    let mut second = Vec::new();
    lines.next(&mut second)?;
    if brackets::is_cut_line(first.trim_ascii(), second.trim_ascii()) {
        return read_lines(&[first, second], lines, records);
    }
    let limit = ValueLimit::default();
    let file = limit.limited(Cursor::new(first).chain(Cursor::new(second)).chain(lines.file));
    for value in serde_json::Deserializer::from_reader(file).into_iter::<Box<RawValue>>() {
        records.add(value?.get())?;
        limit.restart();
    }
    Ok(())
}

/// The lines of a file, none of which may have more than [`MAX_VALUE_BYTES`].
struct Lines<R> {
    file: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    /// Reads the next line onto the end of `line`. Returns whether there is one.
    fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, SavedError> {
        self.number += 1;
        let read = (&mut self.file).take(MAX_VALUE_BYTES).read_until(b'\n', line)?;
        if read as u64 == MAX_VALUE_BYTES && !line.ends_with(b"\n") {
            return Err(SavedError::LongLine { line: self.number });
        }
        Ok(read > 0)
    }
}

/// Lines, the first of which were read already. One that is not JSON is a record without a place.
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
        // As in answers of the API: what is not UTF-8 can only stand inside strings.
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

/// One list of values, however long, value by value.
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
    /// What a record was refused by; the parser's errors have no room for it.
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
            self.limit.restart();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
