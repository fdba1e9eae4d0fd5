//! Variables of the prompt in a statement, as psql writes them.

use voxlake_query::lexeme::{Kind, lexemes};

/// The statement with its variables replaced: `:name` by the value as it stands, `:'name'` by a text of it,
/// `:"name"` by a name of it. What `value` does not know stays, and so does a colon in a text, a comment or a
/// cast.
pub fn insert_variables(sql: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let replaced = lexemes(sql).map(|lexeme| {
        let text = &sql[lexeme.place];
        if lexeme.kind != Kind::Variable {
            return text.to_owned();
        }
        let name = text[1..].trim_matches(['\'', '"']);
        match (value(name), text.as_bytes().get(1)) {
            (None, _) => text.to_owned(),
            (Some(value), Some(b'\'')) => format!("'{}'", value.replace('\'', "''")),
            (Some(value), Some(b'"')) => format!("\"{}\"", value.replace('"', "\"\"")),
            (Some(value), _) => value,
        }
    });
    replaced.collect()
}

/// Whether a variable can have this name: letters, digits and underscores, the first no digit.
#[must_use]
pub fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
