//! Values of the wrong type.

use super::locate;
use super::patterns::captures;
use super::span::{Diagnostic, SourceSpan};
use super::sql_words::{in_words, with_article};
use crate::completion_catalog::CompletionCatalog;
use crate::token::TokenKind;

/// Value that cannot be converted to a type.
struct Wrong<'a> {
    value: &'a str,
    /// Type, in the words of SQL.
    data_type: String,
}

/// Diagnostic for a value that cannot be cast; `None` for other messages.
pub(super) fn wrong_type(text: &str, sql: &str, completions: &CompletionCatalog) -> Option<Diagnostic> {
    if let Some(found) = captures("{} is too large to store in a Decimal{} of precision {}. Max is {}", text)
    {
        let [value, _, digits, most] = found.as_slice() else { return None };
        let digits_place = locate::find_value(sql, digits);
        return Some(Diagnostic {
            message: format!("{value} does not fit a decimal of {digits} digits here: its largest is {most}"),
            span: locate::find_value(sql, value).or(digits_place).or_else(|| of_cast(sql, "decimal")),
            hint: Some("give the type more digits".to_owned()),
        });
    }
    if let Some(found) = captures("Can't cast value {} to type {}", text) {
        let [value, data_type] = found.as_slice() else { return None };
        return Some(out_of_range(value, data_type, sql));
    }
    let wrong = wrong(text)?;
    let article = with_article(&wrong.data_type);
    if let Some(span) = locate::find_value(sql, wrong.value) {
        let message = format!("'{}' is not {article}", wrong.value);
        return Some(Diagnostic { message, span: Some(span), hint: constant_hint(&wrong) });
    }
    let message = format!("the value '{}' is not {article}", wrong.value);
    if let Some(span) = of_cast(sql, &wrong.data_type) {
        let hint = Some("TRY_CAST gives NULL for such values".to_owned());
        return Some(Diagnostic { message, span: Some(span), hint });
    }
    let compared = of_comparison(sql, completions);
    let hint = match &compared {
        Some((column, constant, _)) => {
            format!(
                "{column} is text: write '{constant}' to compare it with text, or TRY_CAST({column} AS DOUBLE)"
            )
        }
        None => format!("text is compared or combined with {article} here: cast one of them"),
    };
    Some(Diagnostic { message, span: compared.map(|(_, _, span)| span), hint: Some(hint) })
}

fn out_of_range(value: &str, data_type: &str, sql: &str) -> Diagnostic {
    let name = match data_type.trim() {
        "Int8" => "TINYINT",
        "Int16" => "SMALLINT",
        "Int32" => "INT",
        "Int64" => "BIGINT",
        unsigned if unsigned.starts_with("UInt") => "INT UNSIGNED",
        _ => &in_words(data_type),
    };
    let cast = || of_cast(sql, "integer").or_else(|| of_cast(sql, &in_words(data_type)));
    Diagnostic {
        message: format!("{value} is out of the range of {name}"),
        span: locate::find_value(sql, value).or_else(cast),
        hint: Some("BIGINT holds up to 9223372036854775807, DECIMAL(38,0) up to 38 digits".to_owned()),
    }
}

/// Diagnostic for an operation on unsuitable types; `None` for other messages.
pub(super) fn invalid_arithmetic(text: &str, sql: &str, given: Option<SourceSpan>) -> Option<Diagnostic> {
    let found = captures("Cannot coerce arithmetic expression {} to valid types", text)
        .or_else(|| captures("Cannot get result type for temporal operation {}: {}", text))?;
    let operation = in_words(found.first()?);
    let hint = if operation.contains("interval") && operation.contains('*') {
        "write INTERVAL '3 days' for a constant, CAST(concat(total_duration, ' seconds') AS INTERVAL) for a column"
    } else if operation.contains("timestamp") || operation.contains("date") {
        "add or subtract an interval: start_time - INTERVAL '7 days'; two timestamps can be subtracted"
    } else {
        "CAST text to a number first; || joins text"
    };
    let sign = ["+", "-", "*", "/", "%"].into_iter().find(|sign| operation.contains(&format!(" {sign} ")));
    Some(Diagnostic {
        message: format!("types do not fit: {operation}"),
        span: given.or_else(|| locate::find_word(sql, sign?)),
        hint: Some(hint.to_owned()),
    })
}

