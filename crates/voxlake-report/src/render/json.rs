//! JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use super::rows::written;
use crate::content::{Document, SectionBody};
use crate::error::ReportError;
use crate::format::Format;

#[derive(Serialize)]
struct JsonReport<'a> {
    report: &'a str,
    title: &'a str,
    period: JsonPeriod<'a>,
    parameters: std::collections::BTreeMap<&'a str, Vec<&'a str>>,
    made_at: DateTime<Utc>,
    version: &'a str,
    standing: JsonStanding<'a>,
    alerts: &'a [String],
    sections: Vec<JsonSection<'a>>,
}

#[derive(Serialize)]
struct JsonPeriod<'a> {
    name: &'a str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    timezone: &'a str,
}

#[derive(Serialize)]
struct JsonStanding<'a> {
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
    parameters: Option<&'a std::collections::BTreeMap<String, Vec<String>>>,
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
}

/// Machines get exact values and every text as it is.
pub(super) fn json(document: &Document) -> Result<Vec<u8>, ReportError> {
    let about = &document.about;
    let sections = document.sections.iter().map(|section| {
        let mut told = JsonSection {
            id: &section.definition.id,
            title: &section.definition.title,
            query: None,
            parameters: None,
            rows: None,
            figures: Vec::new(),
        };
        match &section.body {
            SectionBody::Text => {}
            SectionBody::Answer(answered) => {
                let rows = String::from_utf8(written(answered, Format::Json)?)
                    .map_err(|error| ReportError::Report(error.to_string()))?;
                let rows = if rows.trim().is_empty() { "[]".to_owned() } else { rows.trim().to_owned() };
                told.query = Some(&answered.ask.query);
                told.parameters = Some(&answered.ask.parameters);
                told.rows = Some(RawValue::from_string(rows)?);
            }
            SectionBody::Figures(figures) => {
                for (figure, value) in
                    figures.iter().flat_map(|figure| figure.values.iter().map(move |value| (figure, value)))
                {
                    let number = |text: &Option<String>| {
                        text.as_deref().map(serde_json::from_str::<serde_json::Number>).transpose()
                    };
                    told.figures.push(JsonFigure {
                        label: &figure.label,
                        currency: value.currency.as_deref(),
                        value: number(&value.now)?,
                        before: number(&value.before)?,
                    });
                }
            }
        }
        Ok(told)
    });
    let mut parameters = std::collections::BTreeMap::<&str, Vec<&str>>::new();
    for (name, value) in &about.parameters {
        parameters.entry(name).or_default().push(value);
    }
    let report = JsonReport {
        report: &document.definition.name,
        title: &document.definition.title,
        period: JsonPeriod { name: &about.period, from: about.from, to: about.to, timezone: &about.timezone },
        parameters,
        made_at: about.made_at,
        version: &about.version,
        standing: JsonStanding {
            settled: about.standing.settled,
            has_gaps: about.standing.has_gaps,
            remarks: &about.standing.remarks,
            newest_call: about.standing.newest_call,
            fetched_at: about.standing.fetched_at,
        },
        alerts: &about.alerts,
        sections: sections.collect::<Result<_, ReportError>>()?,
    };
    let mut json = serde_json::to_vec_pretty(&report)?;
    json.push(b'\n');
    Ok(json)
}
