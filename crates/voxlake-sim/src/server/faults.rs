//! Fault injection.
//!
//! ```text
//! request  ──▶ state ──── selects a fault ── script, choice, seed
//!                 │
//!              handler ── refuses, or changes the page ── refusal, page
//!                 │
//! response ◀── response ─ delays, cuts or garbles ── connection
//! ```
//!
//! A fault affects one request. Records with unknown fields and invalid records are not faults:
//! they have to be the same on every read. [`Anomalies`] configures them.

mod anomalies;
mod fault;
mod parse;
mod refusal;
mod response;
mod seeded;
mod selection;
mod state;

pub use self::anomalies::Anomalies;
pub use self::fault::Fault;
pub use self::parse::InvalidFaults;
pub(crate) use self::refusal::tag_fault;
pub(crate) use self::response::apply_fault;
pub use self::selection::Faults;
pub(crate) use self::state::{AppliedFault, FaultState, RequestContext};
