//! DataFusion over a lake of calls: tables of its files, and the rules that make plans faster or
//! correct.
//!
//! - [`table`]: the table `voice_calls`, a scan of day files; [`days`] and [`rejects`] are tables
//!   of their own
//! - [`pruning`]: the days that a filter leaves, by date and by the Bloom filters of their files
//! - [`footers`]: footers of the days of a session, each read once
//! - [`coverage`]: time ranges that a lake does not hold
//! - [`damage`]: the day file that caused a failure
//! - [`rules`]: optimizer rules that make plans faster, and their operators
//! - [`correctness`]: corrections of plans that DataFusion 55 answers wrongly

pub mod correctness;
pub mod coverage;
pub mod damage;
pub mod days;
mod error;
mod expressions;
pub mod footers;
mod names;
mod pruning;
pub mod rejects;
pub mod rules;
pub mod table;

pub use error::{DamagedFile, EngineError};
pub use names::LAKE_URL;
