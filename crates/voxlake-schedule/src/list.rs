//! Listing of schedules, with their next times and their last runs.

use chrono::{DateTime, Utc};
use voxlake_lake::Lake;

use crate::error::ScheduleError;
use crate::ledger::{Ledger, Run, RunState};
use crate::report::period::period_label;
use crate::runner::ReportRunner;
use crate::schedule::Schedule;

/// Lines about schedules, and whether the data of a delivered report has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduleListing {
    /// Lines of text, with names unescaped.
    pub lines: Vec<String>,
    /// True if the data of a last run has changed since its delivery.
    pub has_changes: bool,
}

/// Lists schedules, each with its next `next` times after `now` and its last run.
///
/// # Errors
/// [`ScheduleError`] if the ledger or the lake cannot be read.
pub async fn list_schedules(
    lake: &Lake,
    schedules: &[Schedule],
    runner: &impl ReportRunner,
    next: usize,
    now: DateTime<Utc>,
) -> Result<ScheduleListing, ScheduleError> {
    let ledger = Ledger::read(lake).await?;
    let mut listing = ScheduleListing::default();
    for schedule in schedules {
        let lines = &mut listing.lines;
        let formats = schedule.formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
        lines.push(format!("{}: {} as {formats}", schedule.name, schedule.definition.name));
        lines.push(format!("  when     {} ({})", schedule.cron.describe(), schedule.zone));
        let times = std::iter::successors(schedule.next_after(now), |last| schedule.next_after(*last));
        for (index, time) in times.take(next).enumerate() {
            let word = if index == 0 { "next" } else { "" };
            lines.push(format!(
                "  {word:<8} {}, about {}",
                time.with_timezone(&schedule.zone).format("%a %Y-%m-%d %H:%M %:z"),
                period_label(schedule.period_at(time)?, schedule.zone)
            ));
        }
        for destination in &schedule.destinations {
            lines.push(format!("  to       {}", destination.describe()));
        }
        match ledger.runs_of(&schedule.name).last() {
            None => lines.push("  last     none yet".to_owned()),
            Some((_, run)) => {
                let is_changed = run.state == RunState::Done
                    && run.data != Some(runner.data_fingerprint(&schedule.request(run.time_range())).await?);
                lines.push(format!("  last     {}", describe_run(run, is_changed)));
                listing.has_changes |= is_changed;
            }
        }
    }
    Ok(listing)
}

fn describe_run(run: &Run, is_changed: bool) -> String {
    let state = match run.state {
        RunState::Waiting => "waiting",
        RunState::Done => "delivered",
        RunState::Skipped => "not sent",
        RunState::Failed => "failed",
        RunState::Started => "was started and not ended",
    };
    let built = run.made_at.map_or_else(String::new, |at| format!(" {}", at.format("%Y-%m-%d %H:%M UTC")));
    let reason = run.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let changed = if is_changed { "; its data has changed since" } else { "" };
    format!("{} {state}{built}{reason}{changed}", run.period)
}
