//! Simulator of a contact centre and of its voice call API.
//!
//! - [`Centre`] generates calls from a seed, for any window, without state or I/O.
//! - [`Call`] is one call with its legs; [`Call::to_json`] returns it as the API does.
//! - [`Server`] serves the calls over HTTP with access tokens, rate limits, paging and errors, like
//!   the real service. [`LocalServer`] runs one on a free port.
//! - [`Faults`] injects faults into requests, by a script, a function or a seed.
//!
//! ```text
//! Centre ──Call──▶ to_json ──JSON──▶ Server ──HTTP──▶ client under test
//!    │
//!    └──▶ expected calls of a test
//! ```
//!
//! The crate depends on no other crate of the workspace, so that tests can compare their results
//! with calls that the code under test has not touched.
//!
//! # Example
//!
//! ```
//! use chrono::{TimeZone as _, Utc};
//! use voxlake_sim::{Centre, View};
//!
//! let centre = Centre::with_seed(7);
//! let from = Utc.with_ymd_and_hms(2026, 11, 2, 18, 0, 0).unwrap();
//! let to = Utc.with_ymd_and_hms(2026, 11, 2, 19, 0, 0).unwrap();
//! let calls: Vec<_> = centre.calls(from, to).collect();
//! assert!(calls.iter().all(|call| call.start_time >= from && call.start_time < to));
//! // The same window always has the same calls.
//! assert_eq!(calls, centre.calls(from, to).collect::<Vec<_>>());
//! let record = calls[0].to_json(View::Detail, centre.config().local_offset);
//! assert_eq!(record["engagement_id"], calls[0].engagement_id.as_str());
//! ```
//!
//! # Features
//!
//! - `arrow`: [`Dataset`], calls as Arrow record batches for data sets of millions of calls. Off by
//!   default.

mod call;
mod centre;
#[cfg(feature = "arrow")]
mod dataset;
mod money;
mod rng;
mod server;
mod sync;
mod vocabulary;
mod wire;

pub use call::{
    Agent, Call, CallAgent, Charge, Device, EngagementId, Flow, Leg, Numbers, Queue, SessionBorderController,
    Team,
};
pub use centre::{Centre, CentreConfig, Directory, InvalidCentre, SizingError};
#[cfg(feature = "arrow")]
pub use dataset::{CALLS_PER_BATCH, ColumnSet, Dataset};
pub use money::{Micros, billed_minutes};
pub use server::{
    AccountPlan, Anomalies, Bound, Clock, Credentials, Endpoint, Fault, Faults, Handle, InvalidClockSkew,
    InvalidFaults, LimitDisclosure, LocalServer, ManualClock, RateLimits, RequestInfo, RequestLogEntry,
    RetryAfter, SCOPE_MASTER, SCOPE_MASTER_GRANULAR, SCOPE_READ, Server, ServerConfig, SystemClock,
    TickingClock, parse_clock_skew, serve,
};
pub use vocabulary::{CallResult, CallType, CallingParty, Direction, Distribution, NumberType, SubType};
pub use wire::View;
