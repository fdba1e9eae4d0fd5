//! Fault injection.
//!
//! ```text
//! request  ──▶ arrival ── selects a fault ── script, choice, seed
//!                 │
//!              handler ── refuses, or changes the page ── refusal, page
//!                 │
//! response ◀── way ───── delays, cuts or garbles ── connection
//! ```
//!
//! A fault affects one request. Records with unknown fields and invalid records are not faults:
//! they have to be the same on every read. [`Oddities`] configures them.

mod arrival;
mod fault;
mod oddities;
mod refusal;
mod seeded;
mod selection;
mod way;

pub(crate) use self::arrival::{Active, Arrival, Met};
pub use self::fault::Fault;
pub use self::oddities::Oddities;
pub(crate) use self::refusal::met;
pub use self::selection::Faults;
pub(crate) use self::way::leave;
