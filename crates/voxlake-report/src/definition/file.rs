//! A report file in TOML, and its conversion to a [`ReportDefinition`].

use std::collections::BTreeSet;

use serde::Deserialize;

use super::report::{DefinitionError, Period, ReportDefinition};
use super::section_file::SectionFile;

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
    compare: Option<String>,
    #[serde(default)]
    section: Vec<SectionFile>,
}

impl ReportDefinition {
    /// Parses the text of a report file. `name` is the name of the report, and `file` is the name
    /// of the file in errors.
    ///
    /// # Errors
    /// [`DefinitionError`] with the line or key and a remedy.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, DefinitionError> {
        parse_report(name, text).map_err(|reason| DefinitionError { file: file.to_owned(), reason })
    }
}

fn parse_report(name: &str, text: &str) -> Result<ReportDefinition, String> {
    let file: ReportFile = toml::from_str(text).map_err(|error| syntax_error(text, &error))?;
    let period = match &file.period {
        None => return Err(format!("period is missing: set {PERIODS}")),
        Some(value) => parse_period(value)?,
    };
    if file.title.trim().is_empty() {
        return Err("title is empty: name the report".to_owned());
    }
    if file.section.is_empty() {
        return Err("there is no [[section]]: add at least one".to_owned());
    }
    let mut sections = Vec::with_capacity(file.section.len());
    let mut ids = BTreeSet::new();
    for (at, section) in (1..).zip(file.section) {
        let place = format!("section {at} ({:?})", section.title);
        let section = section.into_definition().map_err(|reason| format!("{place}: {reason}"))?;
        if !ids.insert(section.id.clone()) {
            return Err(format!(
                "{place}: an earlier section has the id {:?} too: set another id on one of them",
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
        compare: file.compare,
        sections,
        source: text.to_owned(),
    })
}

/// Returns the message of a syntax error with its line, without the parser's excerpt of the file.
fn syntax_error(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let message = error.message().trim();
    line.map_or_else(|| message.to_owned(), |line| format!("line {line}: {message}"))
}

fn parse_period(value: &toml::Value) -> Result<Period, String> {
    let invalid = || format!("period = {value} is not a period: set {PERIODS}");
    match value {
        toml::Value::String(name) if !name.trim().is_empty() => Ok(Period::parse(name)),
        toml::Value::Table(table) if table.keys().all(|key| key == "from" || key == "to") => {
            let time = |key: &str| match table.get(key) {
                Some(toml::Value::String(text)) => Ok(text.clone()),
                Some(toml::Value::Datetime(time)) => Ok(time.to_string()),
                _ => Err(invalid()),
            };
            Ok(Period::Between { from: time("from")?, to: time("to")? })
        }
        _ => Err(invalid()),
    }
}
