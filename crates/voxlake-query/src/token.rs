//! Tokenizer of SQL that is still being typed.
//!
//! DataFusion's tokenizer fails at an open quote. A shell needs to know about it, and highlights
//! and completes unfinished statements.

use std::ops::Range;

/// Kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Spaces and line breaks.
    Whitespace,
    /// `-- …` or `/* … */`.
    Comment,
    /// String literal: `'…'`, `E'…'` or `$tag$…$tag$`.
    StringLiteral,
    /// Identifier in double quotes or backticks.
    QuotedIdent,
    /// Keyword or identifier without quotes.
    Word,
    /// A number.
    Number,
    /// Shell variable: `:name`, `:'name'` or `:"name"`.
    Variable,
    /// `;`
    Semicolon,
    /// `\`, which starts a command of the shell.
    Backslash,
    /// Any other character.
    Punct,
}

/// Token of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Kind.
    pub kind: TokenKind,
    /// Byte range in the text.
    pub range: Range<usize>,
    /// True if the token is complete; not so for an open quote or comment.
    pub closed: bool,
}

/// Splits all of `sql` into tokens.
pub fn tokenize(sql: &str) -> impl Iterator<Item = Token> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = sql.get(at..).filter(|rest| !rest.is_empty())?;
        let (kind, length, closed) = first(rest);
        let range = at..at + length;
        at = range.end;
        Some(Token { kind, range, closed })
    })
}

/// Kind and length of the first token of `rest`, which is not empty, and whether it is complete.
fn first(rest: &str) -> (TokenKind, usize, bool) {
    let closed = |kind, length| (kind, length, true);
    let mut chars = rest.chars();
    let (c, next) = (chars.next().unwrap_or(' '), chars.next());
    match c {
        c if c.is_whitespace() => closed(TokenKind::Whitespace, span(rest, char::is_whitespace)),
        '-' if next == Some('-') => closed(TokenKind::Comment, rest.find('\n').unwrap_or(rest.len())),
        '/' if next == Some('*') => block_comment(rest),
        '\'' => quoted(TokenKind::StringLiteral, rest, 0, '\'', false),
        'e' | 'E' if next == Some('\'') => quoted(TokenKind::StringLiteral, rest, 1, '\'', true),
        'b' | 'B' | 'x' | 'X' | 'n' | 'N' | 'r' | 'R' if next == Some('\'') => {
            quoted(TokenKind::StringLiteral, rest, 1, '\'', false)
        }
        '"' | '`' => quoted(TokenKind::QuotedIdent, rest, 0, c, false),
        '$' => dollar(rest),
        ':' => colon(rest),
        ';' => closed(TokenKind::Semicolon, 1),
        '\\' => closed(TokenKind::Backslash, 1),
        c if c.is_ascii_digit() => {
            closed(TokenKind::Number, span(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_'))
        }
        c if is_name_start(c) => closed(TokenKind::Word, span(rest, is_name_part)),
        c => closed(TokenKind::Punct, c.len_utf8()),
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// Length in bytes of the leading characters that match.
fn span(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

/// A quoted token that opens at `open`; a doubled quote is part of it. With `escapes`, a backslash
/// hides the next character.
fn quoted(kind: TokenKind, rest: &str, open: usize, quote: char, escapes: bool) -> (TokenKind, usize, bool) {
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

/// Comments between `/*` and `*/` can be nested.
fn block_comment(rest: &str) -> (TokenKind, usize, bool) {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        let Some(ahead) = rest.get(at..) else { return (TokenKind::Comment, rest.len(), false) };
        match (ahead.find("*/"), ahead.find("/*")) {
            (None, _) => return (TokenKind::Comment, rest.len(), false),
            (Some(end), Some(open)) if open < end => (at, depth) = (at + open + 2, depth + 1),
            (Some(end), _) => (at, depth) = (at + end + 2, depth - 1),
        }
    }
    (TokenKind::Comment, at, true)
}

/// Dollar-quoted string, or a placeholder such as `$from`.
fn dollar(rest: &str) -> (TokenKind, usize, bool) {
    let tag = 1 + span(&rest[1..], |c| c.is_alphanumeric() || c == '_');
    if !rest[tag..].starts_with('$') || rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return (TokenKind::Word, tag, true);
    }
    let quote = &rest[..=tag];
    match rest[quote.len()..].find(quote) {
        Some(end) => (TokenKind::StringLiteral, end + 2 * quote.len(), true),
        None => (TokenKind::StringLiteral, rest.len(), false),
    }
}

/// Variable, or the sign of a cast or slice.
fn colon(rest: &str) -> (TokenKind, usize, bool) {
    let behind = &rest[1..];
    if behind.starts_with([':', '=']) {
        return (TokenKind::Punct, 2, true);
    }
    let quote = behind.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let name = &behind[quote.map_or(0, char::len_utf8)..];
    if !name.starts_with(is_name_start) {
        return (TokenKind::Punct, 1, true);
    }
    let length = span(name, is_name_part);
    match quote {
        None => (TokenKind::Variable, 1 + length, true),
        Some(quote) if name[length..].starts_with(quote) => (TokenKind::Variable, length + 3, true),
        Some(_) => (TokenKind::Punct, 1, true),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tokens_cover_any_text(text in "[a-z0-9 '\"`$:;\\\\/*\n-]{0,40}|\\PC{0,20}") {
            let all: String = tokenize(&text).map(|token| text[token.range].to_owned()).collect();
            prop_assert_eq!(all, text);
        }
    }
}
