//! Variables in statements, in the syntax of psql.

use voxlake_query::token::{TokenKind, tokenize};

/// Replaces variables in a statement: `:name` by the value, `:'name'` by a string literal,
/// `:"name"` by a quoted identifier. Variables without a value stay, and so do colons in strings,
/// comments and casts.
pub fn insert_variables(sql: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let replaced = tokenize(sql).map(|token| {
        let text = &sql[token.range];
        if token.kind != TokenKind::Variable {
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

/// Returns whether a name consists of letters, digits and underscores and does not start with a
/// digit.
#[must_use]
pub fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
