//! Plain wordings of DataFusion's messages, each with a place and a hint.

mod rule;
mod table;

use self::rule::At;
use self::table::RULES;
use super::locate::{self, Subquery};
use super::patterns::captures;
use super::span::{Diagnostic, SourceSpan};
use super::sql_words::in_words;

pub(super) use self::table::OTHER_CAST;

/// Rewords a message; `None` if no rule matches.
pub(super) fn reword(text: &str, sql: &str, given: Option<SourceSpan>) -> Option<Diagnostic> {
    let (rule, found) = RULES.iter().find_map(|rule| Some((rule, captures(rule.pattern, text)?)))?;
    let capture = |number: usize| found.get(number.wrapping_sub(1)).copied().unwrap_or_default();
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let span = match rule.at {
        At::Given => None,
        At::Name(number) => locate::find_name(sql, &last(capture(number))),
        At::Value(number) => locate::find_value(sql, capture(number)),
        At::Word(word) => locate::find_word(sql, word),
        At::Keyword(number) => keywords(capture(number)).find_map(|word| locate::find_word(sql, word)),
        At::Subquery(Subquery::Exists) => given
            .or_else(|| locate::find_subquery(sql, Subquery::Exists))
            .or_else(|| locate::find_subquery(sql, Subquery::In)),
        At::Subquery(kind) => given.or_else(|| locate::find_subquery(sql, kind)),
        At::Division => locate::find_word(sql, "/").or_else(|| locate::find_word(sql, "%")),
    };
    let filled = |template: &str| {
        let texts = found.iter().enumerate();
        texts.fold(template.to_owned(), |text, (at, value)| {
            text.replace(&format!("{{{}}}", at + 1), &in_words(value.trim().trim_end_matches('.')))
        })
    };
    let hint = (!rule.hint.is_empty()).then(|| filled(rule.hint));
    Some(Diagnostic { message: filled(rule.message), span: span.or(given), hint })
}

/// Words in capital letters.
fn keywords(text: &str) -> impl Iterator<Item = &str> {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_keyword = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    text.split(move |c| !is_letter(c)).filter(is_keyword)
}
