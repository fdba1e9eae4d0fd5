//! An error of a statement as its author wants it told: what is wrong, where, and what would be right.
//!
//! The engine's own words say what kind of error they are, list every column of a table and every signature of a
//! function. What they tell beyond that is kept.

mod noise;

use datafusion::common::{Column, SchemaError, TableReference};
use datafusion::error::DataFusionError;

use crate::error::QueryError;
use crate::lexicon::Lexicon;
use crate::script::{Kind, lexemes};

/// How alike a name has to be to be suggested, from 0 to 1 (Jaro and Winkler's measure).
const ALIKE: f64 = 0.78;
/// What may be done instead of what is not.
const ALLOWED: &str =
    "there are questions, EXPLAIN, SET, COPY … TO a file, and CREATE VIEW and TABLE for this session";
/// Names to suggest.
const SUGGESTIONS: usize = 3;

/// An error, told to the author of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// What would be right.
    pub hint: Option<String>,
}

/// A place in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line of the statement, from 1.
    pub line: usize,
    /// Character of the line, from 1.
    pub column: usize,
    /// Characters from there on that are meant.
    pub length: usize,
}

impl Problem {
    /// What `error` means to the author of `sql`, who could have used the words of `lexicon`.
    #[must_use]
    pub fn of(error: &QueryError, sql: &str, lexicon: &Lexicon) -> Self {
        match error {
            QueryError::Sql(engine) | QueryError::Execution(engine) => of_engine(engine, sql, lexicon),
            QueryError::ReadOnly { reason } => {
                let bare = reason.ends_with("would write") || reason.ends_with("is not taken");
                Self {
                    place: first_word(sql),
                    hint: bare.then(|| ALLOWED.to_owned()),
                    message: format!("nothing is changed here: {reason}"),
                }
            }
            QueryError::NoSuchTable { name } => {
                let own = lexicon.tables.iter().filter(|table| table.own).map(|table| table.name.as_str());
                let hint = suggest(&near(name, own));
                Self { place: find(sql, name), hint, ..Self::plain(error.to_string()) }
            }
            other => Self::plain(other.to_string()),
        }
    }

    fn plain(message: String) -> Self {
        Self { message, place: None, hint: None }
    }
}

fn of_engine(error: &DataFusionError, sql: &str, lexicon: &Lexicon) -> Problem {
    let diagnostic = error.diagnostic();
    let span = diagnostic.and_then(|diagnostic| diagnostic.span);
    let spanned = span.map(|span| {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let length = if span.start.line == span.end.line {
            span.end.column.saturating_sub(span.start.column)
        } else {
            1
        };
        Place {
            line: number(span.start.line),
            column: number(span.start.column),
            length: number(length).max(1),
        }
    });
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema, _) = root
        && let SchemaError::FieldNotFound { field, valid_fields } = schema.as_ref()
    {
        return no_column(field, valid_fields, sql, lexicon, spanned);
    }
    let text = noise::without(root);
    if let Some(table) = noise::between(&text, "table '", "' not found") {
        let name = table.rsplit('.').next().unwrap_or(table).trim_matches('"');
        let tables = lexicon.tables.iter().map(|table| table.name.as_str());
        let hint = suggest(&near(name, tables))
            .or_else(|| Some("SHOW TABLES lists those that there are".to_owned()));
        return Problem {
            message: format!("there is no table {name}"),
            place: find(sql, name).or(spanned),
            hint,
        };
    }
    if let Some(name) = noise::between(&text, "Invalid function '", "'") {
        let functions = lexicon.functions.iter().map(String::as_str);
        let place = find(sql, name).or(spanned);
        return Problem {
            message: format!("there is no function {name}"),
            place,
            hint: suggest(&near(name, functions)),
        };
    }
    if let Some((message, place)) = noise::parser(&text) {
        let place = place.map(|place| Place { length: word_at(sql, place).unwrap_or(1), ..place });
        return Problem {
            message,
            place: place.or_else(|| Some(place_of(sql, sql.trim_end().len(), 1))),
            hint: None,
        };
    }
    let (message, rest) = noise::parts(&text);
    let settings = text.starts_with("Config value").then(|| "SHOW ALL lists the settings".to_owned());
    let helps = diagnostic.iter().flat_map(|diagnostic| &diagnostic.helps).map(|help| help.message.clone());
    let told = diagnostic.filter(|diagnostic| diagnostic.message.contains("GROUP BY"));
    let message = told.map_or(message, |told| told.message.clone());
    let hint = helps
        .reduce(|all, help| format!("{all}; {help}"))
        .map(|help| uncapitalized(&help))
        .or(rest)
        .or(settings);
    let place = spanned.or_else(|| noise::names(&text).find_map(|name| find(sql, name)));
    Problem { message, place, hint }
}

