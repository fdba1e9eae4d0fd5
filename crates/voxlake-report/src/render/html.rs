//! A report as an HTML page in a single file, without scripts or external resources, and as the
//! body of an e-mail.
//!
//! The templates escape every text. Only the style and the charts are inserted as markup; charts
//! escape their texts themselves.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;

use crate::content::change::{Change, ChangeRule};
use crate::content::parts::{SMALL_GROUP_MARK, small_group_note};
use crate::content::{
    ComparedPeriod, Document, Figure, FigureValue, Section, SectionBody, SectionResult, ValueParts, number,
};
use crate::error::ReportError;
use crate::layout::{ChartLayout, TableLayout, chart_layouts, table_layout};
use crate::text::escape_control_chars;

const PAGE: &str = include_str!("../../templates/report.html");
const MAIL: &str = include_str!("../../templates/mail.html");
const STYLE: &str = include_str!("../../templates/report.css");
/// Maximum items of a table in an e-mail; attachments have all rows.
const MAX_MAIL_ROWS: usize = 10;

#[derive(Serialize)]
struct SectionLayout {
    id: String,
    title: String,
    paragraphs: Vec<String>,
    figures: Vec<FigureLayout>,
    /// Explanations below the figures.
    notes: Vec<String>,
    charts: Vec<ChartLayout>,
    table: Option<TableLayout>,
    query: String,
}

#[derive(Serialize)]
struct FigureLayout {
    label: String,
    help: String,
    values: Vec<ValueLayout>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct ValueLayout {
    /// Formatted value.
    shown: String,
    /// Exact value; `None` is NULL.
    value: Option<String>,
    /// Outcome in words, unless it takes the place of the value; may be empty.
    words: String,
    currency: String,
    /// Numerator and denominator of a share; may be empty.
    parts: String,
    /// Mark of a small group; may be empty.
    mark: &'static str,
    change: Option<Change>,
    /// Formatted value in the compared period; empty if it is unknown.
    before: String,
}

/// Title and description of a query.
#[derive(Serialize)]
struct QueryDefinition {
    name: String,
    title: String,
    paragraphs: Vec<String>,
}

/// Template of a report: the page, or the shorter body of an e-mail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Template {
    Page,
    Mail,
}

/// Renders the report as an HTML page.
pub(super) fn render_html(document: &Document) -> Result<String, ReportError> {
    render_template(document, Template::Page)
}

/// Renders the report as the body of an e-mail: figures and short tables, without charts, which
/// e-mail programs do not show.
///
/// # Errors
/// If a value cannot be formatted as text.
pub fn render_mail(document: &Document) -> Result<String, ReportError> {
    render_template(document, Template::Mail)
}

fn render_template(document: &Document, template: Template) -> Result<String, ReportError> {
    let fail = |error: minijinja::Error| ReportError::Template(error.to_string());
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(fail)?;
    environment.set_syntax(syntax);
    let source = match template {
        Template::Page => PAGE,
        Template::Mail => MAIL,
    };
    environment.add_template("report.html", source).map_err(fail)?;
    let sections = document.sections.iter().map(|section| section_layout(section, template));
    let sections = sections.collect::<Result<Vec<_>, ReportError>>()?;
    let values = template_values(document, &sections);
    environment.get_template("report.html").map_err(fail)?.render(values).map_err(fail)
}

/// Returns the variables that the templates use.
fn template_values(document: &Document, sections: &[SectionLayout]) -> Value {
    let metadata = &document.metadata;
    let freshness = &metadata.freshness;
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let escape_all =
        |texts: &[String]| texts.iter().map(|text| escape_control_chars(text)).collect::<Vec<_>>();
    let parameter = |(name, value): &(String, String)| escape_control_chars(&format!("{name}: {value}"));
    context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        title => escape_control_chars(&document.definition.title),
        description => escape_control_chars(&document.definition.description),
        name => escape_control_chars(&document.definition.name),
        period => metadata.period_text.as_str(),
        period_label => metadata.period.as_str(),
        comparison => metadata.comparison.as_ref().map(ComparedPeriod::sentence),
        timezone => metadata.timezone.as_str(),
        from => metadata.from.to_rfc3339(),
        to => metadata.to.to_rfc3339(),
        parameters => metadata.parameters.iter().map(parameter).collect::<Vec<_>>(),
        alerts => escape_all(&metadata.alerts),
        settled => freshness.settled,
        has_gaps => freshness.has_gaps,
        remarks => escape_all(&freshness.remarks),
        notices => escape_all(&document.notices()),
        newest_call => freshness.newest_call.map(time),
        fetched_at => freshness.fetched_at.map(time),
        made_at => time(metadata.made_at),
        query_seconds => format!("{:.2}", metadata.query_time.as_secs_f64()),
        version => metadata.version.as_str(),
        command => escape_control_chars(&metadata.command),
        sections => Value::from(Serde(sections)),
        charts => Value::from_iter(sections.iter().map(|section| {
            Value::from_iter(section.charts.iter().map(|chart| Value::from_safe_string(chart.svg.clone())))
        })),
        definitions => Value::from(Serde(query_definitions(document))),
    }
}

