//! Fetching of one window, page by page, with checks for completeness and termination.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::TimestampMillisecondType;
use chrono::{DateTime, TimeDelta, Utc};
use voxlake_lake::{LakeError, TimeRange};
use voxlake_model::schema::{ENGAGEMENT_ID, START_TIME};
use voxlake_model::{Page, Reject};

use crate::client::PageQuery;
use crate::limits::{MAX_IDLE_PAGES, MAX_READS, MAX_WINDOW_PAGES, MAX_WINDOW_RECORDS, max_window_records};
use crate::memory::{MemoryReservation, MemoryTracker};
use crate::{ApiClient, Budget, FetchError};

/// Pages that are concatenated into one batch.
const PAGES_PER_BATCH: usize = 20;

/// Outcome of fetching a window.
pub(crate) enum WindowOutcome {
    /// All records that the API counts were received.
    Complete(FetchedWindow),
    /// Records are or may be missing.
    Short(FetchedWindow, FetchError),
    /// The window has too many records and should be split; none of them were kept.
    TooLarge { total: u64 },
}

/// Records of a window.
pub(crate) struct FetchedWindow {
    /// Calls in page order; may contain duplicates.
    pub(crate) calls: Vec<RecordBatch>,
    /// Number of batches that are concatenated pages.
    joined_batches: usize,
    /// Number of pages received.
    pages: usize,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) total_records: Option<u64>,
    /// Time of the first request.
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) memory: MemoryReservation,
}

impl FetchedWindow {
    fn new(started_at: DateTime<Utc>, memory: MemoryReservation) -> Self {
        let (calls, rejects) = (Vec::new(), Vec::new());
        Self { calls, joined_batches: 0, pages: 0, rejects, total_records: None, started_at, memory }
    }

    /// Adds the records of a page. Pages are concatenated, since a batch of 100 calls has some
    /// hundred buffers that take twice the memory of their data. Returns whether the run stays
    /// within its memory limit.
    fn add_page(&mut self, calls: RecordBatch, rejects: Vec<Reject>) -> Result<bool, FetchError> {
        self.pages += 1;
        let reject_bytes: usize = rejects.iter().map(|reject| reject.record.len()).sum();
        let within_memory_limit = self.memory.add(calls.get_array_memory_size() + reject_bytes);
        self.calls.push(calls);
        self.rejects.extend(rejects);
        if self.calls.len() - self.joined_batches >= PAGES_PER_BATCH {
            self.concat_pages()?;
        }
        Ok(within_memory_limit)
    }

    fn concat_pages(&mut self) -> Result<(), FetchError> {
        let pages = self.calls.split_off(self.joined_batches);
        if let [first, ..] = pages.as_slice() {
            self.calls.push(concat_batches(&first.schema(), &pages).map_err(LakeError::from)?);
        }
        self.joined_batches = self.calls.len();
        Ok(())
    }
}

/// Failure of a window.
pub(crate) struct WindowError {
    pub(crate) error: FetchError,
    pub(crate) after_first_page: bool,
}

/// Fetches windows with one client and budget.
pub(crate) struct WindowFetcher<'a, Now, OnPage> {
    pub(crate) client: &'a ApiClient,
    pub(crate) budget: &'a Budget,
    /// Current time in whole seconds.
    pub(crate) now: Now,
    /// Callback with the records of each page and the count of the window.
    pub(crate) on_page: OnPage,
    pub(crate) memory: MemoryTracker,
}

/// Distinct records of a read.
#[derive(Default)]
struct DistinctRecords {
    /// Calls that start in the window, including its last second: the API documentation does not
    /// define whether the end of a window is inclusive.
    calls: HashSet<(i64, String)>,
    /// Calls that start outside the window.
    outside: HashSet<(i64, String)>,
    /// Hashes of rejected records. A collision makes the window incomplete.
    rejects: HashSet<u64>,
}

