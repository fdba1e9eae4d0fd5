//! Execution of script items: statements and commands.

use std::io::Write as _;

use crate::script::{CommandLine, ScriptItem, Statement};
use anyhow::{Result, bail};

use super::command::{self, Command};
use super::commands::arguments::words;
use super::commands::{describe, display, files, named, rerun, variables};
use super::control::ControlFlow;
use super::runtime::Interrupted;
use super::state::Shell;
use super::{show, statement};
use crate::failure::Origin;

/// Executes an item of a script.
pub(crate) fn execute_item(shell: &mut Shell, item: ScriptItem, origin: &Origin) -> Result<ControlFlow> {
    shell.runtime.drop_pending();
    let done = match item {
        ScriptItem::Statement(statement) => {
            statement::run_typed(shell, &statement.sql, origin).map(|()| ControlFlow::Continue)
        }
        ScriptItem::Command(line) => run_command(shell, line, origin),
    };
    if done.as_ref().is_err_and(anyhow::Error::is::<Interrupted>) {
        shell.workspace.invalidate();
    }
    done
}

fn run_command(shell: &mut Shell, line: CommandLine, origin: &Origin) -> Result<ControlFlow> {
    let CommandLine { text, statement, .. } = line;
    let (name, rest) = match text.split_once(char::is_whitespace) {
        Some((name, rest)) => (name, rest.trim()),
        None => (text.as_str(), ""),
    };
    let command: Command = name.parse()?;
    match statement {
        None => execute(shell, command, rest, origin),
        Some(statement) => {
            let origin = Origin { line: statement.line, ..origin.clone() };
            execute_on(shell, command, rest, statement, &origin)
        }
    }
}

/// Executes a command. `rest` is the line after its name.
fn execute(shell: &mut Shell, command: Command, rest: &str, origin: &Origin) -> Result<ControlFlow> {
    let args = || words(rest, &shell.variables);
    match command {
        Command::Quit => return Ok(ControlFlow::Exit),
        Command::Include => return files::include(shell, &args()?),
        Command::Edit => return files::edit(shell, &args()?, None),
        Command::Help => show::show_text(shell, &command::help())?,
        Command::Describe => describe::table(shell, &args()?)?,
        Command::Functions => describe::functions(shell, &args()?)?,
        Command::Days => describe::days(shell)?,
        Command::Output => display::output(shell, &args()?)?,
        Command::Copy => files::copy(shell, rest, origin)?,
        Command::Attach => files::attach(shell, rest)?,
        Command::Detach => files::detach(shell, &args()?, origin)?,
        Command::Expanded => display::expanded(shell, &args()?)?,
        Command::Exact => display::exact(shell, &args()?)?,
        Command::Timing => display::timing(shell, &args()?)?,
        Command::Pager => display::pager(shell, &args()?)?,
        Command::Format => display::format(shell, &args()?)?,
        Command::Set => variables::set(shell, &args()?)?,
        Command::Unset => variables::unset(shell, &args()?)?,
        Command::Echo => writeln!(std::io::stdout(), "{}", args()?.join(" "))?,
        Command::Print => rerun::print(shell)?,
        Command::Go => rerun::go(shell, &args()?, None)?,
        Command::GoExpanded => rerun::go_expanded(shell, &args()?, None)?,
        Command::Watch => rerun::watch(shell, &args()?, None)?,
        Command::Explain => rerun::explain(shell, rest, origin)?,
        Command::Chart => rerun::chart(shell, &args()?)?,
        Command::Run => named::run(shell, &args()?)?,
        Command::Reset => {}
    }
    Ok(ControlFlow::Continue)
}

/// Executes a command on the unfinished statement before it.
fn execute_on(
    shell: &mut Shell,
    command: Command,
    rest: &str,
    statement: Statement,
    origin: &Origin,
) -> Result<ControlFlow> {
    let args = words(rest, &shell.variables)?;
    match command {
        Command::Quit => return Ok(ControlFlow::Exit),
        Command::Edit => return files::edit(shell, &args, Some(&statement.sql)),
        Command::Go => rerun::go(shell, &args, Some((&statement.sql, origin)))?,
        Command::GoExpanded => rerun::go_expanded(shell, &args, Some((&statement.sql, origin)))?,
        Command::Watch => rerun::watch(shell, &args, Some((&statement.sql, origin)))?,
        Command::Explain => rerun::explain(shell, &statement.sql, origin)?,
        Command::Print => {
            show::show_text(shell, &statement.sql)?;
            shell.begun = Some(statement.sql);
        }
        Command::Reset => {}
        other => bail!(
            "the statement before \\{} is not finished: end it with ; or \\g, or discard it with \\r",
            other.name()
        ),
    }
    Ok(ControlFlow::Continue)
}
