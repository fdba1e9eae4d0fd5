//! Reports of a lake.

use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, Utc};
use voxlake_lake::{Clock, Fingerprint, Lake};
use voxlake_report::render;

use crate::delivery::{DeliveryContext, DeliveryPayload, Destination};
use crate::environment::Environment;
use crate::error::ScheduleError;
use crate::report::build::{ReportBuilder, ReportRequest};
use crate::report::freshness::data_fingerprint;
use crate::runner::{RenderedReport, ReportRunner};
use crate::schedule::Schedule;

/// Fetches what a lake does not have yet.
pub trait LakeUpdater: Sync {
    /// Updates the lake.
    ///
    /// # Errors
    /// The reason for which data is missing.
    fn update(&self) -> impl Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send;
}

/// Production [`ReportRunner`]: builds reports from a lake and delivers them.
pub struct LakeReportRunner<U> {
    builder: ReportBuilder,
    updater: U,
    first_retry_delay: Duration,
    clock: Clock,
    environment: Environment,
}

impl<U: LakeUpdater> LakeReportRunner<U> {
    /// Creates a runner. `first_retry_delay` is the delay before the second attempt of a delivery,
    /// and `environment` has the secrets of destinations.
    pub fn new(
        builder: ReportBuilder,
        updater: U,
        first_retry_delay: Duration,
        clock: Clock,
        environment: Environment,
    ) -> Self {
        Self { builder, updater, first_retry_delay, clock, environment }
    }

    /// Returns the builder of the reports.
    pub fn builder(&self) -> &ReportBuilder {
        &self.builder
    }
}

impl<U: LakeUpdater> ReportRunner for LakeReportRunner<U> {
    async fn sync(&self) -> Result<(), ScheduleError> {
        self.updater.update().await.map_err(ScheduleError::Update)
    }

    async fn render(
        &self,
        schedule: &Schedule,
        request: &ReportRequest,
        now: DateTime<Utc>,
    ) -> Result<RenderedReport, ScheduleError> {
        let built = self.builder.build(request, now).await?;
        let document = &built.document;
        let stem = format!("{}_{}", file_name_part(&schedule.name), document.metadata.period);
        let mut files = Vec::new();
        for format in &schedule.formats {
            files.extend(render(document, *format, &stem)?);
        }
        Ok(RenderedReport {
            settled: document.metadata.freshness.settled,
            empty: document.is_empty()?,
            alarmed: !document.metadata.alerts.is_empty(),
            payload: DeliveryPayload::new(document, &schedule.name, files)?,
            data: built.data,
            figures: built.figures,
        })
    }

    async fn data_fingerprint(&self, request: &ReportRequest) -> Result<Fingerprint, ScheduleError> {
        let days = Lake::open(&self.builder.lake).await?.days().await?;
        Ok(data_fingerprint(&days, &request.periods()?))
    }

    async fn deliver(
        &self,
        destination: &Destination,
        report: &RenderedReport,
        id: &str,
    ) -> Result<(), ScheduleError> {
        let mut context = DeliveryContext::new(id, (self.clock)(), &self.environment);
        context.first_retry_delay = self.first_retry_delay;
        Ok(destination.deliver(&report.payload, &context).await?)
    }
}

/// Replaces characters of a schedule's name that file names should not have.
fn file_name_part(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' }).collect()
}
