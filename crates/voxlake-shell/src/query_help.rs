//! List and descriptions of named queries.

use std::io::Write;

use voxlake_query::{
    Column, Lookback, NamedQuery, PERIOD_PARAMETERS, Parameter, ParameterType, QUEUE_PARAMETER, QueryLibrary,
    is_queue_type,
};
use voxlake_report::escape_control_chars;

/// Width of wrapped text, in terminal columns.
const WIDTH: usize = 100;

/// Kind of an argument of a named query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Period, time zone or queues, which queries have in common.
    Common,
    /// Parameter of the query itself.
    Own,
}

/// Returns the text by which a user sets an argument, from its kind, its name and a description of
/// its values.
pub type ArgumentSyntax = fn(ArgumentKind, &str, &str) -> String;

/// Prints the name and the title of each query.
///
/// # Errors
/// The error of `out`.
pub fn list_queries(catalog: &QueryLibrary, out: &mut impl Write) -> std::io::Result<()> {
    let width = catalog.iter().map(|query| query.name.len()).max().unwrap_or(0);
    for query in catalog.iter() {
        writeln!(out, "{:width$}  {}", query.name, escape_control_chars(&query.title))?;
    }
    Ok(())
}

/// Prints the definition, the parameters and the columns of a query.
///
/// # Errors
/// The error of `out`.
///
/// # Example
/// ```
/// use voxlake_query::QueryLibrary;
/// use voxlake_shell::query_help::describe_query;
///
/// let library = QueryLibrary::shipped()?;
/// let mut text = Vec::new();
/// let query = library.get("abandonment_rate")?;
/// describe_query(query, |_, name, value| format!("{name}={value}"), &mut text)?;
/// assert!(String::from_utf8(text)?.contains("from=WHEN"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn describe_query(
    query: &NamedQuery,
    syntax: ArgumentSyntax,
    out: &mut impl Write,
) -> std::io::Result<()> {
    writeln!(
        out,
        "{}: {}\n\n{}",
        query.name,
        escape_control_chars(&query.title),
        wrap_escaped(&query.description, "")
    )?;
    if let Some(lookback) = &query.reads_before {
        writeln!(out, "\n{}", describe_lookback(lookback))?;
    }
    writeln!(out, "\nParameters:")?;
    for parameter in &query.parameters {
        writeln!(
            out,
            "  {}\n{}",
            escape_control_chars(&describe_parameter(parameter, syntax)),
            wrap_escaped(&parameter.help, "      ")
        )?;
    }
    writeln!(out, "\nColumns:")?;
    for column in &query.columns {
        writeln!(
            out,
            "  {}\n{}",
            escape_control_chars(&describe_column(column)),
            wrap_escaped(&column.help, "      ")
        )?;
    }
    Ok(())
}

/// Wraps text of a query file and escapes its control characters: the file is untrusted.
fn wrap_escaped(text: &str, indent: &str) -> String {
    wrap(text, indent).lines().map(escape_control_chars).collect::<Vec<_>>().join("\n")
}

fn describe_lookback(lookback: &Lookback) -> String {
    match lookback {
        Lookback::Days(1) => "It also reads the day before the period.".to_owned(),
        Lookback::Days(days) => format!("It also reads the {days} days before the period."),
        Lookback::Parameter(name) => {
            format!("It also reads the days before the period; {name} is their number.")
        }
    }
}

/// Describes a parameter: its values and its default.
fn describe_parameter(parameter: &Parameter, syntax: ArgumentSyntax) -> String {
    let name = &parameter.name;
    let value = match (parameter.allowed.as_slice(), &parameter.bounds) {
        ([], Some(bounds)) => format!("{}..{}", bounds.start(), bounds.end()),
        ([], None) => placeholder(parameter.kind).to_owned(),
        (allowed, _) => allowed.join("|"),
    };
    let is_common = PERIOD_PARAMETERS.contains(&name.as_str())
        || (name == QUEUE_PARAMETER && is_queue_type(parameter.kind));
    let argument = syntax(if is_common { ArgumentKind::Common } else { ArgumentKind::Own }, name, &value);
    match parameter.default.as_deref() {
        // The default period is all that the lake holds.
        None if name == "from" => format!("{argument} [default: the lake's first day]"),
        None if name == "to" => format!("{argument} [default: the end of the lake's last day]"),
        None => format!("{argument} (required)"),
        Some("") => format!("{argument} [default: all]"),
        Some(default) => format!("{argument} [default: {default}]"),
    }
}

fn placeholder(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Timestamp => "WHEN",
        ParameterType::TimeZone => "ZONE",
        ParameterType::Text => "TEXT",
        ParameterType::Texts | ParameterType::Entities(_) => "TEXT, repeatable",
        ParameterType::Integer => "NUMBER",
    }
}

/// `offered: integer (calls)`
fn describe_column(column: &Column) -> String {
    let unit = match column.unit.as_deref() {
        Some("id") => " (an id; not shown in tables, Markdown and HTML)".to_owned(),
        Some("note") => " (the same in every row; shown below a table)".to_owned(),
        Some(unit) => format!(" ({unit})"),
        None => String::new(),
    };
    format!("{}: {}{unit}", column.name, column.kind.name())
}

/// Wraps paragraphs, with `indent` before each line.
fn wrap(text: &str, indent: &str) -> String {
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

    fn option(kind: ArgumentKind, name: &str, value: &str) -> String {
        match kind {
            ArgumentKind::Common => format!("--{name} {value}"),
            ArgumentKind::Own => format!("-p {name}={value}"),
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        let text = "-- title: t\u{1b}[31m\n-- description:\n--   d\u{1b}[31m\n-- parameter: limit integer = 20\n\
            --   h\u{1b}[31m\n-- column: n integer (calls)\n--   c\u{1b}[31m\nSELECT 1 AS n\n";
        let mut out = Vec::new();
        describe_query(&NamedQuery::parse("mine", text).unwrap(), option, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(!out.contains('\u{1b}') && out.matches("\\u{1b}[31m").count() == 4, "{out}");
    }

    #[test]
    fn descriptions_have_parameters_and_columns() {
        let query = NamedQuery::parse("how_many", FILE).unwrap();
        let mut out = Vec::new();
        describe_query(&query, option, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn lists_have_names_and_titles() {
        let mut out = Vec::new();
        list_queries(&QueryLibrary::shipped().unwrap(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.lines().count(), QueryLibrary::shipped().unwrap().iter().count());
        assert!(
            out.lines().any(|line| line.starts_with("abandonment_rate ") && line.ends_with('?')),
            "{out}"
        );
    }
}
