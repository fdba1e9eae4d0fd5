//! What Tab offers: names by what stands before them, and the values of a column within quotes.

mod context;

use std::ops::Range;

use rustyline::Context as LineContext;
use rustyline::completion::{Completer as _, FilenameCompleter, Pair};
use rustyline::history::DefaultHistory;
use voxlake_query::KEYWORDS;
use voxlake_query::{Lexicon, NamedQuery};
use voxlake_report::{Format, escape_control_chars};

use self::context::{Place, place};
use super::commands::COMMANDS;
use super::commands::KEYS;
use super::words::Words;

/// Completions over the words of a session.
pub(crate) struct Completions {
    words: Words,
    questions: Vec<NamedQuery>,
    files: FilenameCompleter,
}

impl Completions {
    pub(crate) fn new(words: Words, questions: Vec<NamedQuery>) -> Self {
        Self { words, questions, files: FilenameCompleter::new() }
    }

    /// Where the piece begins that is to be completed, and what may stand there.
    pub(crate) fn at(&self, line: &str, at: usize) -> (usize, Vec<Pair>) {
        let statement = current(line, at);
        let (begin, text) = (statement.start, &line[statement]);
        if let Some(command) = text.strip_prefix('\\') {
            return self.command(line, begin + 1, &command[..at - begin - 1]);
        }
        let lexicon = self.words.lexicon();
        match place(text, at - begin, &lexicon) {
            Place::Nowhere => (at, Vec::new()),
            Place::Value { from, column, tables } => {
                let typed = &text[from..at - begin];
                (begin + from, self.values(&column, &tables, &typed.replace("''", "'"), &lexicon))
            }
            Place::ColumnOf { from, table } => {
                let columns = lexicon.table(&table).map(|table| table.columns.as_slice()).unwrap_or_default();
                let names = columns.iter().map(|column| column.name.clone());
                (begin + from, matching(names, &text[from..at - begin]))
            }
            Place::Table { from } => {
                let typed = &text[from..at - begin];
                let tables = lexicon.tables.iter().map(|table| table.name.clone());
                let summaries = lexicon.functions.iter().filter(|name| name.ends_with("_summary"));
                let summaries = summaries.map(|name| format!("{name}("));
                (begin + from, matching(tables.chain(summaries), typed))
            }
            Place::Word { from, tables } => {
                (begin + from, words(&text[from..at - begin], &tables, &lexicon, &self.words.variables()))
            }
        }
    }

    /// Values of a column, as the rest of a text in quotes.
    fn values(&self, column: &str, tables: &[String], typed: &str, lexicon: &Lexicon) -> Vec<Pair> {
        let has = |table: &&String| {
            lexicon.table(table).is_some_and(|table| table.columns.iter().any(|own| own.name == column))
        };
        let Some(table) = tables.iter().find(has) else { return Vec::new() };
        let values = self.words.values(table, column);
        let typed = typed.to_lowercase();
        let fitting = values.iter().filter(|value| value.to_lowercase().starts_with(&typed));
        fitting
            .filter(|value| !value.chars().any(char::is_control))
            .map(|value| Pair {
                display: escape_control_chars(value),
                replacement: format!("{}'", value.replace('\'', "''")),
            })
            .collect()
    }

    fn command(&self, line: &str, begin: usize, typed: &str) -> (usize, Vec<Pair>) {
        let Some((name, rest)) = typed.split_once(' ') else {
            let names = COMMANDS
                .iter()
                .flat_map(|(_, commands)| commands.iter())
                .map(|command| command.name.to_owned());
            return (begin, matching(names, typed));
        };
        let last = rest.rsplit(' ').next().unwrap_or_default();
        let from = begin + typed.len() - last.len();
        let at_first = !rest.trim_start().contains(' ');
        let plain = |names: &mut dyn Iterator<Item = String>| (from, matching(names, last));
        match name {
            "d" => {
                let lexicon = self.words.lexicon();
                plain(&mut lexicon.tables.iter().map(|table| table.name.clone()))
            }
            "run" if at_first => plain(&mut self.questions.iter().map(|query| query.name.clone())),
            "run" => self.parameter(rest, last, from),
            "format" => plain(&mut Format::ALL.into_iter().map(|format| format.name().to_owned())),
            "x" | "timing" | "pager" => plain(&mut ["on", "off"].into_iter().map(str::to_owned)),
            "set" | "unset" => plain(&mut self.words.variables().into_iter()),
            "chart" => {
                let kinds = at_first.then_some(["bar", "line"]).into_iter().flatten().map(str::to_owned);
                plain(&mut kinds.chain(self.words.columns()))
            }
            "i" | "o" | "e" | "g" | "attach" | "copy" => self.files(line, begin + typed.len()),
            _ => (from, Vec::new()),
        }
    }

