//! SQL names for DataFusion's types and constants.

/// Replaces types and constants in a message by their form in SQL: `text` for `Utf8`, `'x'` for
/// `Utf8("x")`, `1` for `Int64(1)`.
pub(super) fn in_words(message: &str) -> String {
    let mut words = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(c) = rest.chars().next() {
        let name = &rest[..rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())];
        if name.is_empty() {
            words.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let behind = &rest[name.len()..];
        let arguments = arguments(behind);
        if let Some(word) = word(name, arguments) {
            words.push_str(&word);
            rest = &behind[arguments.map_or(0, |arguments| arguments.len() + 2)..];
        } else {
            words.push_str(name);
            rest = behind;
        }
    }
    words.replace("count(1)", "count(*)")
}

/// Text in the parentheses at the start of `text`.
fn arguments(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(')?;
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, c) in inner.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => return Some(&inner[..at]),
            ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

fn word(name: &str, arguments: Option<&str>) -> Option<String> {
    let plain = |word: &str| Some(word.to_owned());
    match (name, arguments) {
        ("Utf8" | "LargeUtf8" | "Utf8View", Some(value)) => Some(quoted(value)),
        ("Utf8" | "LargeUtf8" | "Utf8View", None) => plain("text"),
        ("Boolean" | "Int8" | "Int16" | "Int32" | "Int64", Some(value))
        | ("UInt8" | "UInt16" | "UInt32" | "UInt64" | "Float16" | "Float32" | "Float64", Some(value)) => {
            plain(value)
        }
        ("Boolean", None) => plain("boolean"),
        ("Int8" | "Int16" | "Int32" | "Int64" | "UInt8" | "UInt16" | "UInt32" | "UInt64", None) => {
            plain("integer")
        }
        ("Float16" | "Float32" | "Float64", None) => plain("number"),
        ("Decimal32" | "Decimal64" | "Decimal128" | "Decimal256", arguments) => Some(decimal(arguments)),
        ("Date32" | "Date64", Some(value)) => Some(quoted(value)),
        ("Date32" | "Date64", None) => plain("date"),
        ("Timestamp", Some(unit)) => Some(match unit.split_once(',') {
            Some((_, zone)) if !zone.contains("+TZ") => {
                format!("timestamp ({})", zone.trim().trim_matches('"'))
            }
            _ => "timestamp".to_owned(),
        }),
        ("Time32" | "Time64", _) => plain("time"),
        ("Duration", Some(_)) => plain("duration"),
        ("Interval", Some(_)) => plain("interval"),
        ("List" | "LargeList" | "FixedSizeList" | "ListView", Some(_)) => plain("list"),
        ("Struct", Some(_)) => plain("record"),
        ("Map", Some(_)) => plain("map"),
        ("Dictionary", Some(types)) => types.split_once(',').map(|(_, values)| in_words(values.trim())),
        (name, Some(_)) if is_moment(name) => {
            plain(if name.starts_with('I') { "interval" } else { "timestamp" })
        }
        _ => None,
    }
}

/// Returns whether it is the name of a time constant, such as `TimestampNanosecond` and
/// `IntervalMonthDayNano`.
fn is_moment(name: &str) -> bool {
    let units = ["Second", "Millisecond", "Microsecond", "Nanosecond"];
    name.strip_prefix("Timestamp").is_some_and(|unit| units.contains(&unit))
        || matches!(name, "IntervalMonthDayNano" | "IntervalDayTime" | "IntervalYearMonth")
}

fn quoted(value: &str) -> String {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    format!("'{}'", inner.replace('\'', "''"))
}

/// Decimal type, `decimal(18,6)`, or the constant `Some(1250),18,2`.
fn decimal(arguments: Option<&str>) -> String {
    let Some(arguments) = arguments else { return "decimal".to_owned() };
    let constant = arguments.strip_prefix("Some(").and_then(|rest| rest.split_once(')'));
    let Some((digits, types)) = constant else { return format!("decimal({})", arguments.replace(' ', "")) };
    let scale = types.rsplit(',').next().and_then(|scale| scale.trim().parse::<usize>().ok()).unwrap_or(0);
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

/// Type name with its article: `an integer`.
pub(super) fn with_article(data_type: &str) -> String {
    match data_type {
        "text" => "text".to_owned(),
        word if word.starts_with("decimal") => "a decimal number".to_owned(),
        word if word.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {word}"),
        word => format!("a {word}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_constants_have_words() {
        for (text, expected) in [
            ("Utf8 + Int64", "text + integer"),
            ("sum(count(Int64(1)))", "sum(count(*))"),
            ("f(Utf8(\"a (b\"), Float64(1.5))", "f('a (b', 1.5)"),
            ("Utf8(\"it's\")", "'it''s'"),
            ("Timestamp(ms, \"UTC\") - Timestamp(ns)", "timestamp (UTC) - timestamp"),
            ("Decimal128(18, 6)", "decimal(18,6)"),
            ("Decimal128(Some(-5),18,2)", "-0.05"),
            ("List(Struct(\"a\": Utf8)) is no list", "list is no list"),
            ("Interval(MonthDayNano)", "interval"),
            ("calls.Utf8x, myInt64", "calls.Utf8x, myInt64"),
            ("Int64(", "integer("),
            ("é Utf8", "é text"),
        ] {
            assert_eq!(in_words(text), expected, "{text}");
        }
    }
}
