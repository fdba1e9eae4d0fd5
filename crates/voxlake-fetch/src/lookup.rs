//! Lookup of calls in the API, without a lake: bounded paging from the newest window back.

use std::collections::HashSet;

use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use voxlake_lake::{TimeRange, counted, group_digits};

use crate::client::PageQuery;
use crate::filter::RequestFilter;
use crate::limits::MAX_IDLE_PAGES;
use crate::plan::MAX_WINDOW;
use crate::{ApiClient, Budget, CallFilter, FetchError, FilterParameter};

/// Period and limits of a lookup.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LookupOptions {
    /// Period in which the calls started.
    pub period: TimeRange,
    /// Maximum requests for pages, not including those that confirm the filter.
    pub max_requests: u64,
    /// Stops at the first window with calls, as for a single engagement.
    pub stop_at_first_match: bool,
}

impl LookupOptions {
    /// Creates options for all windows of `period`, without a limit of requests.
    #[must_use]
    pub fn new(period: TimeRange) -> Self {
        Self { period, max_requests: u64::MAX, stop_at_first_match: false }
    }

    /// Stops at the first window with calls if `filter` names an engagement.
    #[must_use]
    pub fn for_filter(mut self, filter: &CallFilter) -> Self {
        self.stop_at_first_match = filter.values(FilterParameter::EngagementId).next().is_some();
        self
    }
}

/// Result of a lookup.
#[derive(Clone, Debug, Default)]
pub struct LookupResult {
    /// Found calls in pages; may contain duplicates.
    pub calls: Vec<RecordBatch>,
    /// Records that cannot be stored as calls.
    pub rejects: usize,
    /// Set if all pages of the period were read.
    pub is_complete: bool,
    /// Records that the API counts in the windows that were read.
    pub counted: u64,
    /// Requests made, excluding token requests.
    pub requests: u64,
    /// Time of the first request.
    pub started_at: Option<DateTime<Utc>>,
}

impl LookupResult {
    /// Describes the number of distinct `calls` and of requests, and calls that may be missing.
    /// `limit` names the option or setting of the maximum number of requests.
    #[must_use]
    pub fn describe(&self, calls: usize, options: &LookupOptions, limit: &str) -> Vec<String> {
        let (from, to) = (options.period.from, options.period.to);
        let found = counted(calls as u64, "call", "calls");
        let mut lines = vec![format!(
            "{found} of {} to {} UTC; requests: {}",
            from.format("%Y-%m-%d %H:%M"),
            to.format("%Y-%m-%d %H:%M"),
            group_digits(self.requests)
        )];
        let received = (calls + self.rejects) as u64;
        if !self.is_complete {
            lines.push(format!("stopped after {limit} {}; there may be more calls", options.max_requests));
        } else if self.counted > received {
            let records = counted(self.counted, "record", "records");
            lines.push(format!("warning: the API counts {records} and returned {received}"));
        }
        if self.rejects > 0 {
            let records = counted(self.rejects as u64, "invalid record is", "invalid records are");
            lines.push(format!("{records} left out"));
        }
        lines
    }
}

impl ApiClient {
    /// Looks up the calls of a period that match the client's filter, newest window first.
    ///
    /// # Errors
    /// Fails if a request fails, or with [`FetchError::FilterIgnored`] for calls that do not match.
    pub async fn look_up(&self, budget: &Budget, options: LookupOptions) -> Result<LookupResult, FetchError> {
        let windows = newest_first_windows(options.period);
        self.confirm_filter(budget, &windows, |parameter| !parameter.is_in_records()).await?;
        let before = self.request_count();
        let mut found =
            LookupResult { started_at: Some(self.clock.now()), is_complete: true, ..LookupResult::default() };
        for window in windows {
            for filter in &self.filter_requests {
                let left = || options.max_requests.saturating_sub(self.request_count() - before);
                found.is_complete &= self.look_up_window(budget, window, filter, left, &mut found).await?;
            }
            let has_calls = found.calls.iter().any(|page| page.num_rows() > 0);
            if !found.is_complete || has_calls && options.stop_at_first_match {
                break;
            }
        }
        found.requests = self.request_count() - before;
        Ok(found)
    }

    /// Adds the calls of a window to `found`. Returns whether all its pages were read.
    async fn look_up_window(
        &self,
        budget: &Budget,
        window: TimeRange,
        filter: &RequestFilter,
        requests_left: impl Fn() -> u64,
        found: &mut LookupResult,
    ) -> Result<bool, FetchError> {
        let query = PageQuery { window, filter };
        let (mut token, mut tokens, mut idle) = (None::<String>, HashSet::new(), 0);
        while requests_left() > 0 {
            let page = self.page(budget, &query, token.as_deref()).await?;
            idle = if page.calls.num_rows() + page.rejects.len() == 0 { idle + 1 } else { 0 };
            found.rejects += page.rejects.len();
            found.calls.push(page.calls);
            let counted = page.total_records.unwrap_or(0);
            let Some(next) = page.next_page_token else {
                found.counted += counted;
                return Ok(true);
            };
            if idle >= MAX_IDLE_PAGES || !tokens.insert(next.clone()) {
                return Err(FetchError::PaginationLoop {
                    reason: "a page token was repeated, or pages are empty",
                });
            }
            token = Some(next);
        }
        Ok(false)
    }
}

/// Splits the period into windows of at most 28 days, newest first.
fn newest_first_windows(period: TimeRange) -> Vec<TimeRange> {
    let mut windows = Vec::new();
    let mut to = period.to;
    while to > period.from {
        let from = (to - MAX_WINDOW).max(period.from);
        windows.push(TimeRange { from, to });
        to = from;
    }
    windows
}
