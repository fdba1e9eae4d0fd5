//! Scheduled reports as a service.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use futures::FutureExt as _;
use voxlake_schedule::{Health, RunSummary, ScheduleError, Scheduler, serve_health};

use super::output::print_summary;
use super::updater::Runner;
use crate::clock;
use crate::exit::{Exit, report};
use crate::signals;

/// Maximum sleep between two looks at the clock, so that a changed clock or a suspended machine is
/// noticed.
const MAX_SLEEP: Duration = Duration::from_secs(60);
/// Minimum sleep between two looks at the clock.
const MIN_SLEEP: Duration = Duration::from_millis(100);

/// Builds and delivers reports when they are due, until a signal ends it.
pub(super) async fn run(
    scheduler: &Scheduler<'_, Runner>,
    schedules: usize,
    healthz: Option<SocketAddr>,
) -> anyhow::Result<Exit> {
    let stop = signals::interrupted().boxed().shared();
    let health = Health::new("nothing was due yet");
    let server = match healthz {
        Some(address) => Some(tokio::spawn(serve_health(address, health.clone()).await?)),
        None => None,
    };
    writeln!(std::io::stdout(), "{schedules} schedules; SIGTERM ends the service")?;
    loop {
        let outcome = tokio::select! {
            biased;
            // The ledger records started runs; the next run continues them.
            () = stop.clone() => break,
            outcome = scheduler.run_due(true, None) => outcome,
        };
        record(outcome, &health)?;
        let next = scheduler.next_time().await.ok().flatten();
        let sleep = next
            .and_then(|next| (next - clock::now()).to_std().ok())
            .unwrap_or(MAX_SLEEP)
            .clamp(MIN_SLEEP, MAX_SLEEP);
        tokio::select! {
            biased;
            () = stop.clone() => break,
            () = tokio::time::sleep(sleep) => {}
        }
    }
    if let Some(server) = server {
        server.abort();
    }
    writeln!(std::io::stdout(), "ended")?;
    Ok(Exit::Done)
}

/// Prints an outcome, and updates the health state unless nothing was due.
fn record(outcome: Result<RunSummary, ScheduleError>, health: &Health) -> anyhow::Result<()> {
    match outcome {
        Ok(summary) => {
            print_summary(&summary)?;
            match (summary.lines.is_empty(), summary.failed) {
                (true, _) => {}
                (false, 0) => health.set(true, "all is well"),
                (false, failed) => {
                    health.set(false, &format!("{failed} reports failed the last time; see the log"));
                }
            }
        }
        Err(error) => {
            report(&error.into());
            health.set(false, "the schedule could not be worked on; see the log");
        }
    }
    Ok(())
}
