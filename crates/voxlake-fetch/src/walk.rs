//! One window, page after page, to its end or to an error, never for ever.

use std::collections::{BTreeSet, HashSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use chrono::{DateTime, Utc};
use voxlake_lake::TimeRange;
use voxlake_model::Reject;
use voxlake_model::schema::{ENGAGEMENT_ID, START_TIME};

use crate::{ApiClient, FetchError};

/// Most pages of one window: ten million calls in a day, beyond any account's.
const MOST_PAGES: u64 = 100_000;
/// Pages in a row that may bring nothing new before paging counts as endless.
const MOST_IDLE_PAGES: u32 = 3;
/// Records beyond twice the API's own count before paging counts as endless: calls that end meanwhile
/// move the count, but not so far.
const MOST_RECORDS_OVER: u64 = 10_000;
/// How often a window is read while the count does not agree with what arrived.
const MOST_READS: u32 = 3;

/// What a window gave.
pub(crate) struct Walked {
    /// The calls, in the order of their pages; a call that came twice is there twice.
    pub(crate) calls: Vec<RecordBatch>,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) total_records: Option<u64>,
    /// When the first page was asked for.
    pub(crate) began: DateTime<Utc>,
    /// Why the window does not count as covered, though its records are good: some are missing.
    pub(crate) shortfall: Option<FetchError>,
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

/// Reads `window` until as many distinct records have come as the API counts, a bounded number of
/// times: calls that end meanwhile move the count. `on_page` hears of each page's number of records
/// and of the window's count.
pub(crate) async fn walk(
    client: &ApiClient,
    window: TimeRange,
    now: impl Fn() -> DateTime<Utc>,
    mut on_page: impl FnMut(u64, Option<u64>),
) -> Result<Walked, FetchError> {
    let mut walked =
        Walked { calls: Vec::new(), rejects: Vec::new(), total_records: None, began: now(), shortfall: None };
    // For the report alone: what any of the reads gave.
    let mut seen_in_all = Seen::default();
    for _ in 0..MOST_READS {
        let began = now();
        let seen = read_once(client, window, &mut walked, &mut on_page).await?;
        seen_in_all.calls.extend(seen.calls.iter().cloned());
        seen_in_all.rejects.extend(seen.rejects.iter().cloned());
        let Some(total) = walked.total_records else {
            return Ok(Walked { shortfall: Some(FetchError::Uncounted), ..walked });
        };
        // One read has to have them all: of two that each lack one, neither can stand in for the other.
        if seen.count() == total {
            return Ok(Walked { began, ..walked });
        }
        tracing::warn!(from = %window.from, to = %window.to, found = seen.count(), total, "the count does not agree");
    }
    let total = walked.total_records.unwrap_or_default();
    let shortfall = FetchError::Incomplete { found: seen_in_all.count(), total, reads: MOST_READS };
    Ok(Walked { shortfall: Some(shortfall), ..walked })
}

async fn read_once(
    client: &ApiClient,
    window: TimeRange,
    walked: &mut Walked,
    on_page: &mut impl FnMut(u64, Option<u64>),
) -> Result<Seen, FetchError> {
    let mut seen = Seen::default();
    let mut tokens = HashSet::new();
    let (mut token, mut idle) = (None::<String>, 0);
    for _ in 0..MOST_PAGES {
        let page = client.page(window, token.as_deref()).await?;
        let before = seen.count();
        seen.add(&page.calls, &page.rejects);
        idle = if seen.count() > before { 0 } else { idle + 1 };
        walked.total_records = page.total_records.or(walked.total_records);
        on_page((page.calls.num_rows() + page.rejects.len()) as u64, walked.total_records);
        walked.calls.push(page.calls);
        walked.rejects.extend(page.rejects);
        let Some(next) = page.next_page_token else { return Ok(seen) };
        if walked
            .total_records
            .is_some_and(|total| seen.count() > 2 * total.min(u64::MAX / 4) + MOST_RECORDS_OVER)
        {
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
    Err(FetchError::Endless { reason: "a single day has more than 100,000 pages" })
}
