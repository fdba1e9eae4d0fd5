//! One file per subcommand.

pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod query;
pub(crate) mod sim;
pub(crate) mod sync;
