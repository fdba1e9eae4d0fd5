//! Calls asked of the API directly, without a lake: bounded paging from the newest window back.

use std::collections::HashSet;

use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use voxlake_lake::TimeRange;

use crate::client::PageQuery;
use crate::filter::RequestFilter;
use crate::limits::MAX_IDLE_PAGES;
use crate::plan::LONGEST_WINDOW;
use crate::{ApiClient, Budget, FetchError};

/// Calls to look up.
#[derive(Clone, Copy, Debug)]
pub struct LookupOptions {
    /// The period in which the calls began.
    pub period: TimeRange,
    /// Maximum requests for pages. Requests that confirm the filter come on top.
    pub max_requests: u64,
    /// Whether to stop at the first window with calls, as for a single engagement.
    pub first_window_alone: bool,
}

/// Calls that a lookup found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The calls in pages; may contain duplicates.
    pub calls: Vec<RecordBatch>,
    /// Records that cannot be stored as calls.
    pub rejects: usize,
    /// Whether all pages of the period were read.
    pub is_complete: bool,
    /// Records that the API counts in the windows that were read.
    pub counted: u64,
    /// Requests made, excluding token requests.
    pub requests: u64,
    /// When the first page was asked for.
    pub began: Option<DateTime<Utc>>,
}

impl ApiClient {
    /// Asks for the calls of a period that meet the client's filter, newest window first.
    ///
    /// # Errors
    /// As for a page of a sync; [`FetchError::FilterIgnored`] where calls come that were not asked
    /// for.
    pub async fn look_up(&self, budget: &Budget, options: LookupOptions) -> Result<Found, FetchError> {
        let windows = windows(options.period);
        self.confirm_filter(budget, &windows, |parameter| !parameter.is_shown()).await?;
        let before = self.requests();
        let mut found = Found { began: Some(self.clock.now()), is_complete: true, ..Found::default() };
        for window in windows {
            for filter in &self.requests_of_filter {
                let left = || options.max_requests.saturating_sub(self.requests() - before);
                found.is_complete &= self.look_up_window(budget, window, filter, left, &mut found).await?;
            }
            let has_calls = found.calls.iter().any(|page| page.num_rows() > 0);
            if !found.is_complete || has_calls && options.first_window_alone {
                break;
            }
        }
        found.requests = self.requests() - before;
        Ok(found)
    }

    /// Returns whether the window was read to its end.
    async fn look_up_window(
        &self,
        budget: &Budget,
        window: TimeRange,
        filter: &RequestFilter,
        requests_left: impl Fn() -> u64,
        found: &mut Found,
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
                return Err(FetchError::Endless { reason: "a page token came back, or pages are empty" });
            }
            token = Some(next);
        }
        Ok(false)
    }
}

/// The period in windows of at most 28 days, the newest first.
fn windows(period: TimeRange) -> Vec<TimeRange> {
    let mut windows = Vec::new();
    let mut to = period.to;
    while to > period.from {
        let from = (to - LONGEST_WINDOW).max(period.from);
        windows.push(TimeRange { from, to });
        to = from;
    }
    windows
}
