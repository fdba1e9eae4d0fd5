//! Bloom filters of day files: they rule out days that cannot have a given call.
//!
//! An id occurs on one day, and the id does not say on which. Without filters, every file would be
//! opened and its ids decoded. A filter consists of blocks of 32 bytes, and a value depends on one
//! block only, so that is all that is read: some 12 kB for a year of days instead of as many
//! megabytes. The format is [Parquet's](https://parquet.apache.org/docs/file-format/bloomfilter/).

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use twox_hash::XxHash64;

use crate::day::DayFile;
use crate::footer::DayFooter;
use crate::{Lake, MAX_CONCURRENT_REQUESTS};

/// Bytes of a block: eight words of 32 bits. A value sets one bit in each.
const BLOCK_BYTES: usize = 32;
/// Multipliers that select the bit of each word, as the format defines them.
const SALT: [u32; 8] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];

/// Filters of one column of a day file, one per row group, in memory.
#[derive(Clone, Debug)]
pub struct DayBloomFilter(Vec<Bytes>);

impl DayBloomFilter {
    /// Returns whether a call of the day may have one of `values`.
    #[must_use]
    pub fn may_contain(&self, values: &[&str]) -> bool {
        let contains = |filter: &Bytes, value: &str| {
            let hash = hash_of(value);
            let block = block_of(&(0..filter.len() as u64), hash)?;
            let block = filter.get(usize::try_from(block.start).ok()?..usize::try_from(block.end).ok()?)?;
            Some(block_contains(block, hash))
        };
        self.0.iter().any(|filter| values.iter().any(|value| contains(filter, value).unwrap_or(true)))
    }
}

impl Lake {
    /// Returns for each of `days` whether its calls may have one of `values` in `column`.
    ///
    /// The result is `true` if that is unknown: for a file without filters, and for a file that
    /// cannot be read or was replaced. Columns with filters are
    /// [`BLOOM_FILTERED_COLUMNS`](crate::BLOOM_FILTERED_COLUMNS).
    pub async fn may_contain(
        &self,
        days: &[(DayFile, Arc<DayFooter>)],
        column: &str,
        values: &[&str],
    ) -> Vec<bool> {
        futures::stream::iter(days.to_vec())
            .map(|(day, footer)| async move { self.day_may_contain(&day, &footer, column, values).await })
            .buffered(MAX_CONCURRENT_REQUESTS)
            .collect()
            .await
    }

    /// Loads the filters of `days`, in their order, for repeated lookups. `None` for a day without
    /// usable filters, as in [`may_contain`](Self::may_contain). [`DayFooter::filter_bytes`] is
    /// their size.
    pub async fn bloom_filters(
        &self,
        days: &[(DayFile, Arc<DayFooter>)],
        column: &str,
    ) -> Vec<Option<DayBloomFilter>> {
        futures::stream::iter(days.to_vec())
            .map(|(day, footer)| async move {
                let groups = footer.filters.get(column)?;
                self.filter_bytes(&day, groups).await.map(DayBloomFilter)
            })
            .buffered(MAX_CONCURRENT_REQUESTS)
            .collect()
            .await
    }

    async fn day_may_contain(
        &self,
        day: &DayFile,
        footer: &DayFooter,
        column: &str,
        values: &[&str],
    ) -> bool {
        let Some(groups) = footer.filters.get(column) else { return true };
        let hashes: Vec<u64> = values.iter().map(|value| hash_of(value)).collect();
        let blocks = groups.iter().flat_map(|filter| hashes.iter().map(|hash| block_of(filter, *hash)));
        let Some(blocks) = blocks.collect::<Option<Vec<_>>>() else { return true };
        let Some(blocks) = self.filter_bytes(day, &blocks).await else { return true };
        blocks.iter().zip(hashes.iter().cycle()).any(|(block, hash)| block_contains(block, *hash))
    }

    /// Reads bytes of a day file, if it is still the version that was listed.
    async fn filter_bytes(&self, day: &DayFile, ranges: &[Range<u64>]) -> Option<Vec<Bytes>> {
        // Without a tag a replaced file may not be recognised.
        day.meta.e_tag.as_ref()?;
        self.range_reader(&day.meta).read_blocks(ranges).await.ok()
    }
}

fn hash_of(value: &str) -> u64 {
    XxHash64::oneshot(0, value.as_bytes())
}

/// Returns the bytes of the block for a value with this hash. `None` if `filter` is too short for a
/// filter.
fn block_of(filter: &Range<u64>, hash: u64) -> Option<Range<u64>> {
    let length = filter.end.checked_sub(filter.start)?;
    // The blocks are at the end, after a header that is shorter than one block.
    let blocks = length / BLOCK_BYTES as u64;
    let block = ((hash >> 32) * u64::from(u32::try_from(blocks).ok()?)) >> 32;
    let start = filter.start + length % BLOCK_BYTES as u64 + block * BLOCK_BYTES as u64;
    (blocks > 0).then_some(start..start + BLOCK_BYTES as u64)
}

/// Returns whether the block has all bits of a value with this hash. A truncated block counts as
/// having its missing bits.
fn block_contains(block: &[u8], hash: u64) -> bool {
    let (words, _) = block.as_chunks();
    let [a, b, c, d, ..] = hash.to_le_bytes();
    let low = u32::from_le_bytes([a, b, c, d]);
    words.iter().zip(SALT).all(|(word, salt)| {
        let bit = low.wrapping_mul(salt) >> 27;
        u32::from_le_bytes(*word) >> bit & 1 == 1
    })
}

#[cfg(test)]
mod tests;
