//! Storage of calls: day files with their coverage, rejected records, summaries and locks, over
//! [`object_store`].
//!
//! This crate defines the layout of a lake, and no other crate writes its files. Replacing a day
//! file is the commit: a reader sees the old day or the new one. The lake is its own state: each
//! day file records its coverage, so a deleted day is simply fetched again.
//!
//! ```text
//! <lake>/voice_calls/date=2026-11-01/calls.parquet   one file per day (UTC date of start_time)
//! <lake>/rejects/2026-11-02/<id>.ndjson              rejected records by the day of their fetch
//! <lake>/summaries/<name>/day/<id>.parquet           derived from days; also month/ and year/
//! <lake>/published/delta/voice_calls/…                Delta table of versions of the day files
//! <lake>/_voxlake/…                                  locks, origin, scope, confirmed counts,
//!                                                    report runs, quota ledger, quarantine,
//!                                                    moved calls, footer cache, unfinished sync
//! ```
//!
//! # Main types
//! - [`Lake`]: opens or creates a lake, lists and reads days, merges fetched calls into a day
//! - [`Coverage`]: the fetched time ranges of a day, its gaps and unsettled parts
//! - [`Scope`]: the conditions on the calls of a lake that does not hold all calls
//! - [`LakeInventory`]: days, gaps and damaged files, from footers alone
//! - [`VerifyReport`]: result of a full check of a day file, with a checksum of its content
//! - [`RejectBatch`], [`StoredReject`]: records that cannot be stored as calls
//! - [`SummaryFile`], [`SummaryPeriod`], [`Fingerprint`]: data derived from days
//! - [`MigrationPlan`], [`MigrationReport`]: rewriting of day files of earlier versions
//! - [`PublishedTable`]: files of the table that other engines read
//! - [`WriterLock`]: exclusive right to write, which every write requires
//! - [`ReportsLock`]: exclusive right to make scheduled reports
//! - [`LakeError`]: errors, by what a caller can do about them
//!
//! # Example
//! ```
//! use voxlake_lake::Lake;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
//! for day in lake.days().await? {
//!     let footer = lake.footer(&day).await?;
//!     println!("{}: {} calls", day.date, footer.rows);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! - `s3`, `gcs`, `azure`: lakes in Amazon S3 (and compatible stores), Google Cloud Storage and
//!   Azure Blob Storage. Without them, only local folders are supported.

mod api_checks;
mod bloom;
mod calls;
mod checksum;
mod clock;
mod column_layout;
mod commit;
mod coverage;
mod day;
mod day_merge;
mod day_reads;
mod digest;
mod digits;
mod encoding;
mod error;
mod executor;
mod file_checksums;
mod file_version;
mod files;
mod fingerprint;
mod footer;
mod footer_cache;
mod inventory;
mod lake;
mod lake_findings;
mod layout;
mod listing;
mod location;
mod lock;
mod loopback;
mod merge;
mod merge_day;
mod migration;
mod moved_calls;
mod output_guard;
mod parquet_footer;
mod published;
mod quota_ledger;
mod range;
mod range_reader;
mod read;
mod rejects;
mod repeated_engagements;
mod report_runs;
mod request_limit;
mod revision;
mod schema_evolution;
mod scope;
mod scope_id;
mod sorted_calls;
mod staged_file;
mod status;
mod status_text;
mod store;
mod store_options;
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
pub use clock::Clock;
pub use column_layout::{ColumnLayout, arrow_list_schema, with_arrow_list_names};
pub use coverage::{Coverage, FetchedRange};
pub use day::{Day, DayFile};
pub use digest::sha256_hex;
pub use digits::{counted, format_bytes, group_digits};
pub use encoding::BLOOM_FILTERED_COLUMNS;
pub use error::LakeError;
pub use file_checksums::FileChecksums;
pub use fingerprint::Fingerprint;
pub use footer::DayFooter;
pub use inventory::{InventoryDay, LakeInventory};
pub use lake::Lake;
pub use lake_findings::{DayFindings, LakeFindings, RepeatedEngagement};
pub use location::LakeLocation;
pub use lock::WriterLock;
pub use lock::lease::finish_lock_releases;
pub use loopback::is_loopback;
pub use merge_day::DayCommit;
pub use migration::{MigrationPlan, MigrationReport, OutdatedDay, SkippedDay};
pub use moved_calls::{FetchedKeys, MovedCalls};
pub use output_guard::{OutputInLake, check_output_path, check_output_url};
pub use published::{PublishedFile, PublishedTable};
pub use range::{TimeRange, format_range};
pub use range_reader::DayRangeReader;
pub use rejects::{RejectBatch, RejectIdError, RejectSource, StoredReject, select_rejects};
pub use repeated_engagements::RepeatedEngagements;
pub use report_runs::ReportsLock;
pub use request_limit::MAX_CONCURRENT_REQUESTS;
pub use revision::{ConflictPolicy, MergeCounts, RefusedChange, Revision};
pub use scope::Scope;
pub use scope_id::ScopeId;
pub use status::{DamagedDay, DayStatus, LakeStatus, StatusRange};
pub use store::{StoreError, is_store_option, open_store};
pub use store_options::StoreOptions;
pub use summaries::{SummaryContent, SummaryFile, SummaryPeriod};
pub use verify::{VerifyReport, Violation};
pub use write_day::DayAppender;
