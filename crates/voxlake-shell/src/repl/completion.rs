//! Completion with the Tab key: names by context, and values of a column inside quotes.

mod context;

use std::ops::Range;

use rustyline::Context as LineContext;
use rustyline::completion::{Completer as _, FilenameCompleter, Pair};
use rustyline::history::DefaultHistory;
use voxlake_query::KEYWORDS;
use voxlake_query::{CompletionCatalog, EntityKind, NamedQuery, Parameter};
use voxlake_report::{Format, escape_control_chars};

use self::context::{CursorContext, cursor_context};
use super::command::Command;
use super::commands::named::KEYS;
use super::completion_cache::CompletionCache;

/// Completions of a session.
pub(crate) struct Completions {
    cache: CompletionCache,
    questions: Vec<NamedQuery>,
    files: FilenameCompleter,
}

impl Completions {
    pub(crate) fn new(cache: CompletionCache, questions: Vec<NamedQuery>) -> Self {
        Self { cache, questions, files: FilenameCompleter::new() }
    }

    /// Returns the start of the word to complete, and its candidates.
    pub(crate) fn complete(&self, line: &str, at: usize) -> (usize, Vec<Pair>) {
        let statement = current(line, at);
        let (begin, text) = (statement.start, &line[statement]);
        if let Some(command) = text.strip_prefix('\\') {
            return self.command(line, begin + 1, &command[..at - begin - 1]);
        }
        let completions = self.cache.completion_catalog();
        match cursor_context(text, at - begin, &completions) {
            CursorContext::Nowhere => (at, Vec::new()),
            CursorContext::Value { from, column, tables } => {
                let typed = &text[from..at - begin];
                (begin + from, self.values(&column, &tables, &typed.replace("''", "'"), &completions))
            }
            CursorContext::ColumnOf { from, table } => {
                let columns =
                    completions.table(&table).map(|table| table.columns.as_slice()).unwrap_or_default();
                let names = columns.iter().map(|column| column.name.clone());
                (begin + from, matching(names, &text[from..at - begin]))
            }
            CursorContext::Table { from } => {
                let typed = &text[from..at - begin];
                let tables = completions.tables.iter().map(|table| table.name.clone());
                let summaries = completions.functions.iter().filter(|name| name.ends_with("_summary"));
                let summaries = summaries.map(|name| format!("{name}("));
                (begin + from, matching(tables.chain(summaries), typed))
            }
            CursorContext::Word { from, tables } => {
                (begin + from, words(&text[from..at - begin], &tables, &completions, &self.cache.variables()))
            }
        }
    }

    /// Values of a column as the rest of a string literal.
    fn values(
        &self,
        column: &str,
        tables: &[String],
        typed: &str,
        completions: &CompletionCatalog,
    ) -> Vec<Pair> {
        let has = |table: &&String| {
            completions.table(table).is_some_and(|table| table.columns.iter().any(|own| own.name == column))
        };
        let Some(table) = tables.iter().find(has) else { return Vec::new() };
        let values = self.cache.values(table, column);
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
            let names = Command::all().map(|command| command.name().to_owned());
            return (begin, matching(names, typed));
        };
        let last = rest.rsplit(' ').next().unwrap_or_default();
        let from = begin + typed.len() - last.len();
        let at_first = !rest.trim_start().contains(' ');
        let plain = |names: &mut dyn Iterator<Item = String>| (from, matching(names, last));
        match name {
            "d" => {
                let completions = self.cache.completion_catalog();
                plain(&mut completions.tables.iter().map(|table| table.name.clone()))
            }
            "run" if at_first => plain(&mut self.questions.iter().map(|query| query.name.clone())),
            "run" => self.parameter(rest, last, from),
            "format" => plain(&mut Format::ALL.into_iter().map(|format| format.name().to_owned())),
            "x" | "timing" | "pager" => plain(&mut ["on", "off"].into_iter().map(str::to_owned)),
            "set" | "unset" => plain(&mut self.cache.variables().into_iter()),
            "chart" => {
                let kinds = at_first.then_some(["bar", "line"]).into_iter().flatten().map(str::to_owned);
                plain(&mut kinds.chain(self.cache.columns()))
            }
            "i" | "o" | "e" | "g" | "attach" | "copy" => self.files(line, begin + typed.len()),
            _ => (from, Vec::new()),
        }
    }

    /// Parameters of a named query as `key=`, or the values of a key.
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
                let Some(kind) = known.and_then(Parameter::entity_kind) else {
                    return (from, matching(allowed.into_iter(), value));
                };
                let names = name_column(kind).map(|(table, column)| self.cache.values(table, column));
                let names = names.unwrap_or_default();
                let quoted = |name: &String| {
                    if name.contains(' ') { format!("'{}'", name.replace('\'', "''")) } else { name.clone() }
                };
                (from, matching(names.iter().map(quoted), value))
            }
        }
    }

    fn files(&self, line: &str, at: usize) -> (usize, Vec<Pair>) {
        let history = DefaultHistory::new();
        self.files.complete(line, at, &LineContext::new(&history)).unwrap_or((at, Vec::new()))
    }
}

