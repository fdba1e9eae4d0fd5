//! Builds and delivers due runs, and records each step in the ledger before and after it.
//!
//! After a crash the scheduler resumes from the ledger. It builds a started run again and delivers
//! it to the destinations that have not received it. A destination whose delivery was interrupted
//! gets the report again, under the same file name and message id.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use voxlake_lake::{Clock, Fingerprint, Lake, ReportsLock};
use voxlake_report::{Period, error_chain};

use crate::due::{DueRun, due_runs, next_time};
use crate::error::ScheduleError;
use crate::ledger::{Delivery, DeliveryState, Ledger, Run, RunState};
use crate::report::period::resolve_period;
use crate::runner::{RenderedReport, ReportRunner};
use crate::schedule::{Schedule, find_schedule};

/// Delay after the first failure of a run. It doubles with each further failure.
const INITIAL_BACKOFF: TimeDelta = TimeDelta::minutes(1);
/// Maximum delay after a failure of a run.
const MAX_BACKOFF: TimeDelta = TimeDelta::hours(1);
/// Interval between checks of a run that waits until its period is settled.
const RECHECK_INTERVAL: TimeDelta = TimeDelta::minutes(15);

/// Outcomes of the runs of one call of the scheduler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunSummary {
    /// Outcome of each run, as one line of text.
    pub lines: Vec<String>,
    /// Number of failed runs.
    pub failed: usize,
}

impl RunSummary {
    /// Adds the outcomes of further runs.
    pub fn extend(&mut self, other: Self) {
        self.lines.extend(other.lines);
        self.failed += other.failed;
    }
}

/// State of a run after an attempt, with the reason for it.
type Outcome = (RunState, Option<String>);

/// Builds and delivers the scheduled reports of one lake.
pub struct Scheduler<'a, R> {
    lake: &'a Lake,
    lock: &'a ReportsLock,
    schedules: &'a [Schedule],
    runner: &'a R,
    clock: Clock,
}

impl<'a, R: ReportRunner> Scheduler<'a, R> {
    /// Creates a scheduler. `lock` ensures that a lake has one scheduler at a time.
    pub fn new(
        lake: &'a Lake,
        lock: &'a ReportsLock,
        schedules: &'a [Schedule],
        runner: &'a R,
        clock: Clock,
    ) -> Self {
        Self { lake, lock, schedules, runner, clock }
    }

    /// Builds and delivers the due runs of all schedules, or of the schedule `only`. A failed run
    /// does not stop the others. `respect_backoff` skips runs whose next attempt is later.
    ///
    /// # Errors
    /// [`ScheduleError`] if the ledger cannot be read or written.
    pub async fn run_due(
        &self,
        respect_backoff: bool,
        only: Option<&str>,
    ) -> Result<RunSummary, ScheduleError> {
        let mut ledger = Ledger::read(self.lake).await?;
        let now = (self.clock)();
        self.register_schedules(&mut ledger, now).await?;
        let mut summary = RunSummary::default();
        let mut synced = false;
        for schedule in self.selected(only) {
            let due = match due_runs(schedule, &ledger, now, respect_backoff) {
                Ok(due) => due,
                Err(error) => {
                    summary.failed += 1;
                    summary.lines.push(format!("{}: {error}", schedule.name));
                    continue;
                }
            };
            if !due.is_empty() && schedule.sync && !synced {
                synced = true;
                // A failed sync does not stop the run: the report states the age of its data.
                if let Err(error) = self.runner.sync().await {
                    let line = format!("the sync before {} failed: {}", schedule.name, error_chain(&error));
                    summary.lines.push(line);
                }
            }
            for due in due {
                self.run(schedule, &due, &mut ledger, &mut summary).await?;
            }
            ledger.prune(&schedule.name);
        }
        Ok(summary)
    }

    /// Rebuilds delivered reports whose data has changed since, and delivers them again if their
    /// figures have changed.
    ///
    /// # Errors
    /// [`ScheduleError`] if the lake cannot be read or the ledger cannot be written.
    pub async fn run_changed(&self, only: Option<&str>) -> Result<RunSummary, ScheduleError> {
        let mut ledger = Ledger::read(self.lake).await?;
        let mut summary = RunSummary::default();
        for schedule in self.selected(only) {
            for due in self.changed_runs(schedule, &ledger).await? {
                let subject = format!("{} {}", schedule.name, due.label());
                let report = match self.runner.render(schedule, &due.request, (self.clock)()).await {
                    Ok(report) => report,
                    Err(error) => {
                        summary.failed += 1;
                        summary.lines.push(format!("{subject}: {}", error_chain(&error)));
                        continue;
                    }
                };
                let Some(run) = ledger.runs.get_mut(&due.key) else { continue };
                if run.figures == Some(report.figures) {
                    run.data = Some(report.data);
                    run.settled = report.settled;
                    ledger.write(self.lake, self.lock).await?;
                    summary.lines.push(format!("{subject}: figures unchanged"));
                    continue;
                }
                ledger.start_revision(&due.key);
                self.run(schedule, &due, &mut ledger, &mut summary).await?;
            }
        }
        Ok(summary)
    }

