//! `voxlake sql`: a prompt over the calls, or a script of the same statements and commands.
//!
//! ```text
//! terminal ─▶ prompt ─┐
//!     file, -c, pipe ─┴▶ script ─▶ shell ─┬▶ statement ─▶ engine ─▶ show ─▶ screen, pager, file
//!                                         └▶ commands
//! ```
//!
//! - [`shell`]: the state of a session, and what becomes of a statement; [`script`]: one piece after the other
//! - [`engine`]: work that Ctrl-C stops, however busy it is
//! - [`show`]: answers on their way out; [`sink`]: where that leads; [`screen`](crate::screen): the terminal and the pager; [`progress`]: how far an answer is
//! - [`commands`]: what begins with a backslash; [`failure`]: an error with its line and a caret
//! - [`prompt`]: line editing, with [`complete`], [`colours`] and [`words`]; [`places`]: files of the user's own

mod colours;
mod commands;
mod complete;
mod engine;
pub(crate) mod failure;
mod places;
mod progress;
mod prompt;
mod script;
mod shell;
mod show;
mod sink;
mod words;

use std::io::IsTerminal as _;

use tokio::runtime::Handle;

use self::shell::Shell;
use super::query::{FAREWELL, output};
use crate::args::SqlArgs;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};
use crate::signals;

/// Works on a thread of its own, since a prompt waits for its user and a pipe for its reader.
pub(crate) async fn run(settings: Settings, args: SqlArgs) -> anyhow::Result<Exit> {
    let interactive = args.commands.is_empty()
        && args.files.is_empty()
        && args.output.is_none()
        && std::io::stdin().is_terminal()
        && std::io::stdout().is_terminal();
    let format = output::format_of(args.format, args.output.as_deref())?;
    if let Some((name, _)) =
        args.variables.iter().find(|(name, _)| !voxlake_shell::script::is_variable_name(name))
    {
        return Err(UsageError(format!(
            "--set {name:?} is no name for a variable: take letters, digits and underscores"
        ))
        .into());
    }
    let shell = Shell::open(&settings, &args, format, interactive, Handle::current()).await?;
    if interactive {
        return tokio::task::spawn_blocking(move || prompt::work(shell, &args)).await?;
    }
    let mut work = tokio::task::spawn_blocking(move || script::work(shell, &args));
    tokio::select! {
        done = &mut work => done?,
        () = signals::interrupted() => {
            // It hears the signal too, and puts its things away, unless it hangs in a write that nobody reads.
            drop(tokio::time::timeout(FAREWELL, work).await);
            Ok(Exit::Interrupted)
        }
    }
}
