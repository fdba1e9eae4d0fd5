//! Interface between the scheduler and the building and delivery of reports.

use chrono::{DateTime, Utc};
use voxlake_lake::Fingerprint;

use crate::delivery::{DeliveryPayload, Destination};
use crate::error::ScheduleError;
use crate::report::build::ReportRequest;
use crate::schedule::Schedule;

/// A report that is ready for delivery.
#[derive(Clone, Debug)]
pub struct RenderedReport {
    /// Files and figures to deliver.
    pub payload: DeliveryPayload,
    /// True if its period is settled.
    pub settled: bool,
    /// True if it has no rows.
    pub empty: bool,
    /// True if one of its alerts holds.
    pub alarmed: bool,
    /// Fingerprint of the day files that it was built from.
    pub data: Fingerprint,
    /// Fingerprint of its figures.
    pub figures: Fingerprint,
}

/// Builds and delivers reports. Tests substitute a fake that stops between any two steps.
pub trait ReportRunner: Sync {
    /// Syncs the lake.
    fn sync(&self) -> impl Future<Output = Result<(), ScheduleError>> + Send;

    /// Builds a report and renders it in the formats of the schedule.
    fn render(
        &self,
        schedule: &Schedule,
        request: &ReportRequest,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<RenderedReport, ScheduleError>> + Send;

    /// Returns the fingerprint of the day files that a report would be built from now.
    fn data_fingerprint(
        &self,
        request: &ReportRequest,
    ) -> impl Future<Output = Result<Fingerprint, ScheduleError>> + Send;

    /// Delivers a report to one destination. `id` identifies the delivery for the recipient.
    fn deliver(
        &self,
        destination: &Destination,
        report: &RenderedReport,
        id: &str,
    ) -> impl Future<Output = Result<(), ScheduleError>> + Send;
}
