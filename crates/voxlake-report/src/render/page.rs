//! A report as a page for a browser, whole in one file: nothing is fetched, nothing runs.
//!
//! The page is a template that escapes whatever is put into it; only the charts, whose texts are escaped
//! where they are drawn, and the style go in as they are. The same words, with what mail programs can
//! show, make the body of an e-mail.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;

use crate::content::change::{Change, change};
use crate::content::{Answered, Document, Figure, SectionBody, number};
use crate::error::ReportError;
use crate::layout::{ChartLayout, TableLayout, charts, table};
use crate::text::visible;

const PAGE: &str = include_str!("../../templates/report.html");
const MAIL: &str = include_str!("../../templates/mail.html");
const STYLE: &str = include_str!("../../templates/report.css");
/// Rows of a table in a mail; the rest is in what is attached.
const MAIL_ROWS: usize = 10;

#[derive(Serialize)]
struct SectionLayout {
    id: String,
    title: String,
    paragraphs: Vec<String>,
    figures: Vec<FigureLayout>,
    charts: Vec<ChartLayout>,
    table: Option<TableLayout>,
    query: String,
}

#[derive(Serialize)]
struct FigureLayout {
    label: String,
    help: String,
    values: Vec<ValueLayout>,
}

#[derive(Serialize)]
struct ValueLayout {
    shown: String,
    value: Option<String>,
    currency: String,
    change: Option<Change>,
    before: String,
}

#[derive(Serialize)]
struct Definition {
    name: String,
    title: String,
    paragraphs: Vec<String>,
}

/// The page.
pub(super) fn page(document: &Document) -> Result<String, ReportError> {
    rendered(document, "report.html", true)
}

/// The report as the body of an e-mail: figures, tables cut short, and no charts, which mail programs do not
/// show. Whole, it is for the attachment.
///
/// # Errors
/// Where a value has no form as text.
pub fn mail_page(document: &Document) -> Result<String, ReportError> {
    rendered(document, "mail.html", false)
}

fn rendered(document: &Document, template: &str, with_charts: bool) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let failed = |error: minijinja::Error| ReportError::Template(error.to_string());
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(failed)?;
    environment.set_syntax(syntax);
    environment.add_template("report.html", PAGE).map_err(failed)?;
    environment.add_template("mail.html", MAIL).map_err(failed)?;
    let sections = document.sections.iter().map(|section| {
        let definition = &section.definition;
        let mut laid = SectionLayout {
            id: definition.id.clone(),
            title: visible(&definition.title),
            paragraphs: paragraphs(&definition.text),
            figures: Vec::new(),
            charts: Vec::new(),
            table: None,
            query: String::new(),
        };
        match &section.body {
            SectionBody::Text => {}
            SectionBody::Figures(figures) => laid.figures = figures.iter().map(figure).collect(),
            SectionBody::Answer(answered) => {
                laid.query = asked(answered);
                let mut table = table(definition, answered)?;
                if with_charts {
                    laid.charts = charts(definition, answered)?;
                } else {
                    table.more += table.rows.len().saturating_sub(MAIL_ROWS);
                    table.rows.truncate(MAIL_ROWS);
                }
                laid.table = Some(table);
            }
        }
        Ok(laid)
    });
    let sections = sections.collect::<Result<Vec<_>, ReportError>>()?;
    let about = &document.about;
    let moment = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let page = environment.get_template(template).map_err(failed)?.render(context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        title => visible(&document.definition.title),
        description => visible(&document.definition.description),
        name => visible(&document.definition.name),
        period => about.period_words.as_str(),
        period_label => about.period.as_str(),
        before => about.before_words.as_str(),
        timezone => about.timezone.as_str(),
        from => about.from.to_rfc3339(),
        to => about.to.to_rfc3339(),
        parameters => about.parameters.iter()
            .map(|(name, value)| format!("{}: {}", visible(name), visible(value))).collect::<Vec<_>>(),
        alerts => about.alerts.iter().map(|alert| visible(alert)).collect::<Vec<_>>(),
        settled => about.standing.settled,
        has_gaps => about.standing.has_gaps,
        remarks => about.standing.remarks.iter().map(|remark| visible(remark)).collect::<Vec<_>>(),
        newest_call => about.standing.newest_call.map(moment),
        fetched_at => about.standing.fetched_at.map(moment),
        made_at => moment(about.made_at),
        query_seconds => format!("{:.2}", about.query_time.as_secs_f64()),
        version => about.version.as_str(),
        command => visible(&about.command),
        sections => Value::from(Serde(&sections)),
        charts => Value::from_iter(sections.iter().map(|section| {
            Value::from_iter(section.charts.iter().map(|chart| Value::from_safe_string(chart.svg.clone())))
        })),
        definitions => Value::from(Serde(definitions(document))),
    });
    page.map_err(failed)
}

/// The question with its parameters, as it is asked on a command line.
fn asked(answered: &Answered) -> String {
    let parameters = answered.ask.parameters.iter();
    let parameters = parameters.flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    let parameters: String = parameters.map(|(name, value)| format!(" -p {name}={value}")).collect();
    visible(&format!("{}{parameters}", answered.ask.query))
}

fn figure(figure: &Figure) -> FigureLayout {
    let values = figure.values.iter().map(|value| ValueLayout {
        shown: value
            .now
            .as_deref()
            .map_or_else(|| "–".to_owned(), |now| visible(&number::shown(now, &figure.unit))),
        value: value.now.clone(),
        currency: visible(value.currency.as_deref().unwrap_or_default()),
        change: change(value.now.as_deref(), value.before.as_deref(), &figure.unit, figure.more_is_better),
        before: value
            .before
            .as_deref()
            .map_or_else(String::new, |before| visible(&number::shown(before, &figure.unit))),
    });
    FigureLayout { label: visible(&figure.label), help: visible(&figure.help), values: values.collect() }
}

/// What the questions' figures mean, each question once.
fn definitions(document: &Document) -> Vec<Definition> {
    let mut known = BTreeMap::new();
    for answered in document.answers() {
        known.entry(answered.ask.query.clone()).or_insert_with(|| Definition {
            name: visible(&answered.ask.query),
            title: visible(&answered.title),
            paragraphs: paragraphs(&answered.description),
        });
    }
    known.into_values().collect()
}

fn paragraphs(text: &str) -> Vec<String> {
    let paragraphs = text
        .split("\n\n")
        .map(|paragraph| visible(&paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ")));
    paragraphs.filter(|paragraph| !paragraph.is_empty()).collect()
}

/// A figure in a line of plain text: `Abandonment rate: 8.1% (+0.4 points)`.
#[must_use]
pub fn told(figure: &Figure) -> String {
    let (label, values) = label_and_values(figure);
    format!("{label}: {values}")
}

/// What a figure is called, and its values with their changes.
pub(super) fn label_and_values(figure: &Figure) -> (String, String) {
    let laid = self::figure(figure);
    let values = laid.values.iter().map(|value| {
        let currency = if value.currency.is_empty() { String::new() } else { format!(" {}", value.currency) };
        let change = value.change.as_ref().map_or_else(String::new, |change| format!(" ({})", change.words));
        format!("{}{currency}{change}", value.shown)
    });
    let values = values.collect::<Vec<_>>().join(", ");
    (laid.label, values)
}
