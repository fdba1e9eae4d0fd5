//! One window, page after page, to its end or to an error, never for ever.

use std::collections::{BTreeSet, HashSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::TimestampMillisecondType;
use chrono::{DateTime, Utc};
use voxlake_lake::{LakeError, TimeRange};
use voxlake_model::Reject;
use voxlake_model::schema::{ENGAGEMENT_ID, START_TIME};

use crate::{ApiClient, Budget, FetchError};

/// Most pages of one window: ten million calls, beyond any account's second.
const MOST_PAGES: u64 = 100_000;
/// Pages in a row that may bring nothing new before paging counts as endless.
const MOST_IDLE_PAGES: u32 = 3;
/// Records beyond twice the API's own count before paging counts as endless: calls that end meanwhile
/// move the count, but not so far.
const MOST_RECORDS_OVER: u64 = 10_000;
/// Pages that are put together into one batch.
const PAGES_TOGETHER: usize = 20;
/// How often a window is read while the count does not agree with what arrived.
const MOST_READS: u32 = 3;

/// What came of a window.
pub(crate) enum Walk {
    /// It was read to its end, and everything came that the API counts.
    Complete(Walked),
    /// It was read to its end, and some of it is missing, or may be.
    Short(Walked, FetchError),
    /// It holds so many records that it should be cut; nothing of it was kept.
    TooLarge { total: u64 },
}

/// What a window gave.
pub(crate) struct Walked {
    /// The calls, in the order of their pages; a call that came twice is there twice.
    pub(crate) calls: Vec<RecordBatch>,
    /// How many of these batches are of several pages.
    joined: usize,
    /// Pages that came.
    pages: usize,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) total_records: Option<u64>,
    /// When the first page was asked for.
    pub(crate) began: DateTime<Utc>,
}

impl Walked {
    fn new(began: DateTime<Utc>) -> Self {
        let (calls, rejects) = (Vec::new(), Vec::new());
        Self { calls, joined: 0, pages: 0, rejects, total_records: None, began }
    }

    /// Keeps a page's calls. Pages are put together, since a batch of a hundred calls has some hundred
    /// buffers, which take twice the memory of what they say.
    fn keep(&mut self, page: RecordBatch) -> Result<(), FetchError> {
        self.pages += 1;
        self.calls.push(page);
        if self.calls.len() - self.joined >= PAGES_TOGETHER {
            self.join()?;
        }
        Ok(())
    }

    fn join(&mut self) -> Result<(), FetchError> {
        let pages = self.calls.split_off(self.joined);
        if let [first, ..] = pages.as_slice() {
            self.calls.push(concat_batches(&first.schema(), &pages).map_err(LakeError::from)?);
        }
        self.joined = self.calls.len();
        Ok(())
    }
}

/// A window's failure, and whether a page of it had come before.
pub(crate) struct WalkError {
    pub(crate) error: FetchError,
    pub(crate) mid_walk: bool,
}

/// What a walk has to know besides its window.
pub(crate) struct Walker<'a, Now, OnPage> {
    pub(crate) client: &'a ApiClient,
    pub(crate) budget: &'a Budget,
    /// Tells the time in whole seconds.
    pub(crate) now: Now,
    /// Hears of each page's number of records and of the window's count.
    pub(crate) on_page: OnPage,
}

/// The distinct records among what arrived.
#[derive(Default)]
struct Seen {
    calls: HashSet<(i64, String)>,
    rejects: BTreeSet<String>,
}

impl Seen {
    fn count(&self) -> u64 {
        (self.calls.len() + self.rejects.len()) as u64
    }

    fn add(&mut self, calls: &RecordBatch, rejects: &[Reject]) {
        let ids = calls[ENGAGEMENT_ID].as_string::<i32>();
        let starts = calls[START_TIME].as_primitive::<TimestampMillisecondType>();
        for (start, id) in starts.values().iter().zip(ids.iter().flatten()) {
            self.calls.insert((*start, id.to_owned()));
        }
        self.rejects.extend(rejects.iter().map(|reject| reject.record.clone()));
    }
}

/// What one read of a window gave, from its first page to its last.
struct Read {
    seen: Seen,
    first_total: Option<u64>,
    last_total: Option<u64>,
}

impl Read {
    /// The count by which the read is complete. Where the count moved during the read, whatever the API
    /// counted at its beginning has come once as many records have; but what came between may stand in for what
    /// is missing, so that is good enough only for a window that is `read_again` in any case.
    fn complete(&self, read_again: bool) -> Option<u64> {
        let (first, last) = (self.first_total?, self.last_total?);
        let seen = self.seen.count();
        if seen == last {
            return Some(last);
        }
        (read_again && (first..last).contains(&seen)).then_some(first)
    }
}

