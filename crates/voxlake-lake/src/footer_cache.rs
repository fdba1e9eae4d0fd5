//! What the footers of day files tell, noted month by month: a lake of years is looked through
//! without opening its files.
//!
//! The notes are derived and disposable. Each names the file that it was taken from, by its
//! fingerprint, and is worth nothing for any other; a month's notes carry their checksum. Whatever
//! has no valid note is read from the day files themselves, so that notes that are stale, damaged
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
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

use crate::day::DayFile;
use crate::footer::{DayFooter, check_date, read_footer};
use crate::{Fingerprint, Lake, LakeError, WriterLock, commit, layout};

/// Notes of another form than this are as good as none.
const FORM: u32 = 2;
/// Files read at once: enough to hide a store's latency, few enough to be no burden.
const READS_AT_ONCE: usize = 16;
/// Letters of a SHA-256 in hexadecimal digits, which a month's notes begin with.
const CHECKSUM_LENGTH: usize = 64;

/// A month: year and month, from 1.
type Month = (i32, u32);

/// A month's notes as they are stored.
#[derive(Default, Serialize, Deserialize)]
struct Notes {
    form: u32,
    days: BTreeMap<NaiveDate, Note>,
}

/// What one day file's footer tells.
#[derive(Clone, Serialize, Deserialize)]
struct Note {
    file: Fingerprint,
    footer: DayFooter,
}

impl Notes {
    /// The notes in a file's bytes; none where it is damaged or of another form.
    fn read(bytes: &[u8]) -> Self {
        let whole = || {
            let (checksum, notes) = bytes.split_at_checked(CHECKSUM_LENGTH)?;
            if checksum != digest(notes).as_bytes() {
                return None;
            }
            serde_json::from_slice::<Self>(notes).ok().filter(|notes| notes.form == FORM)
        };
        whole().unwrap_or_default()
    }

    fn bytes(&self) -> serde_json::Result<Bytes> {
        let notes = serde_json::to_string(self)?;
        Ok((digest(notes.as_bytes()) + &notes).into())
    }

    fn footer(&self, day: &DayFile) -> Option<&DayFooter> {
        let note = self.days.get(&day.date)?;
        let DayFooter { coverage, first_start, last_start, .. } = &note.footer;
        // Earlier versions noted any file.
        let is_of_day = check_date(coverage, *first_start, *last_start, day.date).is_ok();
        (is_of_day && note.file == day.fingerprint()).then_some(&note.footer)
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
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
        let notes: BTreeMap<Month, Notes> = futures::stream::iter(months)
            .map(|month| async move { (month, self.notes(month).await) })
            .buffered(READS_AT_ONCE)
            .collect()
            .await;
        days.iter().map(|day| notes.get(&month(day.date))?.footer(day).cloned()).collect()
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
            .buffered(READS_AT_ONCE)
            .collect()
            .await
    }

    /// Notes the footers of all days that have no valid note, and forgets days that are gone. A
    /// commit notes its own day; this is for lakes of versions that noted nothing, and for days
    /// that others wrote.
    ///
    /// # Errors
    /// Where the lake cannot be listed or the notes cannot be written. Damaged days stay without a
    /// note.
    pub async fn refresh_footer_cache(&self, _lock: &WriterLock) -> Result<(), LakeError> {
        let mut months: BTreeMap<Month, Vec<DayFile>> = BTreeMap::new();
        for day in self.days().await? {
            months.entry(month(day.date)).or_default().push(day);
        }
        for (month, days) in months {
            let _alone = NOTING.lock().await;
            let known = self.notes(month).await;
            if known.days.len() == days.len() && days.iter().all(|day| known.footer(day).is_some()) {
                continue;
            }
            let footers = self.footers(&days).await;
            let notes = days.iter().zip(footers).filter_map(|(day, footer)| {
                Some((day.date, Note { file: day.fingerprint(), footer: footer.ok()? }))
            });
            self.set_notes(month, &Notes { form: FORM, days: notes.collect() }).await?;
        }
        Ok(())
    }

    /// Notes the footer of a day that was just committed.
    ///
    /// Without the note the day is read where it lies, so a failure is told in the log and fails no
    /// commit.
    pub(crate) async fn cache_footer(&self, date: NaiveDate) {
        let noted = async {
            let path = layout::day_file(date);
            let day = DayFile { date, meta: self.store().head(&path).await? };
            let footer = read_footer(&**self.store(), &day).await.map_err(boxed)?;
            let _alone = NOTING.lock().await;
            let month = month(date);
            let mut notes = self.notes(month).await;
            notes.form = FORM;
            notes.days.insert(date, Note { file: day.fingerprint(), footer });
            self.set_notes(month, &notes).await.map_err(boxed)?;
            Ok::<_, object_store::Error>(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(%date, %error, "the footer of a day is not noted");
        }
    }

    async fn notes(&self, month: Month) -> Notes {
        let read = async { self.store().get(&layout::footers(month)).await?.bytes().await };
        // What cannot be read is not there: the day files are.
        read.await.map_or_else(|_| Notes::default(), |bytes| Notes::read(&bytes))
    }

    async fn set_notes(&self, month: Month, notes: &Notes) -> Result<(), LakeError> {
        let bytes = notes.bytes().map_err(|error| LakeError::Store {
            action: "write",
            path: layout::footers(month).to_string(),
            source: Box::new(error),
        })?;
        commit::replace_disposable(&**self.store(), self.root(), &layout::footers(month), bytes).await
    }
}

/// Held while a month's notes are read and written anew: commits of one process may end at the same
/// time. Other processes are kept out by the writer's lock.
static NOTING: Mutex<()> = Mutex::const_new(());

fn boxed(error: LakeError) -> object_store::Error {
    object_store::Error::Generic { store: "lake", source: Box::new(error) }
}

#[cfg(test)]
mod tests;
