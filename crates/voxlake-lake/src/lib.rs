//! Where calls lie: day files, their coverage, rejects and the writer's lock, over `object_store`.
//!
//! This is the only crate that knows a path of the lake or writes a file of it.
//!
//! - [`Lake`]: open or create a lake, list its days, read one, merge fetched calls into one, write one anew
//! - [`Coverage`]: which ranges of time a day file has fetched, when, and what is still unsettled
//! - [`Scope`]: the conditions that the calls of a lake meet, where it is not to hold all
//! - [`Survey`]: what the lake holds and lacks, told from footers
//! - [`Verdict`]: whether a day's file keeps what day files promise, and a checksum of what its calls say
//! - [`Rejected`], [`KeptReject`]: records without a place, kept whole
//! - [`SummaryFile`], [`Span`], [`Fingerprint`]: what was derived from days and is kept beside them
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
mod arrivals;
mod calls;
mod checksum;
mod commit;
mod conform;
mod coverage;
mod day;
mod encoding;
mod error;
mod file_checksums;
mod filters;
mod fingerprint;
mod footer;
mod footers;
mod lake;
mod layout;
mod listing;
mod lock;
mod merge;
mod merge_day;
mod moved;
mod range;
mod read;
mod rejects;
mod report_runs;
mod requests;
mod revision;
mod scope;
mod scope_id;
mod several_starts;
mod stream;
mod summaries;
mod survey;
#[cfg(test)]
mod test_calls;
mod verify;
mod write;
mod write_day;

pub use api_checks::ApiChecks;
pub use calls::CallsByDay;
pub use checksum::Checksum;
pub use coverage::{Coverage, Fetched};
pub use day::{Day, DayFile};
pub use encoding::FILTERED_COLUMNS;
pub use error::LakeError;
pub use file_checksums::FileChecksums;
pub use filters::DayFilter;
pub use fingerprint::Fingerprint;
pub use footer::DayFooter;
pub use lake::Lake;
pub use lock::WriterLock;
pub use merge_day::DayCommit;
pub use moved::{ArrivedCalls, MovedCalls};
pub use range::TimeRange;
pub use rejects::{KeptReject, Rejected, Source};
pub use report_runs::ReportsLock;
pub use revision::{Existing, MergeCounts, RefusedChange, Revision};
pub use scope::Scope;
pub use scope_id::ScopeId;
pub use several_starts::SeveralStarts;
pub use summaries::{Span, SummaryContent, SummaryFile};
pub use survey::{Survey, SurveyedDay};
pub use verify::{Fault, Verdict};
pub use write_day::NewDay;