impl<Now: Fn() -> DateTime<Utc>, OnPage: FnMut(u64, Option<u64>)> Walker<'_, Now, OnPage> {
    /// Reads `window` until as many distinct records have come as the API counts, a bounded number of
    /// times: calls that end meanwhile move the count. A window whose first page counts more records
    /// than `too_large` allows is left alone. `read_again` says that no moment of it is settled by this.
    pub(crate) async fn walk(
        &mut self,
        window: TimeRange,
        read_again: bool,
        too_large: impl Fn(u64) -> bool,
    ) -> Result<Walk, WalkError> {
        let mut walked = Walked::new((self.now)());
        // For the report alone: what any of the reads gave.
        let mut seen_in_all = Seen::default();
        for _ in 0..MOST_READS {
            let began = (self.now)();
            let pages_before = walked.pages;
            let read = match self.read_once(window, &mut walked, &too_large).await {
                Ok(Ok(read)) => read,
                Ok(Err(total)) => return Ok(Walk::TooLarge { total }),
                Err(error) => {
                    return Err(WalkError { error, mid_walk: walked.pages > pages_before });
                }
            };
            if read.last_total.is_none() {
                return Ok(Walk::Short(walked, FetchError::Uncounted));
            }
            walked.total_records = read.last_total;
            // One read has to have them all: of two that each lack one, neither can stand in for the other.
            if let Some(total) = read.complete(read_again) {
                return Ok(Walk::Complete(Walked { began, total_records: Some(total), ..walked }));
            }
            tracing::warn!(
                from = %window.from, to = %window.to, found = read.seen.count(), total = read.last_total,
                "the count does not agree"
            );
            seen_in_all.calls.extend(read.seen.calls);
            seen_in_all.rejects.extend(read.seen.rejects);
        }
        let total = walked.total_records.unwrap_or_default();
        let shortfall = FetchError::Incomplete { found: seen_in_all.count(), total, reads: MOST_READS };
        Ok(Walk::Short(walked, shortfall))
    }

    /// Reads the window's pages once; the inner error is the count of a window that is too large.
    async fn read_once(
        &mut self,
        window: TimeRange,
        walked: &mut Walked,
        too_large: impl Fn(u64) -> bool,
    ) -> Result<Result<Read, u64>, FetchError> {
        let mut read = Read { seen: Seen::default(), first_total: None, last_total: None };
        let mut tokens = HashSet::new();
        let (mut token, mut idle) = (None::<String>, 0);
        for number in 0..MOST_PAGES {
            let page = self.client.page(self.budget, window, token.as_deref()).await?;
            if number == 0 {
                read.first_total = page.total_records;
                if let Some(total) = page.total_records.filter(|total| too_large(*total)) {
                    return Ok(Err(total));
                }
            }
            let before = read.seen.count();
            read.seen.add(&page.calls, &page.rejects);
            let seen = read.seen.count();
            idle = if seen > before { 0 } else { idle + 1 };
            read.last_total = page.total_records.or(read.last_total);
            (self.on_page)((page.calls.num_rows() + page.rejects.len()) as u64, read.last_total);
            walked.keep(page.calls)?;
            walked.rejects.extend(page.rejects);
            let Some(next) = page.next_page_token else {
                walked.join()?;
                return Ok(Ok(read));
            };
            if read.last_total.is_some_and(|total| seen > 2 * total.min(u64::MAX / 4) + MOST_RECORDS_OVER) {
                return Err(FetchError::Endless { reason: "far more records come than the API counts" });
            }
            if idle >= MOST_IDLE_PAGES {
                return Err(FetchError::Endless { reason: "page after page brings nothing new" });
            }
            if !tokens.insert(next.clone()) {
                return Err(FetchError::Endless { reason: "a page token came back" });
            }
            token = Some(next);
        }
        Err(FetchError::Endless { reason: "a single window has more than 100,000 pages" })
    }
}

#[cfg(test)]
mod tests {
    use voxlake_model::decode_records;

    use super::*;

    #[test]
    fn pages_are_put_together_in_their_order_and_none_is_lost() {
        let page = |id: usize| {
            let record = format!(r#"{{"engagement_id": "{id}", "start_time": "2026-11-01T08:00:00Z"}}"#);
            decode_records([record.as_str()], DateTime::UNIX_EPOCH).unwrap().0
        };
        let mut walked = Walked::new(DateTime::UNIX_EPOCH);
        for id in 0..2 * PAGES_TOGETHER + 5 {
            walked.keep(page(id)).unwrap();
        }
        walked.join().unwrap();
        let rows: Vec<usize> = walked.calls.iter().map(RecordBatch::num_rows).collect();
        assert_eq!((rows, walked.pages), (vec![PAGES_TOGETHER, PAGES_TOGETHER, 5], 2 * PAGES_TOGETHER + 5));
        let ids =
            walked.calls.iter().flat_map(|batch| batch[ENGAGEMENT_ID].as_string::<i32>().iter().flatten());
        assert!(ids.eq((0..2 * PAGES_TOGETHER + 5).map(|id| id.to_string())));
    }
}