    /// `key=` of a question, or the values that a key takes.
    fn parameter(&self, rest: &str, last: &str, from: usize) -> (usize, Vec<Pair>) {
        let name = rest.split_whitespace().next().unwrap_or_default();
        let Some(question) = self.questions.iter().find(|query| query.name == name) else {
            return (from, Vec::new());
        };
        match last.split_once('=') {
            None => {
                let own = question.parameters.iter().map(|parameter| parameter.name.as_str());
                let mut keys: Vec<&str> = own.chain(KEYS.into_iter().filter(|key| *key != "queue")).collect();
                keys.sort_unstable();
                keys.dedup();
                (from, matching(keys.into_iter().map(|key| format!("{key}=")), last))
            }
            Some((key, value)) => {
                let from = from + key.len() + 1;
                let known = question.parameters.iter().find(|parameter| parameter.name == key);
                let allowed = known.map(|parameter| parameter.allowed.clone()).unwrap_or_default();
                if key != "queue" {
                    return (from, matching(allowed.into_iter(), value));
                }
                let queues = self.words.values("queue_calls", "queue_name");
                let quoted = |queue: &String| {
                    if queue.contains(' ') {
                        format!("'{}'", queue.replace('\'', "''"))
                    } else {
                        queue.clone()
                    }
                };
                (from, matching(queues.iter().map(quoted), value))
            }
        }
    }

    fn files(&self, line: &str, at: usize) -> (usize, Vec<Pair>) {
        let history = DefaultHistory::new();
        self.files.complete(line, at, &LineContext::new(&history)).unwrap_or((at, Vec::new()))
    }
}

/// Columns of the statement's tables first, then functions, tables and keywords.
fn words(typed: &str, tables: &[String], lexicon: &Lexicon, variables: &[String]) -> Vec<Pair> {
    if let Some(name) = typed.strip_prefix(':') {
        return matching(
            variables.iter().filter(|known| known.starts_with(name)).map(|name| format!(":{name}")),
            typed,
        );
    }
    let in_use = lexicon.tables.iter().filter(|table| tables.contains(&table.name));
    let columns = in_use.flat_map(|table| table.columns.iter().map(|column| column.name.clone()));
    let mut found = matching(columns, typed);
    if typed.is_empty() {
        return found;
    }
    let upper = typed.chars().any(char::is_uppercase);
    let keywords = KEYWORDS.iter().map(|word| if upper { (*word).to_owned() } else { word.to_lowercase() });
    found.extend(matching(lexicon.functions.iter().map(|name| format!("{name}(")), typed));
    found.extend(matching(lexicon.tables.iter().map(|table| table.name.clone()), typed));
    found.extend(matching(keywords, typed));
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|pair| seen.insert(pair.replacement.clone()));
    found
}

/// The names that begin as what was typed does, in any case.
fn matching(names: impl Iterator<Item = String>, typed: &str) -> Vec<Pair> {
    let typed = typed.to_lowercase();
    let mut seen = std::collections::BTreeSet::new();
    names
        .filter(|name| name.to_lowercase().starts_with(&typed) && seen.insert(name.clone()))
        .map(|name| Pair { display: escape_control_chars(&name), replacement: name })
        .collect()
}

/// The piece of what was typed that holds the cursor: a statement up to its `;`, or a command up to its line's end.
fn current(line: &str, at: usize) -> Range<usize> {
    use voxlake_query::lexeme::{Kind, lexemes};
    let (mut start, mut end, mut command) = (0, line.len(), false);
    for lexeme in lexemes(line) {
        let ends = lexeme.kind == Kind::End || (command && line[lexeme.place.clone()].contains('\n'));
        if ends && lexeme.place.end <= at {
            (start, command) = (lexeme.place.end, false);
        } else if ends {
            end = lexeme.place.start;
            break;
        } else if lexeme.kind == Kind::Backslash && lexeme.place.start < at {
            (start, command) = (lexeme.place.start, true);
        }
    }
    let leading = line[start..end].len() - line[start..end].trim_start().len();
    (start + leading).min(at)..end.max(at)
}

#[cfg(test)]
mod tests;
