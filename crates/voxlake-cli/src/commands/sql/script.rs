//! Statements and commands one after the other: from the command line, files and pipes.

use std::io::BufRead as _;
use std::path::Path;

use anyhow::Context as _;
use voxlake_shell::script::{Piece, Script};

use super::engine::Interrupted;
use super::failure::{Origin, STDIN};
use super::places;
use super::shell::{Flow, Shell};
use crate::args::SqlArgs;
use crate::exit::{self, Exit, UsageError};

/// All that the command line says, and nothing but that.
pub(crate) fn work(mut shell: Shell, args: &SqlArgs) -> anyhow::Result<Exit> {
    let done = read_first(&mut shell, args).and_then(|()| all(&mut shell, args));
    match done {
        Ok(()) => {
            shell.out.finish()?;
            Ok(if shell.failed { Exit::Failed } else { Exit::Done })
        }
        Err(error) if error.is::<Interrupted>() => Ok(Exit::Interrupted),
        Err(error) if error.is::<UsageError>() || exit::is_broken_pipe(&error) => Err(error),
        Err(error) => {
            exit::report(&error);
            Ok(Exit::Failed)
        }
    }
}

/// The sqlrc file, if there is one. What is wrong there is told, and keeps nobody from working.
pub(crate) fn read_first(shell: &mut Shell, args: &SqlArgs) -> anyhow::Result<()> {
    let Some(file) = places::sqlrc().filter(|file| !args.no_sqlrc && file.is_file()) else { return Ok(()) };
    let quiet = std::mem::replace(&mut shell.look.quiet, true);
    let done = file_of(shell, &file);
    shell.look.quiet = quiet;
    match done {
        Err(error) if !error.is::<Interrupted>() && !exit::is_broken_pipe(&error) => {
            exit::report(&error);
            Ok(())
        }
        done => done.map(drop),
    }
}

fn all(shell: &mut Shell, args: &SqlArgs) -> anyhow::Result<()> {
    for command in &args.commands {
        if pieces(shell, Script::of(command), None)? == Flow::End {
            return Ok(());
        }
    }
    for file in &args.files {
        let flow = if file.as_os_str() == "-" { standard_input(shell)? } else { file_of(shell, file)? };
        if flow == Flow::End {
            return Ok(());
        }
    }
    if args.commands.is_empty() && args.files.is_empty() {
        standard_input(shell)?;
    }
    Ok(())
}

/// The pieces of a file.
pub(crate) fn file_of(shell: &mut Shell, file: &Path) -> anyhow::Result<Flow> {
    let text = voxlake_query::read_text_file(file)?;
    pieces(shell, Script::of(&text), Some(&file.display().to_string()))
}

/// The pieces of a script that is all there.
pub(crate) fn pieces(shell: &mut Shell, mut script: Script, file: Option<&str>) -> anyhow::Result<Flow> {
    while let Some(piece) = script.next_piece() {
        if piece_of(shell, piece, file)? == Flow::End {
            return Ok(Flow::End);
        }
    }
    rest(shell, &mut script, file)
}

/// Each piece as it comes, since who writes a pipe may wait for answers.
fn standard_input(shell: &mut Shell) -> anyhow::Result<Flow> {
    let mut script = Script::default();
    loop {
        let line = shell
            .engine
            .run(tokio::task::spawn_blocking(line), || {})??
            .context("cannot read standard input")?;
        script.push(&line);
        // Nothing ends in a line without one of these, and then it need not be looked at again.
        if line.contains([';', '\\']) {
            while let Some(piece) = script.next_piece() {
                if piece_of(shell, piece, Some(STDIN))? == Flow::End {
                    return Ok(Flow::End);
                }
            }
        }
        if line.is_empty() {
            return rest(shell, &mut script, Some(STDIN));
        }
    }
}

fn line() -> std::io::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

fn rest(shell: &mut Shell, script: &mut Script, file: Option<&str>) -> anyhow::Result<Flow> {
    match script.take_rest() {
        Some(statement) => piece_of(shell, Piece::Statement(statement), file),
        None => Ok(Flow::Go),
    }
}

/// One piece; after one that failed it goes on only if that is wanted.
fn piece_of(shell: &mut Shell, piece: Piece, file: Option<&str>) -> anyhow::Result<Flow> {
    let line = match &piece {
        Piece::Statement(statement) => statement.line,
        Piece::Command(command) => command.line,
    };
    let origin = Origin { file: file.map(str::to_owned), line };
    match shell.perform(piece, &origin) {
        Err(error)
            if shell.look.keep_going && !error.is::<Interrupted>() && !exit::is_broken_pipe(&error) =>
        {
            exit::report(&error);
            shell.failed = true;
            Ok(Flow::Go)
        }
        Err(error) if error.is::<UsageError>() => Err(anyhow::anyhow!("{error}")),
        done => done,
    }
}
