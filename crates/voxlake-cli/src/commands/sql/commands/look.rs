//! How answers look and where they go.

use std::path::Path;

use anyhow::bail;
use voxlake_report::Format;

use crate::commands::sql::shell::Shell;
use crate::commands::sql::sink::{Sink, named_format};
use crate::screen;
use crate::stderr::stderr_line;

/// On or off, in the words that psql takes.
pub(super) fn switch(word: &str) -> anyhow::Result<bool> {
    match word.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => bail!("{word:?} is neither on nor off"),
    }
}

/// The switch after a command: what its word says, and without one the other way round.
fn switched(now: bool, args: &[String]) -> anyhow::Result<bool> {
    match args {
        [] => Ok(!now),
        [word] => switch(word),
        _ => bail!("on or off is all that it takes"),
    }
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

pub(super) fn expanded(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    shell.look.expanded = switched(shell.look.expanded, args)?;
    shell.tell(&format!("Expanded display is {}.", on_off(shell.look.expanded)), None)
}

pub(super) fn timing(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    shell.look.timing = switched(shell.look.timing, args)?;
    shell.tell(&format!("Timing is {}.", on_off(shell.look.timing)), None)
}

pub(super) fn pager(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    shell.look.pager = switched(shell.look.pager, args)?;
    let which = if shell.look.pager { format!(" ({})", screen::pager()) } else { String::new() };
    shell.tell(&format!("Pager is {}{which}.", on_off(shell.look.pager)), None)
}

pub(super) fn format(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    match args {
        [] => {}
        [name] => {
            shell.look.format = named_format(name)?;
            if let Sink::Growing { format, .. } = &mut shell.out {
                *format = None;
            }
        }
        _ => bail!("\\format takes one name"),
    }
    let said = format!("Output format is {}.", shell.look.format);
    if shell.interactive && shell.look.format != Format::Table {
        // Formats for programs keep such words off standard output.
        stderr_line!("{said}");
    }
    shell.tell(&said, None)
}

pub(super) fn output(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    let file = match args {
        [] => None,
        [file] if file == "-" => None,
        [file] if file.starts_with('|') => {
            bail!("\\o writes to a file; for a program, run voxlake sql in a pipe")
        }
        [file] => Some(file),
        _ => bail!("\\o takes one file"),
    };
    shell.out.finish()?;
    if let Some(file) = file {
        shell.out = Sink::growing(Path::new(file))?;
    }
    Ok(())
}
