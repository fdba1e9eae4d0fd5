//! Scripts from texts, files and standard input.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use crate::script::{Script, ScriptItem};
use anyhow::Context as _;
use voxlake_query::{TextFileError, read_text_file};

use super::control::{ControlFlow, IncludedScript};
use super::dispatch;
use super::runtime::Interrupted;
use super::state::Shell;
use crate::failure::{Origin, STDIN, is_broken_pipe};

/// Statements and commands to run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ScriptInput {
    /// Texts of statements or commands.
    pub commands: Vec<String>,
    /// Files; `-` is standard input. Without commands and files, standard input is read.
    pub files: Vec<PathBuf>,
}

impl ScriptInput {
    /// Creates an input of commands and files.
    #[must_use]
    pub fn new(commands: Vec<String>, files: Vec<PathBuf>) -> Self {
        Self { commands, files }
    }
}

/// End of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptEnd {
    /// Everything succeeded.
    Done,
    /// A statement failed; its error was reported.
    Failed,
    /// A signal ended the script.
    Interrupted,
}

impl Shell {
    /// Runs a script.
    ///
    /// # Errors
    /// [`TextFileError`] for an unreadable file of the input, and the error of an output file.
    /// Errors of statements are reported to the host.
    pub fn run_script(mut self, input: &ScriptInput) -> anyhow::Result<ScriptEnd> {
        let report = self.host.report;
        match run_startup_file(&mut self).and_then(|()| run_inputs(&mut self, input)) {
            Ok(()) => {
                self.out.finish()?;
                Ok(if self.failed { ScriptEnd::Failed } else { ScriptEnd::Done })
            }
            Err(error) if error.is::<Interrupted>() => Ok(ScriptEnd::Interrupted),
            Err(error) if error.is::<TextFileError>() || is_broken_pipe(&error) => Err(error),
            Err(error) => {
                report(&error);
                Ok(ScriptEnd::Failed)
            }
        }
    }
}

/// Runs the startup file, if there is one. Its errors are reported and do not end the script.
pub(crate) fn run_startup_file(shell: &mut Shell) -> anyhow::Result<()> {
    let Some(file) = shell.options.startup_file.clone().filter(|file| file.is_file()) else { return Ok(()) };
    let quiet = std::mem::replace(&mut shell.display.quiet, true);
    let done = run_file(shell, &file);
    shell.display.quiet = quiet;
    match done {
        Err(error) if !error.is::<Interrupted>() && !is_broken_pipe(&error) => {
            (shell.host.report)(&error);
            Ok(())
        }
        done => done.map(drop),
    }
}

fn run_inputs(shell: &mut Shell, input: &ScriptInput) -> anyhow::Result<()> {
    for command in &input.commands {
        if let ControlFlow::Exit = run_items(shell, Script::new(command), None)? {
            return Ok(());
        }
    }
    for file in &input.files {
        let flow = if file.as_os_str() == "-" { standard_input(shell)? } else { run_file(shell, file)? };
        if let ControlFlow::Exit = flow {
            return Ok(());
        }
    }
    if input.commands.is_empty() && input.files.is_empty() {
        standard_input(shell)?;
    }
    Ok(())
}

/// Runs the items of a file.
fn run_file(shell: &mut Shell, file: &Path) -> anyhow::Result<ControlFlow> {
    let text = read_text_file(file)?;
    run_items(shell, Script::new(&text), Some(&file.display().to_string()))
}

/// Runs the items of a script.
fn run_items(shell: &mut Shell, mut script: Script, file: Option<&str>) -> anyhow::Result<ControlFlow> {
    while let Some(piece) = script.next_item() {
        if let ControlFlow::Exit = run_reported(shell, piece, file)? {
            return Ok(ControlFlow::Exit);
        }
    }
    run_rest(shell, &mut script, file)
}

/// Runs each item once it is complete, since the writer of a pipe may wait for results.
fn standard_input(shell: &mut Shell) -> anyhow::Result<ControlFlow> {
    let mut script = Script::default();
    loop {
        let line = shell
            .runtime
            .run(tokio::task::spawn_blocking(line), || {})??
            .context("cannot read standard input")?;
        script.push(&line);
        // Items end only in lines with one of these characters.
        if line.contains([';', '\\']) {
            while let Some(piece) = script.next_item() {
                if let ControlFlow::Exit = run_reported(shell, piece, Some(STDIN))? {
                    return Ok(ControlFlow::Exit);
                }
            }
        }
        if line.is_empty() {
            return run_rest(shell, &mut script, Some(STDIN));
        }
    }
}

fn line() -> std::io::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

fn run_rest(shell: &mut Shell, script: &mut Script, file: Option<&str>) -> anyhow::Result<ControlFlow> {
    match script.take_rest() {
        Some(statement) => run_reported(shell, ScriptItem::Statement(statement), file),
        None => Ok(ControlFlow::Continue),
    }
}

/// Runs an item and reports its error if the script continues after errors.
fn run_reported(shell: &mut Shell, piece: ScriptItem, file: Option<&str>) -> anyhow::Result<ControlFlow> {
    let line = match &piece {
        ScriptItem::Statement(statement) => statement.line,
        ScriptItem::Command(command) => command.line,
    };
    let origin = Origin { file: file.map(str::to_owned), line };
    match run_item(shell, piece, &origin) {
        Err(error) if shell.display.keep_going && !error.is::<Interrupted>() && !is_broken_pipe(&error) => {
            (shell.host.report)(&error);
            shell.failed = true;
            Ok(ControlFlow::Continue)
        }
        Err(error) if error.is::<TextFileError>() => Err(anyhow::anyhow!("{error}")),
        done => done,
    }
}

/// Runs an item and the scripts that it includes. Returns [`ControlFlow::Continue`] or
/// [`ControlFlow::Exit`].
pub(crate) fn run_item(shell: &mut Shell, item: ScriptItem, origin: &Origin) -> anyhow::Result<ControlFlow> {
    match dispatch::execute_item(shell, item, origin)? {
        ControlFlow::Include(IncludedScript::File { path, script }) => {
            shell.depth += 1;
            let done = run_items(shell, script, Some(&path));
            shell.depth -= 1;
            done.map(|_| ControlFlow::Continue)
        }
        ControlFlow::Include(IncludedScript::Edited(mut script)) => {
            while let Some(item) = script.next_item() {
                if let ControlFlow::Exit = run_item(shell, item, &Origin { file: None, line: 1 })? {
                    return Ok(ControlFlow::Exit);
                }
            }
            shell.begun = script.take_rest().map(|rest| rest.sql);
            Ok(ControlFlow::Continue)
        }
        flow => Ok(flow),
    }
}
