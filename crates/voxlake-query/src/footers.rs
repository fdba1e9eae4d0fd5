//! What a session knows of the footers of its days: asked of the lake once, however many questions need it.
//!
//! A session answers from the files that were there when it opened, so what their footers told stays true.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use futures::stream::{self, StreamExt as _};
use voxlake_lake::{DayFile, DayFooter, Lake, LakeError};

/// Footers to read at once: enough to hide a store's latency, few enough to be no burden.
const FOOTERS_AT_ONCE: usize = 16;

/// The footers of a session's days.
#[derive(Clone, Debug)]
pub(crate) struct Footers {
    lake: Lake,
    /// By date; `None` where the lake has no note and the file was not read yet.
    known: Arc<Mutex<HashMap<NaiveDate, Option<Arc<DayFooter>>>>>,
}

impl Footers {
    /// Of the days of a session over `lake`.
    pub(crate) fn new(lake: &Lake) -> Self {
        Self { lake: lake.clone(), known: Arc::default() }
    }

    /// What is known of the footers of `days`, in their order, without reading a day file.
    pub(crate) async fn noted(&self, days: &[DayFile]) -> Vec<Option<Arc<DayFooter>>> {
        let new: Vec<DayFile> = {
            let known = self.known();
            days.iter().filter(|day| !known.contains_key(&day.date)).cloned().collect()
        };
        if !new.is_empty() {
            let noted = self.lake.noted_footers(&new).await;
            let noted = new.iter().zip(noted).map(|(day, footer)| (day.date, footer.map(Arc::new)));
            self.known().extend(noted);
        }
        let known = self.known();
        days.iter().map(|day| known.get(&day.date).cloned().flatten()).collect()
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
    pub(crate) async fn may_hold(&self, days: &[DayFile], column: &str, values: &[&str]) -> Vec<bool> {
        let mut hold = vec![true; days.len()];
        let footers = self.of(days).await.into_iter().enumerate();
        // A file whose footer cannot be read is looked into, and named by the error that comes of it.
        let (places, read): (Vec<usize>, Vec<_>) =
            footers.filter_map(|(at, footer)| Some((at, (days[at].clone(), footer.ok()?)))).unzip();
        for (at, may) in places.into_iter().zip(self.lake.may_hold(&read, column, values).await) {
            hold[at] = may;
        }
        hold
    }

    fn known(&self) -> MutexGuard<'_, HashMap<NaiveDate, Option<Arc<DayFooter>>>> {
        // What is there is whole: nothing panics while it holds the lock.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
