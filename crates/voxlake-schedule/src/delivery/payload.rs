//! Contents of a delivery: the files of a report, and its headline figures for messages.

use serde::Serialize;
use voxlake_report::{Document, RenderedFile, SectionBody, render_mail, to_sentence};
use voxlake_report::{ReportError, escape_control_chars};

/// Rendered report with its headline figures. Message templates use the serialized fields as
/// variables.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryPayload {
    /// Name of the schedule.
    pub schedule: String,
    /// Name of the report.
    pub report: String,
    /// Title of the report.
    pub title: String,
    /// Short name of the period, such as `2026-W47`.
    pub period: String,
    /// Period in words.
    pub period_words: String,
    /// Time zone of the report.
    pub timezone: String,
    /// True if the period is settled.
    pub settled: bool,
    /// Gaps and unsettled ranges of the period, in sentences.
    pub remarks: Vec<String>,
    /// Alerts whose condition is met, in sentences.
    pub alerts: Vec<String>,
    /// Headline figures of all sections.
    pub figures: Vec<Headline>,
    /// Title, figures, alerts and remarks as plain text.
    pub text: String,
    /// True if this is a test of the delivery.
    pub is_test: bool,
    /// Body of an e-mail in HTML.
    #[serde(skip)]
    pub page: String,
    /// Files of the report.
    #[serde(skip)]
    pub files: Vec<RenderedFile>,
}

/// A headline figure.
#[derive(Clone, Debug, Serialize)]
pub struct Headline {
    /// Name of the figure.
    pub label: String,
    /// Value in the period of the report, as the query returns it.
    pub value: Option<String>,
    /// Value in the compared period.
    pub before: Option<String>,
    /// Currency of an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Label, value and change in one line of text.
    pub line: String,
}

impl DeliveryPayload {
    /// Returns a copy that is marked as a test. Its file names start with `test-`, so that it does
    /// not replace the files of a real delivery.
    pub fn marked_as_test(&self) -> Self {
        const BANNER: &str = "<p><strong>This is a test.</strong></p>";
        let mut test = Self { is_test: true, ..self.clone() };
        test.text = format!("This is a test.\n\n{}", self.text);
        let body = self.page.find("<body").and_then(|tag| Some(tag + self.page[tag..].find('>')? + 1));
        test.page.insert_str(body.unwrap_or(0), BANNER);
        for file in &mut test.files {
            file.name = format!("test-{}", file.name);
        }
        test
    }

    /// Creates the payload of a document and its rendered files.
    ///
    /// # Errors
    /// [`ReportError`] if the body of the e-mail cannot be rendered.
    pub fn new(document: &Document, schedule: &str, files: Vec<RenderedFile>) -> Result<Self, ReportError> {
        let metadata = &document.metadata;
        let mut figures = Vec::new();
        let mut lines = vec![format!("{}, {}", document.definition.title, metadata.period_text)];
        lines.extend(metadata.alerts.iter().map(|alert| format!("Alert: {alert}")));
        for section in &document.sections {
            let SectionBody::Figures(section_figures) = &section.body else { continue };
            for figure in section_figures {
                let line = to_sentence(figure);
                lines.push(line.clone());
                lines.extend(figure.notes.iter().cloned());
                figures.extend(figure.values.iter().map(|value| Headline {
                    label: figure.label.clone(),
                    value: value.current.clone(),
                    before: value.previous.clone(),
                    currency: value.currency.clone(),
                    line: line.clone(),
                }));
            }
        }
        lines.extend(document.remarks());
        Ok(Self {
            schedule: schedule.to_owned(),
            report: document.definition.name.clone(),
            title: document.definition.title.clone(),
            period: metadata.period.clone(),
            period_words: metadata.period_text.clone(),
            timezone: metadata.timezone.clone(),
            settled: metadata.freshness.settled,
            remarks: document.remarks(),
            alerts: metadata.alerts.iter().map(|alert| escape_control_chars(alert)).collect(),
            figures,
            text: lines.iter().map(|line| escape_control_chars(line)).collect::<Vec<_>>().join("\n"),
            is_test: false,
            page: render_mail(document)?,
            files,
        })
    }
}
