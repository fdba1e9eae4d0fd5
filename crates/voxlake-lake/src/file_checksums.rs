//! Checksums of a day file's bytes, stored in its footer. Without them, changed bytes may decode to
//! other calls.
//!
//! [`BLOCKS_KEY`] holds one CRC-32 for each block of the data, which is everything before the page
//! index. Partial reads can be checked with it. [`REST_KEY`] holds the CRC-32 of the page index and
//! the footer, computed with zeros in place of this checksum.
//!
//! Parquet has page checksums, but version 59 of the `parquet` crate can only check them, not write
//! them. They replace these checksums once it can. Files without the keys, from earlier versions or
//! other programs, are not checked.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _, Seek, SeekFrom, Write};
use std::ops::Range;

use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use parquet::file::writer::SerializedFileWriter;
use serde::{Deserialize, Serialize};

/// Metadata key of the block checksums. Its value is the JSON of [`FileChecksums`].
pub(crate) const BLOCKS_KEY: &str = "voxlake.block_checksums";
/// Metadata key of the checksum of the rest: 8 hexadecimal digits.
pub(crate) const REST_KEY: &str = "voxlake.rest_checksum";
/// Value of [`REST_KEY`] while the rest is written.
const PLACEHOLDER: &str = "00000000";
/// Digits of a checksum.
const DIGITS: usize = 8;
/// Bytes of a block. Reading a page reads up to two blocks more; smaller blocks make larger
/// footers.
const BLOCK_BYTES: usize = 8 * 1024;
/// Bytes at the end of a file with checksums that contain [`REST_KEY`].
pub(crate) const TAIL_BYTES: u64 = 64 * 1024;
/// Bytes per read when a whole file is checked; a multiple of [`BLOCK_BYTES`].
const READ_BYTES: usize = 128 * BLOCK_BYTES;

/// Checksums of a day file's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChecksums {
    /// Bytes of each block except the last.
    block: u64,
    /// Bytes of all blocks, which is the offset of the page index.
    bytes: u64,
    /// Checksums of the blocks, [`DIGITS`] digits each.
    crc32: String,
}

impl FileChecksums {
    /// Reads the checksums of a footer. `None` for a file of an earlier version or another program.
    ///
    /// # Errors
    /// The reason why they cannot be used, if they are malformed or incomplete.
    pub fn from_footer(metadata: &ParquetMetaData) -> Result<Option<Self>, String> {
        let Some(json) = value(metadata, BLOCKS_KEY) else {
            let has_others = value(metadata, REST_KEY).is_some();
            return if has_others {
                Err("the checksums of its data are missing".to_owned())
            } else {
                Ok(None)
            };
        };
        let sums: Self =
            serde_json::from_str(json).map_err(|error| format!("its checksums cannot be read: {error}"))?;
        if sums.is_complete() { Ok(Some(sums)) } else { Err("its checksums are incomplete".to_owned()) }
    }

    /// Returns whether there is one checksum for each block.
    fn is_complete(&self) -> bool {
        let to = self.bytes.checked_next_multiple_of(self.block);
        let blocks = to.and_then(|to| to.checked_div(self.block));
        blocks.and_then(|blocks| blocks.checked_mul(DIGITS as u64)) == Some(self.crc32.len() as u64)
    }

    /// Offset at which the data ends and the page index begins.
    pub(crate) fn data_end(&self) -> u64 {
        self.bytes
    }

    /// Returns the range of the blocks that overlap `range`: the bytes to read for a check. Bytes
    /// after the data belong to no block.
    #[must_use]
    pub fn covering_blocks(&self, range: &Range<u64>) -> Range<u64> {
        let from = range.start / self.block * self.block;
        let to = range.end.div_ceil(self.block).saturating_mul(self.block).min(self.bytes);
        from..to.max(range.end)
    }

    /// Checks the complete blocks of `bytes`. The first block starts at `from`.
    ///
    /// # Errors
    /// The range of the first block whose checksum differs.
    pub fn verify(&self, from: u64, bytes: &[u8]) -> Result<(), String> {
        let within = usize::try_from(self.bytes.saturating_sub(from)).unwrap_or(usize::MAX);
        let data = &bytes[..bytes.len().min(within)];
        let block = usize::try_from(self.block).unwrap_or(usize::MAX);
        let first = usize::try_from(from / self.block).unwrap_or(usize::MAX);
        for (at, bytes) in data.chunks(block).enumerate() {
            let start = from + at as u64 * self.block;
            let is_whole = bytes.len() == block || start + bytes.len() as u64 == self.bytes;
            if is_whole && self.digits(first.saturating_add(at)) != Some(&digits(crc32fast::hash(bytes))) {
                let end = start + bytes.len() as u64;
                return Err(format!("bytes {start} to {end} have changed since they were written"));
            }
        }
        Ok(())
    }

