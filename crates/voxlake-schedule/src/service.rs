//! Scheduled reports as a service.

use std::io;
use std::time::Duration;

use voxlake_lake::{Clock, counted};

use crate::error::ScheduleError;
use crate::health::Health;
use crate::runner::ReportRunner;
use crate::scheduler::{RunSummary, Scheduler};

/// Maximum sleep between two looks at the clock, so that a changed clock or a suspended machine is
/// noticed.
const MAX_SLEEP: Duration = Duration::from_secs(60);
/// Minimum sleep between two looks at the clock.
const MIN_SLEEP: Duration = Duration::from_millis(100);

/// Builds and delivers reports when they are due, until `stop` completes. `on_outcome` gets the
/// outcome of each look at the schedules, and `health` the state unless nothing was due.
///
/// # Errors
/// The error of `on_outcome`, which ends the service.
pub async fn run_service(
    scheduler: &Scheduler<'_, impl ReportRunner>,
    clock: Clock,
    stop: impl Future<Output = ()> + Send,
    health: &Health,
    on_outcome: &(dyn Fn(Result<RunSummary, ScheduleError>) -> io::Result<()> + Sync),
) -> io::Result<()> {
    let mut stop = std::pin::pin!(stop);
    loop {
        let outcome = tokio::select! {
            biased;
            // The ledger records started runs; the next start continues them.
            () = &mut stop => return Ok(()),
            outcome = scheduler.run_due(true, None) => outcome,
        };
        update_health(&outcome, health);
        on_outcome(outcome)?;
        let next = scheduler.next_time().await.ok().flatten();
        let sleep = next
            .and_then(|next| (next - clock()).to_std().ok())
            .unwrap_or(MAX_SLEEP)
            .clamp(MIN_SLEEP, MAX_SLEEP);
        tokio::select! {
            biased;
            () = &mut stop => return Ok(()),
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

fn update_health(outcome: &Result<RunSummary, ScheduleError>, health: &Health) {
    match outcome {
        Ok(summary) if summary.lines.is_empty() => {}
        Ok(RunSummary { failed: 0, .. }) => health.set(true, "all is well"),
        Ok(RunSummary { failed, .. }) => {
            let reports = counted(*failed as u64, "report", "reports");
            health.set(false, &format!("{reports} failed the last time; see the log"));
        }
        Err(_) => health.set(false, "the schedules could not be processed; see the log"),
    }
}
