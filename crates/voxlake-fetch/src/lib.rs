//! How calls come: from the API, window by window, into the lake.
//!
//! ```text
//! plan ──▶ queue ──▶ walk ──▶ commit ──▶ lake        sync: what to do, under the lock
//!            ▲ shape   │                             run: walkers, committer, what is missing
//!            └─────────┘ too large, failed
//!                      client ── token, pace, budget, answer
//! ```
//!
//! - [`ApiClient`]: one page of a window, with its token, rate limit, retries and errors sorted out
//! - [`CallFilter`]: conditions on calls that the API evaluates
//! - [`Budget`]: the requests of the UTC day, over all runs
//! - [`LakeSync`]: plans what is not settled, walks those windows, commits what is complete
//! - [`Import`]: calls that come from files instead; [`read_saved`] knows their forms
//! - [`Found`], [`Names`], [`SliceCount`]: single calls, names and counts asked of the API directly
//! - [`Access`], [`Sight`]: what one look at an account shows
//! - [`FetchError`]: what went wrong, by what the caller can do about it
//!
//! A window is the atom of fetching: it counts as covered only with all its pages and as many
//! records as the API said. Requests are the scarce good, so no page is asked for twice without
//! cause.

mod answer;
mod body;
mod budget;
mod client;
mod clock;
mod commit;
mod credentials;
mod error;
mod filter;
mod filter_counts;
#[cfg(fuzzing)]
pub mod fuzzing;
mod held;
mod import;
mod lake_state;
mod limits;
mod list_forms;
mod lookup;
mod names;
mod options;
mod pace;
mod paging;
mod plan;
mod probe;
mod queue;
mod report;
mod run;
mod saved;
mod scope;
mod secrets;
mod shape;
mod slices;
mod sync;
mod token;
mod walk;
mod widening;

pub use budget::Budget;
pub use client::{ApiClient, is_loopback};
pub use clock::Clock;
pub use credentials::Credentials;
pub use error::{AccessProblem, CredentialsProblem, FetchError};
pub use filter::{CallFilter, FilterError, FilterParameter, ListForm};
pub use import::{FileTally, Import};
pub use list_forms::{FormVerdict, ListForms};
pub use lookup::{Found, LookupOptions};
pub use names::Names;
pub use options::{ApiConfig, CommitLimits, Retry, SyncOptions, View};
pub use plan::{LONGEST_WINDOW, Order, plan};
pub use probe::{Access, Sight};
pub use report::{Changes, Event, FailedWindow, Month, OnEvent, Pacing, SyncReport, Tally};
pub use saved::{SavedCalls, SavedError, read_saved};
pub use scope::{check_scope, filter_to_widen, lake_filter};
pub use slices::SliceCount;
pub use sync::{LakeSync, SyncPlan};
