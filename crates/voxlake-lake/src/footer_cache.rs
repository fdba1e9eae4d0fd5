//! Cache of day file footers by month: planning over years of days opens no day files.
//!
//! The cache is derived and disposable. Each entry names its day file by fingerprint and is valid
//! for that version only. The file of a month carries a checksum. Days without a valid entry are
//! read from their files, so a stale, damaged or missing cache costs time but changes no result.
//!
//! Ten years take 120 files instead of one: a commit rewrites a single month, and a query reads
//! only the months that it covers.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::{Datelike as _, NaiveDate};
use futures::StreamExt as _;
use object_store::ObjectStoreExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::day::DayFile;
use crate::footer::{DayFooter, check_date};
use crate::{Fingerprint, Lake, LakeError, MAX_CONCURRENT_REQUESTS, WriterLock, commit, layout, sha256_hex};

/// Version of the file format. Files of other versions are ignored.
const FORMAT_VERSION: u32 = 3;
/// Hexadecimal digits of the SHA-256 at the start of a file.
const CHECKSUM_DIGITS: usize = 64;

/// Year, and month from 1.
type Month = (i32, u32);

/// Cached footers of one month.
#[derive(Default, Serialize, Deserialize)]
struct FooterCache {
    #[serde(rename = "form")]
    format_version: u32,
    days: BTreeMap<NaiveDate, CachedFooter>,
}

/// Footer of one version of a day file.
#[derive(Clone, Serialize, Deserialize)]
struct CachedFooter {
    file: Fingerprint,
    footer: DayFooter,
}

impl FooterCache {
    /// Reads the cache from a file's bytes. Empty if they are damaged or of another version.
    fn parse(bytes: &[u8]) -> Self {
        let whole = || {
            let (checksum, cache) = bytes.split_at_checked(CHECKSUM_DIGITS)?;
            if checksum != sha256_hex(cache, CHECKSUM_DIGITS).as_bytes() {
                return None;
            }
            serde_json::from_slice::<Self>(cache).ok().filter(|cache| cache.format_version == FORMAT_VERSION)
        };
        whole().unwrap_or_default()
    }

    fn to_bytes(&self) -> serde_json::Result<Bytes> {
        let cache = serde_json::to_string(self)?;
        Ok((sha256_hex(&cache, CHECKSUM_DIGITS) + &cache).into())
    }

    fn get(&self, day: &DayFile) -> Option<&DayFooter> {
        let note = self.days.get(&day.date)?;
        let DayFooter { coverage, first_start, last_start, .. } = &note.footer;
        // Earlier versions also cached files that lay under a wrong date.
        let is_of_day = check_date(coverage, *first_start, *last_start, day.date).is_ok();
        (is_of_day && note.file == day.fingerprint()).then_some(&note.footer)
    }
}

fn month(date: NaiveDate) -> Month {
    (date.year(), date.month())
}

impl Lake {
    /// Returns the cached footers of `days`, in their order. `None` for a day that is not cached or
    /// whose file was replaced. No day file is read.
    ///
    /// Damage that changes neither the size nor the modification time of a file is not noticed
    /// here. [`Lake::check_footer`] reads the file itself.
    pub async fn cached_footers(&self, days: &[DayFile]) -> Vec<Option<DayFooter>> {
        let months: BTreeSet<Month> = days.iter().map(|day| month(day.date)).collect();
        let cache: BTreeMap<Month, FooterCache> = futures::stream::iter(months)
            .map(|month| async move { (month, self.load_month(month).await) })
            .buffered(MAX_CONCURRENT_REQUESTS)
            .collect()
            .await;
        days.iter().map(|day| cache.get(&month(day.date))?.get(day).cloned()).collect()
    }

    /// Returns the footers of `days`, in their order, from the [cache](Lake::cached_footers) or
    /// else from the files.
    ///
    /// # Errors
    /// Each day has its own result. Its error is that of [`Lake::footer`].
    pub async fn footers(&self, days: &[DayFile]) -> Vec<Result<DayFooter, LakeError>> {
        let days: Vec<_> = days.iter().cloned().zip(self.cached_footers(days).await).collect();
        futures::stream::iter(days)
            .map(|(day, cached)| async move {
                match cached {
                    Some(footer) => Ok(footer),
                    None => self.footer(&day).await,
                }
            })
            .buffered(MAX_CONCURRENT_REQUESTS)
            .collect()
            .await
    }

    /// Caches the footers of all days without a valid entry, and removes entries of deleted days.
    ///
    /// Commits cache their own day. This is for days that an earlier version or another program
    /// wrote.
    ///
    /// # Errors
    /// If the lake cannot be listed or the cache cannot be written. Damaged days are not cached.
    pub async fn refresh_footer_cache(&self, _lock: &WriterLock) -> Result<(), LakeError> {
        let mut months: BTreeMap<Month, Vec<DayFile>> = BTreeMap::new();
        for day in self.days().await? {
            months.entry(month(day.date)).or_default().push(day);
        }
        for (month, days) in months {
            let _alone = FOOTER_CACHE_LOCK.lock().await;
            let known = self.load_month(month).await;
            if known.days.len() == days.len() && days.iter().all(|day| known.get(day).is_some()) {
                continue;
            }
            let footers = self.footers(&days).await;
            let cache = days.iter().zip(footers).filter_map(|(day, footer)| {
                Some((day.date, CachedFooter { file: day.fingerprint(), footer: footer.ok()? }))
            });
            self.store_month(month, &FooterCache { format_version: FORMAT_VERSION, days: cache.collect() })
                .await?;
        }
        Ok(())
    }

    /// Caches the footer of a day that was just committed.
    ///
    /// The cache is optional, so a failure is logged and does not fail the commit.
    pub(crate) async fn cache_footer(&self, date: NaiveDate) {
        let cached = async {
            let Some((day, footer)) = self.current_footer(date).await? else { return Ok(()) };
            let _alone = FOOTER_CACHE_LOCK.lock().await;
            let month = month(date);
            let mut cache = self.load_month(month).await;
            cache.format_version = FORMAT_VERSION;
            cache.days.insert(date, CachedFooter { file: day.fingerprint(), footer });
            self.store_month(month, &cache).await
        };
        if let Err(error) = cached.await {
            tracing::warn!(%date, error = &error as &(dyn std::error::Error + 'static), "cannot cache the footer of a day");
        }
    }

    async fn load_month(&self, month: Month) -> FooterCache {
        let read = async { self.store().get(&layout::footer_cache(month)).await?.bytes().await };
        // An unreadable cache counts as empty: the day files are the source.
        read.await.map_or_else(|_| FooterCache::default(), |bytes| FooterCache::parse(&bytes))
    }

    async fn store_month(&self, month: Month, cache: &FooterCache) -> Result<(), LakeError> {
        let bytes = cache.to_bytes().map_err(|error| LakeError::Store {
            action: "write",
            path: layout::footer_cache(month).to_string(),
            source: Box::new(error),
        })?;
        commit::replace_disposable(&**self.store(), self.root(), &layout::footer_cache(month), bytes).await
    }
}

/// Held while the file of a month is read, changed and written, because commits of one process may
/// end at the same time. The writer's lock excludes other processes.
static FOOTER_CACHE_LOCK: Mutex<()> = Mutex::const_new(());

#[cfg(test)]
mod tests;
