//! SQL shell over a lake: scripts, workspaces, and an interactive prompt in the manner of psql.
//!
//! - [`Shell`]: runs scripts, or lines of a terminal, with [`ShellOptions`]; [`ShellHost`]:
//!   functions of its program
//! - [`Workspace`]: a session that follows its lake and keeps views, tables and attached files of
//!   its user
//! - [`script`]: splitting of text into statements and commands
//! - [`Failure`]: an error of a statement with its line and a caret
//! - [`Output`]: a file or standard output for a result; [`terminal`]: the terminal and the pager
//! - [`print_call`]: prints one call
//! - [`ResultPrinter`]: prints a result; [`describe_result`], [`scan_report`], [`missing_data`],
//!   [`session_notes`]: parts of it
//! - [`query_help`]: list and descriptions of named queries
//!
//! The crate knows neither the options nor the environment of the program: these come as
//! [`ShellOptions`]. [`user_files`] has paths for them.
//!
//! # Example
//! ```
//! use voxlake_lake::Lake;
//! use voxlake_query::SessionOptions;
//! use voxlake_shell::{StatementOutcome, Workspace};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
//! let workspace = Workspace::open(&lake, SessionOptions::new()).await?;
//! let (_, outcome) = workspace.run("SELECT count(*) FROM calls").await?;
//! if let StatementOutcome::Rows(result) = outcome {
//!     assert_eq!(result.collect().await?[0].num_rows(), 1);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! None.

mod call_printer;
mod failure;
pub mod interrupts;
mod missing_data;
mod options;
mod output;
pub mod query_help;
mod repl;
mod result_description;
mod result_printer;
pub mod scan_report;
pub mod script;
pub mod stderr;
pub mod terminal;
pub mod user_files;
mod workspace;

pub use call_printer::print_call;
pub use failure::{Failure, Origin, STDIN, is_broken_pipe};
pub use interrupts::Interrupts;
pub use missing_data::{missing_data, session_notes};
pub use options::{ShellHost, ShellOptions};
pub use output::{Output, OutputError, format_by_extension, result_format};
pub use repl::{ScriptEnd, ScriptInput, Shell};
pub use result_description::{TABLE_ROWS, describe_result};
pub use result_printer::ResultPrinter;
pub use workspace::{AttachOptions, CopyRequest, StatementOutcome, Workspace};
