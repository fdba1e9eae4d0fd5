//! Prompt on a terminal: line editor with history, completion, highlighting and hints.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::PathBuf;

use crate::script::{Script, ScriptItem};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::history::{DefaultHistory, History as _};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{ColorMode, CompletionType, Config, Context, Editor, Helper};

use super::completion::Completions;
use super::control::ControlFlow;
use super::runtime::Interrupted;
use super::state::Shell;
use super::{highlight, runner};
use crate::failure::Origin;
use crate::stderr_line;

const PROMPT: &str = "voxlake> ";
/// Maximum size of a history file to load, since all entries are held in memory.
const MAX_HISTORY_BYTES: u64 = 16 << 20;
/// Maximum size of a history entry.
const MAX_HISTORY_ENTRY_BYTES: usize = 64 << 10;
/// Maximum entries of the history.
const MAX_HISTORY_ENTRIES: usize = 10_000;

impl Shell {
    /// Reads lines from the terminal and runs them until the user leaves.
    ///
    /// # Errors
    /// The error of the terminal or of an output file. Errors of statements are reported to the
    /// host.
    pub fn run_prompt(mut self) -> anyhow::Result<()> {
        let history = self.options.history_file.clone();
        let mut editor = editor(&self, history.as_ref())?;
        if let Err(error) = runner::run_startup_file(&mut self) {
            (self.host.report)(&error);
        }
        greet(&self)?;
        loop {
            let begun = self.begun.take().unwrap_or_default();
            match editor.readline_with_initial(PROMPT, (&begun, "")) {
                Ok(typed) if typed.trim().is_empty() => {}
                Ok(typed) => {
                    remember(&mut editor, &typed, history.as_ref());
                    if let ControlFlow::Exit = run_line(&mut self, &typed)? {
                        break;
                    }
                }
                // Ctrl-C drops the line.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.out.finish()
    }
}

/// Runs typed text. After an error, which is reported, the rest of the text is dropped.
fn run_line(shell: &mut Shell, typed: &str) -> anyhow::Result<ControlFlow> {
    // As in psql, these words need no backslash.
    match typed.trim().trim_end_matches(';').to_ascii_lowercase().as_str() {
        "quit" | "exit" => return Ok(ControlFlow::Exit),
        "help" => return run_line(shell, "\\?"),
        _ => {}
    }
    let mut pieces = Script::new(typed);
    while let Some(piece) = pieces.next_item() {
        let line = match &piece {
            ScriptItem::Statement(statement) => statement.line,
            ScriptItem::Command(command) => command.line,
        };
        match runner::run_item(shell, piece, &Origin { file: None, line }) {
            Ok(ControlFlow::Exit) => return Ok(ControlFlow::Exit),
            Ok(_) => {}
            Err(error) if error.is::<Interrupted>() => {
                stderr_line!("cancelled");
                return Ok(ControlFlow::Continue);
            }
            Err(error) => {
                (shell.host.report)(&error);
                return Ok(ControlFlow::Continue);
            }
        }
    }
    Ok(ControlFlow::Continue)
}

fn greet(shell: &Shell) -> std::io::Result<()> {
    let session = shell.workspace.session();
    let days = match session.days() {
        [] => "no days yet".to_owned(),
        [only] => only.date.to_string(),
        days @ [first, .., last] => format!("{} days, {} to {}", days.len(), first.date, last.date),
    };
    let location = voxlake_report::escape_control_chars(shell.workspace.lake().location());
    let mut out = std::io::stdout();
    write!(out, "voxlake {}, {location} ({days}). ", env!("CARGO_PKG_VERSION"))?;
    if let Some(engine) = &shell.options.engine {
        write!(out, "Queries run on {}. ", voxlake_report::escape_control_chars(engine))?;
    }
    writeln!(out, "\\? for help, \\q to leave.")
}

fn editor(shell: &Shell, history: Option<&PathBuf>) -> anyhow::Result<Editor<Assistant, DefaultHistory>> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_prompt_limit(150)
        .color_mode(if shell.options.coloured { ColorMode::Enabled } else { ColorMode::Disabled })
        .max_history_size(MAX_HISTORY_ENTRIES)?
        .history_ignore_dups(true)?
        .history_ignore_space(true)
        .build();
    let mut editor = Editor::with_config(config)?;
    let questions = shell.library.iter().cloned().collect();
    editor.set_helper(Some(Assistant {
        completions: Completions::new(shell.completions.clone(), questions),
        hinter: HistoryHinter::new(),
    }));
    if let Some(history) = history {
        if std::fs::metadata(history).is_ok_and(|file| file.len() <= MAX_HISTORY_BYTES) {
            // An unreadable history counts as empty.
            drop(editor.load_history(history));
        } else {
            stderr_line!("notice: the history {} is too large and is not read", history.display());
        }
    }
    Ok(editor)
}

/// Saves an entry at once, since a terminal may be closed at any time.
fn remember(editor: &mut Editor<Assistant, DefaultHistory>, typed: &str, history: Option<&PathBuf>) {
    if typed.len() > MAX_HISTORY_ENTRY_BYTES {
        return;
    }
    let new = editor.add_history_entry(typed.trim_end()).unwrap_or(false);
    if let Some(file) = history.filter(|_| new) {
        // If the file cannot be written, the entry stays in memory.
        drop(editor.history_mut().append(file));
    }
}

/// Helper of the line editor.
struct Assistant {
    completions: Completions,
    hinter: HistoryHinter,
}

impl Helper for Assistant {}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok(self.completions.complete(line, at))
    }
}

impl Hinter for Assistant {
    type Hint = String;

    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<String> {
        // A hint of several lines would move the line that is being typed.
        self.hinter.hint(line, at, context).filter(|hint| !hint.contains('\n'))
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Owned(highlight::coloured(line))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(highlight::faint(hint))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(highlight::prompt(prompt))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let typed = context.input();
        let word = typed.trim().to_ascii_lowercase();
        let whole = Script::is_complete(typed) || matches!(word.as_str(), "quit" | "exit" | "help");
        Ok(if whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}
