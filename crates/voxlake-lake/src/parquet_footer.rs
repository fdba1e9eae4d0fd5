//! Reading of Parquet footers and page indexes.

use std::sync::Arc;

use parquet::DecodeResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataPushDecoder, ParquetMetaDataReader,
};

use crate::LakeError;
use crate::range_reader::{DayRangeReader, FileTail};

/// Bytes of the first read at the end of a file. They hold the footer of most days.
const FOOTER_READ_BYTES: u64 = 64 * 1024;
/// Share of a file that its page index and checksums take, at most. In an object store they are
/// read with the footer, so that one request is enough.
const INDEX_SHARE: u64 = 64;

/// Footer of a Parquet file, and the bytes that were read for it.
pub(crate) struct LoadedFooter {
    pub(crate) metadata: ParquetMetaData,
    pub(crate) tail: FileTail,
}

impl DayRangeReader {
    /// Reads the footer, and the page index on request if the file has one.
    ///
    /// `whole_file_bytes` is the size up to which a file of an object store is read whole, in the
    /// same request. Later reads of these bytes make none.
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`LakeError::Damaged`] for a footer that cannot be read.
    pub async fn parquet_footer(
        &self,
        whole_file_bytes: u64,
        page_index: bool,
    ) -> Result<ParquetMetaData, LakeError> {
        let is_small = !self.is_local() && self.meta().size <= whole_file_bytes;
        let first_bytes = if is_small { self.meta().size } else { self.footer_read_bytes() };
        let LoadedFooter { metadata, tail } = self.load_footer(first_bytes).await?;
        if page_index { self.add_page_index(metadata, Some(&tail)).await } else { Ok(metadata) }
    }

    /// Adds the page index to a footer, if the file has one.
    ///
    /// # Errors
    /// As [`parquet_footer`](Self::parquet_footer).
    pub async fn page_index(&self, footer: Arc<ParquetMetaData>) -> Result<ParquetMetaData, LakeError> {
        self.add_page_index(Arc::unwrap_or_clone(footer), None).await
    }

    /// Bytes of the first read for a footer.
    pub(crate) fn footer_read_bytes(&self) -> u64 {
        let index_bytes = if self.is_local() { 0 } else { self.meta().size / INDEX_SHARE };
        FOOTER_READ_BYTES + index_bytes
    }

    /// Reads the footer. `first_bytes` are read first.
    pub(crate) async fn load_footer(&self, first_bytes: u64) -> Result<LoadedFooter, LakeError> {
        let mut tail = self.tail(first_bytes).await?;
        let mut reader = ParquetMetaDataReader::new();
        loop {
            match reader.try_parse_sized(&tail.bytes, self.meta().size) {
                Ok(()) => break,
                // A footer that claims to be longer than the file is damaged.
                Err(ParquetError::NeedMoreData(needed)) if tail.start > 0 => {
                    let doubled = tail.bytes.len().saturating_mul(2);
                    tail = self.extend(tail, doubled.max(needed) as u64).await?;
                }
                Err(error) => return Err(self.damaged(&error)),
            }
        }
        let metadata = reader.finish().map_err(|error| self.damaged(&error))?;
        Ok(LoadedFooter { metadata, tail })
    }

    async fn add_page_index(
        &self,
        footer: ParquetMetaData,
        tail: Option<&FileTail>,
    ) -> Result<ParquetMetaData, LakeError> {
        let damaged = |error: ParquetError| self.damaged(&error);
        let decoder = ParquetMetaDataPushDecoder::try_new_with_metadata(self.meta().size, footer);
        let mut decoder = decoder.map_err(damaged)?.with_page_index_policy(PageIndexPolicy::Optional);
        loop {
            let ranges = match decoder.try_decode().map_err(damaged)? {
                DecodeResult::Data(metadata) => return Ok(metadata),
                DecodeResult::NeedsData(ranges) => ranges,
                DecodeResult::Finished => {
                    return Err(self.damaged(&ParquetError::General("its page index is incomplete".into())));
                }
            };
            let known: Option<Vec<_>> = ranges.iter().map(|range| tail?.slice(range)).collect();
            let parts = match known {
                Some(parts) => parts,
                None => self.read(&ranges).await?,
            };
            decoder.push_ranges(ranges, parts).map_err(damaged)?;
        }
    }

    fn damaged(&self, error: &ParquetError) -> LakeError {
        LakeError::Damaged { path: self.meta().location.to_string(), reason: error.to_string() }
    }
}