    /// Rebuilds and redelivers the run of the schedule `name` for a period, also if it was
    /// delivered to every destination. The default is the period of the last time at which it was
    /// due.
    ///
    /// # Errors
    /// [`ScheduleError`] for an unknown schedule or period, or if the ledger cannot be read or
    /// written.
    pub async fn rerun(&self, name: &str, period: Option<&str>) -> Result<RunSummary, ScheduleError> {
        let schedule = find_schedule(self.schedules, name)?;
        let now = (self.clock)();
        let last = schedule.last_until(now);
        let period = match period {
            Some(name) => resolve_period(&Period::parse(name), now, schedule.zone)?,
            None => schedule.period_at(last)?,
        };
        let due = DueRun::new(schedule, last, period);
        let mut ledger = Ledger::read(self.lake).await?;
        let mut summary = RunSummary::default();
        ledger.start_revision(&due.key);
        self.run(schedule, &due, &mut ledger, &mut summary).await?;
        Ok(summary)
    }

    /// Returns the time of the next due run or retry.
    ///
    /// # Errors
    /// [`ScheduleError`] if the ledger cannot be read.
    pub async fn next_time(&self) -> Result<Option<DateTime<Utc>>, ScheduleError> {
        Ok(next_time(self.schedules, &Ledger::read(self.lake).await?, (self.clock)()))
    }

