//! One window, page after page, to its end or to an error, never for ever.

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
use crate::held::{HeldBytes, HeldTotal};
use crate::limits::{MAX_IDLE_PAGES, MAX_READS, MAX_WINDOW_PAGES, MAX_WINDOW_RECORDS, max_records};
use crate::{ApiClient, Budget, FetchError};

/// Pages that are put together into one batch.
const PAGES_TOGETHER: usize = 20;
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
    pub(crate) held: HeldBytes,
}

impl Walked {
    fn new(began: DateTime<Utc>, held: HeldBytes) -> Self {
        let (calls, rejects) = (Vec::new(), Vec::new());
        Self { calls, joined: 0, pages: 0, rejects, total_records: None, began, held }
    }

    /// Keeps a page's records. Pages are put together, since a batch of a hundred calls has some
    /// hundred buffers, which take twice the memory of what they say. Returns whether the run
    /// may hold as much.
    fn keep(&mut self, calls: RecordBatch, rejects: Vec<Reject>) -> Result<bool, FetchError> {
        self.pages += 1;
        let reject_bytes: usize = rejects.iter().map(|reject| reject.record.len()).sum();
        let may_go_on = self.held.add(calls.get_array_memory_size() + reject_bytes);
        self.calls.push(calls);
        self.rejects.extend(rejects);
        if self.calls.len() - self.joined >= PAGES_TOGETHER {
            self.join()?;
        }
        Ok(may_go_on)
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
    pub(crate) held: HeldTotal,
}

/// The distinct records among what arrived.
#[derive(Default)]
struct Seen {
    /// Calls that start in the window, its last second included: whether that belongs to it is not
    /// documented.
    calls: HashSet<(i64, String)>,
    /// Calls that start outside of it.
    outside: HashSet<(i64, String)>,
    /// Hashes of rejects. Two that collide make the window incomplete.
    rejects: HashSet<u64>,
}

impl Seen {
    /// Records that may be what the API counts in the window.
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

/// What one read of a window gave, from its first page to its last.
struct Read {
    seen: Seen,
    first_total: Option<u64>,
    last_total: Option<u64>,
}

/// Outcome of walking the pages of one request, however often. The records read are kept in each
/// case.
enum QueryEnd {
    /// Everything came that the API counts, in a read that began at a moment.
    Complete { began: DateTime<Utc>, total: u64 },
    /// As [`ReadEnd::TooLarge`].
    TooLarge { total: u64 },
    /// Some of it is missing, or may be.
    Short(FetchError),
}

/// Outcome of reading a window. The records read are kept in each case.
enum ReadEnd {
    /// With its last page.
    Last(Read),
    /// At the first page, which counts more records than should be read as one window.
    TooLarge { total: u64 },
    /// In the middle: the answers cannot be what they are said to be.
    Broken(FetchError),
}

impl Read {
    /// The count by which the read is complete. Where the count moved during the read, whatever the
    /// API counted at its beginning has come once as many records have; but what came between
    /// may stand in for what is missing, so that is good enough only for a window that is
    /// `read_again` in any case.
    fn complete(&self, read_again: bool) -> Option<u64> {
        let (first, last) = (self.first_total?, self.last_total?);
        let seen = self.seen.count();
        if seen == last {
            return Some(last);
        }
        (read_again && (first..last).contains(&seen)).then_some(first)
    }

    /// The error of a read whose count includes records that are not in the window: reading it
    /// again would not help.
    fn contradiction(&self) -> Option<FetchError> {
        let (total, outside) = (self.last_total?, self.seen.outside());
        let contradicts = outside > 0 && total > self.seen.count() && total <= self.seen.count() + outside;
        contradicts.then_some(FetchError::OutsideWindow { total, outside })
    }

    /// Records that may come before paging counts as endless.
    fn max_records(&self) -> u64 {
        self.first_total.map_or(MAX_WINDOW_RECORDS, max_records)
    }
}

impl<Now: Fn() -> DateTime<Utc>, OnPage: FnMut(u64, Option<u64>)> Walker<'_, Now, OnPage> {
    /// Reads `window` until as many distinct records have come as the API counts, a bounded number
    /// of times: calls that end meanwhile move the count. A window whose first page counts more
    /// records than `too_large` allows is left alone. `read_again` says that no moment of it is
    /// settled by this.
    pub(crate) async fn walk(
        &mut self,
        window: TimeRange,
        read_again: bool,
        too_large: impl Fn(u64) -> bool,
    ) -> Result<Walk, WalkError> {
        let mut walked = Walked::new((self.now)(), self.held.window());
        let (client, mut began) = (self.client, None);
        for filter in &client.requests_of_filter {
            let query = PageQuery { window, filter };
            match self.walk_query(&query, &mut walked, read_again, &too_large).await? {
                QueryEnd::Complete { began: query_began, total } => {
                    began = began.or(Some(query_began));
                    walked.total_records = Some(total);
                }
                QueryEnd::TooLarge { total } => return Ok(Walk::TooLarge { total }),
                QueryEnd::Short(error) => return Ok(Walk::Short(walked, error)),
            }
        }
        if client.requests_of_filter.len() > 1 {
            // A call that several requests select is in the count of each.
            walked.total_records = None;
        }
        Ok(Walk::Complete(Walked { began: began.unwrap_or(walked.began), ..walked }))
    }

