//! Listing of schedules, with their next times and their last runs.

use std::io::Write as _;

use voxlake_lake::Lake;
use voxlake_report::escape_control_chars;
use voxlake_schedule::report::period::period_label;
use voxlake_schedule::{Ledger, ReportRunner as _, Run, RunState, Schedule};

use super::updater::Runner;
use crate::clock;
use crate::exit::Exit;

/// Prints all schedules, each with its next `next` times.
pub(super) async fn list(
    lake: &Lake,
    schedules: &[Schedule],
    runner: &Runner,
    next: usize,
) -> anyhow::Result<Exit> {
    let ledger = Ledger::read(lake).await?;
    let now = clock::now();
    let mut out = std::io::stdout();
    for schedule in schedules {
        let formats = schedule.formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
        writeln!(
            out,
            "{}: {} as {formats}",
            escape_control_chars(&schedule.name),
            escape_control_chars(&schedule.definition.name)
        )?;
        writeln!(out, "  when     {} ({})", escape_control_chars(&schedule.cron.describe()), schedule.zone)?;
        let times = std::iter::successors(schedule.next_after(now), |last| schedule.next_after(*last));
        for (index, time) in times.take(next).enumerate() {
            let word = if index == 0 { "next" } else { "" };
            writeln!(
                out,
                "  {word:<8} {}, about {}",
                time.with_timezone(&schedule.zone).format("%a %Y-%m-%d %H:%M %:z"),
                period_label(schedule.period_at(time)?, schedule.zone)
            )?;
        }
        for destination in &schedule.destinations {
            writeln!(out, "  to       {}", escape_control_chars(&destination.describe()))?;
        }
        match ledger.runs_of(&schedule.name).last() {
            None => writeln!(out, "  last     none yet")?,
            Some((_, run)) => {
                let is_changed = run.state == RunState::Done && is_changed(schedule, run, runner).await?;
                writeln!(out, "  last     {}", escape_control_chars(&describe(run, is_changed)))?;
            }
        }
    }
    Ok(Exit::Done)
}

async fn is_changed(schedule: &Schedule, run: &Run, runner: &Runner) -> anyhow::Result<bool> {
    let request = schedule.request(run.time_range());
    Ok(run.data != Some(runner.data_fingerprint(&request).await?))
}

fn describe(run: &Run, is_changed: bool) -> String {
    let state = match run.state {
        RunState::Waiting => "waiting",
        RunState::Done => "delivered",
        RunState::Skipped => "not sent",
        RunState::Failed => "failed",
        _ => "was started and not ended",
    };
    let built = run.made_at.map_or_else(String::new, |at| format!(" {}", at.format("%Y-%m-%d %H:%M UTC")));
    let reason = run.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let changed = if is_changed {
        "; its data has changed since: `voxlake schedule due --changed` delivers it again if its figures have, too"
    } else {
        ""
    };
    format!("{} {state}{built}{reason}{changed}", run.period)
}
