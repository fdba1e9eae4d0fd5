//! What goes wrong on purpose, and when.
//!
//! ```text
//! request ──▶ arrival ──which fault?── script, choice, seed
//!                │
//!             handler ──refused instead, or another page── refusal, page
//!                │
//! answer  ◀── way out ──slow, cut, garbled── way, connection
//! ```
//!
//! Faults are of single requests. What the log itself is like (records with unknown fields, records
//! that are none) is no fault of a request: read again, it has to be the same. That is the duty of
//! [`Oddities`].

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