    /// Reads the calls of one request and its pages, as [`Walker::walk`] says.
    async fn walk_query(
        &mut self,
        query: &PageQuery<'_>,
        walked: &mut Walked,
        read_again: bool,
        too_large: impl Fn(u64) -> bool,
    ) -> Result<QueryEnd, WalkError> {
        let window = query.window;
        // For the report alone: what any of the reads gave.
        let mut seen_in_all = Seen::default();
        let mut last_total = 0;
        for _ in 0..MAX_READS {
            let began = (self.now)();
            let pages_before = walked.pages;
            let read = match self.read_once(query, walked, &too_large).await {
                Ok(ReadEnd::Last(read)) => read,
                Ok(ReadEnd::TooLarge { total }) => return Ok(QueryEnd::TooLarge { total }),
                Ok(ReadEnd::Broken(error)) => return Ok(QueryEnd::Short(error)),
                Err(error) => {
                    return Err(WalkError { error, mid_walk: walked.pages > pages_before });
                }
            };
            let Some(total) = read.last_total else { return Ok(QueryEnd::Short(FetchError::Uncounted)) };
            last_total = total;
            // One read has to have them all: of two that each lack one, neither can stand in for the other.
            if let Some(total) = read.complete(read_again) {
                return Ok(QueryEnd::Complete { began, total });
            }
            if let Some(contradiction) = read.contradiction() {
                return Ok(QueryEnd::Short(contradiction));
            }
            tracing::warn!(
                from = %window.from, to = %window.to, found = read.seen.count(), total = read.last_total,
                "the count does not agree"
            );
            seen_in_all.extend(read.seen);
        }
        let found = seen_in_all.count();
        Ok(QueryEnd::Short(FetchError::Incomplete { found, total: last_total, reads: MAX_READS }))
    }

    /// Reads the pages of one request once.
    async fn read_once(
        &mut self,
        query: &PageQuery<'_>,
        walked: &mut Walked,
        too_large: impl Fn(u64) -> bool,
    ) -> Result<ReadEnd, FetchError> {
        let window = query.window;
        let mut read = Read { seen: Seen::default(), first_total: None, last_total: None };
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
            let is_of_window = is_of(&page, window);
            let may_go_on = walked.keep(page.calls, page.rejects)?;
            if !is_of_window {
                return Ok(ReadEnd::Broken(FetchError::OtherPeriod));
            }
            let Some(next) = page.next_page_token else {
                walked.join()?;
                return Ok(ReadEnd::Last(read));
            };
            let endless = |reason| Ok(ReadEnd::Broken(FetchError::Endless { reason }));
            if seen > read.max_records() {
                return endless("far more records come than the API counts");
            }
            if !may_go_on {
                return Ok(ReadEnd::Broken(FetchError::TooMuch));
            }
            if idle >= MAX_IDLE_PAGES {
                return endless("page after page brings nothing new");
            }
            if !tokens.insert(next.clone()) {
                return endless("a page token came back");
            }
            token = Some(next);
        }
        Ok(ReadEnd::Broken(FetchError::Endless { reason: "a single window has more than 10,000 pages" }))
    }
}

/// Whether a page is of `window`, by the period that the API repeats in its answer. A page without
/// one, or with one in a form that is not known, may be.
fn is_of(page: &Page, window: TimeRange) -> bool {
    let offset = |text: &Option<String>, wanted| offset_of(text.as_deref()?, wanted);
    match (offset(&page.from, window.from), offset(&page.to, window.to)) {
        (Some(from), Some(to)) if from.is_local && to.is_local => {
            // The account's own time, whose `Z` is a letter: both ends are off by the same quarters of hours.
            let by = from.by;
            let is_zone = by.abs() <= MAX_ZONE && by.num_seconds() % (15 * 60) == 0;
            is_zone && (to.by - by).abs() <= TimeDelta::seconds(1)
        }
        (from, to) => [from, to].into_iter().flatten().all(|offset| offset.by.abs() <= TimeDelta::seconds(1)),
    }
}

/// Largest offset of a time zone.
const MAX_ZONE: TimeDelta = TimeDelta::hours(14);

/// Difference between a moment that the API repeats and the requested one.
struct Offset {
    by: TimeDelta,
    /// Whether it may be the account's local time.
    is_local: bool,
}

/// `None` for a text that is no moment.
fn offset_of(text: &str, wanted: DateTime<Utc>) -> Option<Offset> {
    let text = text.trim();
    let moment = voxlake_model::time::parse(text)?;
    let has_offset = text.get(10..).is_some_and(|time| time.contains(['+', '-']));
    // A bare date is the day of the moment.
    let is_date = text.len() == "2026-11-01".len();
    let by = if is_date && moment.date_naive() == wanted.date_naive() {
        TimeDelta::zero()
    } else {
        moment - wanted
    };
    Some(Offset { by, is_local: !has_offset && !is_date })
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
        let mut walked = Walked::new(DateTime::UNIX_EPOCH, HeldTotal::default().window());
        for id in 0..2 * PAGES_TOGETHER + 5 {
            assert!(walked.keep(page(id), Vec::new()).unwrap());
        }
        walked.join().unwrap();
        let rows: Vec<usize> = walked.calls.iter().map(RecordBatch::num_rows).collect();
        assert_eq!((rows, walked.pages), (vec![PAGES_TOGETHER, PAGES_TOGETHER, 5], 2 * PAGES_TOGETHER + 5));
        let ids =
            walked.calls.iter().flat_map(|batch| batch[ENGAGEMENT_ID].as_string::<i32>().iter().flatten());
        assert!(ids.eq((0..2 * PAGES_TOGETHER + 5).map(|id| id.to_string())));
    }
}