fn wrong(text: &str) -> Option<Wrong<'_>> {
    let typed = |found: &[&'_ str]| in_words(found.last().copied().unwrap_or_default());
    for pattern in [
        "Cannot cast string '{}' to value of {} type",
        "Cannot cast value '{}' to value of {} type",
        "Cannot cast string '{}' to {}",
    ] {
        if let Some(found) = captures(pattern, text) {
            let data_type = typed(&found);
            return Some(Wrong { value: found.first()?, data_type });
        }
    }
    let named = [
        ("Error parsing timestamp from '{}'{}", "timestamp"),
        ("Invalid input syntax for type interval: \"{}\"{}", "interval"),
        ("Error parsing '{}' as date{}", "date"),
        ("Error parsing '{}' as timestamp{}", "timestamp"),
    ];
    named.into_iter().find_map(|(pattern, data_type)| {
        let value = captures(pattern, text)?.into_iter().next()?;
        Some(Wrong { value, data_type: data_type.to_owned() })
    })
}

/// Hint with an example constant of the type.
fn constant_hint(wrong: &Wrong<'_>) -> Option<String> {
    let value = wrong.value;
    Some(match wrong.data_type.as_str() {
        "timestamp" => {
            "write '2026-11-27 23:00' or '2026-11-27T23:00:00Z'; now() - INTERVAL '1 day' is a day ago"
                .to_owned()
        }
        word if word.starts_with("timestamp") => {
            "write '2026-11-27 23:00' or '2026-11-27T23:00:00Z'; now() - INTERVAL '1 day' is a day ago"
                .to_owned()
        }
        "date" => "write '2026-11-27', a day that there is; current_date - 1 is yesterday".to_owned(),
        "interval" => "write INTERVAL '90 seconds', '5 minutes', '7 days' or '1 month'".to_owned(),
        "boolean" => "write true or false".to_owned(),
        "integer" if value.parse::<f64>().is_ok() => {
            "it is too large or has decimals: cast to BIGINT, DOUBLE or DECIMAL(38,2)".to_owned()
        }
        "integer" | "number" => {
            "write digits; TRY_CAST returns NULL for text that is not a number".to_owned()
        }
        word if word.starts_with("decimal") && value.contains(',') => {
            format!("decimals are written with a point: {}", value.replace(',', "."))
        }
        word if word.starts_with("decimal") => "write digits, with a point before the decimals".to_owned(),
        _ => return None,
    })
}

/// Span of a cast to a type.
fn of_cast(sql: &str, data_type: &str) -> Option<SourceSpan> {
    let names: &[&str] = match data_type.split(['(', ' ']).next().unwrap_or_default() {
        "integer" => &["int", "integer", "bigint", "smallint", "tinyint", "int4", "int8", "unsigned"],
        "number" => &["double", "float", "real", "float4", "float8"],
        "decimal" => &["decimal", "numeric", "dec"],
        "timestamp" => &["timestamp", "datetime", "timestamptz"],
        "date" => &["date"],
        "boolean" => &["boolean", "bool"],
        "interval" => &["interval"],
        _ => return None,
    };
    let parts: Vec<_> = locate::words(sql).collect();
    let text = |at: usize| &sql[parts[at].range.clone()];
    let is_type = |at: usize| names.iter().any(|name| text(at).eq_ignore_ascii_case(name));
    let casts = |at: usize| text(at).eq_ignore_ascii_case("as") || text(at) == "::";
    let cast = (1..parts.len()).find(|at| is_type(*at) && casts(at - 1))?;
    // The CAST that the type belongs to.
    let begin = (0..cast)
        .rev()
        .find(|at| ["cast", "try_cast"].iter().any(|word| text(*at).eq_ignore_ascii_case(word)));
    let at = if text(cast - 1) == "::" { cast } else { begin.unwrap_or(cast) };
    Some(locate::token_span(sql, &parts[at]))
}

/// Text column that is compared with a number: its name, the number, and the span.
fn of_comparison(sql: &str, completions: &CompletionCatalog) -> Option<(String, String, SourceSpan)> {
    const SIGNS: [&str; 4] = ["=", "<", ">", "!"];
    let parts: Vec<_> = locate::words(sql).collect();
    let text = |at: usize| parts.get(at).map_or("", |part| &sql[part.range.clone()]);
    let is_text = |name: &str| {
        let columns = completions.tables.iter().flat_map(|table| &table.columns);
        let mut same = columns.filter(|column| column.name.eq_ignore_ascii_case(name)).peekable();
        same.peek().is_some() && same.all(|column| column.kind == "text")
    };
    (0..parts.len()).find_map(|at| {
        if parts[at].kind != TokenKind::Word || !is_text(text(at)) {
            return None;
        }
        let mut after = at + 1;
        if text(after).eq_ignore_ascii_case("not") {
            after += 1;
        }
        let list = text(after).eq_ignore_ascii_case("in") && text(after + 1) == "(";
        let number = if list {
            after + 2
        } else {
            let signs = (after..).take_while(|at| SIGNS.contains(&text(*at))).count();
            if signs == 0 { return None } else { after + signs }
        };
        (parts.get(number)?.kind == TokenKind::Number)
            .then(|| (text(at).to_owned(), text(number).to_owned(), locate::token_span(sql, &parts[at])))
    })
}
