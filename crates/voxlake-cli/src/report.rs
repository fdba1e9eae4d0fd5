//! Reports made from a lake's answers: which there are, about which period, how far the data can be relied on.
//!
//! - [`catalog`]: reports by name, built in and one's own, checked against the questions
//! - [`period`]: a report's period, its name and words, and the one before it
//! - [`standing`]: what the lake lacks of a period, what may still change, and what tells its data from other
//! - [`make`]: a report asked and put together
//! - [`alert`]: conditions over its answers

pub(crate) mod alert;
pub(crate) mod catalog;
pub(crate) mod make;
pub(crate) mod period;
pub(crate) mod standing;
