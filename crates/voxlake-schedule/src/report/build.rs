//! Building of reports: their queries, run and assembled into a document.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use voxlake_lake::{Fingerprint, Lake, LakeLocation, TimeRange};
use voxlake_query::period::Comparison;
use voxlake_query::{
    BoundQuery, DescribedColumn, LakeSession, NamedQuery, QueryLibrary, Reruns, SessionOptions,
};
use voxlake_report::{
    ColumnMeta, ComparedPeriod, Document, QueryRequest, ReportDefinition, ReportError, ReportFormat,
    ReportMetadata, SectionDefinition, SectionResult, render,
};

use super::alert::{self, Alert};
use super::catalog::{check_report, column_meta};
use super::comparison::{compared_period, describe_comparison};
use super::figure_rows::{check_figure_rows, unknown_names};
use super::freshness::{data_fingerprint, data_freshness};
use super::period::{period_label, period_words};
use crate::ScheduleError;

/// Default settle time.
const DEFAULT_SETTLE: TimeDelta = TimeDelta::hours(24);

/// Parameters of a report besides its period: names and values.
pub type Parameters = Vec<(String, String)>;

/// A report to build: its definition, period, time zone and parameters.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReportRequest {
    /// Definition of the report.
    pub definition: ReportDefinition,
    /// Period of the report.
    pub period: TimeRange,
    /// Time zone of the report.
    pub zone: Tz,
    /// Parameters for each section that takes them and does not set them. Default: none.
    pub parameters: Parameters,
    /// Alerts to evaluate. Default: none.
    pub alerts: Vec<Alert>,
    /// Comparison with another period. Default: that of the report, then that of the period.
    pub comparison: Option<Comparison>,
}

impl ReportRequest {
    /// Creates a request without parameters and alerts.
    #[must_use]
    pub fn new(definition: ReportDefinition, period: TimeRange, zone: Tz) -> Self {
        Self { definition, period, zone, parameters: Parameters::new(), alerts: Vec::new(), comparison: None }
    }

    /// Sets the parameters.
    #[must_use]
    pub fn with_parameters(self, parameters: Parameters) -> Self {
        Self { parameters, ..self }
    }

    /// Sets the alerts.
    #[must_use]
    pub fn with_alerts(self, alerts: Vec<Alert>) -> Self {
        Self { alerts, ..self }
    }

    /// Sets the comparison with another period.
    #[must_use]
    pub fn with_comparison(self, comparison: Option<Comparison>) -> Self {
        Self { comparison, ..self }
    }

    /// Returns the period that the report is compared with; `None` if it is not compared.
    ///
    /// # Errors
    /// As [`compared_period`].
    pub fn compared_period(&self) -> Result<Option<TimeRange>, ScheduleError> {
        compared_period(&self.definition, self.comparison, self.period, self.zone)
    }

    /// Returns the periods whose data the report shows.
    ///
    /// # Errors
    /// As [`compared_period`].
    pub(crate) fn periods(&self) -> Result<Vec<TimeRange>, ScheduleError> {
        Ok(self.compared_period()?.into_iter().chain([self.period]).collect())
    }
}

/// A report that was built.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BuiltReport {
    /// The document.
    pub document: Document,
    /// Fingerprint of the day files that were read.
    pub data: Fingerprint,
    /// Fingerprint of all values in the document.
    pub figures: Fingerprint,
}

/// Receives events while reports are built, such as to show progress.
pub trait BuildObserver: Send + Sync {
    /// A session was opened.
    fn session_opened(&self, session: &LakeSession) {
        let _ = session;
    }

    /// Queries start.
    fn started(&self, queries: usize) {
        let _ = queries;
    }

    /// A query is done.
    fn query_done(&self) {}

    /// All queries are done.
    fn finished(&self) {}
}

/// Observer that ignores all events.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl BuildObserver for NoObserver {}

/// Lake, named queries and settings that reports are built from.
#[derive(Clone)]
#[non_exhaustive]
pub struct ReportBuilder {
    /// Location of the lake.
    pub lake: LakeLocation,
    /// Named queries.
    pub queries: QueryLibrary,
    /// Options of sessions. Default: those of [`SessionOptions`].
    pub session: SessionOptions,
    /// Settle time. Default: 24 hours.
    pub settle: TimeDelta,
    /// Formats the command that builds a report again, which the report shows. Default: no text.
    pub format_command: fn(&ReportRequest) -> String,
    /// Observer of the progress. Default: [`NoObserver`].
    pub observer: Arc<dyn BuildObserver>,
}

