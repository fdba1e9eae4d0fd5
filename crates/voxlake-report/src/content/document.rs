//! A report with its results: the input of every output format.

use std::collections::{HashMap, HashSet};

use super::figure::{Figure, build_figure};
use super::grid::Grid;
use super::metadata::ReportMetadata;
use super::row_changes::RowChanges;
use super::section_result::SectionResult;
use crate::definition::{QueryRequest, ReportDefinition, SectionDefinition, Unit, View};
use crate::error::ReportError;

/// A report with its results.
///
/// ```
/// use std::collections::HashMap;
/// use std::time::Duration;
///
/// use voxlake_report::{
///     DataFreshness, Document, ReportDefinition, ReportFormat, ReportMetadata, render,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = "
/// title = \"Notes\"
/// period = \"2026-W47\"
///
/// [[section]]
/// title = \"Maintenance\"
/// show = \"text\"
/// text = \"The lines were down on Monday.\"
/// ";
/// let definition = ReportDefinition::parse("notes", "notes.toml", file)?;
/// let metadata = ReportMetadata {
///     from: "2026-11-16T00:00:00Z".parse()?,
///     to: "2026-11-23T00:00:00Z".parse()?,
///     timezone: "UTC".to_owned(),
///     period: "2026-W47".to_owned(),
///     period_text: "week 47 of 2026".to_owned(),
///     comparison: None,
///     parameters: Vec::new(),
///     made_at: "2026-11-23T06:00:00Z".parse()?,
///     query_time: Duration::ZERO,
///     version: "0.1.0".to_owned(),
///     command: "voxlake report run notes".to_owned(),
///     freshness: DataFreshness::default(),
///     alerts: Vec::new(),
/// };
/// // A section with a query needs its SectionResult here.
/// let document = Document::new(definition, metadata, &HashMap::new(), &HashMap::new())?;
/// let files = |format| render(&document, format, &document.file_stem());
/// assert_eq!(files(ReportFormat::Markdown)?[0].name, "notes_2026-W47.md");
/// for format in [ReportFormat::Markdown, ReportFormat::Html, ReportFormat::Json] {
///     let text = String::from_utf8(files(format)?.remove(0).bytes)?;
///     assert!(text.contains("Maintenance"));
/// }
/// assert!(files(ReportFormat::Xlsx)?[0].bytes.starts_with(b"PK"));
/// // CSV has a file for each section with a result, and so none here.
/// assert!(files(ReportFormat::Csv)?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Document {
    /// The definition of the report.
    pub definition: ReportDefinition,
    /// Period and origin.
    pub metadata: ReportMetadata,
    /// Sections, in the order of the definition.
    pub sections: Vec<Section>,
    /// Results of all sections, each once, in the order of the sections.
    results: Vec<SectionResult>,
}

/// A section with its contents.
#[derive(Clone, Debug)]
pub struct Section {
    /// The definition of the section.
    pub definition: SectionDefinition,
    /// Contents.
    pub body: SectionBody,
    /// Rows with the values of the compared period, if the section shows changes.
    pub changes: Option<RowChanges>,
}

impl Section {
    /// Returns `result` with the values of the compared period, if the section shows changes.
    pub(crate) fn with_changes<'a>(&'a self, result: &'a SectionResult) -> &'a SectionResult {
        self.changes.as_ref().map_or(result, |changes| &changes.result)
    }
}

/// Contents of a section.
#[derive(Clone, Debug)]
pub enum SectionBody {
    /// Rows of a result.
    Rows(SectionResult),
    /// Single figures.
    Figures(Vec<Figure>),
    /// Only the text of the section.
    Text,
}

