//! The prompt on a terminal: a line editor over several lines, with history, completion, colours and hints.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::PathBuf;

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::history::{DefaultHistory, History as _};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{ColorMode, CompletionType, Config, Context, Editor, Helper};
use voxlake_shell::script::Script;

use super::complete::Completions;
use super::engine::Interrupted;
use super::failure::Origin;
use super::shell::{Flow, Shell};
use super::{colours, places, script};
use crate::args::SqlArgs;
use crate::exit::{self, Exit};
use crate::stderr::stderr_line;

const PROMPT: &str = "voxlake> ";
/// Largest history that is read: all of its lines are held in memory.
const MAX_HISTORY_BYTES: u64 = 16 << 20;
/// Longest entry of the history.
const MAX_HISTORY_ENTRY_BYTES: usize = 64 << 10;
/// Entries of the history that are kept.
const REMEMBERED: usize = 10_000;

/// Reads and carries out, until the user leaves.
pub(crate) fn work(mut shell: Shell, args: &SqlArgs) -> anyhow::Result<Exit> {
    let history = places::history();
    let mut editor = editor(&shell, history.as_ref())?;
    if let Err(error) = script::read_first(&mut shell, args) {
        exit::report(&error);
    }
    greet(&shell)?;
    loop {
        let begun = shell.begun.take().unwrap_or_default();
        match editor.readline_with_initial(PROMPT, (&begun, "")) {
            Ok(typed) if typed.trim().is_empty() => {}
            Ok(typed) => {
                remember(&mut editor, &typed, history.as_ref());
                if carry_out(&mut shell, &typed)? == Flow::End {
                    break;
                }
            }
            // Ctrl-C drops what was typed.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error.into()),
        }
    }
    shell.out.finish()?;
    Ok(Exit::Done)
}

/// Carries out what was typed; an error is told, and ends nothing but the rest of what was typed.
fn carry_out(shell: &mut Shell, typed: &str) -> anyhow::Result<Flow> {
    // As in psql, these words alone need no backslash.
    match typed.trim().trim_end_matches(';').to_ascii_lowercase().as_str() {
        "quit" | "exit" => return Ok(Flow::End),
        "help" => return carry_out(shell, "\\?"),
        _ => {}
    }
    let mut pieces = Script::of(typed);
    while let Some(piece) = pieces.next_piece() {
        let line = match &piece {
            voxlake_shell::script::Piece::Statement(statement) => statement.line,
            voxlake_shell::script::Piece::Command(command) => command.line,
        };
        match shell.perform(piece, &Origin { file: None, line }) {
            Ok(Flow::End) => return Ok(Flow::End),
            Ok(Flow::Go) => {}
            Err(error) if error.is::<Interrupted>() => {
                stderr_line!("cancelled");
                return Ok(Flow::Go);
            }
            Err(error) => {
                exit::report(&error);
                return Ok(Flow::Go);
            }
        }
    }
    Ok(Flow::Go)
}

fn greet(shell: &Shell) -> std::io::Result<()> {
    let session = shell.workspace.session();
    let days = match session.days() {
        [] => "no days yet".to_owned(),
        [only] => only.date.to_string(),
        days @ [first, .., last] => format!("{} days, {} to {}", days.len(), first.date, last.date),
    };
    writeln!(
        std::io::stdout(),
        "voxlake {}, {} ({days}). \\? for help, \\q to leave.",
        env!("CARGO_PKG_VERSION"),
        voxlake_report::escape_control_chars(shell.workspace.lake().location())
    )
}

fn editor(shell: &Shell, history: Option<&PathBuf>) -> anyhow::Result<Editor<Assistant, DefaultHistory>> {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_prompt_limit(150)
        .color_mode(if plain { ColorMode::Disabled } else { ColorMode::Enabled })
        .max_history_size(REMEMBERED)?
        .history_ignore_dups(true)?
        .history_ignore_space(true)
        .build();
    let mut editor = Editor::with_config(config)?;
    let questions = shell.catalog.iter().cloned().collect();
    editor.set_helper(Some(Assistant {
        completions: Completions::new(shell.words.clone(), questions),
        hinter: HistoryHinter::new(),
    }));
    if let Some(history) = history {
        if std::fs::metadata(history).is_ok_and(|file| file.len() <= MAX_HISTORY_BYTES) {
            // A history that cannot be read is an empty one.
            drop(editor.load_history(history));
        } else {
            stderr_line!("notice: the history {} is too large and is not read", history.display());
        }
    }
    Ok(editor)
}

/// Notes an entry at once: a shell may end by being closed.
fn remember(editor: &mut Editor<Assistant, DefaultHistory>, typed: &str, history: Option<&PathBuf>) {
    if typed.len() > MAX_HISTORY_ENTRY_BYTES {
        return;
    }
    let new = editor.add_history_entry(typed.trim_end()).unwrap_or(false);
    if let Some(file) = history.filter(|_| new) {
        // Where it cannot be written, it is there until the end.
        drop(editor.history_mut().append(file));
    }
}

/// What helps while a line is typed.
struct Assistant {
    completions: Completions,
    hinter: HistoryHinter,
}

impl Helper for Assistant {}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok(self.completions.at(line, at))
    }
}

impl Hinter for Assistant {
    type Hint = String;

    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<String> {
        // A hint of several lines would push the line about that is being typed.
        self.hinter.hint(line, at, context).filter(|hint| !hint.contains('\n'))
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Owned(colours::coloured(line))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(colours::faint(hint))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(colours::prompt(prompt))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let typed = context.input();
        let word = typed.trim().to_ascii_lowercase();
        let whole = Script::is_whole(typed) || matches!(word.as_str(), "quit" | "exit" | "help");
        Ok(if whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}