fn section_layout(section: &Section, template: Template) -> Result<SectionLayout, ReportError> {
    let definition = &section.definition;
    let mut layout = SectionLayout {
        id: definition.id.clone(),
        title: escape_control_chars(&definition.title),
        paragraphs: paragraphs(&definition.text),
        figures: Vec::new(),
        notes: Vec::new(),
        charts: Vec::new(),
        table: None,
        query: String::new(),
    };
    match &section.body {
        SectionBody::Text => {}
        SectionBody::Figures(figures) => {
            layout.figures = figures.iter().map(figure_layout).collect();
            layout.notes = figure_notes(figures);
        }
        SectionBody::Rows(result) => {
            layout.query = query_invocation(result);
            let mut table = table_layout(section, result)?;
            match template {
                Template::Page => layout.charts = chart_layouts(definition, result)?,
                Template::Mail => table.limit_items(MAX_MAIL_ROWS),
            }
            layout.table = Some(table);
        }
    }
    Ok(layout)
}

/// Returns the query with its parameters in command-line syntax: `abandonment_rate -p by=queue`.
fn query_invocation(result: &SectionResult) -> String {
    let parameters = result.request.parameters.iter();
    let parameters = parameters.flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    let parameters: String = parameters.map(|(name, value)| format!(" -p {name}={value}")).collect();
    escape_control_chars(&format!("{}{parameters}", result.request.query))
}

fn figure_layout(figure: &Figure) -> FigureLayout {
    let format = |text: &str| escape_control_chars(&number::format_value(text, &figure.unit));
    let rule = ChangeRule { unit: &figure.unit, more_is_better: figure.more_is_better, days: figure.days };
    let value_layout = |value: &FigureValue| {
        let (current, previous) = (value.current.as_deref(), value.previous.as_deref());
        let words = escape_control_chars(value.words.as_deref().unwrap_or_default());
        let (shown, words) = match current {
            Some(current) => (format(current), words),
            None if words.is_empty() => ("–".to_owned(), words),
            None => (words, String::new()),
        };
        ValueLayout {
            shown,
            value: value.current.clone(),
            words,
            currency: escape_control_chars(value.currency.as_deref().unwrap_or_default()),
            parts: value.parts.as_ref().map_or_else(String::new, ValueParts::format),
            mark: if value.parts.as_ref().is_some_and(ValueParts::is_small) { SMALL_GROUP_MARK } else { "" },
            change: rule.change(current, previous),
            before: previous.map_or_else(String::new, |previous| match figure.days {
                Some(days) => format!("{} in {} days", format(previous), days.compared),
                None => format(previous),
            }),
        }
    };
    FigureLayout {
        label: escape_control_chars(&figure.label),
        help: escape_control_chars(&figure.help),
        values: figure.values.iter().map(value_layout).collect(),
        notes: figure.notes.iter().map(|note| escape_control_chars(note)).collect(),
    }
}

/// Returns the explanations of the marks of figures.
pub(super) fn figure_notes(figures: &[Figure]) -> Vec<String> {
    let mut values = figures.iter().flat_map(|figure| &figure.values);
    let has_small_groups = values.any(|value| value.parts.as_ref().is_some_and(ValueParts::is_small));
    has_small_groups.then(small_group_note).into_iter().collect()
}

/// Returns the title and the description of each query, sorted by name.
fn query_definitions(document: &Document) -> Vec<QueryDefinition> {
    let mut definitions = BTreeMap::new();
    for result in document.results() {
        definitions.entry(result.request.query.clone()).or_insert_with(|| QueryDefinition {
            name: escape_control_chars(&result.request.query),
            title: escape_control_chars(&result.title),
            paragraphs: paragraphs(&result.description),
        });
    }
    definitions.into_values().collect()
}

fn paragraphs(text: &str) -> Vec<String> {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        escape_control_chars(&paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" "))
    });
    paragraphs.filter(|paragraph| !paragraph.is_empty()).collect()
}

/// Formats a figure as a line of plain text: `Abandonment rate: 8.1 % (34 of 420, +0.4 points)`.
///
/// ```
/// use voxlake_report::{Figure, FigureValue, Unit, ValueParts, to_sentence};
///
/// let figure = Figure {
///     label: "Abandonment rate".to_owned(),
///     unit: Unit::Share,
///     help: String::new(),
///     values: vec![FigureValue {
///         currency: None,
///         current: Some("0.081".to_owned()),
///         previous: Some("0.077".to_owned()),
///         words: None,
///         parts: Some(ValueParts { numerator: "34".to_owned(), denominator: "420".to_owned() }),
///     }],
///     notes: Vec::new(),
///     more_is_better: Some(false),
///     days: None,
/// };
/// assert_eq!(to_sentence(&figure), "Abandonment rate: 8.1 % (34 of 420, +0.4 points)");
/// ```
#[must_use]
pub fn to_sentence(figure: &Figure) -> String {
    let (label, values) = label_and_values(figure, false);
    format!("{label}: {values}")
}

/// Returns the label of a figure, and its values with their parts and changes. Small groups are
/// marked if the caller explains the mark.
pub(super) fn label_and_values(figure: &Figure, marks_small_groups: bool) -> (String, String) {
    let layout = figure_layout(figure);
    let values = layout.values.iter().map(|value| {
        let currency = if value.currency.is_empty() { String::new() } else { format!(" {}", value.currency) };
        let mark = if marks_small_groups && !value.mark.is_empty() {
            format!(" {}", value.mark)
        } else {
            String::new()
        };
        let parts = Some(format!("{}{mark}", value.parts)).filter(|_| !value.parts.is_empty());
        let details: Vec<String> =
            parts.into_iter().chain(value.change.as_ref().map(|change| change.text.clone())).collect();
        let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
        let words = if value.words.is_empty() { String::new() } else { format!(": {}", value.words) };
        format!("{}{currency}{details}{words}", value.shown)
    });
    let values = values.collect::<Vec<_>>().join(", ");
    (layout.label, values)
}
