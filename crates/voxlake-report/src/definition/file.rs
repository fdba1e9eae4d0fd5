//! The form in which a report is written, and the way from it to a [`ReportDefinition`].
//!
//! Keys are read as they stand and then judged by what the section shows, so that an error can say which
//! key is missing for it, or has no place in it, instead of only that something is wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::query::Ask;
use super::report::{DefinitionError, FigureDefinition, Period, ReportDefinition, SectionDefinition, View};

const PERIODS: &str = "\"previous-day\", \"previous-week\", \"previous-month\", a name such as \"2026-W44\", \
                       \"2026-10\" or \"2026-11-01\", or { from = \"2026-11-01\", to = \"2026-11-08\" }";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportFile {
    title: String,
    #[serde(default)]
    description: String,
    period: Option<toml::Value>,
    timezone: Option<String>,
    #[serde(default)]
    section: Vec<SectionFile>,
}

/// How a section is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Show {
    Table,
    Bar,
    StackedBar,
    Line,
    Heatmap,
    Figures,
    Text,
}

impl Show {
    fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Bar => "bar",
            Self::StackedBar => "stacked-bar",
            Self::Line => "line",
            Self::Heatmap => "heatmap",
            Self::Figures => "figures",
            Self::Text => "text",
        }
    }

    /// The keys that it needs and those that it may have, beside those of every section.
    fn keys(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Table => (&["query"], &["parameters", "lines", "sort", "limit", "labels", "columns"]),
            Self::Bar => {
                (&["query", "category", "value"], &["parameters", "lines", "sort", "limit", "labels"])
            }
            Self::StackedBar => (
                &["query", "category", "series", "value"],
                &["parameters", "lines", "sort", "limit", "labels"],
            ),
            Self::Line => (
                &["query", "category"],
                &["parameters", "lines", "sort", "limit", "labels", "value", "values", "series"],
            ),
            Self::Heatmap => {
                (&["query", "row", "column", "value"], &["parameters", "lines", "labels", "sort", "limit"])
            }
            Self::Figures => (&["figure"], &["query", "parameters"]),
            Self::Text => (&["text"], &[]),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionFile {
    id: Option<String>,
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default = "table")]
    show: Show,
    query: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
    category: Option<String>,
    series: Option<String>,
    value: Option<String>,
    values: Option<Vec<String>>,
    row: Option<String>,
    column: Option<String>,
    columns: Option<Vec<String>>,
    lines: Option<Vec<String>>,
    sort: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    figure: Vec<FigureFile>,
}