impl std::fmt::Debug for ReportBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReportBuilder").field("lake", &self.lake).finish_non_exhaustive()
    }
}

impl ReportBuilder {
    /// Creates a builder with the defaults of the other fields.
    #[must_use]
    pub fn new(lake: impl Into<LakeLocation>, queries: QueryLibrary) -> Self {
        Self {
            lake: lake.into(),
            queries,
            session: SessionOptions::default(),
            settle: DEFAULT_SETTLE,
            format_command: |_| String::new(),
            observer: Arc::new(NoObserver),
        }
    }

    /// Runs the queries of a report and assembles it.
    ///
    /// # Errors
    /// [`ScheduleError`] for an invalid report or parameter, and for a query that fails.
    pub async fn build(
        &self,
        request: &ReportRequest,
        now: DateTime<Utc>,
    ) -> Result<BuiltReport, ScheduleError> {
        let mut reruns = Reruns::default();
        loop {
            match self.build_once(request, now).await {
                // All queries run again, so that the report is about one state of the lake.
                Err(ScheduleError::Query(error)) if reruns.allow(&error) => {}
                built => return built,
            }
        }
    }

    async fn build_once(
        &self,
        request: &ReportRequest,
        now: DateTime<Utc>,
    ) -> Result<BuiltReport, ScheduleError> {
        let definition = &request.definition;
        check_report(definition, &self.queries, now)?;
        self.check_parameters(request)?;
        let lake = Lake::open(&self.lake).await?;
        let session = self.open_session(&lake).await?;
        let comparison = match request.compared_period()? {
            Some(compared) => {
                Some(describe_comparison(&session, request.period, compared, request.zone, now).await?)
            }
            None => None,
        };
        let before = comparison.as_ref().and_then(comparable_range);
        let started = Instant::now();
        let answers = self.run_queries(&session, request, before).await?;
        let metadata = ReportMetadata {
            from: request.period.from,
            to: request.period.to,
            timezone: request.zone.name().to_owned(),
            period: period_label(request.period, request.zone),
            period_text: period_words(request.period, request.zone),
            comparison,
            parameters: request.parameters.clone(),
            made_at: now,
            query_time: answers.finished - started,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: (self.format_command)(request),
            freshness: data_freshness(&lake, &session, request.period, now, self.settle).await?,
            alerts: alert::evaluate(&request.alerts, definition, &answers.current).await?,
        };
        let document = Document::new(definition.clone(), metadata, &answers.current, &answers.before)?;
        let data = data_fingerprint(session.days(), &request.periods()?);
        let figures = fingerprint_figures(&document)?;
        Ok(BuiltReport { document, data, figures })
    }

    async fn open_session(&self, lake: &Lake) -> Result<LakeSession, ScheduleError> {
        let session = LakeSession::open(lake, self.session.clone()).await?;
        self.observer.session_opened(&session);
        Ok(session)
    }

    /// Refuses a parameter that no section takes.
    fn check_parameters(&self, request: &ReportRequest) -> Result<(), ScheduleError> {
        let definition = &request.definition;
        for (name, _) in &request.parameters {
            let takes = |query_request: &QueryRequest| {
                let query = self.queries.get(&query_request.query);
                query.is_ok_and(|query| takes_parameter(query, name))
                    && !query_request.parameters.contains_key(name)
            };
            if ["from", "to", "timezone"].contains(&name.as_str())
                || !definition.sections.iter().flat_map(SectionDefinition::requests).any(takes)
            {
                return Err(ScheduleError::UnknownParameter {
                    report: definition.name.clone(),
                    parameter: name.clone(),
                });
            }
        }
        Ok(())
    }