impl DistinctRecords {
    /// Returns the records that the API may count in the window.
    fn count(&self) -> u64 {
        (self.calls.len() + self.rejects.len()) as u64
    }

    fn outside(&self) -> u64 {
        self.outside.len() as u64
    }

    fn add(&mut self, window: TimeRange, calls: &RecordBatch, rejects: &[Reject]) {
        let ids = calls[ENGAGEMENT_ID].as_string::<i32>();
        let starts = calls[START_TIME].as_primitive::<TimestampMillisecondType>();
        let within = window.from.timestamp_millis()..window.to.timestamp_millis() + 1_000;
        for (start, id) in starts.values().iter().zip(ids.iter().flatten()) {
            let side = if within.contains(start) { &mut self.calls } else { &mut self.outside };
            side.insert((*start, id.to_owned()));
        }
        self.rejects.extend(rejects.iter().map(|reject| {
            let mut hasher = DefaultHasher::new();
            reject.record.hash(&mut hasher);
            hasher.finish()
        }));
    }

    fn extend(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.outside.extend(other.outside);
        self.rejects.extend(other.rejects);
    }
}

/// Result of one read of all pages of a window.
struct ReadResult {
    seen: DistinctRecords,
    first_total: Option<u64>,
    last_total: Option<u64>,
}

/// Outcome of all reads of one query. The records are kept in each case.
enum QueryEnd {
    /// A read that started at `started_at` received all records that the API counts.
    Complete { started_at: DateTime<Utc>, total: u64 },
    /// Same as [`ReadEnd::TooLarge`].
    TooLarge { total: u64 },
    /// Records are or may be missing.
    Short(FetchError),
}

/// Outcome of one read of a query. The records are kept in each case.
enum ReadEnd {
    /// All pages were read.
    Last(ReadResult),
    /// The first page counts too many records for one window.
    TooLarge { total: u64 },
    /// The responses are inconsistent or exceed a limit.
    Broken(FetchError),
}

impl ReadResult {
    /// Returns the count for which the read is complete. If the count grew during the read, the
    /// records may match the first count although some are missing and others are new. That is
    /// sufficient only if the window will be fetched again.
    fn complete_count(&self, will_be_refetched: bool) -> Option<u64> {
        let (first, last) = (self.first_total?, self.last_total?);
        let seen = self.seen.count();
        if seen == last {
            return Some(last);
        }
        (will_be_refetched && (first..last).contains(&seen)).then_some(first)
    }

    /// Returns the error of a read whose count includes records outside the window. Another read
    /// would not help.
    fn contradiction(&self) -> Option<FetchError> {
        let (total, outside) = (self.last_total?, self.seen.outside());
        let contradicts = outside > 0 && total > self.seen.count() && total <= self.seen.count() + outside;
        contradicts.then_some(FetchError::RecordsOutsideWindow { total, outside })
    }

    /// Returns the number of records after which paging counts as endless.
    fn max_records(&self) -> u64 {
        self.first_total.map_or(MAX_WINDOW_RECORDS, max_window_records)
    }
}

