//! Pages of records, and the requests that records take.

/// Records per page: the most that the API returns, since requests are limited.
pub(crate) const PAGE_SIZE: u32 = 100;
/// Default maximum pages of a window before it is split. A failure late in a window costs all its
/// pages.
pub(crate) const WINDOW_PAGES: u64 = 60;

/// Returns the number of pages for `records`. An empty window also takes one page.
pub(crate) fn pages_for(records: u64) -> u64 {
    records.div_ceil(u64::from(PAGE_SIZE)).max(1)
}

/// Estimates the number of requests for a window of `records`. A split costs one request for the
/// count and half a page for each piece.
pub(crate) fn requests_for(records: u64, window_pages: u64) -> u64 {
    let full = pages_for(records);
    if full <= window_pages { full } else { full + 1 + full.div_ceil(window_pages.max(1)) }
}
