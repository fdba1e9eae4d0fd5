//! Bounds on what a page or a record may hold.

/// Records of one page. The API gives 100 at most.
pub(crate) const MAX_PAGE_RECORDS: usize = 10_000;
/// Entries of one list of a record, such as its queues or its legs. Calls have some dozen. A longer
/// list would make every query over the day slow.
pub(crate) const MAX_LIST_ENTRIES: usize = 10_000;
