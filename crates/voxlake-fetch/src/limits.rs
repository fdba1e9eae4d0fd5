//! Bounds on data from outside. A server or a file that exceeds one gets an error, and what came
//! before is kept.

use chrono::TimeDelta;

use crate::paging::PAGE_SIZE;

/// Bytes of a page after decompression. A page of 100 calls with their legs has 0.2 to 0.5 MB.
pub(crate) const MAX_PAGE_BYTES: usize = 64 << 20;
/// Bytes of a token or an error after decompression. They have some hundred bytes.
pub(crate) const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Records that the API may count in one window: more than a month of requests can fetch, which is
/// 93 million (30,000 requests of 100 calls on 31 days).
pub(crate) const MAX_COUNTED_RECORDS: u64 = 100_000_000;
/// Pages of one window. Its page tokens live 15 minutes, in which 10 requests a second make 9,000.
pub(crate) const MAX_WINDOW_PAGES: u64 = 10_000;
/// Pages of a window that a run may ask for. Eighteen windows of this size are held at once.
pub(crate) const MAX_PLANNED_PAGES: u64 = 200;
/// Records of one window: its pages times the page size.
pub(crate) const MAX_WINDOW_RECORDS: u64 = MAX_WINDOW_PAGES * PAGE_SIZE as u64;
/// Bytes of decoded records that all windows hold until they are committed. 20,000 calls with their
/// legs, after which is committed, have 8 MB.
pub(crate) const MAX_HELD_BYTES: usize = 384 << 20;
/// Pages in a row without a new record after which paging counts as endless.
pub(crate) const MAX_IDLE_PAGES: u32 = 3;
/// Reads of a window whose records do not agree with its count.
pub(crate) const MAX_READS: u32 = 3;
/// Bytes of one line or JSON value of a saved file. A value is held in memory several times while
/// it is decoded.
pub(crate) const MAX_VALUE_BYTES: u64 = 128 << 20;
/// Bytes of records that are decoded together. A thousand usual records have 2 to 5 MB.
pub(crate) const MAX_BATCH_BYTES: usize = 16 << 20;
/// KiB of decoded records on their way from the reading of a file to the import. A thousand usual
/// calls have 400 KiB.
pub(crate) const MAX_PASSED_KIB: u32 = 128 << 10;
/// Bytes of decoded calls of an import that wait to be written. 20,000 calls with their legs have 8
/// MB.
pub(crate) const MAX_WAITING_BYTES: usize = 128 << 20;
/// Difference between this machine's clock and the server's that is reported.
pub(crate) const REPORTED_CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);
/// Difference that stops a run.
pub(crate) const MAX_CLOCK_SKEW: TimeDelta = TimeDelta::hours(1);

/// Records of a window, the first page of which counts `total`, before paging counts as endless.
/// Calls that end meanwhile add to the count.
pub(crate) fn max_records(total: u64) -> u64 {
    total.saturating_add(total / 10).saturating_add(1_000).min(MAX_WINDOW_RECORDS)
}
