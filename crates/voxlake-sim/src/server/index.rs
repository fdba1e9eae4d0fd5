//! Cache of the calls of a window that pass a filter.
//!
//! Every page has the count of all calls of its window, so each page needs an index of the window.
//! Building it for every page would make paging quadratic. An index holds entries, not calls, and
//! does not depend on the time; evicting one is always safe.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::filter::Filter;
use crate::centre::{Centre, Entry};
use crate::sync;

/// Maximum cached entries of all indexes, 40 bytes each.
const MAX_CACHED_ENTRIES: usize = 2_000_000;
const MAX_CACHED_INDEXES: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct IndexCache(Mutex<VecDeque<Arc<WindowIndex>>>);

/// The calls that start in `[from, end)` and pass the filter, in order, whether completed or not.
#[derive(Debug)]
pub(crate) struct WindowIndex {
    from: i64,
    end: i64,
    filter: Filter,
    entries: Vec<Entry>,
}

impl WindowIndex {
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

impl IndexCache {
    /// Returns an index that holds the window, from the cache or built now.
    pub(crate) fn get(&self, centre: &Centre, from: i64, end: i64, filter: &Filter) -> Arc<WindowIndex> {
        if let Some(cached) = self.find(from, end, filter) {
            return cached;
        }
        // Built without the lock, so that other requests are not blocked. Two requests may build
        // the same index, which is harmless.
        let built = Arc::new(WindowIndex::new(centre, from, end, filter));
        let mut cache = sync::lock(&self.0);
        // Indexes within the new one are redundant.
        cache.retain(|old| !built.holds(old.from, old.end, &old.filter));
        cache.push_back(Arc::clone(&built));
        let mut entries: usize = cache.iter().map(|index| index.entries.len()).sum();
        while cache.len() > MAX_CACHED_INDEXES || (entries > MAX_CACHED_ENTRIES && cache.len() > 1) {
            let dropped = cache.pop_front();
            entries -= dropped.map_or(0, |index| index.entries.len());
        }
        built
    }

    fn find(&self, from: i64, end: i64, filter: &Filter) -> Option<Arc<WindowIndex>> {
        let mut cache = sync::lock(&self.0);
        let place = cache.iter().position(|index| index.holds(from, end, filter))?;
        let found = cache.remove(place)?;
        // Move it to the back: the least recently used index is evicted first.
        cache.push_back(Arc::clone(&found));
        Some(found)
    }
}
