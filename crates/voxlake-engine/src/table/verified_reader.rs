//! Reader that verifies day files against the block checksums in their footers ([`FileChecksums`]).

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::parquet::errors::{ParquetError, Result as ParquetResult};
use datafusion::parquet::file::metadata::ParquetMetaData;
use futures::future::{BoxFuture, FutureExt as _};
use voxlake_lake::FileChecksums;

/// Reads a file and verifies the bytes that it reads.
pub(super) struct VerifiedReader<R> {
    reader: R,
    /// Checksums once the footer was read; the inner value is `None` for files without checksums.
    checksums: Option<Option<Arc<FileChecksums>>>,
}

impl<R: AsyncFileReader + 'static> VerifiedReader<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, checksums: None }
    }

    async fn checksums(&mut self) -> ParquetResult<Option<Arc<FileChecksums>>> {
        if self.checksums.is_none() {
            self.get_metadata(None).await?;
        }
        Ok(self.checksums.clone().flatten())
    }

    async fn read(&mut self, ranges: Vec<Range<u64>>) -> ParquetResult<Vec<Bytes>> {
        let Some(checksums) = self.checksums().await? else {
            return self.reader.get_byte_ranges(ranges).await;
        };
        let spans = merge_ranges(ranges.iter().map(|range| checksums.covering_blocks(range)).collect());
        let parts = self.reader.get_byte_ranges(spans.clone()).await?;
        for (span, part) in spans.iter().zip(&parts) {
            checksums.verify(span.start, part).map_err(ParquetError::General)?;
        }
        ranges.iter().map(|range| slice_of(range, &spans, &parts)).collect()
    }
}

/// Sorts `ranges` and merges those that touch or overlap.
fn merge_ranges(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut spans: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match spans.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => spans.push(range),
        }
    }
    spans
}

/// Returns the bytes of `range`, which lies in one of `spans`.
fn slice_of(range: &Range<u64>, spans: &[Range<u64>], parts: &[Bytes]) -> ParquetResult<Bytes> {
    let at = spans.partition_point(|span| span.start <= range.start).checked_sub(1);
    let part = at.and_then(|at| {
        let start = usize::try_from(range.start - spans.get(at)?.start).ok()?;
        let end = start.checked_add(usize::try_from(range.end.checked_sub(range.start)?).ok()?)?;
        let part = parts.get(at)?;
        (end <= part.len()).then(|| part.slice(start..end))
    });
    part.ok_or_else(|| ParquetError::EOF("the file is shorter than its footer states".to_owned()))
}

impl<R: AsyncFileReader + 'static> AsyncFileReader for VerifiedReader<R> {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move {
            let parts = self.read(vec![range]).await?;
            parts.into_iter().next().ok_or_else(|| ParquetError::EOF("the read returned no bytes".to_owned()))
        }
        .boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        self.read(ranges).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let metadata = self.reader.get_metadata(options).await?;
            if self.checksums.is_none() {
                let checksums = FileChecksums::from_footer(&metadata).map_err(ParquetError::General)?;
                self.checksums = Some(checksums.map(Arc::new));
            }
            Ok(metadata)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_sliced_from_merged_ones() {
        let spans = merge_ranges(vec![16..24, 0..8, 8..16, 40..48]);
        assert_eq!(spans, [0..24, 40..48]);
        let parts = [Bytes::from((0..24).collect::<Vec<u8>>()), Bytes::from((40..48).collect::<Vec<u8>>())];
        let part = |range| slice_of(&range, &spans, &parts).map(|bytes| bytes.to_vec());
        assert_eq!(part(7..10).unwrap(), [7, 8, 9]);
        assert_eq!(part(47..48).unwrap(), [47]);
        assert!(part(5..5).unwrap().is_empty());
        for outside in [24..25, 20..25, 39..41, 47..49] {
            assert!(part(outside.clone()).is_err(), "{outside:?}");
        }
    }
}
