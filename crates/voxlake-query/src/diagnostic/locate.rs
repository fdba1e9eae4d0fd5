//! Spans of names, values and keywords in a statement.

use datafusion::common::Span;

use super::span::SourceSpan;
use crate::token::{Token, TokenKind, tokenize};

/// Converts DataFusion's span.
pub(super) fn from_datafusion(span: Span) -> SourceSpan {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let one_line = span.start.line == span.end.line;
    let length = if one_line { span.end.column.saturating_sub(span.start.column) } else { 1 };
    SourceSpan {
        line: number(span.start.line),
        column: number(span.start.column),
        length: number(length).max(1),
    }
}

/// First occurrence of a name.
pub(super) fn find_name(sql: &str, name: &str) -> Option<SourceSpan> {
    let is_it = |text: &str| text.trim_matches(['"', '`']).eq_ignore_ascii_case(name);
    find(sql, |token, text| matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent) && is_it(text))
}

/// Returns whether a statement contains the name `table.name`.
pub(super) fn has_qualified(sql: &str, table: &str, name: &str) -> bool {
    let parts: Vec<&str> = words(sql).map(|word| sql[word.range].trim_matches(['"', '`'])).collect();
    let wanted = [table, ".", name];
    parts
        .windows(3)
        .any(|window| window.iter().zip(wanted).all(|(part, name)| part.eq_ignore_ascii_case(name)))
}

/// First string or number literal of this value.
pub(super) fn find_value(sql: &str, value: &str) -> Option<SourceSpan> {
    find(sql, |token, text| match token.kind {
        TokenKind::StringLiteral => unquoted(text) == value,
        TokenKind::Number => text == value,
        _ => false,
    })
}

fn unquoted(text: &str) -> String {
    let inner = text.find('\'').map_or(text, |at| &text[at + 1..]);
    inner.strip_suffix('\'').unwrap_or(inner).replace("''", "'")
}

/// First occurrence of a keyword or sign.
pub(super) fn find_word(sql: &str, word: &str) -> Option<SourceSpan> {
    find(sql, |token, text| {
        matches!(token.kind, TokenKind::Word | TokenKind::Punct) && text.eq_ignore_ascii_case(word)
    })
}

/// The first word.
pub(super) fn find_first_word(sql: &str) -> Option<SourceSpan> {
    find(sql, |token, _| token.kind == TokenKind::Word)
}

/// The end of the last word.
pub(super) fn end_of(sql: &str) -> SourceSpan {
    span_at(sql, sql.trim_end().len(), 1)
}

fn find(sql: &str, is_it: impl Fn(&Token, &str) -> bool) -> Option<SourceSpan> {
    let found = tokenize(sql).find(|token| is_it(token, &sql[token.range.clone()]))?;
    Some(token_span(sql, &found))
}

pub(super) fn token_span(sql: &str, token: &Token) -> SourceSpan {
    let text = sql[token.range.clone()].lines().next().unwrap_or_default();
    span_at(sql, token.range.start, text.chars().count().max(1))
}

/// Span at a byte offset.
pub(super) fn span_at(sql: &str, bytes: usize, length: usize) -> SourceSpan {
    let before = &sql[..bytes];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    SourceSpan {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        length,
    }
}

/// Span of the whole word that starts at `span`.
pub(super) fn word_span_at(sql: &str, span: SourceSpan) -> SourceSpan {
    let found = words(sql).find(|token| {
        let begin = span_at(sql, token.range.start, 0);
        (begin.line, begin.column) == (span.line, span.column)
    });
    found.map_or(span, |token| token_span(sql, &token))
}

/// Tokens of a statement without whitespace and comments.
pub(super) fn words(sql: &str) -> impl Iterator<Item = Token> + '_ {
    tokenize(sql).filter(|token| !matches!(token.kind, TokenKind::Whitespace | TokenKind::Comment))
}

/// The word before a span.
pub(super) fn word_before(sql: &str, span: SourceSpan) -> Option<(&str, SourceSpan)> {
    let before = words(sql).take_while(|token| {
        let begin = span_at(sql, token.range.start, 0);
        (begin.line, begin.column) < (span.line, span.column)
    });
    before.last().map(|token| (&sql[token.range.clone()], token_span(sql, &token)))
}

/// The text at a span.
pub(super) fn text_at(sql: &str, span: SourceSpan) -> Option<&str> {
    let found = words(sql).find(|token| {
        let begin = span_at(sql, token.range.start, 0);
        (begin.line, begin.column) == (span.line, span.column)
    })?;
    Some(&sql[found.range])
}

