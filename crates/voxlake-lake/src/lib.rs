//! Where calls lie: day files, their coverage, rejects and the writer's lock, over `object_store`.
//!
//! This is the only crate that knows a path of the lake or writes a file of it.
//!
//! - [`Lake`]: open or create a lake, list its days, read one, merge fetched calls into one, write
//!   one anew
//! - [`Coverage`]: which ranges of time a day file has fetched, when, and what is still unsettled
//! - [`Scope`]: the conditions that the calls of a lake meet, where it is not to hold all
//! - [`LakeInventory`]: what the lake holds and lacks, told from footers
//! - [`VerifyReport`]: whether a day's file keeps what day files promise, and a checksum of what
//!   its calls say
//! - [`Rejected`], [`StoredReject`]: records without a place, kept whole
//! - [`SummaryFile`], [`SummaryPeriod`], [`Fingerprint`]: what was derived from days and is kept
//!   beside them
//! - [`WriterLock`]: one writer at a time; every write asks for it
//! - [`ReportsLock`]: one at a time makes scheduled reports, and notes in the lake which were made
//! - [`LakeError`]: what went wrong, by what the caller can do about it
//!
//! ```text
//! <lake>/voice_calls/date=2026-11-01/calls.parquet   one file a day (UTC date of start_time)
//! <lake>/rejects/2026-11-02/<id>.ndjson              records without a place, by the day they came
//! <lake>/summaries/<name>/day/<id>.parquet           derived from days, as are month/ and year/; may be deleted
//! <lake>/_voxlake/…                                  locks; origin; scope; counts that the API confirmed; reports made; requests spent; damaged files set aside; moved calls as
//!                                                    they were; what footers tell; the period of a sync that did not end
//! ```
//!
//! Replacing a day's file is the commit: a reader sees the old day or the new one. The lake is its
//! own state: a day file carries its coverage, so deleting a day has it fetched again.

mod api_checks;
mod bloom;
mod calls;
mod checksum;
mod commit;
mod coverage;
mod day;
mod day_merge;
mod digest;
mod encoding;
mod error;
mod executor;
mod file_checksums;
mod fingerprint;
mod footer;
mod footer_cache;
mod inventory;
mod lake;
mod layout;
mod listing;
mod lock;
mod merge;
mod merge_day;
mod moved_calls;
mod quota_ledger;
mod range;
mod read;
mod rejects;
mod repeated_engagements;
mod report_runs;
mod revision;
mod schema_evolution;
mod scope;
mod scope_id;
mod sorted_calls;
mod staged_file;
mod summaries;
#[cfg(test)]
mod test_calls;
mod verify;
mod write;
mod write_day;

pub use api_checks::ApiChecks;
pub use bloom::DayBloomFilter;
pub use calls::CallsByDay;
pub use checksum::Checksum;
pub use coverage::{Coverage, FetchedRange};
pub use day::{Day, DayFile};
pub use digest::sha256_hex;
pub use encoding::BLOOM_FILTERED_COLUMNS;
pub use error::LakeError;
pub use file_checksums::FileChecksums;
pub use fingerprint::Fingerprint;
pub use footer::DayFooter;
pub use inventory::{InventoryDay, LakeInventory};
pub use lake::Lake;
pub use lock::WriterLock;
pub use merge_day::DayCommit;
pub use moved_calls::{FetchedKeys, MovedCalls};
pub use range::TimeRange;
pub use rejects::{RejectBatch, RejectSource, StoredReject};
pub use repeated_engagements::RepeatedEngagements;
pub use report_runs::ReportsLock;
pub use revision::{ConflictPolicy, MergeCounts, RefusedChange, Revision};
pub use scope::Scope;
pub use scope_id::ScopeId;
pub use staged_file::StagedFile;
pub use summaries::{SummaryContent, SummaryFile, SummaryPeriod};
pub use verify::{VerifyReport, Violation};
pub use write_day::DayAppender;
