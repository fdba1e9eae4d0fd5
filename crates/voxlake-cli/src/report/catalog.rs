//! The reports that there are: those built in, those of a folder, and single files.

use std::path::Path;

use voxlake_query::{Catalog, ColumnType, NamedQuery, Params};
use voxlake_report::{Ask, ColumnAbout, ReportDefinition, Unit, builtin};

use crate::clock;
use crate::exit::UsageError;
use crate::text_file;

/// Letters that a name may be off by and still be meant.
const NEAR: usize = 3;

/// The reports that have names: those built in, and those of `folder`.
pub(crate) fn reports(folder: Option<&Path>) -> anyhow::Result<Vec<ReportDefinition>> {
    let mut reports = builtin()?;
    let Some(folder) = folder else { return Ok(reports) };
    let unread =
        |path: &Path, error: &std::io::Error| UsageError(format!("cannot read {}: {error}", path.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unread(folder, &error))? {
        let path = entry.map_err(|error| unread(folder, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    for path in files {
        let report = read(&path)?;
        if reports.iter().any(|other| other.name == report.name) {
            return Err(UsageError(format!(
                "{}: there is a report {} already: give it another name",
                path.display(),
                report.name
            ))
            .into());
        }
        reports.push(report);
    }
    Ok(reports)
}

/// The report of a file; its name is the file's.
pub(crate) fn read(path: &Path) -> Result<ReportDefinition, UsageError> {
    let text = text_file::read(path)?;
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or("report");
    ReportDefinition::parse(name, &path.display().to_string(), &text)
        .map_err(|error| UsageError(error.to_string()))
}

/// The report of this name, or of this file where the name ends as one.
pub(crate) fn find(name: &str, folder: Option<&Path>) -> anyhow::Result<ReportDefinition> {
    if Path::new(name).extension().is_some_and(|extension| extension == "toml") {
        return Ok(read(Path::new(name))?);
    }
    let reports = reports(folder)?;
    if let Some(report) = reports.iter().find(|report| report.name == name) {
        return Ok(report.clone());
    }
    let near = reports.iter().map(|report| report.name.as_str());
    let near: Vec<&str> = near
        .filter(|other| strsim::levenshtein(name, other) <= NEAR || (name.len() > 2 && other.contains(name)))
        .collect();
    let known =
        if near.is_empty() { reports.iter().map(|report| report.name.as_str()).collect() } else { near };
    Err(UsageError(format!(
        "there is no report {name:?}; there is {}. A file with one ends in .toml",
        known.join(", ")
    ))
    .into())
}

/// Refuses a report whose sections ask what the questions cannot answer.
pub(crate) fn check(report: &ReportDefinition, questions: &Catalog) -> Result<(), UsageError> {
    for (at, section) in (1..).zip(&report.sections) {
        let wrong = |reason: String| {
            UsageError(format!("report {}: section {at} ({:?}): {reason}", report.name, section.title))
        };
        for ask in section.asks() {
            let query = questions.get(&ask.query).map_err(|error| wrong(error.to_string()))?;
            for needed in ["from", "to"] {
                if !query.parameters.iter().any(|parameter| parameter.name == needed) {
                    return Err(wrong(format!(
                        "{} is not asked about a period: a report's questions take from and to",
                        ask.query
                    )));
                }
            }
            params_fit(query, ask).map_err(wrong)?;
            section.check_columns(ask, &columns(query)).map_err(wrong)?;
        }
    }
    if let Some(zone) = &report.timezone {
        zone.parse::<chrono_tz::Tz>().map_err(|_| {
            UsageError(format!(
                "report {}: timezone {zone:?} is no IANA time zone such as Europe/Berlin",
                report.name
            ))
        })?;
    }
    let now = clock::now();
    super::period::resolved(&report.period, now, chrono_tz::Tz::UTC).map(drop).map_err(|error| {
        UsageError(format!("report {}: {}", report.name, error.0.replace("--period", "period")))
    })
}

/// Whether the question takes the parameters of `ask`, tried with some period.
fn params_fit(query: &NamedQuery, ask: &Ask) -> Result<(), String> {
    let some = Params::new().with("from", "2026-01-01").with("to", "2026-01-02");
    let params = ask
        .parameters
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
        .fold(some, |params, (name, value)| params.with_item(name, value));
    query.bind(&params).map(drop).map_err(|error| error.to_string())
}

/// What a question's columns mean.
pub(crate) fn columns(query: &NamedQuery) -> Vec<ColumnAbout> {
    let columns = query.columns.iter().map(|column| ColumnAbout {
        name: column.name.clone(),
        unit: Unit::parse(column.unit.as_deref()),
        is_number: matches!(column.kind, ColumnType::Integer | ColumnType::Decimal | ColumnType::Number),
        help: column.help.clone(),
    });
    columns.collect()
}