/// Context of a subquery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subquery {
    /// `IN (SELECT …)`
    In,
    /// `EXISTS (SELECT …)`
    Exists,
    /// `FROM (SELECT …)`, also with `LATERAL`.
    Table,
    /// As a value.
    Value,
}

/// First subquery in this context.
pub(super) fn find_subquery(sql: &str, kind: Subquery) -> Option<SourceSpan> {
    let parts: Vec<Token> = words(sql).collect();
    let text = |token: &Token| &sql[token.range.clone()];
    let found = parts.windows(3).find(|window| {
        let [before, open, first] = window else { return false };
        let begins =
            text(open) == "(" && ["select", "with"].iter().any(|word| text(first).eq_ignore_ascii_case(word));
        begins && kind_after(text(before)) == kind
    })?;
    let [before, open, first] = found else { return None };
    let begin = if matches!(kind, Subquery::In | Subquery::Exists) { before } else { open };
    let length = sql[begin.range.start..first.range.end].lines().next().unwrap_or_default().chars().count();
    Some(span_at(sql, begin.range.start, length))
}

fn kind_after(word: &str) -> Subquery {
    let is = |words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    if is(&["in"]) {
        Subquery::In
    } else if is(&["exists"]) {
        Subquery::Exists
    } else if is(&["from", "join", "lateral", "as", "union", "except", "intersect", "all"]) {
        Subquery::Table
    } else {
        Subquery::Value
    }
}

/// Tables after `FROM` and `JOIN`, with the names that qualify their columns.
pub(super) fn tables(sql: &str) -> Vec<(&str, &str)> {
    const NO_ALIASES: [&str; 24] = [
        "on",
        "using",
        "join",
        "left",
        "right",
        "full",
        "inner",
        "cross",
        "natural",
        "where",
        "group",
        "order",
        "having",
        "limit",
        "union",
        "except",
        "intersect",
        "qualify",
        "window",
        "offset",
        "fetch",
        "as",
        "semi",
        "anti",
    ];
    let parts: Vec<Token> = words(sql).collect();
    let text = |at: usize| parts.get(at).map_or("", |token| &sql[token.range.clone()]);
    let is_name = |at: usize| {
        parts.get(at).is_some_and(|part| matches!(part.kind, TokenKind::Word | TokenKind::QuotedIdent))
            && !NO_ALIASES.iter().any(|word| text(at).eq_ignore_ascii_case(word))
    };
    let begins = |at: usize| {
        ["from", "join"].iter().any(|word| text(at).eq_ignore_ascii_case(word)) && is_name(at + 1)
    };
    let mut tables = Vec::new();
    for at in (0..parts.len()).filter(|at| begins(*at)) {
        let mut at = at + 1;
        while is_name(at) {
            let table = text(at).trim_matches('"');
            at += if text(at + 1).eq_ignore_ascii_case("as") { 2 } else { 1 };
            let alias = if is_name(at) { text(at).trim_matches('"') } else { table };
            at += usize::from(is_name(at));
            tables.push((table, alias));
            at += if text(at) == "," { 1 } else { break };
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_their_aliases() {
        for (sql, expected) in [
            ("SELECT 1 FROM calls", &[("calls", "calls")][..]),
            ("SELECT 1 FROM calls AS a, days b WHERE x", &[("calls", "a"), ("days", "b")]),
            ("SELECT 1 FROM calls c LEFT JOIN \"My\" ON true", &[("calls", "c"), ("My", "My")]),
            (
                "SELECT 1 FROM (SELECT 2 FROM days) d JOIN calls USING (x)",
                &[("days", "days"), ("calls", "calls")],
            ),
            ("SELECT extract(hour FROM start_time)", &[("start_time", "start_time")]),
            ("SELECT 1", &[]),
        ] {
            assert_eq!(tables(sql), expected, "{sql}");
        }
    }

    #[test]
    fn subqueries_have_their_places() {
        let sql = "SELECT x IN (SELECT 1),\n (WITH a AS (SELECT 2) SELECT 3) FROM (SELECT 4) t";
        let span = |kind| find_subquery(sql, kind).map(|span| (span.line, span.column, span.length));
        assert_eq!(span(Subquery::In), Some((1, 10, 10)));
        assert_eq!(span(Subquery::Value), Some((2, 2, 5)));
        assert_eq!(span(Subquery::Table), Some((2, 13, 7)));
        assert_eq!(span(Subquery::Exists), None);
    }
}
