//! Lists of the calls in a window that pass a filter, kept for the next page.
//!
//! A page tells the count of all its window's calls, so some list of them is needed for each page;
//! making it anew would make the walk through a window quadratic. A list holds outlines only (the
//! page's calls are made again), is the same at any time, and can be thrown away at any time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::filter::Filter;
use crate::centre::{Centre, Entry};

/// Outlines kept over all lists, 40 bytes each.
const KEPT_ENTRIES: usize = 2_000_000;
const KEPT_LISTS: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Indexes(Mutex<VecDeque<Arc<Index>>>);

/// The calls that start in `[from, end)` and pass the filter, in order, completed or not.
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

    /// Those of a window inside this one.
    pub(crate) fn between(&self, from: i64, end: i64) -> &[Entry] {
        let place = |second| self.entries.partition_point(|entry| entry.start < second);
        let (first, last) = (place(from), place(end));
        &self.entries[first..last.max(first)]
    }
}

impl Indexes {
    /// A list that holds the window, from those kept or made now.
    pub(crate) fn get(&self, centre: &Centre, from: i64, end: i64, filter: &Filter) -> Arc<Index> {
        if let Some(kept) = self.find(from, end, filter) {
            return kept;
        }
        // Not under the lock: others can use theirs meanwhile. Two may make the same list; both are right.
        let made = Arc::new(Index::new(centre, from, end, filter));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What the new list holds too has no further use.
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
        // At the back, away from the end that is thrown away.
        kept.push_back(Arc::clone(&found));
        Some(found)
    }
}
