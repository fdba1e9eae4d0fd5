//! HTTP server of the simulated API, with the limits, pitfalls and errors of the real service.
//!
//! ```text
//! POST /oauth/token ──────────────────────────────────────▶ oauth
//! GET  /v2/contact_center/voice_calls ────────────────────▶ voice_calls ─▶ params, filter
//! GET  /v2/accounts/{accountId}/contact_center/voice_calls ▶    └────────▶ page, page_token
//! ```
//!
//! Every request also passes `service`, which injects faults, cuts connections and writes the log.

mod clock;
mod clock_skew;
mod config;
mod connection;
mod endpoint;
mod error;
mod faults;
mod filter;
mod index;
mod limits;
mod local;
mod log;
mod oauth;
mod page;
mod page_token;
mod params;
mod plan;
mod request_info;
mod retry_after;
mod service;
mod state;
#[cfg(test)]
mod tests;
mod time_param;
mod tokens;
mod voice_calls;

pub use self::clock::{Clock, ManualClock, SystemClock, TickingClock};
pub use self::clock_skew::{InvalidClockSkew, parse_clock_skew};
pub use self::config::{Credentials, SCOPE_MASTER, SCOPE_MASTER_GRANULAR, SCOPE_READ, ServerConfig};
pub use self::endpoint::Endpoint;
pub use self::faults::{Anomalies, Fault, Faults, InvalidFaults};
pub use self::limits::{LimitDisclosure, RateLimits};
pub use self::local::LocalServer;
pub use self::log::RequestLogEntry;
pub use self::plan::AccountPlan;
pub use self::request_info::RequestInfo;
pub use self::retry_after::RetryAfter;
pub use self::service::{Server, serve};
pub use self::state::Handle;
pub use self::time_param::Bound;
