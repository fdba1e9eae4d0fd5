//! Statements that cannot be parsed.

use super::names::suggest;
use super::place::{self, word_before};
use super::{Place, Problem, noise};
use crate::keywords::KEYWORDS;
use crate::lexeme::{Kind, lexemes};

/// Characters that look like spaces or quotes, or are invisible, and have no meaning in SQL.
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

/// The problem of a statement that cannot be parsed; none for any other message.
pub(super) fn unparsed(text: &str, sql: &str) -> Option<Problem> {
    if text.contains("recursion limit") || text.contains("RecursionLimitExceeded") {
        let hint = Some("WITH takes parts of it out".to_owned());
        return Some(Problem { message: "the statement is nested too deeply".to_owned(), place: None, hint });
    }
    if text.contains("single SQL statement") {
        return Some(several(sql));
    }
    if text.contains("No SQL statements were provided") {
        return Some(Problem { message: "there is no statement".to_owned(), place: None, hint: None });
    }
    let (message, place) = noise::parser(text)?;
    if let Some(deceiving) = deceiving(sql) {
        return Some(deceiving);
    }
    let place = place.map_or_else(|| place::of_end(sql), |place| place::of_word_at(sql, place));
    let hint = hint(&message, sql, place);
    Some(Problem { message, place: Some(place), hint })
}

/// The first character outside of texts, names and comments that looks like another one.
fn deceiving(sql: &str) -> Option<Problem> {
    let outside = lexemes(sql).filter(|part| !matches!(part.kind, Kind::Text | Kind::Name | Kind::Comment));
    let chars = outside.flat_map(|part| {
        let begin = part.place.start;
        sql[part.place].char_indices().map(move |(at, c)| (begin + at, c)).collect::<Vec<_>>()
    });
    let (at, c, name) = chars
        .filter_map(|(at, c)| DECEIVING.iter().find(|(other, _)| *other == c).map(|(_, name)| (at, c, name)))
        .next()?;
    let remedy = match c {
        '\u{2018}'..='\u{201d}' => "texts are written in straight quotes: 'text'",
        '\u{2013}' => "write -",
        _ => "remove it",
    };
    Some(Problem {
        message: format!("{name} (U+{:04X}) stands here", u32::from(c)),
        place: Some(place::at(sql, at, 1)),
        hint: Some(remedy.to_owned()),
    })
}

/// The problem of a text with more than one statement.
fn several(sql: &str) -> Problem {
    let ends: Vec<_> = place::words(sql).skip_while(|part| part.kind != Kind::End).collect();
    let second = ends.iter().find(|part| part.kind != Kind::End);
    Problem {
        message: "only one statement can be run at a time".to_owned(),
        place: second.map(|part| place::of_lexeme(sql, part)),
        hint: Some("remove what follows the first ;".to_owned()),
    }
}

fn hint(message: &str, sql: &str, place: Place) -> Option<String> {
    if message.starts_with("unterminated string") {
        return Some("a quote within a text is written twice: 'it''s'".to_owned());
    }
    let word = place::text_at(sql, place).unwrap_or_default();
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
    let before = word_before(sql, place).map(|(word, _)| word).unwrap_or_default();
    let near = [before, word].into_iter().filter_map(misspelt).min_by_key(|(changes, _)| *changes);
    near.and_then(|(_, keyword)| suggest(&[keyword]))
}

/// The keyword that a word is nearly, and how many letters differ.
fn misspelt(word: &str) -> Option<(usize, &'static str)> {
    let word = word.to_uppercase();
    if word.len() < 4 || KEYWORDS.contains(&word.as_str()) {
        return None;
    }
    let keywords = KEYWORDS.into_iter().filter(|keyword| keyword.len() >= 4);
    let changes = |keyword: &str| strsim::damerau_levenshtein(&word, keyword);
    // Of several as near, the one that the word begins: WHERE for WHER, not WHEN.
    let (changes, _, keyword) =
        keywords.map(|keyword| (changes(keyword), !keyword.starts_with(&word), keyword)).min()?;
    let most = if word.len() > 5 { 2 } else { 1 };
    (changes <= most).then_some((changes, keyword))
}
