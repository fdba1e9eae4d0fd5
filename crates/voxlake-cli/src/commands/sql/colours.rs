//! Colours of what is typed.

use voxlake_query::KEYWORDS;
use voxlake_query::lexeme::{Kind, lexemes};

const OFF: &str = "\x1b[0m";

/// SQL with its keywords, texts, numbers, comments and variables in colours of their own.
pub(crate) fn coloured(sql: &str) -> String {
    let mut command = false;
    let pieces = lexemes(sql).map(|lexeme| {
        let text = &sql[lexeme.place];
        command = match lexeme.kind {
            Kind::Backslash => true,
            Kind::Blank if text.contains('\n') => false,
            _ => command,
        };
        let colour = match lexeme.kind {
            Kind::Backslash => "\x1b[35m",
            _ if command => "",
            Kind::Word if is_keyword(text) => "\x1b[1;34m",
            Kind::Text => "\x1b[32m",
            Kind::Number => "\x1b[36m",
            Kind::Comment => "\x1b[90m",
            Kind::Variable => "\x1b[35m",
            _ => "",
        };
        if colour.is_empty() { text.to_owned() } else { format!("{colour}{text}{OFF}") }
    });
    pieces.collect()
}

/// What is only suggested.
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