/// Table and column with the names of a kind, of those that do not identify people.
fn name_column(kind: EntityKind) -> Option<(&'static str, &'static str)> {
    match kind {
        EntityKind::Queue => Some(("queue_calls", "queue_name")),
        EntityKind::Flow => Some(("flow_calls", "flow_name")),
        EntityKind::Country => Some(("calls", "country_name")),
        _ => None,
    }
}

/// Columns of the statement's tables, then functions, tables and keywords.
fn words(typed: &str, tables: &[String], completions: &CompletionCatalog, variables: &[String]) -> Vec<Pair> {
    if let Some(name) = typed.strip_prefix(':') {
        return matching(
            variables.iter().filter(|known| known.starts_with(name)).map(|name| format!(":{name}")),
            typed,
        );
    }
    let in_use = completions.tables.iter().filter(|table| tables.contains(&table.name));
    let columns = in_use.flat_map(|table| table.columns.iter().map(|column| column.name.clone()));
    let mut found = matching(columns, typed);
    if typed.is_empty() {
        return found;
    }
    let upper = typed.chars().any(char::is_uppercase);
    let keywords = KEYWORDS.iter().map(|word| if upper { (*word).to_owned() } else { word.to_lowercase() });
    found.extend(matching(completions.functions.iter().map(|name| format!("{name}(")), typed));
    found.extend(matching(completions.tables.iter().map(|table| table.name.clone()), typed));
    found.extend(matching(keywords, typed));
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|pair| seen.insert(pair.replacement.clone()));
    found
}

/// Names that start with the typed text, ignoring case.
fn matching(names: impl Iterator<Item = String>, typed: &str) -> Vec<Pair> {
    let typed = typed.to_lowercase();
    let mut seen = std::collections::BTreeSet::new();
    names
        .filter(|name| name.to_lowercase().starts_with(&typed) && seen.insert(name.clone()))
        .map(|name| Pair { display: escape_control_chars(&name), replacement: name })
        .collect()
}

/// Range of the item at the cursor: a statement up to its `;`, or a command up to the end of its
/// line.
fn current(line: &str, at: usize) -> Range<usize> {
    use voxlake_query::token::{TokenKind, tokenize};
    let (mut start, mut end, mut command) = (0, line.len(), false);
    for token in tokenize(line) {
        let ends =
            token.kind == TokenKind::Semicolon || (command && line[token.range.clone()].contains('\n'));
        if ends && token.range.end <= at {
            (start, command) = (token.range.end, false);
        } else if ends {
            end = token.range.start;
            break;
        } else if token.kind == TokenKind::Backslash && token.range.start < at {
            (start, command) = (token.range.start, true);
        }
    }
    let leading = line[start..end].len() - line[start..end].trim_start().len();
    (start + leading).min(at)..end.max(at)
}

#[cfg(test)]
mod tests;