impl Document {
    /// Builds the document of `definition` from the results for its period. They are compared with
    /// `previous`, the results for the compared period.
    ///
    /// # Errors
    /// [`ReportError::Report`] if a result is missing or does not determine a figure, and an error
    /// if a value cannot be formatted as text.
    pub fn new(
        definition: ReportDefinition,
        metadata: ReportMetadata,
        results: &HashMap<QueryRequest, SectionResult>,
        previous: &HashMap<QueryRequest, SectionResult>,
    ) -> Result<Self, ReportError> {
        let comparison = metadata.comparison.as_ref().filter(|compared| compared.is_compared());
        let uncompared = HashMap::new();
        let previous = if comparison.is_some() { previous } else { &uncompared };
        let sections = definition.sections.iter().map(|section| {
            let fail = |reason: String| {
                ReportError::Report(format!("{}, section {:?}: {reason}", definition.name, section.title))
            };
            let body = match (&section.view, &section.request) {
                (View::Figures(figures), _) => {
                    let figures = figures
                        .iter()
                        .map(|figure| build_figure(figure, results, previous, comparison).map_err(fail));
                    SectionBody::Figures(figures.collect::<Result<_, _>>()?)
                }
                (View::Text, _) | (_, None) => SectionBody::Text,
                (_, Some(request)) => {
                    let result = results.get(request).cloned();
                    let missing = || fail(format!("there is no result of {}", request.query));
                    SectionBody::Rows(result.ok_or_else(missing)?)
                }
            };
            let changes = match (&section.change, &body, &section.request) {
                (Some(change), SectionBody::Rows(result), Some(request)) => {
                    Some(RowChanges::new(change, comparison, result, previous.get(request))?)
                }
                _ => None,
            };
            Ok(Section { definition: section.clone(), body, changes })
        });
        let sections = sections.collect::<Result<Vec<_>, ReportError>>()?;
        let mut seen = HashSet::new();
        let requests = definition.sections.iter().flat_map(SectionDefinition::requests);
        let distinct = requests.filter(|request| seen.insert(*request));
        let results = distinct.filter_map(|request| results.get(request).cloned()).collect();
        drop(seen);
        Ok(Self { definition, metadata, sections, results })
    }

    /// Returns true if there is nothing to report: every count is zero or NULL.
    ///
    /// # Errors
    /// If a value cannot be formatted as text.
    pub fn is_empty(&self) -> Result<bool, ReportError> {
        for section in &self.sections {
            let is_empty = match &section.body {
                SectionBody::Text => true,
                SectionBody::Figures(figures) => figures.iter().all(|figure| {
                    figure
                        .values
                        .iter()
                        .all(|value| !is_nonzero_count(&figure.unit, value.current.as_deref()))
                }),
                SectionBody::Rows(result) => has_no_counts(&Grid::from_result(result)?),
            };
            if !is_empty {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the notices of all queries, each once, without those that a figure shows. A notice
    /// about one or two of several sections names them.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let sections = self.sections_with_results();
        let mut seen: HashSet<&String> = self.figures().flat_map(|figure| &figure.notes).collect();
        let notices = self.results.iter().flat_map(SectionResult::all_notices);
        let notices = notices.filter(|notice| seen.insert(*notice)).map(|notice| {
            let has_notice = |results: &[&SectionResult]| {
                results.iter().any(|result| result.all_notices().any(|other| other == notice))
            };
            let titles = sections.iter().filter(|(_, results)| has_notice(results)).map(|(title, _)| *title);
            let titles: Vec<&str> = titles.collect();
            match titles.len() {
                1 | 2 if titles.len() < sections.len() => format!("{}: {notice}", titles.join(", ")),
                _ => notice.clone(),
            }
        });
        notices.collect()
    }

    /// Returns the titles and the results of the sections that have results.
    fn sections_with_results(&self) -> Vec<(&str, Vec<&SectionResult>)> {
        let sections = self.sections.iter().map(|section| {
            let requests: Vec<&QueryRequest> = section.definition.requests().collect();
            let results = self.results.iter().filter(|result| requests.contains(&&result.request));
            (section.definition.title.as_str(), results.collect::<Vec<_>>())
        });
        sections.filter(|(_, results)| !results.is_empty()).collect()
    }

    fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.sections.iter().flat_map(|section| match &section.body {
            SectionBody::Figures(figures) => figures.as_slice(),
            _ => &[],
        })
    }

    /// Returns the sentences about missing data, and those about data that may still change,
    /// followed by [`Self::notices`].
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        self.metadata.freshness.remarks.iter().cloned().chain(self.notices()).collect()
    }

    /// Returns the results of all sections and their figures, each once.
    pub(crate) fn results(&self) -> impl Iterator<Item = &SectionResult> {
        self.results.iter()
    }

    /// Returns the name of this report's files without extension: `weekly-queues_2026-W47`.
    #[must_use]
    pub fn file_stem(&self) -> String {
        format!("{}_{}", self.definition.name, self.metadata.period)
    }
}

/// Returns true if every count of `grid` is zero. A result without counts is empty if it has no
/// rows.
fn has_no_counts(grid: &Grid) -> bool {
    if !grid.columns.iter().any(|column| matches!(column.unit, Unit::Count(_))) {
        return grid.rows.is_empty();
    }
    let mut cells = grid.rows.iter().flat_map(|row| grid.columns.iter().zip(&row.cells));
    cells.all(|(column, cell)| !is_nonzero_count(&column.unit, cell.as_deref()))
}

fn is_nonzero_count(unit: &Unit, value: Option<&str>) -> bool {
    let is_nonzero = |text: &str| !text.chars().all(|c| matches!(c, '0' | '.'));
    matches!(unit, Unit::Count(_)) && value.is_some_and(is_nonzero)
}
