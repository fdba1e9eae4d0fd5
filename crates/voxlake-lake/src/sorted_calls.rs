//! Calls of a fetch in the order of a day.

use std::collections::HashMap;

use arrow::array::{AsArray as _, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::TimestampMillisecondType;
use arrow::error::ArrowError;
use voxlake_model::schema::{self, ENGAGEMENT_ID, START_TIME};

use crate::calls::Key;

/// Calls of a fetch, taken in the order of their keys. Calls with the same key stay together, in
/// the order of their fetch. The memory of a page is freed once all its calls are taken.
pub(crate) struct SortedCalls {
    pages: Vec<Page>,
    /// Page and row of each call, by key.
    order: Vec<(usize, usize)>,
    /// Number of calls that were taken.
    taken: usize,
}

struct Page {
    calls: RecordBatch,
    starts: TimestampMillisecondArray,
    ids: StringArray,
    remaining: usize,
}

impl Page {
    fn new(calls: RecordBatch) -> Self {
        let starts = calls[START_TIME].as_primitive::<TimestampMillisecondType>().clone();
        let ids = calls[ENGAGEMENT_ID].as_string().clone();
        Self { starts, ids, remaining: calls.num_rows(), calls }
    }
}

impl SortedCalls {
    /// Sorts the calls of `pages`.
    ///
    /// # Errors
    /// If the calls do not have the lake's schema.
    pub(crate) fn new(pages: Vec<RecordBatch>) -> Result<Self, ArrowError> {
        let schema = schema::voice_calls();
        let pages: Vec<Page> = pages
            .into_iter()
            .map(|page| RecordBatch::try_new(schema.clone(), page.columns().to_vec()).map(Page::new))
            .collect::<Result<_, _>>()?;
        let rows = |(at, page): (usize, &Page)| (0..page.remaining).map(move |row| (at, row));
        let order = pages.iter().enumerate().flat_map(rows).collect();
        let mut sorted = Self { pages, order, taken: 0 };
        let mut order = std::mem::take(&mut sorted.order);
        // The sort is stable: calls with the same key stay in the order of their fetch.
        order.sort_by(|a, b| sorted.key(*a).cmp(&sorted.key(*b)));
        sorted.order = order;
        Ok(sorted)
    }

    fn key(&self, (page, row): (usize, usize)) -> Key<'_> {
        let page = &self.pages[page];
        (page.starts.value(row), page.ids.value(row))
    }

    /// Returns whether a remaining call started before `from` or not before `to`, both in ms.
    pub(crate) fn any_outside(&self, from: i64, to: i64) -> bool {
        let remaining = &self.order[self.taken..];
        let ends = [remaining.first(), remaining.last()];
        ends.into_iter().flatten().any(|at| !(from..to).contains(&self.key(*at).0))
    }

    /// Returns whether a remaining call started from `first` to `last` ms, both inclusive.
    pub(crate) fn any_within(&self, first: i64, last: i64) -> bool {
        let remaining = &self.order[self.taken..];
        let from = remaining.partition_point(|at| self.key(*at).0 < first);
        remaining.get(from).is_some_and(|at| self.key(*at).0 <= last)
    }

    /// Returns whether the next call exists and is `wanted`.
    pub(crate) fn next_is(&self, wanted: impl Fn(Key<'_>) -> bool) -> bool {
        self.order.get(self.taken).is_some_and(|at| wanted(self.key(*at)))
    }

    /// Takes the next calls while they are `wanted`, about `max_rows` of them: calls with the same
    /// key are not separated. `None` after the last one.
    pub(crate) fn take_while(
        &mut self,
        max_rows: usize,
        wanted: impl Fn(Key<'_>) -> bool,
    ) -> Result<Option<RecordBatch>, ArrowError> {
        let from = self.taken;
        let end = from + self.order[from..].partition_point(|at| wanted(self.key(*at)));
        let mut to = end.min(from + max_rows.max(1));
        while to < end && to > from && self.key(self.order[to - 1]) == self.key(self.order[to]) {
            to += 1;
        }
        if to == from {
            return Ok(None);
        }
        let mut numbers: HashMap<usize, usize> = HashMap::new();
        let (mut pages, mut rows) = (Vec::new(), Vec::with_capacity(to - from));
        for (page, row) in &self.order[from..to] {
            let number = *numbers.entry(*page).or_insert_with(|| {
                pages.push(self.pages[*page].calls.clone());
                pages.len() - 1
            });
            rows.push((number, *row));
        }
        let piece = interleave_record_batch(&pages.iter().collect::<Vec<_>>(), &rows)?;
        drop(pages);
        for at in from..to {
            let page = &mut self.pages[self.order[at].0];
            page.remaining -= 1;
            if page.remaining == 0 {
                *page = Page::new(RecordBatch::new_empty(schema::voice_calls()));
            }
        }
        self.taken = to;
        Ok(Some(piece))
    }
}
