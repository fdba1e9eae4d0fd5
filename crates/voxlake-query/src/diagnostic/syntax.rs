//! Statements that cannot be parsed.

use super::datafusion_messages;
use super::locate::{self, word_before};
use super::span::{Diagnostic, SourceSpan};
use super::suggestions::did_you_mean;
use crate::keywords::KEYWORDS;
use crate::token::{TokenKind, tokenize};

/// Invisible characters, and characters that look like spaces or quotes but have no meaning in SQL.
const DECEIVING: [(char, &str); 13] = [
    ('\u{ad}', "a soft hyphen"),
    ('\u{200b}', "a zero-width space"),
    ('\u{200c}', "a zero-width character"),
    ('\u{200d}', "a zero-width character"),
    ('\u{2060}', "a zero-width character"),
    ('\u{feff}', "a byte order mark"),
    ('\u{200e}', "a mark of text direction"),
    ('\u{200f}', "a mark of text direction"),
    ('\u{2018}', "a typographic quote"),
    ('\u{2019}', "a typographic quote"),
    ('\u{201c}', "a typographic quote"),
    ('\u{201d}', "a typographic quote"),
    ('\u{2013}', "a dash, not a minus"),
];

/// Diagnostic for a statement that cannot be parsed; `None` for other messages.
pub(super) fn syntax_error(text: &str, sql: &str) -> Option<Diagnostic> {
    if text.contains("recursion limit") || text.contains("RecursionLimitExceeded") {
        let hint = Some("WITH takes parts of it out".to_owned());
        return Some(Diagnostic {
            message: "the statement is nested too deeply".to_owned(),
            span: None,
            hint,
        });
    }
    if text.contains("single SQL statement") {
        return Some(several(sql));
    }
    if text.contains("No SQL statements were provided") {
        return Some(Diagnostic { message: "there is no statement".to_owned(), span: None, hint: None });
    }
    let (message, span) = datafusion_messages::parser_error(text)?;
    if let Some(deceiving) = deceiving(sql) {
        return Some(deceiving);
    }
    let span = span.map_or_else(|| locate::end_of(sql), |span| locate::word_span_at(sql, span));
    let hint = hint(&message, sql, span);
    Some(Diagnostic { message, span: Some(span), hint })
}

/// Diagnostic for the first misleading character outside of literals, quoted names and comments.
fn deceiving(sql: &str) -> Option<Diagnostic> {
    let outside = tokenize(sql).filter(|part| {
        !matches!(part.kind, TokenKind::StringLiteral | TokenKind::QuotedIdent | TokenKind::Comment)
    });
    let chars = outside.flat_map(|part| {
        let begin = part.range.start;
        sql[part.range].char_indices().map(move |(at, c)| (begin + at, c)).collect::<Vec<_>>()
    });
    let (at, c, name) = chars
        .filter_map(|(at, c)| DECEIVING.iter().find(|(other, _)| *other == c).map(|(_, name)| (at, c, name)))
        .next()?;
    let remedy = match c {
        '\u{2018}'..='\u{201d}' => "texts are written in straight quotes: 'text'",
        '\u{2013}' => "write -",
        _ => "remove it",
    };
    Some(Diagnostic {
        message: format!("{name} (U+{:04X}) stands here", u32::from(c)),
        span: Some(locate::span_at(sql, at, 1)),
        hint: Some(remedy.to_owned()),
    })
}

/// Diagnostic for a text with several statements.
fn several(sql: &str) -> Diagnostic {
    let ends: Vec<_> = locate::words(sql).skip_while(|part| part.kind != TokenKind::Semicolon).collect();
    let second = ends.iter().find(|part| part.kind != TokenKind::Semicolon);
    Diagnostic {
        message: "only one statement can be run at a time".to_owned(),
        span: second.map(|part| locate::token_span(sql, part)),
        hint: Some("remove what follows the first ;".to_owned()),
    }
}

fn hint(message: &str, sql: &str, span: SourceSpan) -> Option<String> {
    if message.starts_with("unterminated string") {
        return Some("a quote within a text is written twice: 'it''s'".to_owned());
    }
    let word = locate::text_at(sql, span).unwrap_or_default();
    let is = |other: &str| word.eq_ignore_ascii_case(other);
    if message.contains("end of statement") {
        if is("group") || is("order") {
            return Some(format!("write {} BY", word.to_uppercase()));
        }
        if is("where") || is("having") || is("join") || is("from") {
            return Some(
                "the order is SELECT, FROM, JOIN, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT".to_owned(),
            );
        }
    }
    if is("table") {
        return Some("SELECT * FROM … gives all rows of a table".to_owned());
    }
    let before = word_before(sql, span).map(|(word, _)| word).unwrap_or_default();
    let near = [before, word].into_iter().filter_map(misspelt).min_by_key(|(changes, _)| *changes);
    near.and_then(|(_, keyword)| did_you_mean(&[keyword]))
}

/// Similar keyword, with its edit distance.
fn misspelt(word: &str) -> Option<(usize, &'static str)> {
    let word = word.to_uppercase();
    if word.len() < 4 || KEYWORDS.contains(&word.as_str()) {
        return None;
    }
    let keywords = KEYWORDS.into_iter().filter(|keyword| keyword.len() >= 4);
    let changes = |keyword: &str| strsim::damerau_levenshtein(&word, keyword);
    // Of equally similar keywords, one that starts with the word: WHERE for WHER, not WHEN.
    let (changes, _, keyword) =
        keywords.map(|keyword| (changes(keyword), !keyword.starts_with(&word), keyword)).min()?;
    let most = if word.len() > 5 { 2 } else { 1 };
    (changes <= most).then_some((changes, keyword))
}
