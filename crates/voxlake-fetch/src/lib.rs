//! How calls come: from the API, window by window, into the lake.
//!
//! - [`ApiClient`]: one page of a window, with its token, rate limit, retries and errors sorted out
//! - [`LakeSync`]: plans what is not settled, walks those windows, commits each when it is complete
//! - [`FetchError`]: what went wrong, by what the caller can do about it
//!
//! A window is the atom of fetching: it counts as covered only with all its pages and as many
//! records as the API said. Requests are the scarce good, so no page is asked for twice without cause.

mod answer;
mod client;
mod error;
mod plan;
mod report;
mod sync;
mod token;
mod walk;

pub use client::{ApiClient, ApiConfig, Retry, View};
pub use error::FetchError;
pub use plan::{Window, plan};
pub use report::{Event, FailedWindow, OnEvent, SyncReport};
pub use sync::{Clock, LakeSync, SyncOptions, system_clock};
pub use token::Credentials;
