//! What the footers of day files tell, noted month by month: a lake of years is looked through
//! without opening its files.
//!
//! The cache are derived and disposable. Each names the file that it was taken from, by its
//! fingerprint, and is worth nothing for any other; a month's cache carry their checksum. Whatever
//! has no valid note is read from the day files themselves, so that cache that are stale, damaged
//! or gone cost time and change no answer.
//!
//! Ten years in 120 files and not in one: a commit writes one month anew, and a question reads the
//! months that it asks about.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::{Datelike as _, NaiveDate};
use futures::StreamExt as _;
use object_store::ObjectStoreExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::day::DayFile;
use crate::footer::{DayFooter, check_date, read_footer};
use crate::{Fingerprint, Lake, LakeError, WriterLock, commit, layout, sha256_hex};

/// FooterCache of another form than this are as good as none.
const FORMAT_VERSION: u32 = 2;
/// Files read at once: enough to hide a store's latency, few enough to be no burden.
const MAX_CONCURRENT_READS: usize = 16;
/// Letters of a SHA-256 in hexadecimal digits, which a month's cache begin with.
const CHECKSUM_DIGITS: usize = 64;

/// A month: year and month, from 1.
type Month = (i32, u32);

/// A month's cache as they are stored.
#[derive(Default, Serialize, Deserialize)]
struct FooterCache {
    #[serde(rename = "form")]
    format_version: u32,
    days: BTreeMap<NaiveDate, CachedFooter>,
}

/// What one day file's footer tells.
#[derive(Clone, Serialize, Deserialize)]
struct CachedFooter {
    file: Fingerprint,
    footer: DayFooter,
}

impl FooterCache {
    /// The cache in a file's bytes; none where it is damaged or of another form.
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
        // Earlier versions noted any file.
        let is_of_day = check_date(coverage, *first_start, *last_start, day.date).is_ok();
        (is_of_day && note.file == day.fingerprint()).then_some(&note.footer)
    }
}

fn month(date: NaiveDate) -> Month {
    (date.year(), date.month())
}

impl Lake {
    /// What the lake has noted of the footers of `days`, in their order; `None` where it has
    /// nothing, or only of a file that was replaced since. Reads no day file.
    ///
    /// A file that was damaged without a change of its size and time still has its note;
    /// [`Lake::check_footer`] reads the file itself.
    pub async fn cached_footers(&self, days: &[DayFile]) -> Vec<Option<DayFooter>> {
        let months: BTreeSet<Month> = days.iter().map(|day| month(day.date)).collect();
        let cache: BTreeMap<Month, FooterCache> = futures::stream::iter(months)
            .map(|month| async move { (month, self.load_month(month).await) })
            .buffered(MAX_CONCURRENT_READS)
            .collect()
            .await;
        days.iter().map(|day| cache.get(&month(day.date))?.get(day).cloned()).collect()
    }

    /// What the footers of `days` tell, in their order: as it is [noted](Lake::cached_footers), or
    /// from the files.
    ///
    /// # Errors
    /// Each day's own, as of [`Lake::footer`].
    pub async fn footers(&self, days: &[DayFile]) -> Vec<Result<DayFooter, LakeError>> {
        let days: Vec<_> = days.iter().cloned().zip(self.cached_footers(days).await).collect();
        futures::stream::iter(days)
            .map(|(day, noted)| async move {
                match noted {
                    Some(footer) => Ok(footer),
                    None => self.footer(&day).await,
                }
            })
            .buffered(MAX_CONCURRENT_READS)
            .collect()
            .await
    }

    /// FooterCache the footers of all days that have no valid note, and forgets days that are gone. A
    /// commit cache its own day; this is for lakes of versions that noted nothing, and for days
    /// that others wrote.
    ///
    /// # Errors
    /// Where the lake cannot be listed or the cache cannot be written. Damaged days stay without a
    /// note.
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

    /// FooterCache the footer of a day that was just committed.
    ///
    /// Without the note the day is read where it lies, so a failure is told in the log and fails no
    /// commit.
    pub(crate) async fn cache_footer(&self, date: NaiveDate) {
        let noted = async {
            let path = layout::day_file(date);
            let day = DayFile { date, meta: self.store().head(&path).await? };
            let footer = read_footer(&**self.store(), &day).await.map_err(boxed)?;
            let _alone = FOOTER_CACHE_LOCK.lock().await;
            let month = month(date);
            let mut cache = self.load_month(month).await;
            cache.format_version = FORMAT_VERSION;
            cache.days.insert(date, CachedFooter { file: day.fingerprint(), footer });
            self.store_month(month, &cache).await.map_err(boxed)?;
            Ok::<_, object_store::Error>(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(%date, %error, "the footer of a day is not noted");
        }
    }

    async fn load_month(&self, month: Month) -> FooterCache {
        let read = async { self.store().get(&layout::footers(month)).await?.bytes().await };
        // What cannot be read is not there: the day files are.
        read.await.map_or_else(|_| FooterCache::default(), |bytes| FooterCache::parse(&bytes))
    }

    async fn store_month(&self, month: Month, cache: &FooterCache) -> Result<(), LakeError> {
        let bytes = cache.to_bytes().map_err(|error| LakeError::Store {
            action: "write",
            path: layout::footers(month).to_string(),
            source: Box::new(error),
        })?;
        commit::replace_disposable(&**self.store(), self.root(), &layout::footers(month), bytes).await
    }
}

/// Held while a month's cache are read and written anew: commits of one process may end at the same
/// time. Other processes are kept out by the writer's lock.
static FOOTER_CACHE_LOCK: Mutex<()> = Mutex::const_new(());

fn boxed(error: LakeError) -> object_store::Error {
    object_store::Error::Generic { store: "lake", source: Box::new(error) }
}

#[cfg(test)]
mod tests;
