//! What a session knows of the footers of its days: asked of the lake once, however many questions need it.
//!
//! A session answers from the files that were there when it opened, so what their footers told stays true.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::NaiveDate;
use futures::stream::{self, StreamExt as _};
use voxlake_lake::{DayBloomFilter, DayFile, DayFooter, Lake, LakeError};
use voxlake_model::sync;

use crate::damage::{blamed, culprit};
use crate::error::EngineError;

/// Footers to read at once: enough to hide a store's latency, few enough to be no burden.
const FOOTERS_AT_ONCE: usize = 16;

/// Bytes of Bloom filters that a session keeps: those of some 50 million calls.
const FILTERS_IN_MEMORY: u64 = 64 << 20;

/// The footers of a session's days, and the filters that they name.
#[derive(Clone, Debug)]
pub struct Footers {
    lake: Lake,
    /// By date; `None` where the lake has no note and the file was not read yet.
    known: Arc<Mutex<HashMap<NaiveDate, Option<Arc<DayFooter>>>>>,
    filters: Arc<Mutex<Filters>>,
}

/// The Bloom filters that a session keeps.
#[derive(Debug, Default)]
struct Filters {
    /// Columns that a question asked for.
    asked: BTreeSet<String>,
    /// By date and column; `None` for a file whose filters cannot be read.
    kept: HashMap<(NaiveDate, String), Option<DayBloomFilter>>,
    bytes: u64,
}

impl Filters {
    /// Those of `days` whose filters are to be read and kept: all that are not yet, or none.
    fn wanted<'a>(
        &mut self,
        column: &str,
        days: impl Iterator<Item = &'a (DayFile, Arc<DayFooter>)>,
    ) -> Vec<(DayFile, Arc<DayFooter>)> {
        if self.asked.insert(column.to_owned()) {
            return Vec::new();
        }
        let new = days.filter(|(day, _)| !self.kept.contains_key(&(day.date, column.to_owned())));
        let new: Vec<_> = new.cloned().collect();
        let bytes: u64 = new.iter().map(|(_, footer)| footer.filter_bytes(column)).sum();
        if self.bytes + bytes > FILTERS_IN_MEMORY { Vec::new() } else { new }
    }

    fn of(&self, date: NaiveDate, column: &str) -> Option<&Option<DayBloomFilter>> {
        self.kept.get(&(date, column.to_owned()))
    }

    fn keep(
        &mut self,
        column: &str,
        days: &[(DayFile, Arc<DayFooter>)],
        filters: Vec<Option<DayBloomFilter>>,
    ) {
        for ((day, footer), filter) in days.iter().zip(filters) {
            let bytes = footer.filter_bytes(column);
            // Questions at once may have read the same, or together more than there is place for.
            if self.bytes + bytes <= FILTERS_IN_MEMORY
                && self.kept.insert((day.date, column.to_owned()), filter).is_none()
            {
                self.bytes += bytes;
            }
        }
    }
}

impl Footers {
    /// Of the days of a session over `lake`.
    #[must_use]
    pub fn new(lake: &Lake) -> Self {
        Self { lake: lake.clone(), known: Arc::default(), filters: Arc::default() }
    }

    /// What is known of the footers of `days`, in their order, without reading a day file.
    pub(crate) async fn noted(&self, days: &[DayFile]) -> Vec<Option<Arc<DayFooter>>> {
        let new: Vec<DayFile> = {
            let known = self.known();
            days.iter().filter(|day| !known.contains_key(&day.date)).cloned().collect()
        };
        if !new.is_empty() {
            let noted = self.lake.cached_footers(&new).await;
            let noted = new.iter().zip(noted).map(|(day, footer)| (day.date, footer.map(Arc::new)));
            self.known().extend(noted);
        }
        let known = self.known();
        days.iter().map(|day| known.get(&day.date).cloned().flatten()).collect()
    }

    /// The error of a day whose footer cannot be read: it may have been replaced since the session began.
    pub(crate) async fn blame(&self, day: &DayFile, error: LakeError) -> EngineError {
        match culprit(&self.lake, vec![day.clone()]).await {
            Some(found) => found,
            None => blamed(error),
        }
    }

    /// The footers of `days`, in their order.
    ///
    /// # Errors
    /// Each day's own: [`LakeError::Damaged`] for a footer that cannot be read.
    pub(crate) async fn of(&self, days: &[DayFile]) -> Vec<Result<Arc<DayFooter>, LakeError>> {
        let days: Vec<_> = days.iter().cloned().zip(self.noted(days).await).collect();
        stream::iter(days)
            .map(|(day, noted)| async move {
                if let Some(footer) = noted {
                    return Ok(footer);
                }
                let footer = Arc::new(self.lake.footer(&day).await?);
                self.known().insert(day.date, Some(Arc::clone(&footer)));
                Ok(footer)
            })
            .buffered(FOOTERS_AT_ONCE)
            .collect()
            .await
    }

    /// Which of `days` may hold a call whose `column` has one of `values`, in their order.
    ///
    /// The first scan that asks for a column reads no more than it needs. A second one is a sign of more to come: from then
    /// on filters are kept, if there is place for all that it asks.
    pub(crate) async fn may_hold(&self, days: &[DayFile], column: &str, values: &[&str]) -> Vec<bool> {
        let mut hold = vec![true; days.len()];
        let footers = self.of(days).await.into_iter().enumerate();
        // A file whose footer cannot be read is looked into, and named by the error that comes of it.
        let read: Vec<(usize, _)> =
            footers.filter_map(|(at, footer)| Some((at, (days[at].clone(), footer.ok()?)))).collect();
        let new = self.filters().wanted(column, read.iter().map(|(_, day)| day));
        if !new.is_empty() {
            let filters = self.lake.bloom_filters(&new, column).await;
            self.filters().keep(column, &new, filters);
        }
        let (mut places, mut unkept) = (Vec::new(), Vec::new());
        for (at, day) in read {
            match self.filters().of(day.0.date, column) {
                Some(filter) => hold[at] = filter.as_ref().is_none_or(|filter| filter.may_contain(values)),
                None => {
                    places.push(at);
                    unkept.push(day);
                }
            }
        }
        for (at, may) in places.into_iter().zip(self.lake.may_contain(&unkept, column, values).await) {
            hold[at] = may;
        }
        hold
    }

    fn filters(&self) -> MutexGuard<'_, Filters> {
        sync::lock(&self.filters)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<NaiveDate, Option<Arc<DayFooter>>>> {
        // What is there is whole: nothing panics while it holds the lock.
        sync::lock(&self.known)
    }
}

#[cfg(test)]
mod tests;
