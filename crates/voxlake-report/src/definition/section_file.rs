//! A `[[section]]` of a report file, and its conversion to a [`SectionDefinition`].
//!
//! Keys are read first and then checked against the section's `show`. So an error can name the key
//! that is missing or not allowed.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::request::QueryRequest;
use super::section::{ChangeDefinition, FigureDefinition, SectionDefinition, View};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectionFile {
    id: Option<String>,
    pub(super) title: String,
    #[serde(default)]
    text: String,
    #[serde(default = "default_view")]
    show: ViewKind,
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
    change: Option<String>,
    better: Option<Better>,
    #[serde(default)]
    figure: Vec<FigureFile>,
}

fn default_view() -> ViewKind {
    ViewKind::Table
}

/// Value of `show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ViewKind {
    Table,
    Bar,
    StackedBar,
    Line,
    Heatmap,
    Figures,
    Text,
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

impl Better {
    fn more_is_better(self) -> bool {
        matches!(self, Self::Higher)
    }
}

impl ViewKind {
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

    /// Returns the required and the optional keys, without those of every section.
    fn keys(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Table => (
                &["query"],
                &["parameters", "lines", "sort", "limit", "labels", "columns", "change", "better"],
            ),
            Self::Bar => (
                &["query", "category", "value"],
                &["parameters", "lines", "sort", "limit", "labels", "change", "better"],
            ),
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

impl SectionFile {
    /// Checks the keys and converts the section.
    ///
    /// # Errors
    /// A message with the key and a remedy.
    pub(super) fn into_definition(self) -> Result<SectionDefinition, String> {
        self.check_keys()?;
        let request = match &self.query {
            Some(query) => {
                Some(QueryRequest { query: query.clone(), parameters: parse_parameters(&self.parameters)? })
            }
            None => None,
        };
        let id = self.id.unwrap_or_else(|| slug(&self.title));
        if id.is_empty() || id != slug(&id) {
            return Err(format!(
                "id = {id:?} is not an id: use lower-case letters, digits and hyphens, such as by-queue"
            ));
        }
        let columns = ViewColumns {
            category: self.category.unwrap_or_default(),
            series: self.series,
            value: self.value,
            values: self.values.unwrap_or_default(),
            row: self.row.unwrap_or_default(),
            column: self.column.unwrap_or_default(),
            columns: self.columns.unwrap_or_default(),
        };
        let view = match self.show {
            ViewKind::Figures => {
                let figures = self.figure.into_iter();
                let figures = figures.map(|figure| figure.into_definition(request.as_ref()));
                View::Figures(figures.collect::<Result<_, _>>()?)
            }
            show => columns.into_view(show)?,
        };
        let sort = self.sort.map(|sort| match sort.strip_prefix('-') {
            Some(column) => (column.to_owned(), true),
            None => (sort, false),
        });
        let change = self.change.map(|column| ChangeDefinition {
            column,
            more_is_better: self.better.map(Better::more_is_better),
        });
        Ok(SectionDefinition {
            id,
            title: self.title,
            text: self.text.trim().to_owned(),
            request,
            view,
            lines: self.lines.unwrap_or_default(),
            sort,
            limit: self.limit,
            labels: self.labels,
            change,
        })
    }

    /// Fails if a required key is missing, or a given one is not allowed.
    fn check_keys(&self) -> Result<(), String> {
        let given = self.given_keys();
        let (required, optional) = self.show.keys();
        let show = self.show.name();
        for key in required {
            if given.iter().any(|(name, is_given)| name == key && !is_given) {
                let key = if *key == "figure" { "at least one [[section.figure]]" } else { key };
                return Err(format!("show = {show:?} needs {key}"));
            }
        }
        for (name, _) in given.iter().filter(|(_, is_given)| *is_given) {
            if *name != "text" && !required.contains(name) && !optional.contains(name) {
                let allowed = required.iter().chain(optional).copied().collect::<Vec<_>>().join(", ");
                return Err(format!("show = {show:?} does not take {name}, only {allowed}"));
            }
        }
        if self.better.is_some() && self.change.is_none() {
            return Err("better needs change, the column whose changes are good or bad".to_owned());
        }
        match self.limit {
            Some(0) => Err("limit = 0 shows nothing: leave it out to show all rows".to_owned()),
            _ => Ok(()),
        }
    }

    fn given_keys(&self) -> [(&'static str, bool); 17] {
        [
            ("query", self.query.is_some()),
            ("parameters", !self.parameters.is_empty()),
            ("category", self.category.is_some()),
            ("series", self.series.is_some()),
            ("value", self.value.is_some()),
            ("values", self.values.is_some()),
            ("row", self.row.is_some()),
            ("column", self.column.is_some()),
            ("columns", self.columns.is_some()),
            ("lines", self.lines.is_some()),
            ("sort", self.sort.is_some()),
            ("limit", self.limit.is_some()),
            ("labels", !self.labels.is_empty()),
            ("change", self.change.is_some()),
            ("better", self.better.is_some()),
            ("figure", !self.figure.is_empty()),
            ("text", !self.text.trim().is_empty()),
        ]
    }
}

/// Names of the columns that a section shows; those of other views are empty.
struct ViewColumns {
    category: String,
    series: Option<String>,
    value: Option<String>,
    values: Vec<String>,
    row: String,
    column: String,
    columns: Vec<String>,
}

impl ViewColumns {
    fn into_view(self, show: ViewKind) -> Result<View, String> {
        let Self { category, series, value, values, row, column, columns } = self;
        Ok(match show {
            ViewKind::Table => View::Table(columns),
            ViewKind::Bar => View::Bar { category, value: value.unwrap_or_default() },
            ViewKind::StackedBar => View::StackedBar {
                category,
                series: series.unwrap_or_default(),
                value: value.unwrap_or_default(),
            },
            ViewKind::Line => {
                let values: Vec<String> = value.into_iter().chain(values).collect();
                if values.is_empty() {
                    return Err("show = \"line\" needs value or values".to_owned());
                }
                if values.len() > 1 && series.is_some() {
                    return Err(
                        "series needs a single value: leave out series or all but one of values".to_owned()
                    );
                }
                View::Line { category, values, series }
            }
            ViewKind::Heatmap => View::Heatmap { row, column, value: value.unwrap_or_default() },
            ViewKind::Figures => View::Figures(Vec::new()),
            ViewKind::Text => View::Text,
        })
    }
}

impl FigureFile {
    /// Converts the figure; without a query of its own, it uses that of its section.
    fn into_definition(self, section: Option<&QueryRequest>) -> Result<FigureDefinition, String> {
        let fail = |reason: String| format!("figure {:?}: {reason}", self.label);
        let own = self.parameters.as_ref().map(parse_parameters).transpose().map_err(fail)?;
        let request = match (&self.query, section) {
            (Some(query), _) => QueryRequest { query: query.clone(), parameters: own.unwrap_or_default() },
            (None, Some(request)) => QueryRequest {
                query: request.query.clone(),
                parameters: own.unwrap_or_else(|| request.parameters.clone()),
            },
            (None, None) => return Err(fail("it needs a query, its own or that of its section".to_owned())),
        };
        Ok(FigureDefinition {
            label: self.label,
            request,
            column: self.column,
            row: self.row,
            more_is_better: self.better.map(Better::more_is_better),
        })
    }
}

fn parse_parameters(
    parameters: &BTreeMap<String, toml::Value>,
) -> Result<BTreeMap<String, Vec<String>>, String> {
    let text = |name: &str, value: &toml::Value| match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(truth) => Ok(truth.to_string()),
        other => Err(format!("parameters: {name} = {other} is neither text nor a whole number")),
    };
    let values = parameters.iter().map(|(name, value)| {
        if ["from", "to", "timezone"].contains(&name.as_str()) {
            return Err(format!(
                "parameters: {name} is set by the report: leave it out, and set period or timezone"
            ));
        }
        let values = match value {
            toml::Value::Array(values) => {
                values.iter().map(|value| text(name, value)).collect::<Result<_, _>>()?
            }
            value => vec![text(name, value)?],
        };
        Ok((name.clone(), values))
    });
    values.collect()
}

/// Converts a title to lower-case letters, digits and hyphens.
fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}