    /// Runs each query of a report once, and those whose changes are shown for the period `before`,
    /// too.
    async fn run_queries(
        &self,
        session: &LakeSession,
        request: &ReportRequest,
        before: Option<TimeRange>,
    ) -> Result<Answers, ScheduleError> {
        let sections = &request.definition.sections;
        let query_requests = distinct(sections.iter().flat_map(SectionDefinition::requests));
        let compared = distinct(sections.iter().flat_map(SectionDefinition::compared_requests));
        let before_runs =
            before.into_iter().flat_map(|before| compared.iter().map(move |one| (before, *one)));
        let before_runs: Vec<(TimeRange, &QueryRequest)> = before_runs.collect();
        self.observer.started(query_requests.len() + before_runs.len());
        let mut answers =
            Answers { current: HashMap::new(), before: HashMap::new(), finished: Instant::now() };
        for query_request in query_requests {
            let answer = self.run_query(session, request, query_request, request.period).await;
            let answer = answer.map_err(|error| in_section(error, &request.definition, query_request))?;
            answers.current.insert(query_request.clone(), answer);
        }
        for (query_request, notice) in
            check_figure_rows(session, &request.definition, &self.queries, request.period).await?
        {
            let answer = answers.current.get_mut(&query_request);
            if let Some(answer) = answer.filter(|answer| !answer.notices.contains(&notice)) {
                answer.notices.push(notice);
            }
        }
        for (before, query_request) in before_runs {
            let answer = self.run_query(session, request, query_request, before).await?;
            answers.before.insert(query_request.clone(), answer);
        }
        answers.finished = Instant::now();
        self.observer.finished();
        Ok(answers)
    }

    async fn run_query(
        &self,
        session: &LakeSession,
        request: &ReportRequest,
        query_request: &QueryRequest,
        period: TimeRange,
    ) -> Result<SectionResult, ScheduleError> {
        let query = self.queries.get(&query_request.query)?;
        let own = query_request
            .parameters
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        let own = own.map(|(name, value)| (name.as_str(), value.as_str()));
        let further = request.parameters.iter();
        let further = further
            .filter(|(name, _)| takes_parameter(query, name) && !query_request.parameters.contains_key(name));
        let further = further.map(|(name, value)| (name.as_str(), value.as_str()));
        let bound = BoundQuery::new(query, period, request.zone).with_parameters(own.chain(further));
        let started = Instant::now();
        let answer = session.run(query, &bound.params()).await?;
        let (notices, charge_notices) = (answer.notices().to_vec(), answer.charge_notices().to_vec());
        let columns = bound.describe_columns(session).await?.into_iter().map(described_column_meta);
        let columns = columns.collect();
        let schema = answer.schema();
        let batches: Vec<RecordBatch> = answer.collect().await?;
        self.observer.query_done();
        Ok(SectionResult {
            request: query_request.clone(),
            title: query.title.clone(),
            description: query.description.clone(),
            columns,
            rows: concat_batches(&schema, &batches)?,
            notices,
            charge_notices,
            took: started.elapsed(),
        })
    }
}

/// Returns the meaning of a column for the report.
fn described_column_meta(described: DescribedColumn<'_>) -> ColumnMeta {
    column_meta(described.column).with_key(described.is_key).with_labels(described.labels)
}

/// Answers of a report's queries.
struct Answers {
    current: HashMap<QueryRequest, SectionResult>,
    /// Answers for the period before.
    before: HashMap<QueryRequest, SectionResult>,
    finished: Instant,
}

/// Returns the time range of a compared period, unless nothing is compared.
fn comparable_range(compared: &ComparedPeriod) -> Option<TimeRange> {
    compared.obstacle.is_none().then_some(TimeRange { from: compared.from, to: compared.to })
}

fn takes_parameter(query: &NamedQuery, name: &str) -> bool {
    query.parameters.iter().any(|parameter| parameter.name == name)
}

/// Adds the report and the first section of a query to an error about an unknown id or name.
fn in_section(error: ScheduleError, report: &ReportDefinition, request: &QueryRequest) -> ScheduleError {
    let section = report.sections.iter().find(|section| section.requests().any(|one| one == request));
    match (error, section) {
        (ScheduleError::Query(error), Some(section)) => unknown_names(error, report, &section.title),
        (error, _) => error,
    }
}

/// Returns a fingerprint of all values in a report, whenever it is built.
fn fingerprint_figures(document: &Document) -> Result<Fingerprint, ReportError> {
    let files = render(document, ReportFormat::Csv, "")?;
    Ok(Fingerprint::from_parts(files.iter().map(|file| file.bytes.as_slice())))
}

fn distinct<'a>(query_requests: impl Iterator<Item = &'a QueryRequest>) -> Vec<&'a QueryRequest> {
    let mut known = HashSet::new();
    query_requests.filter(|query_request| known.insert(*query_request)).collect()
}
