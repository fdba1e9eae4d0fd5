//! The engine's messages without what tells an author nothing.

use datafusion::error::DataFusionError;

use super::Place;

/// What the engine says before a message to tell what kind of error it is; the message says it as well.
const PREFIXES: [&str; 14] = [
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
];
/// Types of the engine and what they are called here.
const TYPES: [(&str, &str); 9] = [
    ("LargeUtf8", "text"),
    ("Utf8View", "text"),
    ("Utf8", "text"),
    ("Int64", "integer"),
    ("Int32", "integer"),
    ("Float64", "number"),
    ("Decimal128", "decimal"),
    ("Timestamp(ms, \"UTC\")", "timestamp (UTC)"),
    ("Date32", "date"),
];

/// The message of an error that has no further cause, without prefixes and pleas to report it.
pub(super) fn without(root: &DataFusionError) -> String {
    let mut text = root.strip_backtrace();
    if let Some(at) = text.find("\nThis issue was likely caused by a bug") {
        text.truncate(at);
    }
    loop {
        let rest = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix));
        let Some(rest) = rest else { break };
        text = rest.to_owned();
    }
    text
}

/// The message of a parser's error, and its place; none: where the statement ends.
pub(super) fn parser(text: &str) -> Option<(String, Option<Place>)> {
    let text =
        between(text, "ParserError(\"", "\")").or_else(|| between(text, "TokenizerError(\"", "\")"))?;
    let text = text.replace("\\\"", "\"").replace("\\n", " ");
    let (message, place) = match text.rsplit_once(" at Line: ") {
        None => (text.as_str(), None),
        Some((message, place)) => {
            let (line, column) = place.split_once(',')?;
            let column = column.trim().trim_start_matches("Column").trim_start_matches(':').trim();
            (
                message,
                Some(Place { line: line.trim().parse().ok()?, column: column.parse().ok()?, length: 1 }),
            )
        }
    };
    let message = match message.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: ")) {
        Some((expected, "EOF")) => format!("the statement ends where {expected} should follow"),
        Some((expected, found)) => format!("expected {expected}, found {found}"),
        None => message.to_owned(),
    };
    Some((message, place))
}

/// The message about arguments that no signature takes: what the function takes, in one sentence.
fn wrong_arguments(text: &str) -> Option<String> {
    if let Some((_, told)) = text.split_once(" user-defined coercion failed with: ") {
        let told = told.strip_prefix("Error during planning: ").unwrap_or(told);
        return Some(
            told.split(" No function matches").next().unwrap_or(told).trim_end_matches('.').to_owned(),
        );
    }
    let name = between(text, "Function '", "' failed to match any signature")?;
    let takes = text.match_indices("' requires ").filter_map(|(at, _)| {
        let kind = text[at..].strip_prefix("' requires ")?.split(", but").next()?;
        let number = ["Int", "Decimal", "Float", "Uint", "UInt"].iter().any(|kin| kind.starts_with(kin));
        let number = number && kind != "Interval";
        let article = if kind.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
        Some(if number { "a number".to_owned() } else { format!("{article} {}", kind.to_lowercase()) })
    });
    let mut takes: Vec<String> = takes.collect();
    takes.dedup();
    let given = between(text, "DataType: ", ")")?;
    let takes = match takes.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        all => all.concat(),
    };
    Some(format!("{name} takes {takes}, not {given}"))
}

/// The first sentence or two of a message, and what the engine adds for those who look for a signature.
pub(super) fn parts(text: &str) -> (String, Option<String>) {
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
    let candidates = rest.filter(|rest| !rest.contains("UserDefined")).map(|rest| {
        let kinds = rest.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect::<Vec<_>>();
        format!("it takes {}", kinds.join(", or "))
    });
    let message = wrong_arguments(&message).unwrap_or(message);
    (in_words(&message), candidates)
}

/// The names that a message has in quotes, without those of tables before them.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\'', '"']).skip(1).step_by(2).map(|name| name.rsplit('.').next().unwrap_or(name))
}

/// What stands between two parts of a text.
pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.find(after).map(|end| &rest[..end])
}

fn in_words(message: &str) -> String {
    TYPES.iter().fold(message.to_owned(), |text, (engine, word)| text.replace(engine, word))
}
