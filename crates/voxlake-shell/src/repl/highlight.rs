//! Highlighting of typed SQL.

use voxlake_query::KEYWORDS;
use voxlake_query::token::{TokenKind, tokenize};

const OFF: &str = "\x1b[0m";

/// Highlights keywords, strings, numbers, comments and variables.
pub(crate) fn coloured(sql: &str) -> String {
    let mut command = false;
    let pieces = tokenize(sql).map(|token| {
        let text = &sql[token.range];
        command = match token.kind {
            TokenKind::Backslash => true,
            TokenKind::Whitespace if text.contains('\n') => false,
            _ => command,
        };
        let colour = match token.kind {
            TokenKind::Backslash => "\x1b[35m",
            _ if command => "",
            TokenKind::Word if is_keyword(text) => "\x1b[1;34m",
            TokenKind::StringLiteral => "\x1b[32m",
            TokenKind::Number => "\x1b[36m",
            TokenKind::Comment => "\x1b[90m",
            TokenKind::Variable => "\x1b[35m",
            _ => "",
        };
        if colour.is_empty() { text.to_owned() } else { format!("{colour}{text}{OFF}") }
    });
    pieces.collect()
}

/// Style of a suggestion.
pub(crate) fn faint(text: &str) -> String {
    format!("\x1b[90m{text}{OFF}")
}

pub(crate) fn prompt(text: &str) -> String {
    format!("\x1b[1m{text}{OFF}")
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_letter() {
        let sql = "select 'it''s' -- x\n, 1.5, :v FROM calls; \\d from";
        let coloured = coloured(sql);
        let mut plain = coloured.clone();
        for colour in ["\x1b[1;34m", "\x1b[32m", "\x1b[36m", "\x1b[90m", "\x1b[35m", OFF] {
            plain = plain.replace(colour, "");
        }
        assert_eq!(plain, sql);
        assert_eq!(coloured.matches("\x1b[1;34m").count(), 2, "{coloured:?}");
    }
}