    fn digits(&self, block: usize) -> Option<&str> {
        let start = block.checked_mul(DIGITS)?;
        self.crc32.get(start..start.checked_add(DIGITS)?)
    }
}

/// Checks all bytes of a file with this footer, if it has checksums.
///
/// # Errors
/// The reason, if a byte has changed or the file cannot be read.
pub(crate) fn check_file(mut file: &File, metadata: &ParquetMetaData) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    let Some(sums) = FileChecksums::from_footer(metadata)? else {
        let bytes = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        file.seek(SeekFrom::Start(bytes.saturating_sub(TAIL_BYTES))).map_err(unreadable)?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail).map_err(unreadable)?;
        return check_without_checksums(&tail);
    };
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut piece = Vec::with_capacity(READ_BYTES);
    let mut from = 0;
    while from < sums.bytes {
        piece.clear();
        let wanted = (sums.bytes - from).min(sums.block.saturating_mul((READ_BYTES / BLOCK_BYTES) as u64));
        let read = file.take(wanted).read_to_end(&mut piece).map_err(unreadable)?;
        if (read as u64) < wanted {
            return Err("the file is shorter than its footer says".to_owned());
        }
        sums.verify(from, &piece)?;
        from += wanted;
    }
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).map_err(unreadable)?;
    check_rest(&mut rest, metadata)
}

/// Checks the end of a file whose footer shows no checksums: a changed byte may hide its metadata.
pub(crate) fn check_without_checksums(tail: &[u8]) -> Result<(), String> {
    if tail.windows(REST_KEY.len()).any(|bytes| bytes == REST_KEY.as_bytes()) {
        return Err("the metadata in its footer cannot be read".to_owned());
    }
    Ok(())
}

/// Checks the bytes after the data. Overwrites the checksum in `rest` with zeros.
pub(crate) fn check_rest(rest: &mut [u8], metadata: &ParquetMetaData) -> Result<(), String> {
    let written = value(metadata, REST_KEY).ok_or("the checksum of its footer is missing")?;
    let place = find_rest_checksum(rest, written).ok_or("the checksum of its footer is damaged")?;
    rest[place].copy_from_slice(PLACEHOLDER.as_bytes());
    if digits(crc32fast::hash(rest)) == written {
        Ok(())
    } else {
        Err("its footer or page index has changed since it was written".to_owned())
    }
}

fn value<'a>(metadata: &'a ParquetMetaData, key: &str) -> Option<&'a str> {
    let pairs = metadata.file_metadata().key_value_metadata()?;
    pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
}

/// Returns the position of the checksum `digits` in `rest`. It follows its key, after the length
/// and the type of a Thrift field.
fn find_rest_checksum(rest: &[u8], digits: &str) -> Option<Range<usize>> {
    const THRIFT_BYTES: usize = 2;
    let key = rest.windows(REST_KEY.len()).rposition(|bytes| bytes == REST_KEY.as_bytes())?;
    let start = key + REST_KEY.len() + THRIFT_BYTES;
    let place = start..start + DIGITS;
    (rest.get(place.clone())? == digits.as_bytes()).then_some(place)
}

fn digits(checksum: u32) -> String {
    format!("{checksum:08x}")
}

/// Writer that computes the checksums of a file.
pub(crate) struct ChecksumWriter<W> {
    file: W,
    /// Checksums of the complete blocks.
    blocks: String,
    /// Checksum of the current block, and its bytes so far.
    block: crc32fast::Hasher,
    block_len: usize,
    bytes: u64,
    /// Bytes after the data. `None` while the data is written.
    rest: Option<Vec<u8>>,
}

impl<W: Write + Seek + Send> ChecksumWriter<W> {
    pub(crate) fn new(file: W) -> Self {
        Self {
            file,
            blocks: String::new(),
            block: crc32fast::Hasher::new(),
            block_len: 0,
            bytes: 0,
            rest: None,
        }
    }

