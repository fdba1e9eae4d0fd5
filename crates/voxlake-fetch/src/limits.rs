//! Limits on data from servers and files. Exceeding a limit is an error. Data that was read before
//! is kept.

use chrono::TimeDelta;

use crate::paging::PAGE_SIZE;

/// Maximum bytes of a page after decompression. 100 calls with their legs have 0.2 to 0.5 MB.
pub(crate) const MAX_PAGE_BYTES: usize = 64 << 20;
/// Maximum bytes of a token or error response after decompression. They have a few hundred bytes.
pub(crate) const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Maximum records that the API may count in one window. A month of requests can fetch 93 million:
/// 30,000 requests a day for 100 calls each, over 31 days.
pub(crate) const MAX_COUNTED_RECORDS: u64 = 100_000_000;
/// Maximum pages of one window. Page tokens are valid for 15 minutes, in which 10 requests a second
/// fetch 9,000 pages.
pub(crate) const MAX_WINDOW_PAGES: u64 = 10_000;
/// Maximum pages of a planned window. Eighteen windows of this size are in memory at once.
pub(crate) const MAX_PLANNED_PAGES: u64 = 200;
/// Maximum records of one window: its pages times the page size.
pub(crate) const MAX_WINDOW_RECORDS: u64 = MAX_WINDOW_PAGES * PAGE_SIZE as u64;
/// Maximum bytes of decoded records that all windows buffer until they are committed. A commit is
/// due at 20,000 calls; with their legs they have 8 MB.
pub(crate) const MAX_BUFFERED_BYTES: usize = 384 << 20;
/// Pages in a row without a new record after which paging counts as endless.
pub(crate) const MAX_IDLE_PAGES: u32 = 3;
/// Maximum reads of a window whose records do not match its count.
pub(crate) const MAX_READS: u32 = 3;
/// Maximum bytes of one line or JSON value of an imported file. A value is in memory several times
/// while it is decoded.
pub(crate) const MAX_VALUE_BYTES: u64 = 128 << 20;
/// Maximum bytes of records that are decoded together. A thousand typical records have 2 to 5 MB.
pub(crate) const MAX_BATCH_BYTES: usize = 16 << 20;
/// Maximum KiB of decoded records in the channel between reader and import. A thousand typical
/// calls have 400 KiB.
pub(crate) const MAX_CHANNEL_KIB: u32 = 128 << 10;
/// Maximum bytes of decoded calls that an import collects before it writes them. 20,000 calls with
/// their legs have 8 MB.
pub(crate) const MAX_PENDING_IMPORT_BYTES: usize = 128 << 20;
/// Clock skew above which it is reported.
pub(crate) const REPORTED_CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);
/// Clock skew above which a run stops.
pub(crate) const MAX_CLOCK_SKEW: TimeDelta = TimeDelta::hours(1);

/// Returns the number of records after which paging counts as endless, for a window whose first
/// page counts `total`. Calls that end during the read add to the count.
pub(crate) fn max_window_records(total: u64) -> u64 {
    total.saturating_add(total / 10).saturating_add(1_000).min(MAX_WINDOW_RECORDS)
}
