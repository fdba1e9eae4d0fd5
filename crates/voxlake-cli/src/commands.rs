//! One file per subcommand.

pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod query;
pub(crate) mod sim;
pub(crate) mod sync;
pub(crate) mod sync_report;