    /// Writes the footer of a file, with the checksums of its data and of the rest.
    pub(crate) fn finish(mut writer: SerializedFileWriter<Self>) -> Result<(), ParquetError> {
        writer.flush()?;
        let sums = writer.inner_mut().finish_data();
        let json = serde_json::to_string(&sums).map_err(|error| ParquetError::External(Box::new(error)))?;
        writer.append_key_value_metadata(KeyValue::new(BLOCKS_KEY.to_owned(), json));
        writer.append_key_value_metadata(KeyValue::new(REST_KEY.to_owned(), PLACEHOLDER.to_owned()));
        let Self { mut file, rest, .. } = writer.into_inner()?;
        let rest = rest.unwrap_or_default();
        let place = find_rest_checksum(&rest, PLACEHOLDER)
            .ok_or_else(|| ParquetError::General("the footer has no place for its checksum".to_owned()))?;
        file.seek(SeekFrom::Start(sums.bytes + place.start as u64))?;
        file.write_all(digits(crc32fast::hash(&rest)).as_bytes())?;
        file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    /// Ends the data and returns its checksums.
    fn finish_data(&mut self) -> FileChecksums {
        if self.block_len > 0 {
            self.end_block();
        }
        self.rest = Some(Vec::new());
        FileChecksums {
            block: BLOCK_BYTES as u64,
            bytes: self.bytes,
            crc32: std::mem::take(&mut self.blocks),
        }
    }

    fn end_block(&mut self) {
        let checksum = std::mem::take(&mut self.block).finalize();
        // Writing to a string cannot fail.
        let _ = write!(self.blocks, "{checksum:08x}");
        self.block_len = 0;
    }

    fn update(&mut self, mut bytes: &[u8]) {
        if let Some(rest) = &mut self.rest {
            rest.extend_from_slice(bytes);
            return;
        }
        self.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            let (block, others) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.block_len));
            self.block.update(block);
            self.block_len += block.len();
            if self.block_len == BLOCK_BYTES {
                self.end_block();
            }
            bytes = others;
        }
    }
}

impl<W: Write + Seek + Send> Write for ChecksumWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::Coverage;
    use crate::read::DayReader;
    use crate::test_calls::calls;
    use crate::write::DayWriter;

    /// A day file of several blocks and row groups.
    fn day() -> Vec<u8> {
        let ids: Vec<String> =
            (0..400_u64).map(|at| format!("{:x}", at.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
        let rows: Vec<_> =
            ids.iter().zip(0..).map(|(id, second)| (id.as_str(), second, "missed", None)).collect();
        let mut file = Cursor::new(Vec::new());
        let mut writer = DayWriter::new(&mut file, 100).unwrap();
        writer.write(&calls(1, &rows)).unwrap();
        writer.finish(&Coverage::default()).unwrap();
        file.into_inner()
    }

    fn opened(bytes: &[u8]) -> Result<DayReader, crate::LakeError> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        DayReader::open("a day", file)
    }

    #[test]
    fn detects_any_changed_byte() {
        let whole = day();
        opened(&whole).and_then(DayReader::verify_checksums).unwrap();
        for place in (0..whole.len()).step_by(97).chain(whole.len() - 2000..whole.len()) {
            let mut changed = whole.clone();
            changed[place] ^= 1 << (place % 8);
            let found = opened(&changed).and_then(DayReader::verify_checksums);
            assert!(found.is_err(), "byte {place} of {}", whole.len());
        }
    }

    #[test]
    fn verifies_blocks_of_partial_reads() {
        let whole = day();
        let sums = FileChecksums::from_footer(opened(&whole).unwrap().metadata()).unwrap().unwrap();
        assert!(sums.bytes > 3 * sums.block, "{} bytes of blocks of {}", sums.bytes, sums.block);
        let block = sums.block;
        assert_eq!(sums.covering_blocks(&(block + 1..2 * block)), block..2 * block);
        assert_eq!(sums.covering_blocks(&(5..block + 1)), 0..2 * block);
        // The last block is shorter. Bytes after the data belong to no block.
        assert_eq!(sums.covering_blocks(&(sums.bytes - 1..sums.bytes)).end, sums.bytes);
        assert_eq!(sums.covering_blocks(&(sums.bytes - 1..sums.bytes + 9)).end, sums.bytes + 9);
        let at = |place: u64| usize::try_from(place).unwrap();
        let mut part = whole[at(block)..].to_vec();
        sums.verify(block, &part).unwrap();
        part[at(block)] ^= 1;
        let reason = sums.verify(block, &part).unwrap_err();
        assert_eq!(
            reason,
            format!("bytes {} to {} have changed since they were written", 2 * block, 3 * block)
        );
        // An incomplete block cannot be checked.
        sums.verify(block, &part[..at(block) + 1]).unwrap();
    }

    #[test]
    fn rejects_malformed_checksums() {
        let sums = |json: &str| serde_json::from_str::<FileChecksums>(json).unwrap();
        let refused = [
            r#"{"block": 0, "bytes": 1, "crc32": "00000000"}"#,
            r#"{"block": 8192, "bytes": 8193, "crc32": "00000000"}"#,
            r#"{"block": 1, "bytes": 18446744073709551615, "crc32": "00000000"}"#,
        ];
        for json in refused {
            assert!(!sums(json).is_complete(), "{json}");
        }
        assert!(sums(r#"{"block": 8192, "bytes": 8192, "crc32": "00000000"}"#).is_complete());
    }
}
