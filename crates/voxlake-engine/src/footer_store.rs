//! Footers of a session's day files, each read once.
//!
//! A session reads the files that existed when it opened, so their footers stay valid.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::NaiveDate;
use datafusion::execution::cache::cache_manager::FileMetadataCache;
use futures::stream::{self, StreamExt as _};
use voxlake_lake::{DayBloomFilter, DayFile, DayFooter, Lake, LakeError, MAX_CONCURRENT_REQUESTS};
use voxlake_model::sync;

use crate::parquet_footers::cache_footer;

/// Maximum Bloom filters in memory: those of about 50 million calls.
const MAX_CACHED_FILTER_BYTES: u64 = 64 << 20;

/// Footers of a session's days, and their Bloom filters.
#[derive(Clone, Debug)]
pub struct FooterStore {
    lake: Lake,
    /// Footers by date; `None` if the footer is neither in the lake's footer cache nor read yet.
    footers: Arc<Mutex<HashMap<NaiveDate, Option<Arc<DayFooter>>>>>,
    /// DataFusion's cache of Parquet footers. Scans do not read a footer again that is read here.
    parquet_footers: Option<Arc<FileMetadataCache>>,
    filters: Arc<Mutex<FilterCache>>,
}

/// Bloom filters of a session.
#[derive(Debug, Default)]
struct FilterCache {
    /// Columns that a query has looked up.
    used_columns: BTreeSet<String>,
    /// Filters by date and column; `None` for files whose filters cannot be read.
    filters: HashMap<(NaiveDate, String), Option<DayBloomFilter>>,
    bytes: u64,
}

impl FilterCache {
    /// Returns the days whose filters should be read and cached: all missing ones from the second
    /// lookup in a column on, if they fit into memory.
    fn start_caching<'a>(
        &mut self,
        column: &str,
        days: impl Iterator<Item = &'a (DayFile, Arc<DayFooter>)>,
    ) -> Vec<(DayFile, Arc<DayFooter>)> {
        if self.used_columns.insert(column.to_owned()) {
            return Vec::new();
        }
        let new = days.filter(|(day, _)| !self.filters.contains_key(&(day.date, column.to_owned())));
        let new: Vec<_> = new.cloned().collect();
        let bytes: u64 = new.iter().map(|(_, footer)| footer.filter_bytes(column)).sum();
        if self.bytes + bytes > MAX_CACHED_FILTER_BYTES { Vec::new() } else { new }
    }

    fn get(&self, date: NaiveDate, column: &str) -> Option<&Option<DayBloomFilter>> {
        self.filters.get(&(date, column.to_owned()))
    }

    fn insert(
        &mut self,
        column: &str,
        days: &[(DayFile, Arc<DayFooter>)],
        filters: Vec<Option<DayBloomFilter>>,
    ) {
        for ((day, footer), filter) in days.iter().zip(filters) {
            let bytes = footer.filter_bytes(column);
            // Concurrent queries may have read the same filters, or together exceed the limit.
            if self.bytes + bytes <= MAX_CACHED_FILTER_BYTES
                && self.filters.insert((day.date, column.to_owned()), filter).is_none()
            {
                self.bytes += bytes;
            }
        }
    }
}

impl FooterStore {
    /// Creates the store of a session over `lake`.
    #[must_use]
    pub fn new(lake: &Lake) -> Self {
        Self { lake: lake.clone(), footers: Arc::default(), parquet_footers: None, filters: Arc::default() }
    }

    /// Shares the footers that are read with the scans of a session, whose cache this is.
    #[must_use]
    pub fn with_parquet_footers(self, cache: Arc<FileMetadataCache>) -> Self {
        Self { parquet_footers: Some(cache), ..self }
    }

    pub(crate) fn lake(&self) -> &Lake {
        &self.lake
    }

    /// Returns the footers of `days` that are known without reading a day file, in order.
    pub(crate) async fn cached(&self, days: &[DayFile]) -> Vec<Option<Arc<DayFooter>>> {
        let new: Vec<DayFile> = {
            let known = self.lock_footers();
            days.iter().filter(|day| !known.contains_key(&day.date)).cloned().collect()
        };
        if !new.is_empty() {
            let cached = self.lake.cached_footers(&new).await;
            let cached = new.iter().zip(cached).map(|(day, footer)| (day.date, footer.map(Arc::new)));
            self.lock_footers().extend(cached);
        }
        let known = self.lock_footers();
        days.iter().map(|day| known.get(&day.date).cloned().flatten()).collect()
    }

    /// Returns the footers of `days`, in order.
    ///
    /// # Errors
    /// Each day has its own result: [`LakeError::Damaged`] for a footer that cannot be read.
    pub(crate) async fn load(&self, days: &[DayFile]) -> Vec<Result<Arc<DayFooter>, LakeError>> {
        let days: Vec<_> = days.iter().cloned().zip(self.cached(days).await).collect();
        stream::iter(days)
            .map(|(day, cached)| async move {
                if let Some(footer) = cached {
                    return Ok(footer);
                }
                let (footer, metadata) = self.lake.footer_with_metadata(&day).await?;
                if let Some(cache) = &self.parquet_footers {
                    cache_footer(&**cache, &day.meta, Arc::new(metadata));
                }
                let footer = Arc::new(footer);
                self.lock_footers().insert(day.date, Some(Arc::clone(&footer)));
                Ok(footer)
            })
            .buffered(MAX_CONCURRENT_REQUESTS)
            .collect()
            .await
    }

    /// Returns, for each of `days`, whether it may contain a call whose `column` has one of
    /// `values`.
    ///
    /// The first lookup in a column reads only the blocks that it needs. From the second lookup on,
    /// whole filters are cached if they fit into memory.
    pub(crate) async fn may_contain(&self, days: &[DayFile], column: &str, values: &[&str]) -> Vec<bool> {
        let mut hold = vec![true; days.len()];
        let footers = self.load(days).await.into_iter().enumerate();
        // A file whose footer cannot be read is scanned, and the scan reports the error.
        let read: Vec<(usize, _)> =
            footers.filter_map(|(at, footer)| Some((at, (days[at].clone(), footer.ok()?)))).collect();
        let new = self.lock_filters().start_caching(column, read.iter().map(|(_, day)| day));
        if !new.is_empty() {
            let filters = self.lake.bloom_filters(&new, column).await;
            self.lock_filters().insert(column, &new, filters);
        }
        let (mut indices, mut unkept) = (Vec::new(), Vec::new());
        for (at, day) in read {
            match self.lock_filters().get(day.0.date, column) {
                Some(filter) => hold[at] = filter.as_ref().is_none_or(|filter| filter.may_contain(values)),
                None => {
                    indices.push(at);
                    unkept.push(day);
                }
            }
        }
        for (at, may) in indices.into_iter().zip(self.lake.may_contain(&unkept, column, values).await) {
            hold[at] = may;
        }
        hold
    }

    fn lock_filters(&self) -> MutexGuard<'_, FilterCache> {
        sync::lock(&self.filters)
    }

    fn lock_footers(&self) -> MutexGuard<'_, HashMap<NaiveDate, Option<Arc<DayFooter>>>> {
        // The map stays consistent: nothing panics while it holds the lock.
        sync::lock(&self.footers)
    }
}

#[cfg(test)]
mod tests;
