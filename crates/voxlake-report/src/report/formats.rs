//! The files that a report makes: a page, a workbook, Markdown and JSON are one each, CSV is one a section.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use super::answered::Answered;
use super::document::{Document, SectionBody};
use super::{markdown, page, workbook};
use crate::{Format, Layout, ReportError, writer};

/// A form in which a report goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportFormat {
    /// A page for a browser, whole in one file.
    Html,
    /// A workbook with a sheet for each section.
    Xlsx,
    /// A file of comma-separated values for each section.
    Csv,
    /// One JSON object.
    Json,
    /// A document in Markdown.
    Markdown,
}

impl ReportFormat {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::Html, Self::Xlsx, Self::Csv, Self::Json, Self::Markdown];

    /// The form's name on a command line and in a configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Markdown => "markdown",
        }
    }

    /// The form of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The media type of its files.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Markdown => "text/markdown; charset=utf-8",
        }
    }
}

impl fmt::Display for ReportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// Its name, without a folder.
    pub name: String,
    /// The form that it is in.
    pub format: ReportFormat,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The files of `document` in `format`; their names begin with `stem`.
///
/// # Errors
/// Where a value has no form in the format, or a sheet no more rows.
pub fn render(
    document: &Document,
    format: ReportFormat,
    stem: &str,
) -> Result<Vec<RenderedFile>, ReportError> {
    let file = |name: String, bytes: Vec<u8>| RenderedFile { name, format, bytes };
    let one = |extension: &str, bytes: Vec<u8>| vec![file(format!("{stem}.{extension}"), bytes)];
    Ok(match format {
        ReportFormat::Html => one("html", page::page(document)?.into_bytes()),
        ReportFormat::Xlsx => one("xlsx", workbook::workbook(document)?),
        ReportFormat::Markdown => one("md", markdown::markdown(document)?.into_bytes()),
        ReportFormat::Json => one("json", json(document)?),
        ReportFormat::Csv => {
            let mut files = Vec::new();
            for section in &document.sections {
                let bytes = match &section.body {
                    SectionBody::Answer(answered) => written(answered, Format::Csv)?,
                    SectionBody::Figures(_) => written_figures(section_figures(&section.body))?,
                    SectionBody::Text => continue,
                };
                files.push(file(format!("{stem}_{}.csv", section.definition.id), bytes));
            }
            files
        }
    })
}

/// All rows and columns of an answer, as `voxlake query` writes them.
fn written(answered: &Answered, format: Format) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    let mut out = writer(format, answered.rows.schema(), &Layout::default(), &mut bytes)?;
    out.write(&answered.rows)?;
    out.finish()?;
    drop(out);
    Ok(bytes)
}

fn section_figures(body: &SectionBody) -> &[super::Figure] {
    match body {
        SectionBody::Figures(figures) => figures,
        _ => &[],
    }
}

fn written_figures(figures: &[super::Figure]) -> Result<Vec<u8>, ReportError> {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    let rows = || figures.iter().flat_map(|figure| figure.values.iter().map(move |value| (figure, value)));
    // A figure's number is harmless, but its column is text here: no apostrophe before a minus.
    let column = |values: Vec<Option<String>>| Arc::new(StringArray::from(values)) as ArrayRef;
    let unit = |figure: &super::Figure| match figure.unit.words() {
        words if words == "%" => "share".to_owned(),
        words if words == "duration" => "s".to_owned(),
        words => words,
    };
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("figure", column(rows().map(|(figure, _)| Some(figure.label.clone())).collect()), true),
        ("unit", column(rows().map(|(figure, _)| Some(unit(figure))).collect()), true),
        ("currency", column(rows().map(|(_, value)| value.currency.clone()).collect()), true),
        ("value", column(rows().map(|(_, value)| value.now.clone()).collect()), true),
        ("before", column(rows().map(|(_, value)| value.before.clone()).collect()), true),
    ])?;
    let mut bytes = Vec::new();
    let mut out = writer(Format::Csv, batch.schema(), &Layout::default(), &mut bytes)?;
    out.write(&batch)?;
    out.finish()?;
    drop(out);
    Ok(bytes)
}

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
fn json(document: &Document) -> Result<Vec<u8>, ReportError> {
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
