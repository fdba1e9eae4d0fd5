//! What is delivered: a report's files, and its headline figures for mails and messages.

use serde::Serialize;
use voxlake_report::visible;
use voxlake_report::{Document, RenderedFile, SectionBody, mail_page, told};

/// A report, ready to go.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Parcel {
    pub(crate) schedule: String,
    pub(crate) report: String,
    pub(crate) title: String,
    /// The period's short name.
    pub(crate) period: String,
    pub(crate) period_words: String,
    pub(crate) timezone: String,
    pub(crate) settled: bool,
    pub(crate) remarks: Vec<String>,
    pub(crate) alerts: Vec<String>,
    /// The single figures of all sections.
    pub(crate) figures: Vec<Headline>,
    /// All of it in a few lines.
    pub(crate) text: String,
    /// Whether it is only sent to see that it arrives.
    pub(crate) is_test: bool,
    #[serde(skip)]
    pub(crate) page: String,
    #[serde(skip)]
    pub(crate) files: Vec<RenderedFile>,
}

/// A headline figure.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Headline {
    pub(crate) label: String,
    /// The value as the question gives it.
    pub(crate) value: Option<String>,
    pub(crate) before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
    /// The figure in a line, with its change.
    pub(crate) line: String,
}

impl Parcel {
    /// The same, which says that it is a test and replaces no file of a report.
    pub(crate) fn marked_as_test(&self) -> Self {
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

    pub(crate) fn new(document: &Document, schedule: &str, files: Vec<RenderedFile>) -> anyhow::Result<Self> {
        let about = &document.about;
        let mut figures = Vec::new();
        let mut lines = vec![format!("{}, {}", document.definition.title, about.period_words)];
        lines.extend(about.alerts.iter().map(|alert| format!("Alert: {alert}")));
        for section in &document.sections {
            let SectionBody::Figures(of_section) = &section.body else { continue };
            for figure in of_section {
                let line = told(figure);
                lines.push(line.clone());
                figures.extend(figure.values.iter().map(|value| Headline {
                    label: figure.label.clone(),
                    value: value.now.clone(),
                    before: value.before.clone(),
                    currency: value.currency.clone(),
                    line: line.clone(),
                }));
            }
        }
        lines.extend(about.standing.remarks.iter().cloned());
        Ok(Self {
            schedule: schedule.to_owned(),
            report: document.definition.name.clone(),
            title: document.definition.title.clone(),
            period: about.period.clone(),
            period_words: about.period_words.clone(),
            timezone: about.timezone.clone(),
            settled: about.standing.settled,
            remarks: about.standing.remarks.clone(),
            alerts: about.alerts.iter().map(|alert| visible(alert)).collect(),
            figures,
            text: lines.iter().map(|line| visible(line)).collect::<Vec<_>>().join("\n"),
            is_test: false,
            page: mail_page(document)?,
            files,
        })
    }
}
