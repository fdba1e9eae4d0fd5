//! Implementation of the commands. Commands that psql has behave as in psql.
//!
//! - [`arguments`]: words of a command line
//! - [`describe`]: tables, columns, days; [`display`]: display settings
//! - [`files`]: scripts, copies, attached files, the editor
//! - [`rerun`]: running the last statement again; [`named`]: named queries; [`variables`]:
//!   variables

pub(crate) mod arguments;
pub(crate) mod describe;
pub(crate) mod display;
pub(crate) mod files;
pub(crate) mod named;
pub(crate) mod rerun;
pub(crate) mod variables;
