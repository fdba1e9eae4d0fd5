//! Messages about function arguments that match no signature.

use super::patterns::between;
use super::sql_words::{in_words, with_article};

/// Maximum signatures in a hint.
const MAX_SIGNATURES: usize = 3;

/// Rewords the message as the arguments that the function takes; `None` for other messages.
pub(super) fn wrong_arguments(text: &str) -> Option<String> {
    if let Some((before, told)) = text.split_once(" user-defined coercion failed with: ") {
        let told = told.split(" No function matches").next().unwrap_or(told).trim_end_matches('.');
        if told.contains("coerced type") || told.contains("unify argument types") {
            let name = between(before, "Function '", "'")?;
            let name = if name == "make_array" { "a list" } else { name };
            return Some(format!("{name} takes values of one type, not {}", given(text)?));
        }
        let told = told.strip_prefix("Error during planning: ").unwrap_or(told);
        return Some(told.strip_prefix("Execution error: ").unwrap_or(told).to_owned());
    }
    if let Some(name) = between(text, "satisfy a call to '", "' function") {
        return Some(format!("{name} does not take {}", given(text)?));
    }
    let name = between(text, "unction '", "'")?;
    let errors = text.split(" No function matches").next().unwrap_or(text);
    let kinds = kinds(errors);
    if kinds.is_empty() {
        return wrong_number(name, errors);
    }
    let received = between(errors, "DataType: ", ").").or_else(|| between(errors, "DataType: ", ")"));
    let other = || errors.split("but received ").nth(1)?.split([' ', '.', ',']).next();
    let received = received.or_else(other).unwrap_or_default();
    Some(format!(
        "{name} takes {}, not {}",
        list(&kinds, "or"),
        with_article(&kind(received.trim_end_matches(['.', ']'])))
    ))
}

/// Distinct type requirements of the signatures.
fn kinds(errors: &str) -> Vec<String> {
    let mut kinds = Vec::new();
    for before in ["' requires ", "' expects "] {
        for (at, _) in errors.match_indices(before) {
            let required = errors[at + before.len()..].split([',', '.']).next().unwrap_or_default();
            let required = required.split(" but received").next().unwrap_or_default();
            if required.contains("argument") {
                continue;
            }
            let required = with_article(&kind(required));
            if !kinds.contains(&required) {
                kinds.push(required);
            }
        }
    }
    kinds
}

/// Rewords a message about the number of arguments.
fn wrong_number(name: &str, errors: &str) -> Option<String> {
    let mut numbers: Vec<u32> = Vec::new();
    for before in [" expects ", " expected "] {
        numbers.extend(errors.match_indices(before).filter_map(|(at, _)| {
            errors[at + before.len()..].split(' ').next().and_then(|number| number.parse::<u32>().ok())
        }));
    }
    numbers.sort_unstable();
    let received = between(errors, "arguments but received ", " ")
        .or_else(|| errors.rsplit("arguments but received ").next())?
        .trim_end_matches([',', '.']);
    let received: u32 = received.split([',', '.']).next()?.parse().ok()?;
    let takes = match numbers.as_slice() {
        [] => return None,
        [1] => "1 argument".to_owned(),
        [first, .., last] if first != last => format!("{first} to {last} arguments"),
        [only, ..] => format!("{only} arguments"),
    };
    Some(format!("{name} takes {takes}, not {received}"))
}

/// Types of the given arguments.
fn given(text: &str) -> Option<String> {
    let call = between(text, "name and argument types '", "'. You")
        .or_else(|| between(text, "argument types '", "'."));
    let types = match call {
        Some(call) => call.split_once('(')?.1.strip_suffix(')')?,
        None => between(text, "coercion from ", " to the signature")?,
    };
    let words = in_words(types);
    let words: Vec<String> = words.split(", ").map(str::to_owned).collect();
    Some(list(&words, "and"))
}

/// A class of types, in the words of SQL.
fn kind(kind: &str) -> String {
    match kind.trim() {
        "String" => "text".to_owned(),
        "Numeric" | "Decimal" | "Float" => "number".to_owned(),
        "Integer" => "integer".to_owned(),
        word if ["UInt", "Int64", "Int32", "Float"].iter().any(|number| word.starts_with(number)) => {
            "number".to_owned()
        }
        word if word.chars().all(char::is_alphabetic) => word.to_lowercase(),
        word => in_words(word),
    }
}

fn list(words: &[String], before_last: &str) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} {before_last} {last}", first.join(", ")),
        words => words.concat(),
    }
}

/// Hint from the signatures that DataFusion lists.
pub(super) fn signatures(candidates: &str) -> Option<String> {
    if candidates.contains("UserDefined") {
        return None;
    }
    let lines =
        candidates.lines().map(|line| line.trim_start_matches("\\t").trim()).filter(|line| !line.is_empty());
    let mut kinds: Vec<String> = Vec::new();
    for line in lines.filter(|line| !line.contains("Null")) {
        let words = in_words(line).replace("String", "text").replace("Numeric(1)", "number");
        let words =
            words.replace("Decimal", "number").replace("Integer", "integer").replace("Any", "any value");
        if !kinds.contains(&words) {
            kinds.push(words);
        }
    }
    kinds.truncate(MAX_SIGNATURES);
    (!kinds.is_empty()).then(|| format!("it takes {}", kinds.join(", or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_told_in_a_sentence() {
        for (text, expected) in [
            (
                "Function 'upper' expects 1 arguments but received 2. No function matches the given name",
                "upper takes 1 argument, not 2",
            ),
            (
                "Function 'upper' requires String, but received Timestamp(ms, \"UTC\") (DataType: Timestamp(ms, \"UTC\")).. No function matches",
                "upper takes text, not a timestamp (UTC)",
            ),
            (
                "The function 'lag' expected 1 arguments but received 5,Error during planning: The function 'lag' expected 3 arguments but received 5. No function",
                "lag takes 1 to 3 arguments, not 5",
            ),
            (
                "Function 'abs' expects Numeric but received String. No function matches",
                "abs takes a number, not text",
            ),
            // Nested calls are checked after planning, with another message.
            (
                "Failed to coerce arguments to satisfy a call to 'array_has' function: coercion from List(Int64), UInt64 to the signature ArraySignature(array, element) failed",
                "array_has does not take list and integer",
            ),
        ] {
            assert_eq!(wrong_arguments(text).as_deref(), Some(expected), "{text}");
        }
    }
}
