//! Comparison of a lake with the counts of the API.
//!
//! - [`Slice`]: the calls of a day that match one condition
//! - [`LakeCounts`]: the lake's counts of slices
//! - [`ApiComparison`]: the requests, and their outcome as a [`ComparisonReceipt`]

mod compare;
mod days;
mod receipt;
mod repair;
mod slice;

pub use compare::ApiComparison;
pub use days::{DaySelection, settled_days};
pub use receipt::{ComparisonReceipt, Mismatch};
pub use slice::{LakeCounts, Slice};
