//! A report as JSON. Values are exact, and texts are not escaped beyond JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use super::rows::write_rows;
use crate::content::{ComparedPeriod, Document, Figure, Section, SectionBody, SectionResult};
use crate::error::ReportError;
use crate::format::Format;

#[derive(Serialize)]
struct JsonReport<'a> {
    report: &'a str,
    title: &'a str,
    period: JsonPeriod<'a>,
    comparison: Option<JsonComparison<'a>>,
    parameters: BTreeMap<&'a str, Vec<&'a str>>,
    made_at: DateTime<Utc>,
    version: &'a str,
    standing: JsonFreshness<'a>,
    alerts: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
    sections: Vec<JsonSection<'a>>,
}

#[derive(Serialize)]
struct JsonPeriod<'a> {
    name: &'a str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    timezone: &'a str,
}

/// The compared period. `per_day` has the numbers of days of both periods if counts and amounts are
/// compared per day.
#[derive(Serialize)]
struct JsonComparison<'a> {
    name: &'a str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    compared: bool,
    per_day: Option<[u32; 2]>,
    remark: String,
}

#[derive(Serialize)]
struct JsonFreshness<'a> {
    settled: bool,
    has_gaps: bool,
    remarks: &'a [String],
    newest_call: Option<DateTime<Utc>>,
    fetched_at: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct JsonSection<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<&'a BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    figures: Vec<JsonFigure<'a>>,
}

#[derive(Serialize)]
struct JsonFigure<'a> {
    label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    value: Option<serde_json::Number>,
    before: Option<serde_json::Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    numerator: Option<serde_json::Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denominator: Option<serde_json::Number>,
}

pub(super) fn render_json(document: &Document) -> Result<Vec<u8>, ReportError> {
    let metadata = &document.metadata;
    let freshness = &metadata.freshness;
    let mut parameters = BTreeMap::<&str, Vec<&str>>::new();
    for (name, value) in &metadata.parameters {
        parameters.entry(name).or_default().push(value);
    }
    let report = JsonReport {
        report: &document.definition.name,
        title: &document.definition.title,
        period: JsonPeriod {
            name: &metadata.period,
            from: metadata.from,
            to: metadata.to,
            timezone: &metadata.timezone,
        },
        comparison: metadata.comparison.as_ref().map(json_comparison),
        parameters,
        made_at: metadata.made_at,
        version: &metadata.version,
        standing: JsonFreshness {
            settled: freshness.settled,
            has_gaps: freshness.has_gaps,
            remarks: &freshness.remarks,
            newest_call: freshness.newest_call,
            fetched_at: freshness.fetched_at,
        },
        alerts: &metadata.alerts,
        notices: document.notices(),
        sections: document.sections.iter().map(json_section).collect::<Result<_, _>>()?,
    };
    let mut json = serde_json::to_vec_pretty(&report)?;
    json.push(b'\n');
    Ok(json)
}

fn json_comparison(compared: &ComparedPeriod) -> JsonComparison<'_> {
    JsonComparison {
        name: &compared.period,
        from: compared.from,
        to: compared.to,
        compared: compared.is_compared(),
        per_day: compared.days.map(|days| [days.period, days.compared]),
        remark: compared.sentence(),
    }
}

fn json_section(section: &Section) -> Result<JsonSection<'_>, ReportError> {
    let mut json = JsonSection {
        id: &section.definition.id,
        title: &section.definition.title,
        query: None,
        parameters: None,
        rows: None,
        figures: Vec::new(),
    };
    match &section.body {
        SectionBody::Text => {}
        SectionBody::Rows(result) => {
            json.query = Some(&result.request.query);
            json.parameters = Some(&result.request.parameters);
            json.rows = Some(json_rows(section.with_changes(result))?);
        }
        SectionBody::Figures(figures) => json.figures = json_figures(figures)?,
    }
    Ok(json)
}

fn json_rows(result: &SectionResult) -> Result<Box<RawValue>, ReportError> {
    let rows = String::from_utf8(write_rows(result, Format::Json)?)
        .map_err(|error| ReportError::Report(error.to_string()))?;
    let rows = rows.trim();
    Ok(RawValue::from_string(if rows.is_empty() { "[]".to_owned() } else { rows.to_owned() })?)
}

fn json_figures(figures: &[Figure]) -> Result<Vec<JsonFigure<'_>>, ReportError> {
    let number =
        |text: Option<&String>| text.map(|text| serde_json::from_str::<serde_json::Number>(text)).transpose();
    let values = figures.iter().flat_map(|figure| figure.values.iter().map(move |value| (figure, value)));
    let figures = values.map(|(figure, value)| {
        Ok(JsonFigure {
            label: &figure.label,
            currency: value.currency.as_deref(),
            value: number(value.current.as_ref())?,
            before: number(value.previous.as_ref())?,
            outcome: value.words.as_deref(),
            notes: &figure.notes,
            numerator: number(value.parts.as_ref().map(|parts| &parts.numerator))?,
            denominator: number(value.parts.as_ref().map(|parts| &parts.denominator))?,
        })
    });
    figures.collect()
}
