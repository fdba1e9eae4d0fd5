//! What begins with a backslash. Where psql has the command, it behaves as in psql.
//!
//! - [`help`]: which commands there are; [`arguments`]: how they are read
//! - [`describe`]: tables, columns, days; [`look`]: how answers look and where they go
//! - [`files`]: scripts, copies, attached files, the editor; [`again`]: the last statement once more

mod again;
mod arguments;
mod describe;
mod files;
mod help;
mod look;
mod named;

use std::io::Write as _;

use anyhow::bail;
use voxlake_shell::script::{Command, Statement, is_variable_name};

pub(crate) use self::arguments::words;
pub(crate) use self::help::COMMANDS;
pub(crate) use self::named::KEYS;
use super::failure::Origin;
use super::shell::{Flow, Shell};

/// Carries out a command, and before it the statement that it ends, if it is about none.
pub(crate) fn perform(shell: &mut Shell, command: Command, origin: &Origin) -> anyhow::Result<Flow> {
    let Command { text, statement, .. } = command;
    let (name, rest) = match text.split_once(char::is_whitespace) {
        Some((name, rest)) => (name, rest.trim()),
        None => (text.as_str(), ""),
    };
    if let Some(statement) = statement {
        let origin = Origin { line: statement.line, ..origin.clone() };
        return about_statement(shell, name, rest, statement, &origin);
    }
    let args = || words(rest, &shell.variables);
    match name {
        "q" | "quit" | "exit" => return Ok(Flow::End),
        "?" | "h" | "help" => shell.show_text(&help::text())?,
        "d" | "dt" | "dv" | "d+" => describe::table(shell, &args()?)?,
        "df" => describe::functions(shell, &args()?)?,
        "l" => describe::days(shell)?,
        "i" | "include" => return files::include(shell, &args()?),
        "o" | "out" => look::output(shell, &args()?)?,
        "copy" => files::copy(shell, rest, origin)?,
        "attach" => files::attach(shell, rest)?,
        "detach" => files::detach(shell, &args()?, origin)?,
        "e" | "edit" => return files::edit(shell, &args()?, None),
        "x" => look::expanded(shell, &args()?)?,
        "timing" => look::timing(shell, &args()?)?,
        "pager" => look::pager(shell, &args()?)?,
        "format" => look::format(shell, &args()?)?,
        "set" => set(shell, &args()?)?,
        "unset" => unset(shell, &args()?)?,
        "echo" => writeln!(std::io::stdout(), "{}", args()?.join(" "))?,
        "p" | "print" => again::print(shell)?,
        "g" | "gx" => again::go(shell, name, &args()?, None)?,
        "watch" => again::watch(shell, &args()?, None)?,
        "explain" => again::explain(shell, rest, origin)?,
        "chart" => again::chart(shell, &args()?)?,
        "run" => named::run(shell, &args()?)?,
        "r" | "reset" => {}
        other => bail!("there is no command \\{other}{}; \\? lists them", help::near(other)),
    }
    Ok(Flow::Go)
}

/// What a command does about the statement before it, which no semicolon ended.
fn about_statement(
    shell: &mut Shell,
    name: &str,
    rest: &str,
    statement: Statement,
    origin: &Origin,
) -> anyhow::Result<Flow> {
    let args = words(rest, &shell.variables)?;
    match name {
        "g" | "gx" => again::go(shell, name, &args, Some((&statement.sql, origin)))?,
        "watch" => again::watch(shell, &args, Some((&statement.sql, origin)))?,
        "explain" => again::explain(shell, &statement.sql, origin)?,
        "e" | "edit" => return files::edit(shell, &args, Some(&statement.sql)),
        "p" | "print" => {
            shell.show_text(&statement.sql)?;
            shell.begun = Some(statement.sql);
        }
        "r" | "reset" => {}
        "q" | "quit" => return Ok(Flow::End),
        other => {
            bail!("the statement before \\{other} is not ended: end it with ; or \\g, or drop it with \\r")
        }
    }
    Ok(Flow::Go)
}

fn set(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    match args {
        [] => {
            let lines = shell.variables.iter().map(|(name, value)| format!("{name} = '{value}'"));
            let text = lines.collect::<Vec<_>>().join("\n");
            return shell.show_text(&text);
        }
        [name, ..] if !is_variable_name(name) => {
            bail!("{name:?} is no name for a variable: take letters, digits and underscores")
        }
        [name, value @ ..] => {
            if name == "ON_ERROR_STOP" {
                shell.look.keep_going = !look::switch(value.first().map_or("on", String::as_str))?;
            }
            shell.variables.insert(name.clone(), value.concat());
        }
    }
    shell.words.set_variables(shell.variables.keys().cloned());
    Ok(())
}

fn unset(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    let [name] = args else { bail!("\\unset NAME takes one variable away") };
    shell.variables.remove(name);
    shell.words.set_variables(shell.variables.keys().cloned());
    Ok(())
}