    /// Returns all schedules, or the one with the name `only`.
    fn selected(&self, only: Option<&str>) -> impl Iterator<Item = &'a Schedule> {
        self.schedules.iter().filter(move |schedule| only.is_none_or(|name| name == schedule.name))
    }

    /// Adds new schedules to the ledger. Their runs before `now` are not due.
    async fn register_schedules(&self, ledger: &mut Ledger, now: DateTime<Utc>) -> Result<(), ScheduleError> {
        let known = ledger.since.len();
        for schedule in self.schedules {
            ledger.since.entry(schedule.name.clone()).or_insert(now);
        }
        if ledger.since.len() == known { Ok(()) } else { ledger.write(self.lake, self.lock).await }
    }

    /// Returns the delivered runs of a schedule whose data has changed since.
    async fn changed_runs(&self, schedule: &Schedule, ledger: &Ledger) -> Result<Vec<DueRun>, ScheduleError> {
        let mut changed = Vec::new();
        for (key, run) in ledger.runs_of(&schedule.name) {
            let due = DueRun::new(schedule, run.due, run.time_range());
            // A run whose key differs was built with other parameters of the schedule. It is not
            // rebuilt.
            if run.state == RunState::Done
                && due.key == *key
                && run.data != Some(self.runner.data_fingerprint(&due.request).await?)
            {
                changed.push(due);
            }
        }
        Ok(changed)
    }

    /// Builds, delivers and records one run.
    async fn run(
        &self,
        schedule: &Schedule,
        due: &DueRun,
        ledger: &mut Ledger,
        summary: &mut RunSummary,
    ) -> Result<(), ScheduleError> {
        let now = (self.clock)();
        let run = ledger.runs.entry(due.key.clone());
        let run =
            run.or_insert_with(|| Run::new(&schedule.name, due.label(), due.request.period, due.due_at));
        run.start_attempt();
        let revision = run.revision;
        ledger.write(self.lake, self.lock).await?;
        let outcome = match self.runner.render(schedule, &due.request, now).await {
            Err(error) => (RunState::Failed, Some(error_chain(&error))),
            Ok(report) => {
                self.update_run(ledger, &due.key, |run| {
                    run.made_at = Some(now);
                    run.settled = report.settled;
                    run.data = Some(report.data);
                    run.figures = Some(report.figures);
                })
                .await?;
                match withheld_outcome(schedule, due, &report, now, revision) {
                    Some(outcome) => outcome,
                    None => self.deliver(schedule, due, ledger, &report, revision).await?,
                }
            }
        };
        self.finish(schedule, due, ledger, outcome, summary).await
    }

    /// Delivers a report to the destinations that have not received it.
    async fn deliver(
        &self,
        schedule: &Schedule,
        due: &DueRun,
        ledger: &mut Ledger,
        report: &RenderedReport,
        revision: u32,
    ) -> Result<Outcome, ScheduleError> {
        let mut problems = BTreeSet::new();
        for destination in &schedule.destinations {
            let id = destination.id();
            let previous = ledger.runs.get(&due.key).and_then(|run| run.deliveries.get(&id));
            if previous.is_some_and(|delivery| delivery.state == DeliveryState::Delivered) {
                continue;
            }
            let tries = previous.map_or(0, |delivery| delivery.tries) + 1;
            let delivery =
                |state, problem: Option<String>| Delivery { state, at: (self.clock)(), tries, problem };
            let started = delivery(DeliveryState::Delivering, None);
            self.update_run(ledger, &due.key, |run| drop(run.deliveries.insert(id.clone(), started))).await?;
            let hash = Fingerprint::from_parts([due.key.as_str(), destination.message_id().as_str()]);
            let message_id = format!("{hash}-{revision}");
            let ended = match self.runner.deliver(destination, report, &message_id).await {
                Ok(()) => delivery(DeliveryState::Delivered, None),
                Err(error) => {
                    let problem = error_chain(&error);
                    problems.insert(format!("{}: {problem}", destination.describe()));
                    delivery(DeliveryState::Failed, Some(problem))
                }
            };
            self.update_run(ledger, &due.key, |run| drop(run.deliveries.insert(id, ended))).await?;
        }
        Ok(if problems.is_empty() {
            (RunState::Done, None)
        } else {
            (RunState::Failed, Some(problems.into_iter().collect::<Vec<_>>().join("; ")))
        })
    }

    /// Records the outcome of an attempt, in the ledger and in the summary.
    async fn finish(
        &self,
        schedule: &Schedule,
        due: &DueRun,
        ledger: &mut Ledger,
        (state, reason): Outcome,
        summary: &mut RunSummary,
    ) -> Result<(), ScheduleError> {
        let now = (self.clock)();
        let mut settled = true;
        self.update_run(ledger, &due.key, |run| {
            run.state = state;
            run.reason.clone_from(&reason);
            run.next_try = match state {
                RunState::Waiting => Some(now + RECHECK_INTERVAL),
                RunState::Failed => Some(now + backoff(run.tries)),
                _ => None,
            };
            settled = run.settled;
        })
        .await?;
        let outcome = match state {
            RunState::Done if settled => "delivered",
            RunState::Done => "delivered; its period is not settled, as the report states",
            RunState::Waiting => "waiting",
            RunState::Skipped => "not sent",
            RunState::Started | RunState::Failed => "failed",
        };
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        summary.lines.push(format!("{} {}: {outcome}{reason}", schedule.name, due.label()));
        summary.failed += usize::from(state == RunState::Failed);
        Ok(())
    }

    /// Changes a run and writes the ledger.
    async fn update_run(
        &self,
        ledger: &mut Ledger,
        key: &str,
        change: impl FnOnce(&mut Run),
    ) -> Result<(), ScheduleError> {
        if let Some(run) = ledger.runs.get_mut(key) {
            change(run);
        }
        ledger.write(self.lake, self.lock).await
    }
}

/// Returns the delay before the next attempt of a run that has failed.
fn backoff(attempts: u32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).min(10);
    (INITIAL_BACKOFF * (1 << doublings)).min(MAX_BACKOFF)
}

/// Returns the outcome of a report that is not delivered now, or `None` if it is to be delivered. A
/// rerun does not wait until its period is settled.
fn withheld_outcome(
    schedule: &Schedule,
    due: &DueRun,
    report: &RenderedReport,
    now: DateTime<Utc>,
    revision: u32,
) -> Option<Outcome> {
    let waits_until = due.due_at.checked_add_signed(schedule.wait).unwrap_or(due.due_at);
    if !report.settled && now < waits_until && revision == 0 {
        return Some((RunState::Waiting, Some("its period is not settled yet".to_owned())));
    }
    if schedule.skip_if_empty && report.empty {
        return Some((RunState::Skipped, Some("there is nothing to report".to_owned())));
    }
    (!schedule.alerts.is_empty() && !report.alarmed)
        .then(|| (RunState::Skipped, Some("no alert holds".to_owned())))
}
