//! Due runs: those since the schedule was first seen that are not over, the latest few of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use voxlake_lake::TimeRange;

use crate::error::ScheduleError;
use crate::ledger::{Ledger, Run};
use crate::report::build::ReportRequest;
use crate::report::period::period_label;
use crate::schedule::Schedule;

/// A run that is due.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DueRun {
    /// Key of the run in the ledger.
    pub key: String,
    /// Time at which it is due.
    pub due_at: DateTime<Utc>,
    /// Report to build.
    pub request: ReportRequest,
}

impl DueRun {
    /// Creates the run of a schedule for a period.
    pub fn new(schedule: &Schedule, due_at: DateTime<Utc>, period: TimeRange) -> Self {
        let request = schedule.request(period);
        Self { key: schedule.key(&request), due_at, request }
    }

    /// Returns the short name of the period.
    pub(crate) fn label(&self) -> String {
        period_label(self.request.period, self.request.zone)
    }
}

/// Returns the runs of `schedule` that are due at `now`, in order of their times. `respect_backoff`
/// leaves out runs whose next attempt is later.
pub(crate) fn due_runs(
    schedule: &Schedule,
    ledger: &Ledger,
    now: DateTime<Utc>,
    respect_backoff: bool,
) -> Result<Vec<DueRun>, ScheduleError> {
    let Some(since) = schedule.since.or_else(|| ledger.since.get(&schedule.name).copied()) else {
        return Ok(Vec::new());
    };
    let mut by_key: BTreeMap<String, DueRun> = BTreeMap::new();
    for due_at in schedule.last_times(since, now, schedule.catch_up) {
        let run = DueRun::new(schedule, due_at, schedule.period_at(due_at)?);
        // Several times with one period are one run, due at the first of them.
        by_key.entry(run.key.clone()).or_insert(run);
    }
    let mut due: Vec<DueRun> = by_key
        .into_values()
        .filter(|due| {
            let run = ledger.runs.get(&due.key);
            let is_over = run.is_some_and(Run::is_over);
            let is_later = run.and_then(|run| run.next_try).is_some_and(|at| at > now);
            !(is_over || respect_backoff && is_later)
        })
        .collect();
    due.sort_by_key(|due| due.due_at);
    Ok(due)
}

/// Returns the time after `now` at which the next run is due or is retried.
pub(crate) fn next_time(
    schedules: &[Schedule],
    ledger: &Ledger,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let times = schedules.iter().filter_map(|schedule| schedule.next_after(now));
    let retries = ledger.runs.values().filter(|run| !run.is_over()).filter_map(|run| run.next_try);
    times.chain(retries.filter(|at| *at > now)).min()
}
