//! DataFusion's messages without prefixes, dumps of data structures and lists of signatures.

use datafusion::error::DataFusionError;

use super::arguments::{signatures, wrong_arguments};
use super::patterns::between;
use super::span::SourceSpan;
use super::sql_words::in_words;

/// Prefixes for kinds of errors, which add nothing to the message.
const PREFIXES: [&str; 19] = [
    "Internal error: ",
    "Error during planning: ",
    "Schema error: ",
    "Execution error: ",
    "Arrow error: ",
    "SQL error: ",
    "External error: ",
    "Optimizer rule ",
    "Cast error: ",
    "Compute error: ",
    "Parser error: ",
    "Invalid or Unsupported Configuration: ",
    "Invalid argument error: ",
    "sql parser error: ",
    "Parquet error: ",
    "External: ",
    "Error evaluating filter predicate: ",
    "This feature is not implemented: ",
    "Object Store error: ",
];
/// Message of a root error without prefixes and without the request to report a bug.
pub(super) fn clean(root: &DataFusionError) -> String {
    let mut text = root.strip_backtrace();
    if let Some(at) = text.find("\nThis issue was likely caused by a bug") {
        text.truncate(at);
    }
    loop {
        let rest = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix));
        let Some(rest) = rest else { break };
        text = rest.to_owned();
    }
    match wrapped(&text) {
        Some(inner) => inner,
        None => text,
    }
}

/// Errors that consist of a message, in debug format.
const DUMPED: [&str; 5] =
    ["Execution(\"", "Internal(\"", "NotImplemented(\"", "Plan(\"", "ResourcesExhausted(\""];

/// Message in an error in debug format: `ArrowError(CastError("…"), Some(""))`, `Execution("…")`.
fn wrapped(text: &str) -> Option<String> {
    let message =
        || DUMPED.iter().find_map(|kind| text.strip_prefix(kind)?.split_once("\")")).map(|(inner, _)| inner);
    let inner =
        text.strip_prefix("ArrowError(").and_then(|rest| between(rest, "(\"", "\")")).or_else(message)?;
    Some(inner.replace("\\\"", "\"").replace("\\'", "'").replace("\\n", " ").replace("\\\\", "\\"))
}

/// Name of an unknown struct field.
pub(super) fn missing_field(text: &str) -> Option<&str> {
    between(text, "Field ", " not found in struct")
}

/// Message up to the dump of a data structure, such as `Pivot { table: …`.
fn before_dump(message: &str) -> &str {
    let Some(brace) = message.find(" { ") else { return message };
    let before = &message[..brace];
    let name = before.rfind(|c: char| !c.is_alphanumeric()).map_or(0, |at| at + 1);
    let dumped = before[name..].starts_with(|c: char| c.is_ascii_uppercase());
    if dumped { before[..name].trim_end_matches([' ', '(', ':', ',']) } else { message }
}

/// Message and place of a parser error. The place is `None` at the end of the statement.
pub(super) fn parser_error(text: &str) -> Option<(String, Option<SourceSpan>)> {
    let text =
        between(text, "ParserError(\"", "\")").or_else(|| between(text, "TokenizerError(\"", "\")"))?;
    let text = text.replace("\\\"", "\"").replace("\\n", " ");
    let (message, span) = match text.rsplit_once(" at Line: ") {
        None => (text.as_str(), None),
        Some((message, span)) => {
            let (line, column) = span.split_once(',')?;
            let column = column.trim().trim_start_matches("Column").trim_start_matches(':').trim();
            (
                message,
                Some(SourceSpan { line: line.trim().parse().ok()?, column: column.parse().ok()?, length: 1 }),
            )
        }
    };
    let message = match message.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: ")) {
        Some((expected, "EOF")) => format!("the statement ends where {expected} should follow"),
        Some((expected, found)) => format!("expected {expected}, found {found}"),
        None => lowercase(message),
    };
    Some((message, span))
}

/// Splits a message into its first sentences and a hint from the listed signatures.
pub(super) fn split_hint(text: &str) -> (String, Option<String>) {
    if let Some(name) = text.strip_prefix("Unsupported ast node ") {
        return (unsupported(name), None);
    }
    let (message, rest) = match text.split_once("Candidate functions:") {
        None => (text, None),
        Some((message, candidates)) => (message, Some(candidates)),
    };
    let message = message
        .replace(" You might need to add explicit type casts.", "")
        .replace("\n\t", " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let candidates = rest.and_then(signatures);
    let message = wrong_arguments(&message).unwrap_or(message);
    (lowercase(&in_words(before_dump(&message))), candidates)
}

/// Message for a construct that DataFusion does not plan: `in sqltorel: Collate { … }`.
fn unsupported(text: &str) -> String {
    let name = text.trim_start_matches("in sqltorel: ");
    let name = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_uppercase());
    }
    format!("{words} is not supported")
}

/// Lower-cases the first letter, unless the first word is a keyword.
fn lowercase(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().unwrap_or_default();
    match chars.clone().next() {
        Some(next) if first.is_uppercase() && (next.is_lowercase() || next == '\'' || next == ' ') => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => message.to_owned(),
    }
}

/// Names in quotes, without their qualifiers.
pub(super) fn quoted_names(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\'', '"']).skip(1).step_by(2).map(|name| name.rsplit('.').next().unwrap_or(name))
}
