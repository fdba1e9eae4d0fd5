//! List and descriptions of named queries.

use std::io::Write;

use voxlake_query::{
    Column, Lookback, NamedQuery, PERIOD_PARAMETERS, Parameter, ParameterType, QUEUE_PARAMETER, QueryLibrary,
    is_queue_type,
};
use voxlake_report::escape_control_chars;

/// Width of wrapped text, in terminal columns.
const WIDTH: usize = 100;

/// Prints the name and the title of each query.
pub(crate) fn list(catalog: &QueryLibrary, out: &mut impl Write) -> std::io::Result<()> {
    let width = catalog.iter().map(|query| query.name.len()).max().unwrap_or(0);
    for query in catalog.iter() {
        writeln!(out, "{:width$}  {}", query.name, escape_control_chars(&query.title))?;
    }
    Ok(())
}

/// Prints the definition, the parameters and the columns of a query.
pub(crate) fn describe(query: &NamedQuery, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{}: {}\n\n{}",
        query.name,
        escape_control_chars(&query.title),
        shown(&query.description, "")
    )?;
    if let Some(lookback) = &query.reads_before {
        writeln!(out, "\n{}", reads_too(lookback))?;
    }
    writeln!(out, "\nParameters:")?;
    for parameter in &query.parameters {
        writeln!(out, "  {}\n{}", escape_control_chars(&taken(parameter)), shown(&parameter.help, "      "))?;
    }
    writeln!(out, "\nColumns:")?;
    for column in &query.columns {
        writeln!(out, "  {}\n{}", escape_control_chars(&given(column)), shown(&column.help, "      "))?;
    }
    Ok(())
}

/// Wraps text of a query file and escapes its control characters: the file is untrusted.
fn shown(text: &str, indent: &str) -> String {
    wrapped(text, indent).lines().map(escape_control_chars).collect::<Vec<_>>().join("\n")
}

fn reads_too(lookback: &Lookback) -> String {
    match lookback {
        Lookback::Days(1) => "It also reads the day before the period.".to_owned(),
        Lookback::Days(days) => format!("It also reads the {days} days before the period."),
        Lookback::Parameter(name) => {
            format!("It also reads the days before the period; {name} is their number.")
        }
    }
}

/// `-p by=total|queue|day|hour [default: queue]`
fn taken(parameter: &Parameter) -> String {
    let name = &parameter.name;
    let value = match (parameter.allowed.as_slice(), &parameter.bounds) {
        ([], Some(bounds)) => format!("{}..{}", bounds.start(), bounds.end()),
        ([], None) => in_short(parameter.kind).to_owned(),
        (allowed, _) => allowed.join("|"),
    };
    let flag = if PERIOD_PARAMETERS.contains(&name.as_str())
        || (name == QUEUE_PARAMETER && is_queue_type(parameter.kind))
    {
        format!("--{name} {value}")
    } else {
        format!("-p {name}={value}")
    };
    match parameter.default.as_deref() {
        // The default period is all that the lake holds.
        None if name == "from" => format!("{flag} [default: the lake's first day]"),
        None if name == "to" => format!("{flag} [default: the end of the lake's last day]"),
        None => format!("{flag} (required)"),
        Some("") => format!("{flag} [default: all]"),
        Some(default) => format!("{flag} [default: {default}]"),
    }
}

fn in_short(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Timestamp => "WHEN",
        ParameterType::TimeZone => "ZONE",
        ParameterType::Text => "TEXT",
        ParameterType::Texts | ParameterType::Queues => "TEXT, repeatable",
        ParameterType::Integer => "NUMBER",
    }
}

/// `offered: integer (calls)`
fn given(column: &Column) -> String {
    let unit = match column.unit.as_deref() {
        Some("id") => " (an id; not shown in tables, Markdown and HTML)".to_owned(),
        Some("note") => " (the same in every row; shown below a table)".to_owned(),
        Some(unit) => format!(" ({unit})"),
        None => String::new(),
    };
    format!("{}: {}{unit}", column.name, column.kind.name())
}

/// Wraps paragraphs, with `indent` before each line.
fn wrapped(text: &str, indent: &str) -> String {
    textwrap::fill(text, textwrap::Options::new(WIDTH).initial_indent(indent).subsequent_indent(indent))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "-- title: How many?\n-- description:\n--   They count, one by one, until all of them are counted and nothing is left that could be counted any more.\n--\n--   Twice.\n\
        -- reads-before: $days days\n\
        -- parameter: from timestamp\n--   Start.\n-- parameter: timezone timezone = UTC\n--   Zone.\n\
        -- parameter: queue texts =\n--   Only these.\n-- parameter: by text = day in day, hour\n--   What to group by.\n\
        -- parameter: least integer\n--   The least.\n-- parameter: days integer = 7 in 1..366\n--   How many days.\n-- column: group_id text (id)\n--   The id.\n\
        -- column: calls integer (calls)\n--   How many.\n-- column: day date\n--   When.\nSELECT 1\n";

    #[test]
    fn control_characters_of_a_query_file_are_shown() {
        let text = "-- title: t\u{1b}[31m\n-- description:\n--   d\u{1b}[31m\n-- parameter: limit integer = 20\n\
            --   h\u{1b}[31m\n-- column: n integer (calls)\n--   c\u{1b}[31m\nSELECT 1 AS n\n";
        let mut out = Vec::new();
        describe(&NamedQuery::parse("mine", text).unwrap(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(!out.contains('\u{1b}') && out.matches("\\u{1b}[31m").count() == 4, "{out}");
    }

    #[test]
    fn a_question_is_described_with_the_flags_that_ask_it() {
        let query = NamedQuery::parse("how_many", FILE).unwrap();
        let mut out = Vec::new();
        describe(&query, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn questions_are_listed_with_their_titles_beside_their_names() {
        let mut out = Vec::new();
        list(&QueryLibrary::shipped().unwrap(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.lines().count(), QueryLibrary::shipped().unwrap().iter().count());
        assert!(
            out.lines().any(|line| line.starts_with("abandonment_rate ") && line.ends_with('?')),
            "{out}"
        );
    }
}
