//! The interactive shell, and scripts of the same statements and commands.
//!
//! ```text
//! terminal ─▶ prompt ─┐
//!    file, text, pipe ┴▶ runner ─▶ dispatch ─┬▶ statement ─▶ runtime ─▶ show ─▶ output
//!                                            └▶ commands
//! ```
//!
//! - [`state`]: the state of a shell; [`dispatch`]: execution of an item of a script
//! - [`runner`]: items from texts, files and pipes; [`control`]: effect of an item on its script
//! - [`runtime`]: a runtime whose work Ctrl-C cancels
//! - [`show`]: results on their way to a [`sink`]; [`batches`], [`last_rows`], [`progress`]
//! - [`command`]: names and help of the commands; [`commands`]: their implementation
//! - [`prompt`]: line editing, with [`completion`], [`completion_cache`] and [`highlight`]

mod batches;
mod command;
mod commands;
mod completion;
mod completion_cache;
mod control;
mod dispatch;
mod highlight;
mod last_rows;
mod progress;
mod prompt;
mod runner;
mod runtime;
mod show;
mod sink;
mod state;
mod statement;

pub use self::runner::{ScriptEnd, ScriptInput};
pub use self::state::Shell;
