//! Context of the cursor in a statement.

use voxlake_query::CompletionCatalog;
use voxlake_query::KEYWORDS;
use voxlake_query::token::{Token, TokenKind, tokenize};

/// Kind of name at the cursor; `from` is its start.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CursorContext {
    /// Nothing to complete: a comment or number.
    Nowhere,
    /// Value of a column, inside quotes.
    Value { from: usize, column: String, tables: Vec<String> },
    /// Column of this table.
    ColumnOf { from: usize, table: String },
    /// Table.
    Table { from: usize },
    /// Column of these tables, function or keyword.
    Word { from: usize, tables: Vec<String> },
}

/// Keywords before a table.
const BEFORE_TABLES: [&str; 6] = ["FROM", "JOIN", "DESCRIBE", "INTO", "TABLE", "VIEW"];
/// Keywords between a column and the strings that it is compared with.
const COMPARE: [&str; 4] = ["IN", "LIKE", "ILIKE", "NOT"];

/// Context of the offset `at` in a statement.
pub(super) fn cursor_context(sql: &str, at: usize, completions: &CompletionCatalog) -> CursorContext {
    let all: Vec<Token> = tokenize(sql).collect();
    let before: Vec<&Token> = all.iter().take_while(|token| token.range.start < at).collect();
    let Some(last) = before.last() else { return CursorContext::Word { from: at, tables: Vec::new() } };
    let tables = || tables_of(sql, &all, completions).into_iter().map(|(table, _)| table).collect::<Vec<_>>();
    let is_inside = !last.closed || last.range.end > at;
    match last.kind {
        TokenKind::StringLiteral if is_inside && sql[last.range.clone()].starts_with('\'') => {
            let from = last.range.start + 1;
            let Some((column, qualifier)) = compared_column(sql, &before[..before.len() - 1]) else {
                return CursorContext::Nowhere;
            };
            let known = tables_of(sql, &all, completions);
            let tables = known.into_iter().filter(|(table, alias)| {
                qualifier.as_ref().is_none_or(|name| name == table || Some(name) == alias.as_ref())
            });
            CursorContext::Value { from, column, tables: tables.map(|(table, _)| table).collect() }
        }
        // A line comment continues at its end.
        TokenKind::Comment
            if is_inside || sql[last.range.clone()].starts_with("--") && !sql[..at].ends_with('\n') =>
        {
            CursorContext::Nowhere
        }
        TokenKind::StringLiteral | TokenKind::QuotedIdent | TokenKind::Number => CursorContext::Nowhere,
        TokenKind::Variable => CursorContext::Word { from: last.range.start, tables: Vec::new() },
        TokenKind::Punct if &sql[last.range.clone()] == ":" => {
            CursorContext::Word { from: last.range.start, tables: Vec::new() }
        }
        TokenKind::Word => {
            word_context(sql, last.range.start, &before[..before.len() - 1], &all, completions, tables)
        }
        _ => word_context(sql, at, &before, &all, completions, tables),
    }
}

/// Context of a word that starts at `from`, after `before`.
fn word_context(
    sql: &str,
    from: usize,
    before: &[&Token],
    all: &[Token],
    completions: &CompletionCatalog,
    tables: impl Fn() -> Vec<String>,
) -> CursorContext {
    let significant: Vec<&str> =
        before.iter().filter(|token| is_significant(token)).map(|token| &sql[token.range.clone()]).collect();
    match significant.as_slice() {
        [.., qualifier, "."] if before.last().is_some_and(|token| token.kind == TokenKind::Punct) => {
            let known = tables_of(sql, all, completions).into_iter();
            let table = known.into_iter().find(|(table, alias)| {
                table.eq_ignore_ascii_case(qualifier)
                    || alias.as_deref().is_some_and(|alias| alias.eq_ignore_ascii_case(qualifier))
            });
            match table {
                Some((table, _)) => CursorContext::ColumnOf { from, table },
                None => CursorContext::ColumnOf { from, table: qualifier.to_lowercase() },
            }
        }
        [.., word] if is_one_of(word, &BEFORE_TABLES) => CursorContext::Table { from },
        [.., ","] if is_in_from(&significant) => CursorContext::Table { from },
        _ => CursorContext::Word { from, tables: tables() },
    }
}

/// Returns whether the current list is that of `FROM`.
fn is_in_from(significant: &[&str]) -> bool {
    let clauses = ["SELECT", "FROM", "WHERE", "ON", "BY", "HAVING", "LIMIT", "IN", "VALUES", "USING"];
    // Parentheses opened since start another list.
    let depth: i32 = significant
        .iter()
        .rev()
        .take_while(|word| !is_one_of(word, &["FROM"]))
        .map(|word| match *word {
            "(" => 1,
            ")" => -1,
            _ => 0,
        })
        .sum();
    let last = significant.iter().rev().find(|word| is_one_of(word, &clauses));
    depth == 0 && last.is_some_and(|word| word.eq_ignore_ascii_case("FROM"))
}

/// Column that a string is compared with, and the qualifier of its name.
fn compared_column(sql: &str, before: &[&Token]) -> Option<(String, Option<String>)> {
    let significant: Vec<&str> =
        before.iter().filter(|token| is_significant(token)).map(|token| &sql[token.range.clone()]).collect();
    let mut rest = significant.as_slice();
    // Skips back over the list of IN.
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

/// Tables of a statement with their aliases.
fn tables_of(sql: &str, all: &[Token], completions: &CompletionCatalog) -> Vec<(String, Option<String>)> {
    let significant: Vec<&Token> = all.iter().filter(|token| is_significant(token)).collect();
    let text = |token: &Token| sql[token.range.clone()].trim_matches('"').to_owned();
    let mut tables = Vec::new();
    for (at, token) in significant.iter().enumerate() {
        let name = text(token).to_lowercase();
        if !matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent)
            || completions.table(&name).is_none()
        {
            continue;
        }
        let mut next = significant[at + 1..].iter();
        let mut alias = next.next();
        if alias.is_some_and(|word| text(word).eq_ignore_ascii_case("AS")) {
            alias = next.next();
        }
        let alias = alias
            .filter(|word| matches!(word.kind, TokenKind::Word | TokenKind::QuotedIdent))
            .map(|word| text(word));
        tables.push((name, alias.filter(|alias| !is_one_of(alias, &KEYWORDS))));
    }
    tables
}

fn is_significant(token: &Token) -> bool {
    !matches!(token.kind, TokenKind::Whitespace | TokenKind::Comment)
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| other.eq_ignore_ascii_case(word))
}
