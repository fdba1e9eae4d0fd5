//! Pages of records, and requests that records take.

/// Records per page, the most that the API gives: every request counts.
pub(crate) const PAGE_SIZE: u32 = 100;
/// Most pages of a window before it is cut, where nothing else is asked for: what a failure late in
/// it costs.
pub(crate) const WINDOW_PAGES: u64 = 60;

/// Pages of so many records; an empty window takes one too.
pub(crate) fn pages(records: u64) -> u64 {
    records.div_ceil(u64::from(PAGE_SIZE)).max(1)
}

/// Requests that a window of so many records takes, about: where it is cut, one goes for asking and
/// half a page of each piece is empty.
pub(crate) fn requests_for(records: u64, window_pages: u64) -> u64 {
    let full = pages(records);
    if full <= window_pages { full } else { full + 1 + full.div_ceil(window_pages.max(1)) }
}
