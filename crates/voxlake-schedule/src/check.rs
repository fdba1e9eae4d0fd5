//! Checks of schedules: builds their reports, and delivers tests.

use chrono::{DateTime, Utc};
use voxlake_report::error_chain;

use crate::error::ScheduleError;
use crate::lake_runner::{LakeReportRunner, LakeUpdater};
use crate::report::period::period_label;
use crate::runner::{RenderedReport, ReportRunner as _};
use crate::schedule::Schedule;

/// Receives the result of each check: the text of a success, or of an error.
pub type CheckSink<'s> = &'s mut (dyn FnMut(&Schedule, Result<String, String>) + Send);

/// Builds the report of each schedule for its last time up to `now`, and delivers it as a test if
/// `send_test`.
pub async fn check_schedules<U: LakeUpdater>(
    schedules: &[Schedule],
    runner: &LakeReportRunner<U>,
    send_test: bool,
    now: DateTime<Utc>,
    sink: CheckSink<'_>,
) {
    for schedule in schedules {
        match check_schedule(schedule, runner, now, sink).await {
            Ok(report) if send_test => send_tests(schedule, runner, &report, now, sink).await,
            Ok(_) => {}
            Err(error) => sink(schedule, Err(error_chain(&error))),
        }
    }
}

async fn check_schedule<U: LakeUpdater>(
    schedule: &Schedule,
    runner: &LakeReportRunner<U>,
    now: DateTime<Utc>,
    sink: CheckSink<'_>,
) -> Result<RenderedReport, ScheduleError> {
    let request = schedule.request(schedule.period_at(schedule.last_until(now))?);
    let report = runner.render(schedule, &request, now).await?;
    let period = period_label(request.period, schedule.zone);
    let alerts = if report.alarmed { ", an alert holds" } else { "" };
    sink(schedule, Ok(format!("the report of {period} can be built{alerts}")));
    Ok(report)
}

async fn send_tests<U: LakeUpdater>(
    schedule: &Schedule,
    runner: &LakeReportRunner<U>,
    report: &RenderedReport,
    now: DateTime<Utc>,
    sink: CheckSink<'_>,
) {
    let test = RenderedReport { payload: report.payload.marked_as_test(), ..report.clone() };
    for destination in &schedule.destinations {
        let id = format!("test-{}", now.timestamp_millis());
        let name = destination.describe();
        let result = match runner.deliver(destination, &test, &id).await {
            Ok(()) => Ok(format!("a test was sent to {name}")),
            Err(error) => Err(format!("{name}: {}", error_chain(&error))),
        };
        sink(schedule, result);
    }
}
