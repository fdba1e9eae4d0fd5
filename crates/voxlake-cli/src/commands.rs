//! One file per subcommand.

pub(crate) mod bench;
pub(crate) mod call;
#[cfg(feature = "cluster")]
pub(crate) mod cluster;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod engine;
pub(crate) mod generate;
pub(crate) mod import;
pub(crate) mod lookup;
pub(crate) mod migrate;
pub(crate) mod origin;
pub(crate) mod publish;
pub(crate) mod query;
pub(crate) mod rejects;
pub(crate) mod report;
pub(crate) mod rescope;
pub(crate) mod schedule;
pub(crate) mod sim;
pub(crate) mod sql;
pub(crate) mod status;
pub(crate) mod summarize;
pub(crate) mod sync;
pub(crate) mod sync_report;
pub(crate) mod verify;
