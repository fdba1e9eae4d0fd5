//! Limits of pages and records.

/// Maximum records of a page. The API returns at most 100.
pub(crate) const MAX_PAGE_RECORDS: usize = 10_000;
/// Maximum entries of a list in a record, such as its queues or legs. Calls have about a
/// dozen. A longer list would slow down every query over its day.
pub(crate) const MAX_LIST_ENTRIES: usize = 10_000;
