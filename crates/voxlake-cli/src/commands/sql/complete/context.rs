//! What may stand where the cursor is, by what stands around it.

use voxlake_query::KEYWORDS;
use voxlake_query::Lexicon;
use voxlake_query::lexeme::{Kind, Lexeme, lexemes};

/// What may stand at the cursor; `from` is where it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing that is known: a comment, a number.
    Nowhere,
    /// A value of a column, within quotes.
    Value { from: usize, column: String, tables: Vec<String> },
    /// A column of this table.
    ColumnOf { from: usize, table: String },
    /// A table.
    Table { from: usize },
    /// A column of these tables, a function, a keyword.
    Word { from: usize, tables: Vec<String> },
}

/// Words after which a table stands.
const BEFORE_TABLES: [&str; 6] = ["FROM", "JOIN", "DESCRIBE", "INTO", "TABLE", "VIEW"];
/// Words between a column and the texts that it is compared with.
const COMPARE: [&str; 4] = ["IN", "LIKE", "ILIKE", "NOT"];

/// What may stand at `at` in a statement.
pub(super) fn place(sql: &str, at: usize, lexicon: &Lexicon) -> Place {
    let all: Vec<Lexeme> = lexemes(sql).collect();
    let before: Vec<&Lexeme> = all.iter().take_while(|lexeme| lexeme.place.start < at).collect();
    let Some(last) = before.last() else { return Place::Word { from: at, tables: Vec::new() } };
    let tables = || tables_of(sql, &all, lexicon).into_iter().map(|(table, _)| table).collect::<Vec<_>>();
    let is_inside = !last.closed || last.place.end > at;
    match last.kind {
        Kind::Text if is_inside && sql[last.place.clone()].starts_with('\'') => {
            let from = last.place.start + 1;
            let Some((column, qualifier)) = compared(sql, &before[..before.len() - 1]) else {
                return Place::Nowhere;
            };
            let known = tables_of(sql, &all, lexicon);
            let tables = known.into_iter().filter(|(table, alias)| {
                qualifier.as_ref().is_none_or(|name| name == table || Some(name) == alias.as_ref())
            });
            Place::Value { from, column, tables: tables.map(|(table, _)| table).collect() }
        }
        // A comment of a line goes on at its end.
        Kind::Comment
            if is_inside || sql[last.place.clone()].starts_with("--") && !sql[..at].ends_with('\n') =>
        {
            Place::Nowhere
        }
        Kind::Text | Kind::Name | Kind::Number => Place::Nowhere,
        Kind::Variable => Place::Word { from: last.place.start, tables: Vec::new() },
        Kind::Sign if &sql[last.place.clone()] == ":" => {
            Place::Word { from: last.place.start, tables: Vec::new() }
        }
        Kind::Word => named(sql, last.place.start, &before[..before.len() - 1], &all, lexicon, tables),
        _ => named(sql, at, &before, &all, lexicon, tables),
    }
}

/// What a word that begins at `from` may be, after `before`.
fn named(
    sql: &str,
    from: usize,
    before: &[&Lexeme],
    all: &[Lexeme],
    lexicon: &Lexicon,
    tables: impl Fn() -> Vec<String>,
) -> Place {
    let told: Vec<&str> =
        before.iter().filter(|lexeme| is_told(lexeme)).map(|lexeme| &sql[lexeme.place.clone()]).collect();
    match told.as_slice() {
        [.., qualifier, "."] if before.last().is_some_and(|lexeme| lexeme.kind == Kind::Sign) => {
            let known = tables_of(sql, all, lexicon).into_iter();
            let table = known.into_iter().find(|(table, alias)| {
                table.eq_ignore_ascii_case(qualifier)
                    || alias.as_deref().is_some_and(|alias| alias.eq_ignore_ascii_case(qualifier))
            });
            match table {
                Some((table, _)) => Place::ColumnOf { from, table },
                None => Place::ColumnOf { from, table: qualifier.to_lowercase() },
            }
        }
        [.., word] if is_one_of(word, &BEFORE_TABLES) => Place::Table { from },
        [.., ","] if in_from(&told) => Place::Table { from },
        _ => Place::Word { from, tables: tables() },
    }
}

/// Whether the list that goes on here is that of `FROM`.
fn in_from(told: &[&str]) -> bool {
    let clauses = ["SELECT", "FROM", "WHERE", "ON", "BY", "HAVING", "LIMIT", "IN", "VALUES", "USING"];
    // Within brackets opened since, it is another list.
    let depth: i32 = told
        .iter()
        .rev()
        .take_while(|word| !is_one_of(word, &["FROM"]))
        .map(|word| match *word {
            "(" => 1,
            ")" => -1,
            _ => 0,
        })
        .sum();
    let last = told.iter().rev().find(|word| is_one_of(word, &clauses));
    depth == 0 && last.is_some_and(|word| word.eq_ignore_ascii_case("FROM"))
}

/// The column that a text is compared with, and the table or alias before its name.
fn compared(sql: &str, before: &[&Lexeme]) -> Option<(String, Option<String>)> {
    let told: Vec<&str> =
        before.iter().filter(|lexeme| is_told(lexeme)).map(|lexeme| &sql[lexeme.place.clone()]).collect();
    let mut rest = told.as_slice();
    // Back over the list of an IN.
    if let [.., "(" | ","] = rest {
        let open = rest.iter().rposition(|word| *word == "(")?;
        rest = &rest[..open];
        if !rest.last()?.eq_ignore_ascii_case("IN") {
            return None;
        }
    }
    let compares = |word: &str| matches!(word, "=" | "<" | ">" | "!") || is_one_of(word, &COMPARE);
    let operators = rest.iter().rev().take_while(|word| compares(word)).count();
    if operators == 0 {
        return None;
    }
    let plain = |name: &str| name.trim_matches('"').to_owned();
    match &rest[..rest.len() - operators] {
        [.., qualifier, ".", column] => Some((plain(column), Some(plain(qualifier)))),
        [.., column] => Some((plain(column), None)),
        [] => None,
    }
}

/// The tables that a statement names, with their aliases.
fn tables_of(sql: &str, all: &[Lexeme], lexicon: &Lexicon) -> Vec<(String, Option<String>)> {
    let told: Vec<&Lexeme> = all.iter().filter(|lexeme| is_told(lexeme)).collect();
    let text = |lexeme: &Lexeme| sql[lexeme.place.clone()].trim_matches('"').to_owned();
    let mut tables = Vec::new();
    for (at, lexeme) in told.iter().enumerate() {
        let name = text(lexeme).to_lowercase();
        if !matches!(lexeme.kind, Kind::Word | Kind::Name) || lexicon.table(&name).is_none() {
            continue;
        }
        let mut next = told[at + 1..].iter();
        let mut alias = next.next();
        if alias.is_some_and(|word| text(word).eq_ignore_ascii_case("AS")) {
            alias = next.next();
        }
        let alias = alias.filter(|word| matches!(word.kind, Kind::Word | Kind::Name)).map(|word| text(word));
        tables.push((name, alias.filter(|alias| !is_one_of(alias, &KEYWORDS))));
    }
    tables
}

fn is_told(lexeme: &Lexeme) -> bool {
    !matches!(lexeme.kind, Kind::Blank | Kind::Comment)
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| other.eq_ignore_ascii_case(word))
}
