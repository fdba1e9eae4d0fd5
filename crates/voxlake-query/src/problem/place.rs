//! Places in a statement, and what stands there.

use datafusion::common::Span;

use super::Place;
use crate::lexeme::{Kind, Lexeme, lexemes};

/// The place that DataFusion gives.
pub(super) fn of_span(span: Span) -> Place {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let one_line = span.start.line == span.end.line;
    let length = if one_line { span.end.column.saturating_sub(span.start.column) } else { 1 };
    Place { line: number(span.start.line), column: number(span.start.column), length: number(length).max(1) }
}

/// The first place of a name.
pub(super) fn of_name(sql: &str, name: &str) -> Option<Place> {
    let is_it = |text: &str| text.trim_matches(['"', '`']).eq_ignore_ascii_case(name);
    find(sql, |lexeme, text| matches!(lexeme.kind, Kind::Word | Kind::Name) && is_it(text))
}

/// Whether a statement has the name `table.name`.
pub(super) fn has_qualified(sql: &str, table: &str, name: &str) -> bool {
    let parts: Vec<&str> = words(sql).map(|word| sql[word.place].trim_matches(['"', '`'])).collect();
    let wanted = [table, ".", name];
    parts
        .windows(3)
        .any(|window| window.iter().zip(wanted).all(|(part, name)| part.eq_ignore_ascii_case(name)))
}

/// The first place of a constant: a text or a number of this value.
pub(super) fn of_value(sql: &str, value: &str) -> Option<Place> {
    find(sql, |lexeme, text| match lexeme.kind {
        Kind::Text => unquoted(text) == value,
        Kind::Number => text == value,
        _ => false,
    })
}

fn unquoted(text: &str) -> String {
    let inner = text.find('\'').map_or(text, |at| &text[at + 1..]);
    inner.strip_suffix('\'').unwrap_or(inner).replace("''", "'")
}

/// The first place of a keyword or sign.
pub(super) fn of_word(sql: &str, word: &str) -> Option<Place> {
    find(sql, |lexeme, text| {
        matches!(lexeme.kind, Kind::Word | Kind::Sign) && text.eq_ignore_ascii_case(word)
    })
}

/// The place of the first word.
pub(super) fn of_first_word(sql: &str) -> Option<Place> {
    find(sql, |lexeme, _| lexeme.kind == Kind::Word)
}

/// The place behind the last word.
pub(super) fn of_end(sql: &str) -> Place {
    at(sql, sql.trim_end().len(), 1)
}

fn find(sql: &str, is_it: impl Fn(&Lexeme, &str) -> bool) -> Option<Place> {
    let found = lexemes(sql).find(|lexeme| is_it(lexeme, &sql[lexeme.place.clone()]))?;
    Some(of_lexeme(sql, &found))
}

pub(super) fn of_lexeme(sql: &str, lexeme: &Lexeme) -> Place {
    let text = sql[lexeme.place.clone()].lines().next().unwrap_or_default();
    at(sql, lexeme.place.start, text.chars().count().max(1))
}

/// Returns the place at an offset in bytes.
pub(super) fn at(sql: &str, bytes: usize, length: usize) -> Place {
    let before = &sql[..bytes];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1, length }
}

/// The place of the whole word that begins at `place`.
pub(super) fn of_word_at(sql: &str, place: Place) -> Place {
    let found = words(sql).find(|lexeme| {
        let begin = at(sql, lexeme.place.start, 0);
        (begin.line, begin.column) == (place.line, place.column)
    });
    found.map_or(place, |lexeme| of_lexeme(sql, &lexeme))
}

/// The pieces of a statement without blanks and comments.
pub(super) fn words(sql: &str) -> impl Iterator<Item = Lexeme> + '_ {
    lexemes(sql).filter(|lexeme| !matches!(lexeme.kind, Kind::Blank | Kind::Comment))
}

/// The word before a place.
pub(super) fn word_before(sql: &str, place: Place) -> Option<(&str, Place)> {
    let before = words(sql).take_while(|lexeme| {
        let begin = at(sql, lexeme.place.start, 0);
        (begin.line, begin.column) < (place.line, place.column)
    });
    before.last().map(|lexeme| (&sql[lexeme.place.clone()], of_lexeme(sql, &lexeme)))
}

/// The text at a place.
pub(super) fn text_at(sql: &str, place: Place) -> Option<&str> {
    let found = words(sql).find(|lexeme| {
        let begin = at(sql, lexeme.place.start, 0);
        (begin.line, begin.column) == (place.line, place.column)
    })?;
    Some(&sql[found.place])
}

/// Where a subquery stands.
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

/// The place of the first subquery of a kind.
pub(super) fn of_subquery(sql: &str, kind: Subquery) -> Option<Place> {
    let parts: Vec<Lexeme> = words(sql).collect();
    let text = |lexeme: &Lexeme| &sql[lexeme.place.clone()];
    let found = parts.windows(3).find(|window| {
        let [before, open, first] = window else { return false };
        let begins =
            text(open) == "(" && ["select", "with"].iter().any(|word| text(first).eq_ignore_ascii_case(word));
        begins && kind_after(text(before)) == kind
    })?;
    let [before, open, first] = found else { return None };
    let begin = if matches!(kind, Subquery::In | Subquery::Exists) { before } else { open };
    let length = sql[begin.place.start..first.place.end].lines().next().unwrap_or_default().chars().count();
    Some(at(sql, begin.place.start, length))
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

/// The tables that a statement names after `FROM` and `JOIN`, each with the name by which its columns are qualified.
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
    let parts: Vec<Lexeme> = words(sql).collect();
    let text = |at: usize| parts.get(at).map_or("", |lexeme| &sql[lexeme.place.clone()]);
    let is_name = |at: usize| {
        parts.get(at).is_some_and(|part| matches!(part.kind, Kind::Word | Kind::Name))
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
        let place = |kind| of_subquery(sql, kind).map(|place| (place.line, place.column, place.length));
        assert_eq!(place(Subquery::In), Some((1, 10, 10)));
        assert_eq!(place(Subquery::Value), Some((2, 2, 5)));
        assert_eq!(place(Subquery::Table), Some((2, 13, 7)));
        assert_eq!(place(Subquery::Exists), None);
    }
}
