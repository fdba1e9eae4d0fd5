//! SQL shell of Voxlake.
//!
//! - [`Workspace`]: a session to work in, with views, tables and files of one's own
//! - [`script`]: what is typed at a prompt, parted into statements and commands

pub mod script;
mod workspace;

pub use workspace::{AttachOptions, Copy, Outcome, Workspace};
