//! Differences between the lake and the newest version of its table.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use voxlake_lake::{DayFile, PublishedTable};

use crate::snapshot::{TableFile, TableSnapshot};

/// Changes that make the table equal to the lake.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Days that the table does not have in their current version.
    pub(crate) changed: Vec<DayFile>,
    /// Days that the table has in their current version.
    pub(crate) unchanged: Vec<DayFile>,
    /// Files of the newest version that are not part of the next one, by path.
    pub(crate) outdated: BTreeMap<String, TableFile>,
}

impl Changes {
    pub(crate) fn new(days: Vec<DayFile>, table: &PublishedTable, newest: Option<&TableSnapshot>) -> Self {
        let mut outdated = newest.map(|newest| newest.files.clone()).unwrap_or_default();
        let is_published = |day: &DayFile| outdated.remove(&table.file_of(day).path).is_some();
        let (unchanged, changed) = days.into_iter().partition(is_published);
        Self { changed, unchanged, outdated }
    }

    /// Days that were added, replaced or removed.
    pub(crate) fn dates(&self) -> BTreeSet<NaiveDate> {
        let changed = self.changed.iter().map(|day| day.date);
        changed.chain(self.outdated.values().map(|file| file.date)).collect()
    }
}
