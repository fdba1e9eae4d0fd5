//! Commands for display settings and the output file.

use std::path::Path;

use anyhow::bail;
use voxlake_report::Format;

use crate::repl::show;
use crate::repl::sink::{Sink, named_format};
use crate::repl::state::Shell;
use crate::stderr_line;

/// Parses an on/off value of psql.
pub(crate) fn parse_switch(word: &str) -> anyhow::Result<bool> {
    match word.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => bail!("{word:?} is neither on nor off"),
    }
}

/// New value of a switch: that of the argument, or the opposite of the current one.
fn next_switch(now: bool, args: &[String]) -> anyhow::Result<bool> {
    match args {
        [] => Ok(!now),
        [word] => parse_switch(word),
        _ => bail!("the only arguments are on and off"),
    }
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

pub(crate) fn expanded(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    shell.display.expanded = next_switch(shell.display.expanded, args)?;
    show::print_message(shell, &format!("Expanded display is {}.", on_off(shell.display.expanded)), None)
}

pub(crate) fn exact(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    shell.display.exact = next_switch(shell.display.exact, args)?;
    show::print_message(shell, &format!("Exact values are {}.", on_off(shell.display.exact)), None)
}

pub(crate) fn timing(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    shell.display.timing = next_switch(shell.display.timing, args)?;
    show::print_message(shell, &format!("Timing is {}.", on_off(shell.display.timing)), None)
}

pub(crate) fn pager(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    shell.display.pager = next_switch(shell.display.pager, args)?;
    let which = if shell.display.pager { format!(" ({})", shell.options.pager) } else { String::new() };
    show::print_message(shell, &format!("Pager is {}{which}.", on_off(shell.display.pager)), None)
}

pub(crate) fn format(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    match args {
        [] => {}
        [name] => {
            shell.display.format = named_format(name)?;
            if let Sink::Append { format, .. } = &mut shell.out {
                *format = None;
            }
        }
        _ => bail!("\\format takes one name"),
    }
    let said = format!("Output format is {}.", shell.display.format);
    if shell.interactive && shell.display.format != Format::Table {
        // Messages stay out of standard output for programs.
        stderr_line!("{said}");
    }
    show::print_message(shell, &said, None)
}

pub(crate) fn output(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
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
        shell.out = Sink::append(Path::new(file))?;
    }
    Ok(())
}
