//! SQL as a person types it, cut into words, texts, comments and signs, whatever its state.
//!
//! The engine's own tokenizer gives nothing where a quote is still open. A prompt, however, has to know
//! exactly that, and colours and completes what is not finished.

use std::ops::Range;

/// What a piece of SQL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Blanks and line breaks.
    Blank,
    /// `-- …` or `/* … */`.
    Comment,
    /// A text: `'…'`, `E'…'` or `$tag$…$tag$`.
    Text,
    /// A name in double quotes or backticks.
    Name,
    /// A keyword or a name without quotes.
    Word,
    /// A number.
    Number,
    /// A variable of the prompt: `:name`, `:'name'` or `:"name"`.
    Variable,
    /// `;`
    End,
    /// `\`, which begins a command of the prompt.
    Backslash,
    /// Any other sign.
    Sign,
}

/// A piece of SQL and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lexeme {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub place: Range<usize>,
    /// Whether its end is there: not so for a quote or a comment that goes on.
    pub closed: bool,
}

/// The pieces of `sql` in order, all of it.
pub fn lexemes(sql: &str) -> impl Iterator<Item = Lexeme> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = sql.get(at..).filter(|rest| !rest.is_empty())?;
        let (kind, length, closed) = first(rest);
        let place = at..at + length;
        at = place.end;
        Some(Lexeme { kind, place, closed })
    })
}

/// The kind and length of the first piece of `rest`, which is not empty, and whether its end is there.
fn first(rest: &str) -> (Kind, usize, bool) {
    let closed = |kind, length| (kind, length, true);
    let mut chars = rest.chars();
    let (c, next) = (chars.next().unwrap_or(' '), chars.next());
    match c {
        c if c.is_whitespace() => closed(Kind::Blank, span(rest, char::is_whitespace)),
        '-' if next == Some('-') => closed(Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
        '/' if next == Some('*') => block_comment(rest),
        '\'' => quoted(Kind::Text, rest, 0, '\'', false),
        'e' | 'E' if next == Some('\'') => quoted(Kind::Text, rest, 1, '\'', true),
        'b' | 'B' | 'x' | 'X' | 'n' | 'N' | 'r' | 'R' if next == Some('\'') => {
            quoted(Kind::Text, rest, 1, '\'', false)
        }
        '"' | '`' => quoted(Kind::Name, rest, 0, c, false),
        '$' => dollar(rest),
        ':' => colon(rest),
        ';' => closed(Kind::End, 1),
        '\\' => closed(Kind::Backslash, 1),
        c if c.is_ascii_digit() => {
            closed(Kind::Number, span(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_'))
        }
        c if is_name_start(c) => closed(Kind::Word, span(rest, is_name_part)),
        c => closed(Kind::Sign, c.len_utf8()),
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// How many bytes at the beginning of `text` are of such characters.
fn span(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

/// A quote that opens at `open`; doubled, it is part of the text. `escapes`: a backslash hides what follows it.
fn quoted(kind: Kind, rest: &str, open: usize, quote: char, escapes: bool) -> (Kind, usize, bool) {
    let mut chars = rest.char_indices().skip(open + 1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return (kind, at + quote.len_utf8(), true);
            }
        }
    }
    (kind, rest.len(), false)
}

/// Comments between `/*` and `*/` may hold others.
fn block_comment(rest: &str) -> (Kind, usize, bool) {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        let Some(ahead) = rest.get(at..) else { return (Kind::Comment, rest.len(), false) };
        match (ahead.find("*/"), ahead.find("/*")) {
            (None, _) => return (Kind::Comment, rest.len(), false),
            (Some(end), Some(open)) if open < end => (at, depth) = (at + open + 2, depth + 1),
            (Some(end), _) => (at, depth) = (at + end + 2, depth - 1),
        }
    }
    (Kind::Comment, at, true)
}

/// A text between dollar signs, or a placeholder such as `$from`.
fn dollar(rest: &str) -> (Kind, usize, bool) {
    let tag = 1 + span(&rest[1..], |c| c.is_alphanumeric() || c == '_');
    if !rest[tag..].starts_with('$') || rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return (Kind::Word, tag, true);
    }
    let quote = &rest[..=tag];
    match rest[quote.len()..].find(quote) {
        Some(end) => (Kind::Text, end + 2 * quote.len(), true),
        None => (Kind::Text, rest.len(), false),
    }
}

/// A variable, or the sign of a cast or a slice.
fn colon(rest: &str) -> (Kind, usize, bool) {
    let behind = &rest[1..];
    if behind.starts_with([':', '=']) {
        return (Kind::Sign, 2, true);
    }
    let quote = behind.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let name = &behind[quote.map_or(0, char::len_utf8)..];
    if !name.starts_with(is_name_start) {
        return (Kind::Sign, 1, true);
    }
    let length = span(name, is_name_part);
    match quote {
        None => (Kind::Variable, 1 + length, true),
        Some(quote) if name[length..].starts_with(quote) => (Kind::Variable, length + 3, true),
        Some(_) => (Kind::Sign, 1, true),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lexemes_are_all_of_any_text_in_order(text in "[a-z0-9 '\"`$:;\\\\/*\n-]{0,40}|\\PC{0,20}") {
            let all: String = lexemes(&text).map(|lexeme| text[lexeme.place].to_owned()).collect();
            prop_assert_eq!(all, text);
        }
    }
}
