//! Cache of the calls of a window that pass a filter.
//!
//! Every page has the count of all calls of its window, so each page needs an index of the window.
//! Building it for every page would make paging quadratic. An index holds entries, not calls, and
//! does not depend on the time; evicting one is always safe.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::filter::Filter;
use crate::centre::{Centre, Entry};

/// Maximum cached entries of all indexes, 40 bytes each.
const KEPT_ENTRIES: usize = 2_000_000;
const KEPT_LISTS: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Indexes(Mutex<VecDeque<Arc<Index>>>);

/// The calls that start in `[from, end)` and pass the filter, in order, whether completed or not.
#[derive(Debug)]
pub(crate) struct Index {
    from: i64,
    end: i64,
    filter: Filter,
    entries: Vec<Entry>,
}

impl Index {
    fn new(centre: &Centre, from: i64, end: i64, filter: &Filter) -> Self {
        let passes =
            |entry: &Entry| filter.is_open() || centre.call(entry).is_some_and(|call| filter.passes(&call));
        Self {
            from,
            end,
            filter: filter.clone(),
            entries: centre.entries(from, end).filter(passes).collect(),
        }
    }

    fn holds(&self, from: i64, end: i64, filter: &Filter) -> bool {
        self.from <= from && end <= self.end && self.filter == *filter
    }

    /// Returns the entries of a window within this one.
    pub(crate) fn between(&self, from: i64, end: i64) -> &[Entry] {
        let place = |second| self.entries.partition_point(|entry| entry.start < second);
        let (first, last) = (place(from), place(end));
        &self.entries[first..last.max(first)]
    }
}

impl Indexes {
    /// Returns an index that holds the window, from the cache or built now.
    pub(crate) fn get(&self, centre: &Centre, from: i64, end: i64, filter: &Filter) -> Arc<Index> {
        if let Some(kept) = self.find(from, end, filter) {
            return kept;
        }
        // Built without the lock, so that other requests are not blocked. Two requests may build
        // the same index, which is harmless.
        let made = Arc::new(Index::new(centre, from, end, filter));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Indexes within the new one are redundant.
        kept.retain(|old| !made.holds(old.from, old.end, &old.filter));
        kept.push_back(Arc::clone(&made));
        let mut entries: usize = kept.iter().map(|index| index.entries.len()).sum();
        while kept.len() > KEPT_LISTS || (entries > KEPT_ENTRIES && kept.len() > 1) {
            let dropped = kept.pop_front();
            entries -= dropped.map_or(0, |index| index.entries.len());
        }
        made
    }

    fn find(&self, from: i64, end: i64, filter: &Filter) -> Option<Arc<Index>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|index| index.holds(from, end, filter))?;
        let found = kept.remove(place)?;
        // Move it to the back: the least recently used index is evicted first.
        kept.push_back(Arc::clone(&found));
        Some(found)
    }
}
