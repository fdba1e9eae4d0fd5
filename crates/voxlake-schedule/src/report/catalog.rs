//! Catalog of reports: the built-in ones, those of a folder, and single files.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use voxlake_query::period::{Comparison, parse_time_zone};
use voxlake_query::{Column, NamedQuery, Params, QueryLibrary, near_names, read_text_file};
use voxlake_report::{ColumnMeta, QueryRequest, ReportDefinition, ShareParts, builtin_reports};

use super::period::resolve_period;
use crate::error::{ScheduleError, invalid};

/// Returns the reports that can be run by name: the built-in ones and those of `folder`.
///
/// # Errors
/// [`ScheduleError`] for a folder or file that cannot be read, an invalid report, or a duplicate
/// name.
pub fn list_reports(folder: Option<&Path>) -> Result<Vec<ReportDefinition>, ScheduleError> {
    let mut reports = builtin_reports()?;
    let Some(folder) = folder else { return Ok(reports) };
    for path in report_files(folder)? {
        let report = read_report(&path)?;
        if reports.iter().any(|other| other.name == report.name) {
            return Err(invalid(format!(
                "{}: a report named {} exists already: rename the file",
                path.display(),
                report.name
            )));
        }
        reports.push(report);
    }
    Ok(reports)
}

/// Returns the `.toml` files of a folder, sorted.
fn report_files(folder: &Path) -> Result<Vec<PathBuf>, ScheduleError> {
    let unread = |error: std::io::Error| invalid(format!("cannot read {}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a report from a file. The name of the report is the file name without its extension.
///
/// # Errors
/// [`ScheduleError`] for a file that cannot be read or is not a report.
pub fn read_report(path: &Path) -> Result<ReportDefinition, ScheduleError> {
    let text = read_text_file(path)?;
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or("report");
    Ok(ReportDefinition::parse(name, &path.display().to_string(), &text)?)
}

/// Returns the report with this name, or reads it from a file if the name ends in `.toml`.
///
/// # Errors
/// The errors of [`list_reports`], and [`ScheduleError::Invalid`] for an unknown name. Its text
/// suggests similar names.
pub fn find_report(name: &str, folder: Option<&Path>) -> Result<ReportDefinition, ScheduleError> {
    if Path::new(name).extension().is_some_and(|extension| extension == "toml") {
        return read_report(Path::new(name));
    }
    let reports = list_reports(folder)?;
    if let Some(report) = reports.iter().find(|report| report.name == name) {
        return Ok(report.clone());
    }
    let names = || reports.iter().map(|report| report.name.as_str());
    let near = near_names(name, names());
    let (kind, suggested) = if near.is_empty() { ("known", names().collect()) } else { ("similar", near) };
    Err(invalid(format!(
        "there is no report {name:?}; {kind} reports: {}. The name of a report file ends in .toml",
        suggested.join(", ")
    )))
}

/// Checks that the queries of a report exist and take its parameters, and that the columns, time
/// zone, comparison and period of the report are valid.
///
/// # Errors
/// [`ScheduleError::Invalid`]. Its text names the invalid section.
pub fn check_report(
    report: &ReportDefinition,
    queries: &QueryLibrary,
    now: DateTime<Utc>,
) -> Result<(), ScheduleError> {
    for (number, section) in (1..).zip(&report.sections) {
        let section_error = |reason: String| {
            invalid(format!("report {}: section {number} ({:?}): {reason}", report.name, section.title))
        };
        for request in section.requests() {
            let query = queries.get(&request.query).map_err(|error| section_error(error.to_string()))?;
            for needed in ["from", "to"] {
                if !query.parameters.iter().any(|parameter| parameter.name == needed) {
                    return Err(section_error(format!(
                        "query {} has no parameter {needed}: queries of a report need from and to",
                        request.query
                    )));
                }
            }
            check_parameters(query, request).map_err(section_error)?;
            section.check_columns(request, &column_metadata(query)).map_err(section_error)?;
        }
    }
    if let Some(zone) = &report.timezone {
        parse_time_zone("timezone", zone)
            .map_err(|error| invalid(format!("report {}: {error}", report.name)))?;
    }
    if let Some(compare) = &report.compare {
        Comparison::parse("compare", compare)
            .map_err(|error| invalid(format!("report {}: {error}", report.name)))?;
    }
    resolve_period(&report.period, now, Tz::UTC)
        .map(drop)
        .map_err(|error| invalid(format!("report {}: {error}", report.name)))
}

/// Checks that the query takes the parameters of `request`. The period of the check is arbitrary.
fn check_parameters(query: &NamedQuery, request: &QueryRequest) -> Result<(), String> {
    let period = Params::new().with("from", "2026-01-01").with("to", "2026-01-02");
    let params = request
        .parameters
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
        .fold(period, |params, (name, value)| params.with_item(name, value));
    query.bind(&params).map(drop).map_err(|error| error.to_string())
}

/// Returns the units and descriptions of a query's columns.
fn column_metadata(query: &NamedQuery) -> Vec<ColumnMeta> {
    query.columns.iter().map(column_meta).collect()
}

/// Returns the unit and the description of a column.
pub(super) fn column_meta(column: &Column) -> ColumnMeta {
    let Column { name, kind, unit, parts, help } = column;
    let parts = parts.as_ref().map(|parts| ShareParts {
        numerator: parts.numerator.clone(),
        denominator: parts.denominator.clone(),
        of_total: parts.of_total,
    });
    ColumnMeta::new(name, unit.as_deref(), kind.is_number(), help).with_parts(parts)
}
