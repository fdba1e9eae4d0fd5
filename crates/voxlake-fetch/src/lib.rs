//! Fetching of call records from the API into a lake.
//!
//! ```text
//! plan ──▶ queue ──▶ window ──▶ commit ──▶ lake      sync: plan, lock, scope
//!            ▲ hourly_profile │                      run: workers, committer, outcome
//!            └────────────────┘ too large, failed
//!                      client ── token, rate_limiter, budget, response_error
//! ```
//!
//! A window is a time range that is fetched as a unit. It counts as covered only once all its pages
//! are stored and hold as many distinct records as the API counts. Requests are limited per second
//! and per day, so settled ranges are not fetched again.
//!
//! # Main types
//!
//! - [`LakeSync`]: plans unsettled ranges, fetches them in windows, commits complete windows
//! - [`SyncService`]: repeated syncs, at intervals and once a limit of requests lifts
//! - [`ApiClient`]: requests with access token, rate limit, retries and typed errors
//! - [`CallFilter`]: conditions on calls that the API evaluates
//! - [`Budget`]: requests per UTC day, counted over all runs in the lake's quota ledger
//! - [`Import`], [`ImportFile`]: calls from files instead of the API; [`read_saved`] parses their
//!   formats
//! - [`LookupResult`], [`FoundCalls`], [`EntityNames`], [`SliceCount`]: single calls, names and
//!   counts without a lake
//! - [`FilterSettings`], [`FilterRequest`]: filters with names of queues and agents, resolved to
//!   ids
//! - [`ApiComparison`], [`CallComparison`]: comparison of a lake with the API
//! - [`diagnose_api`], [`diagnose_lake`]: checks of an account and a lake
//! - [`FetchError`]: errors, by what the caller can do about them
//!
//! # Example
//!
//! Fetches the last 30 days, or what is missing since the first day of the lake:
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use voxlake_fetch::{ApiClient, ApiConfig, Credentials, LakeSync, SyncOptions};
//! use voxlake_lake::Lake;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let credentials = Credentials::new("account id", "client id", "client secret");
//! let (api_url, oauth_url) = ("https://api.zoom.us/v2".parse()?, "https://zoom.us".parse()?);
//! let config = ApiConfig::new(api_url, oauth_url, credentials);
//! let client = ApiClient::new(config, Arc::new(chrono::Utc::now))?;
//! let lake = Lake::create("data").await?;
//!
//! let sync = LakeSync::new(client, lake, SyncOptions::default());
//! let report = sync.run(&|event| println!("{event:?}"), std::future::pending()).await?;
//! println!("{} new calls in {} windows", report.stats.added, report.complete);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! None. TLS uses rustls with the `ring` provider.

mod api_comparison;
mod body;
mod brief_budget;
mod budget;
mod client;
mod clock;
mod commit;
mod countries;
mod credentials;
mod diagnosis;
mod differences;
mod error;
mod filter;
mod filter_counts;
mod filter_request;
mod filter_settings;
mod found_calls;
#[cfg(fuzzing)]
pub mod fuzzing;
mod hourly_profile;
mod import;
mod import_file;
mod import_format;
mod import_report;
mod lake_state;
mod limits;
mod list_forms;
mod lookup;
mod memory;
mod names;
mod options;
mod outcome;
mod paging;
mod plan;
mod probe;
mod queue;
mod rate_limiter;
mod report;
mod rescope;
mod response_error;
mod run;
mod scope;
mod secrets;
mod service;
mod slices;
mod sync;
mod sync_hooks;
mod sync_progress;
mod sync_text;
mod token;
mod widening;
mod window;

pub use api_comparison::{
    ApiComparison, ComparisonReceipt, DaySelection, LakeCounts, Mismatch, Slice, settled_days,
};
pub use brief_budget::BriefBudget;
pub use budget::Budget;
pub use client::ApiClient;
pub use clock::Clock;
pub use commit::AfterCommit;
pub use countries::country_code;
pub use credentials::{Credentials, PartialCredentials};
pub use diagnosis::{DiagnosisOptions, Finding, FindingLevel, diagnose_api, diagnose_lake};
pub use differences::{CallComparison, FieldDifference};
pub use error::{AccessProblem, CredentialsProblem, FetchError};
pub use filter::{CallFilter, FilterError, FilterParameter, ListForm};
pub use filter_request::{FilterRequest, FilterRequestError, ResolvedFilter};
pub use filter_settings::FilterSettings;
pub use found_calls::FoundCalls;
pub use import::{FileStats, Import};
pub use import_file::{ImportFile, ImportFileError};
pub use import_format::{SavedCalls, SavedError, read_saved};
pub use import_report::ImportReport;
pub use list_forms::{FormVerdict, ListForms};
pub use lookup::{LookupOptions, LookupResult};
pub use names::EntityNames;
pub use options::{ApiConfig, CommitLimits, RetryConfig, SyncOptions, ViewType};
pub use outcome::SyncOutcome;
pub use plan::{MAX_WINDOW, WindowOrder, plan_windows};
pub use probe::{ProbeResult, TokenInfo};
pub use report::{Event, FailedWindow, MonthlyChanges, OnEvent, RateUsage, SyncReport, SyncStats, YearMonth};
pub use scope::{check_includes, check_scope, filter_to_widen, has_scope, lake_filter, recorded_filter};
pub use service::{ServiceEvent, ServiceOptions, StopSignal, SyncService};
pub use slices::SliceCount;
pub use sync::{LakeSync, SyncPlan};
pub use sync_progress::SyncProgress;
pub use sync_text::describe_repeated_engagements;