fn no_column(
    field: &Column,
    valid: &[Column],
    sql: &str,
    lexicon: &Lexicon,
    spanned: Option<Place>,
) -> Problem {
    let name = field.name.as_str();
    let place = spanned.or_else(|| find(sql, name));
    let of_table = field.relation.as_ref().map(TableReference::table);
    let message = match of_table {
        Some(table) => format!("there is no column {name} in {table}"),
        None => format!("there is no column {name}"),
    };
    let in_quotes =
        lexemes(sql).any(|lexeme| lexeme.kind == Kind::Name && sql[lexeme.place].trim_matches('"') == name);
    let wanted = valid.iter().filter(|column| {
        of_table.is_none_or(|table| column.relation.as_ref().is_some_and(|own| own.table() == table))
    });
    let suggestions = near(name, wanted.map(|column| column.name.as_str()));
    let elsewhere = lexicon.with_column(name).collect::<Vec<_>>();
    let hint = if let [nearest, ..] = suggestions.as_slice()
        && nearest.eq_ignore_ascii_case(name)
    {
        Some(format!("names in double quotes keep their case; this one is {nearest}"))
    } else if !elsewhere.is_empty() {
        Some(format!("{name} is a column of {}", elsewhere.join(", ")))
    } else if in_quotes && suggestions.is_empty() {
        Some(format!("double quotes are for names; text is written '{}'", name.replace('\'', "''")))
    } else {
        suggest(&suggestions)
    };
    Problem { message, place, hint }
}

fn uncapitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The names most like `name`, the most alike first.
fn near<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let name = name.to_lowercase();
    let mut near: Vec<(f64, &str)> = names
        .map(|other| (strsim::jaro_winkler(&name, &other.to_lowercase()), other))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    near.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
    near.dedup_by_key(|(_, name)| *name);
    let best = near.first().map_or(0.0, |(alike, _)| *alike);
    // What is far less alike than the best is noise.
    near.into_iter()
        .take_while(|(alike, _)| best - alike < 0.04)
        .take(SUGGESTIONS)
        .map(|(_, name)| name)
        .collect()
}

fn suggest(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [only] => Some(format!("did you mean {only}?")),
        [first @ .., last] => Some(format!("did you mean {} or {last}?", first.join(", "))),
    }
}

/// Where a name stands for the first time.
fn find(sql: &str, name: &str) -> Option<Place> {
    let is_it = |text: &str| text.trim_matches(['"', '`']).eq_ignore_ascii_case(name);
    let found = lexemes(sql)
        .filter(|lexeme| matches!(lexeme.kind, Kind::Word | Kind::Name))
        .find(|lexeme| is_it(&sql[lexeme.place.clone()]))?;
    Some(place_of(sql, found.place.start, sql[found.place].chars().count()))
}

fn first_word(sql: &str) -> Option<Place> {
    let word = lexemes(sql).find(|lexeme| lexeme.kind == Kind::Word)?;
    Some(place_of(sql, word.place.start, word.place.len()))
}

fn place_of(sql: &str, at: usize, length: usize) -> Place {
    let before = &sql[..at];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1, length }
}

/// How long the piece of `sql` is that begins at `place`.
fn word_at(sql: &str, place: Place) -> Option<usize> {
    let found = lexemes(sql).find(|lexeme| {
        let at = place_of(sql, lexeme.place.start, 0);
        (at.line, at.column) == (place.line, place.column) && lexeme.kind != Kind::Blank
    })?;
    Some(sql[found.place].lines().next().unwrap_or_default().chars().count().max(1))
}

#[cfg(test)]
mod tests;