fn table() -> Show {
    Show::Table
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FigureFile {
    label: String,
    query: Option<String>,
    parameters: Option<BTreeMap<String, toml::Value>>,
    column: String,
    #[serde(default, rename = "where")]
    row: BTreeMap<String, String>,
    better: Option<Better>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Better {
    Lower,
    Higher,
}

impl ReportDefinition {
    /// Reads the report `name` from the text of its file; `file` is what errors call it.
    ///
    /// # Errors
    /// [`DefinitionError`] with the line or key, and what would be right.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, DefinitionError> {
        read(name, text).map_err(|reason| DefinitionError { file: file.to_owned(), reason })
    }
}

/// Reads the report `name` from the text of its file; an error says where and what.
fn read(name: &str, text: &str) -> Result<ReportDefinition, String> {
    let file: ReportFile = toml::from_str(text).map_err(|error| located(text, &error))?;
    let period = match &file.period {
        None => return Err(format!("period is missing: {PERIODS}")),
        Some(value) => period(value)?,
    };
    if file.title.trim().is_empty() {
        return Err("title is empty: say what the report is called".to_owned());
    }
    if file.section.is_empty() {
        return Err("there is no [[section]]: a report has at least one".to_owned());
    }
    let mut sections = Vec::with_capacity(file.section.len());
    let mut ids = BTreeSet::new();
    for (at, section) in (1..).zip(file.section) {
        let place = format!("section {at} ({:?})", section.title);
        let section = self::section(section).map_err(|reason| format!("{place}: {reason}"))?;
        if !ids.insert(section.id.clone()) {
            return Err(format!(
                "{place}: there is a section with the id {:?} before: give one of them an id of its own",
                section.id
            ));
        }
        sections.push(section);
    }
    Ok(ReportDefinition {
        name: name.to_owned(),
        title: file.title,
        description: file.description,
        period,
        timezone: file.timezone,
        sections,
        source: text.to_owned(),
    })
}

/// A syntax error with its line, without the snippet that the parser draws.
fn located(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let said = error.message().trim();
    line.map_or_else(|| said.to_owned(), |line| format!("line {line}: {said}"))
}

fn period(value: &toml::Value) -> Result<Period, String> {
    let wrong = || format!("period = {value} is no period: write {PERIODS}");
    match value {
        toml::Value::String(name) if !name.trim().is_empty() => Ok(Period::named(name)),
        toml::Value::Table(table) if table.keys().all(|key| key == "from" || key == "to") => {
            let moment = |key: &str| match table.get(key) {
                Some(toml::Value::String(text)) => Ok(text.clone()),
                Some(toml::Value::Datetime(moment)) => Ok(moment.to_string()),
                _ => Err(wrong()),
            };
            Ok(Period::Between { from: moment("from")?, to: moment("to")? })
        }
        _ => Err(wrong()),
    }
}

fn section(file: SectionFile) -> Result<SectionDefinition, String> {
    let given = [
        ("query", file.query.is_some()),
        ("parameters", !file.parameters.is_empty()),
        ("category", file.category.is_some()),
        ("series", file.series.is_some()),
        ("value", file.value.is_some()),
        ("values", file.values.is_some()),
        ("row", file.row.is_some()),
        ("column", file.column.is_some()),
        ("columns", file.columns.is_some()),
        ("lines", file.lines.is_some()),
        ("sort", file.sort.is_some()),
        ("limit", file.limit.is_some()),
        ("labels", !file.labels.is_empty()),
        ("figure", !file.figure.is_empty()),
        ("text", !file.text.trim().is_empty()),
    ];
    let (needed, allowed) = file.show.keys();
    let show = file.show.name();
    for key in needed {
        if given.iter().any(|(name, given)| name == key && !given) {
            let key = if *key == "figure" { "at least one [[section.figure]]" } else { key };
            return Err(format!("show = {show:?} needs {key}"));
        }
    }
    for (name, _) in given.iter().filter(|(_, given)| *given) {
        if *name != "text" && !needed.contains(name) && !allowed.contains(name) {
            let takes = needed.iter().chain(allowed).copied().collect::<Vec<_>>().join(", ");
            return Err(format!("show = {show:?} takes no {name}; it takes {takes}"));
        }
    }
    if file.limit == Some(0) {
        return Err("limit = 0 shows nothing: leave it out for all rows".to_owned());
    }
    let ask = file
        .query
        .as_ref()
        .map(|query| Ok::<_, String>(Ask { query: query.clone(), parameters: parameters(&file.parameters)? }))
        .transpose()?;
    let text = |value: Option<String>| value.unwrap_or_default();
    let view = match file.show {
        Show::Table => View::Table(file.columns.unwrap_or_default()),
        Show::Bar => View::Bar { category: text(file.category), value: text(file.value) },
        Show::StackedBar => View::StackedBar {
            category: text(file.category),
            series: text(file.series),
            value: text(file.value),
        },
        Show::Line => {
            let values: Vec<String> = file.value.into_iter().chain(file.values.unwrap_or_default()).collect();
            if values.is_empty() {
                return Err("show = \"line\" needs value or values".to_owned());
            }
            if values.len() > 1 && file.series.is_some() {
                return Err(
                    "series goes with one value: a line for each value of each series is too many".to_owned()
                );
            }
            View::Line { category: text(file.category), values, series: file.series }
        }
        Show::Heatmap => {
            View::Heatmap { row: text(file.row), column: text(file.column), value: text(file.value) }
        }
        Show::Figures => {
            let figures = file.figure.into_iter();
            View::Figures(figures.map(|one| figure(one, ask.as_ref())).collect::<Result<_, _>>()?)
        }
        Show::Text => View::Text,
    };
    let sort = file.sort.map(|sort| match sort.strip_prefix('-') {
        Some(column) => (column.to_owned(), true),
        None => (sort, false),
    });
    let id = file.id.unwrap_or_else(|| slug(&file.title));
    if id.is_empty() || id != slug(&id) {
        return Err(format!(
            "id = {id:?} is no id: write small letters, digits and hyphens, such as by-queue"
        ));
    }
    Ok(SectionDefinition {
        id,
        title: file.title,
        text: file.text.trim().to_owned(),
        ask,
        view,
        lines: file.lines.unwrap_or_default(),
        sort,
        limit: file.limit,
        labels: file.labels,
    })
}

fn figure(file: FigureFile, section: Option<&Ask>) -> Result<FigureDefinition, String> {
    let place = |reason: String| format!("figure {:?}: {reason}", file.label);
    let own = file.parameters.as_ref().map(parameters).transpose().map_err(place)?;
    let ask = match (&file.query, section) {
        (Some(query), _) => Ask { query: query.clone(), parameters: own.unwrap_or_default() },
        (None, Some(ask)) => {
            Ask { query: ask.query.clone(), parameters: own.unwrap_or_else(|| ask.parameters.clone()) }
        }
        (None, None) => return Err(place("it needs a query, of its own or of its section".to_owned())),
    };
    Ok(FigureDefinition {
        label: file.label,
        ask,
        column: file.column,
        row: file.row,
        more_is_better: file.better.map(|better| matches!(better, Better::Higher)),
    })
}

fn parameters(file: &BTreeMap<String, toml::Value>) -> Result<BTreeMap<String, Vec<String>>, String> {
    let text = |name: &str, value: &toml::Value| match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(truth) => Ok(truth.to_string()),
        other => Err(format!("parameters: {name} = {other} is neither a text nor a whole number")),
    };
    file.iter()
        .map(|(name, value)| {
            if ["from", "to", "timezone"].contains(&name.as_str()) {
                return Err(format!("parameters: {name} is the report's own: leave it out, and set period"));
            }
            let values = match value {
                toml::Value::Array(values) => {
                    values.iter().map(|value| text(name, value)).collect::<Result<_, _>>()?
                }
                value => vec![text(name, value)?],
            };
            Ok((name.clone(), values))
        })
        .collect()
}

/// A title as small letters, digits and hyphens.
fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}
