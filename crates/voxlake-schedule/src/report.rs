//! Reports built from the answers of a lake.
//!
//! - [`catalog`]: reports by name, built in and the user's own, checked against the named queries
//! - [`describe`]: the sections and queries of a report as text
//! - [`period`]: periods of reports, and their names
//! - [`comparison`]: the periods that reports are compared with
//! - [`freshness`]: gaps and unsettled ranges of a period, and the fingerprint of its data
//! - [`build`]: the queries of a report, run and assembled
//! - [`alert`]: conditions on its answers
//!
//! `figure_rows` checks the names by which figures select rows.

pub mod alert;
pub mod build;
pub mod catalog;
pub mod comparison;
pub mod describe;
mod figure_rows;
pub mod freshness;
pub mod period;