impl<Now: Fn() -> DateTime<Utc>, OnPage: FnMut(u64, Option<u64>)> WindowFetcher<'_, Now, OnPage> {
    /// Fetches `window`. It is read a bounded number of times, until the distinct records match the
    /// count: calls that end during a read change the count. A window whose first count is
    /// `too_large` is not read. `will_be_refetched` is set if no part of the window becomes
    /// settled.
    pub(crate) async fn fetch(
        &mut self,
        window: TimeRange,
        will_be_refetched: bool,
        too_large: impl Fn(u64) -> bool,
    ) -> Result<WindowOutcome, WindowError> {
        let mut fetched = FetchedWindow::new((self.now)(), self.memory.reserve());
        let (client, mut started_at) = (self.client, None);
        for filter in &client.filter_requests {
            let query = PageQuery { window, filter };
            match self.fetch_query(&query, &mut fetched, will_be_refetched, &too_large).await? {
                QueryEnd::Complete { started_at: query_started_at, total } => {
                    started_at = started_at.or(Some(query_started_at));
                    fetched.total_records = Some(total);
                }
                QueryEnd::TooLarge { total } => return Ok(WindowOutcome::TooLarge { total }),
                QueryEnd::Short(error) => return Ok(WindowOutcome::Short(fetched, error)),
            }
        }
        if client.filter_requests.len() > 1 {
            // Calls that match several queries are counted more than once.
            fetched.total_records = None;
        }
        Ok(WindowOutcome::Complete(FetchedWindow {
            started_at: started_at.unwrap_or(fetched.started_at),
            ..fetched
        }))
    }

    /// Reads one query until a read is complete, at most [`MAX_READS`] times.
    async fn fetch_query(
        &mut self,
        query: &PageQuery<'_>,
        fetched: &mut FetchedWindow,
        will_be_refetched: bool,
        too_large: impl Fn(u64) -> bool,
    ) -> Result<QueryEnd, WindowError> {
        let window = query.window;
        // Records of all reads, for the error message only.
        let mut seen_in_all_reads = DistinctRecords::default();
        let mut last_total = 0;
        for _ in 0..MAX_READS {
            let started_at = (self.now)();
            let pages_before = fetched.pages;
            let read = match self.read_once(query, fetched, &too_large).await {
                Ok(ReadEnd::Last(read)) => read,
                Ok(ReadEnd::TooLarge { total }) => return Ok(QueryEnd::TooLarge { total }),
                Ok(ReadEnd::Broken(error)) => return Ok(QueryEnd::Short(error)),
                Err(error) => {
                    return Err(WindowError { error, after_first_page: fetched.pages > pages_before });
                }
            };
            let Some(total) = read.last_total else { return Ok(QueryEnd::Short(FetchError::MissingTotal)) };
            last_total = total;
            // A single read must be complete: records of another read do not replace missing ones.
            if let Some(total) = read.complete_count(will_be_refetched) {
                return Ok(QueryEnd::Complete { started_at, total });
            }
            if let Some(contradiction) = read.contradiction() {
                return Ok(QueryEnd::Short(contradiction));
            }
            tracing::warn!(
                from = %window.from, to = %window.to, found = read.seen.count(), total = read.last_total,
                "the records of a window do not match its count"
            );
            seen_in_all_reads.extend(read.seen);
        }
        let found = seen_in_all_reads.count();
        Ok(QueryEnd::Short(FetchError::Incomplete { found, total: last_total, reads: MAX_READS }))
    }

    /// Reads all pages of one query once.
    async fn read_once(
        &mut self,
        query: &PageQuery<'_>,
        fetched: &mut FetchedWindow,
        too_large: impl Fn(u64) -> bool,
    ) -> Result<ReadEnd, FetchError> {
        let window = query.window;
        let mut read = ReadResult { seen: DistinctRecords::default(), first_total: None, last_total: None };
        let mut tokens = HashSet::new();
        let (mut token, mut idle) = (None::<String>, 0);
        for number in 0..MAX_WINDOW_PAGES {
            let page = self.client.page(self.budget, query, token.as_deref()).await?;
            if number == 0 {
                read.first_total = page.total_records;
                if let Some(total) = page.total_records.filter(|total| too_large(*total)) {
                    return Ok(ReadEnd::TooLarge { total });
                }
            }
            let before = read.seen.count() + read.seen.outside();
            read.seen.add(window, &page.calls, &page.rejects);
            let seen = read.seen.count() + read.seen.outside();
            idle = if seen > before { 0 } else { idle + 1 };
            read.last_total = page.total_records.or(read.last_total);
            (self.on_page)((page.calls.num_rows() + page.rejects.len()) as u64, read.last_total);
            let is_of_window = is_of_window(&page, window);
            let within_memory_limit = fetched.add_page(page.calls, page.rejects)?;
            if !is_of_window {
                return Ok(ReadEnd::Broken(FetchError::PeriodMismatch));
            }
            let Some(next) = page.next_page_token else {
                fetched.concat_pages()?;
                return Ok(ReadEnd::Last(read));
            };
            let endless = |reason| Ok(ReadEnd::Broken(FetchError::PaginationLoop { reason }));
            if seen > read.max_records() {
                return endless("there are far more records than the API counts");
            }
            if !within_memory_limit {
                return Ok(ReadEnd::Broken(FetchError::MemoryLimit));
            }
            if idle >= MAX_IDLE_PAGES {
                return endless("several pages in a row have no new records");
            }
            if !tokens.insert(next.clone()) {
                return endless("a page token was repeated");
            }
            token = Some(next);
        }
        Ok(ReadEnd::Broken(FetchError::PaginationLoop {
            reason: "a single window has more than 10,000 pages",
        }))
    }
}

