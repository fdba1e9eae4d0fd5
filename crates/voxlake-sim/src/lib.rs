//! A stand-in for the contact centre's API and for the people who call it.
//!
//! ```text
//! draw ──▶ centre ──Call──▶ wire ──JSON──▶ server
//!   chance     │  what happened    how it is told      to whom, when, how often
//!              └──▶ tests ask here which calls there are
//! ```
//!
//! - [`Centre`] makes calls from a seed: any window, any time, always the same ones. No state, no
//!   I/O.
//! - [`Call`] is what happened, [`Call::to_json`] how the API tells it.
//! - [`Server`] answers requests as the real service does: tokens, limits, pages, refusals.
//!   [`LocalServer`] is one on a free port.
//! - [`Faults`] are what goes wrong with requests, by a script or by a seed.
//!
//! The crate knows nothing of the rest of the workspace, so that it can be its judge.

mod call;
mod centre;
mod draw;
mod money;
mod server;
mod vocabulary;
mod wire;

pub use call::{
    Agent, Call, CallAgent, Charge, Device, EngagementId, Flow, Leg, Numbers, Queue, SessionBorderController,
    Team,
};
pub use centre::{Centre, CentreConfig, Directory, InvalidCentre};
pub use money::{Micros, minutes_begun};
pub use server::{
    Asked, Bound, Clock, Credentials, Endpoint, Fault, Faults, Handle, LocalServer, ManualClock, Oddities,
    RateLimits, RetryAfter, SCOPE_MASTER, SCOPE_MASTER_GRANULAR, SCOPE_READ, Served, Server, ServerConfig,
    SystemClock, TickingClock, Told, serve,
};
pub use vocabulary::{CallResult, CallType, CallingParty, Direction, Distribution, NumberType, SubType};
pub use wire::View;