/// Returns whether a page belongs to `window`, by the period in the response. A page without a
/// period, or with one in an unknown form, is accepted.
fn is_of_window(page: &Page, window: TimeRange) -> bool {
    let offset = |text: &Option<String>, wanted| time_offset(text.as_deref()?, wanted);
    match (offset(&page.from, window.from), offset(&page.to, window.to)) {
        (Some(from), Some(to)) if from.is_local && to.is_local => {
            // Local times of the account, with a meaningless `Z`: both have the same zone offset.
            let by = from.by;
            let is_zone = by.abs() <= MAX_ZONE_OFFSET && by.num_seconds() % (15 * 60) == 0;
            is_zone && (to.by - by).abs() <= TimeDelta::seconds(1)
        }
        (from, to) => [from, to].into_iter().flatten().all(|offset| offset.by.abs() <= TimeDelta::seconds(1)),
    }
}

/// Maximum offset of a time zone.
const MAX_ZONE_OFFSET: TimeDelta = TimeDelta::hours(14);

/// Difference between a time in a response and the requested one.
struct Offset {
    by: TimeDelta,
    /// Set if the time may be a local time of the account.
    is_local: bool,
}

/// Returns the difference between a time and the requested one; `None` for other texts.
fn time_offset(text: &str, wanted: DateTime<Utc>) -> Option<Offset> {
    let text = text.trim();
    let time = voxlake_model::time::parse(text)?;
    let has_offset = text.get(10..).is_some_and(|rest| rest.contains(['+', '-']));
    // A date stands for any time of its day.
    let is_date = text.len() == "2026-11-01".len();
    let by =
        if is_date && time.date_naive() == wanted.date_naive() { TimeDelta::zero() } else { time - wanted };
    Some(Offset { by, is_local: !has_offset && !is_date })
}

#[cfg(test)]
mod tests {
    use voxlake_model::decode_records;

    use super::*;

    #[test]
    fn pages_are_concatenated_in_order() {
        let page = |id: usize| {
            let record = format!(r#"{{"engagement_id": "{id}", "start_time": "2026-11-01T08:00:00Z"}}"#);
            decode_records([record.as_str()], DateTime::UNIX_EPOCH).unwrap().0
        };
        let mut fetched = FetchedWindow::new(DateTime::UNIX_EPOCH, MemoryTracker::default().reserve());
        for id in 0..2 * PAGES_PER_BATCH + 5 {
            assert!(fetched.add_page(page(id), Vec::new()).unwrap());
        }
        fetched.concat_pages().unwrap();
        let rows: Vec<usize> = fetched.calls.iter().map(RecordBatch::num_rows).collect();
        assert_eq!(
            (rows, fetched.pages),
            (vec![PAGES_PER_BATCH, PAGES_PER_BATCH, 5], 2 * PAGES_PER_BATCH + 5)
        );
        let ids =
            fetched.calls.iter().flat_map(|batch| batch[ENGAGEMENT_ID].as_string::<i32>().iter().flatten());
        assert!(ids.eq((0..2 * PAGES_PER_BATCH + 5).map(|id| id.to_string())));
    }
}
