//! Makes and delivers what is due, noting each step in the ledger before it is taken and after.
//!
//! A crash is told from the ledger: a run that was begun is made again and delivered where it was not; a
//! destination that was being delivered to gets it again, under the same name and id.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use voxlake_fetch::Clock;
use voxlake_lake::{Lake, ReportsLock};

use super::due::{self, Due};
use super::ledger::{Delivery, DeliveryState, Ledger, Run, State};
use super::plan::Plan;
use super::press::{Press, Printed};
use crate::exit::with_causes;
use crate::report::period;

/// How long a failed run rests at first, and at most; it doubles with each try.
const FIRST_REST: TimeDelta = TimeDelta::minutes(1);
const LONGEST_REST: TimeDelta = TimeDelta::hours(1);
/// How often a period that is not settled is looked at again.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(15);

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// What became of each run, in words.
    pub(crate) lines: Vec<String>,
    /// Runs that failed.
    pub(crate) failed: usize,
}

/// Makes and delivers reports of one lake.
pub(crate) struct Desk<'a, P> {
    pub(crate) lake: &'a Lake,
    pub(crate) lock: &'a ReportsLock,
    pub(crate) plans: &'a [Plan],
    pub(crate) press: &'a P,
    pub(crate) clock: Clock,
}

impl<P: Press> Desk<'_, P> {
    /// Makes and delivers what is due. One that fails stops no other.
    pub(crate) async fn make_due(&self, patient: bool, only: Option<&str>) -> anyhow::Result<Summary> {
        let mut ledger = Ledger::read(self.lake).await?;
        let now = (self.clock)();
        let mut is_new = false;
        for plan in self.plans {
            if !ledger.since.contains_key(&plan.name) {
                is_new = true;
                ledger.since.insert(plan.name.clone(), now);
            }
        }
        if is_new {
            ledger.write(self.lake, self.lock).await?;
        }
        let mut summary = Summary::default();
        let mut synced = false;
        for plan in self.plans.iter().filter(|plan| only.is_none_or(|name| name == plan.name)) {
            let due = match due::due(plan, &ledger, now, patient) {
                Ok(due) => due,
                Err(error) => {
                    summary.failed += 1;
                    summary.lines.push(format!("{}: {error}", plan.name));
                    continue;
                }
            };
            if !due.is_empty() && plan.sync && !synced {
                synced = true;
                // What the lake has is reported all the same, and the report says how old that is.
                if let Err(error) = self.press.sync().await {
                    summary.lines.push(format!(
                        "the sync before {} failed: {}",
                        plan.name,
                        with_causes(error.as_ref())
                    ));
                }
            }
            for due in due {
                self.work(plan, &due, &mut ledger, &mut summary).await?;
            }
            ledger.forget(&plan.name);
        }
        Ok(summary)
    }

    /// Makes again what is done and whose data changed since; delivers it where the figures changed, too.
    pub(crate) async fn make_changed(&self, only: Option<&str>) -> anyhow::Result<Summary> {
        let mut ledger = Ledger::read(self.lake).await?;
        let mut summary = Summary::default();
        for plan in self.plans.iter().filter(|plan| only.is_none_or(|name| name == plan.name)) {
            for (key, due) in self.changed(plan, &ledger).await? {
                let printed = match self.press.print(plan, &due.order, (self.clock)()).await {
                    Ok(printed) => printed,
                    Err(error) => {
                        summary.failed += 1;
                        summary.lines.push(format!(
                            "{} {}: {}",
                            plan.name,
                            label(&due, plan),
                            with_causes(error.as_ref())
                        ));
                        continue;
                    }
                };
                let Some(run) = ledger.runs.get_mut(&key) else { continue };
                if run.figures == Some(printed.figures) {
                    run.data = Some(printed.data);
                    run.settled = printed.settled;
                    ledger.write(self.lake, self.lock).await?;
                    summary.lines.push(format!("{} {}: figures as before", plan.name, label(&due, plan)));
                    continue;
                }
                self.renew(&key, &mut ledger);
                self.work(plan, &due, &mut ledger, &mut summary).await?;
            }
        }
        Ok(summary)
    }

    /// The runs of `plan` that are done and whose data is not what it was.
    pub(crate) async fn changed(&self, plan: &Plan, ledger: &Ledger) -> anyhow::Result<Vec<(String, Due)>> {
        let mut changed = Vec::new();
        for (key, run) in ledger.runs_of(&plan.name) {
            let order = plan.order_of(voxlake_lake::TimeRange { from: run.from, to: run.to });
            // A run of other parameters than the schedule has now is history.
            if run.state == State::Done
                && plan.key(&order) == *key
                && run.data != Some(self.press.data(&order).await?)
            {
                changed.push((key.clone(), Due { key: key.clone(), at: run.due, order }));
            }
        }
        Ok(changed)
    }

    /// Makes and delivers one run, whatever became of it before.
    pub(crate) async fn make_again(&self, plan: &Plan, due: &Due) -> anyhow::Result<Summary> {
        let mut ledger = Ledger::read(self.lake).await?;
        let mut summary = Summary::default();
        self.renew(&due.key, &mut ledger);
        self.work(plan, due, &mut ledger, &mut summary).await?;
        Ok(summary)
    }

    /// When there is next something to do.
    pub(crate) async fn next(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        Ok(due::next(self.plans, &Ledger::read(self.lake).await?, (self.clock)()))
    }

    fn renew(&self, key: &str, ledger: &mut Ledger) {
        if let Some(run) = ledger.runs.get_mut(key) {
            run.revision += 1;
            run.deliveries.clear();
        }
    }

    async fn work(
        &self,
        plan: &Plan,
        due: &Due,
        ledger: &mut Ledger,
        summary: &mut Summary,
    ) -> anyhow::Result<()> {
        let now = (self.clock)();
        let period = label(due, plan);
        let run = ledger.runs.entry(due.key.clone()).or_insert_with(|| Run {
            schedule: plan.name.clone(),
            period: period.clone(),
            from: due.order.period.from,
            to: due.order.period.to,
            due: due.at,
            state: State::Begun,
            reason: None,
            tries: 0,
            next_try: None,
            revision: 0,
            made_at: None,
            settled: false,
            data: None,
            figures: None,
            deliveries: Default::default(),
        });
        run.state = State::Begun;
        run.tries += 1;
        run.reason = None;
        run.next_try = None;
        let revision = run.revision;
        ledger.write(self.lake, self.lock).await?;
        let outcome = match self.press.print(plan, &due.order, now).await {
            Err(error) => (State::Failed, Some(with_causes(error.as_ref()))),
            Ok(printed) => {
                self.noted(ledger, &due.key, |run| {
                    run.made_at = Some(now);
                    run.settled = printed.settled;
                    run.data = Some(printed.data);
                    run.figures = Some(printed.figures);
                })
                .await?;
                match self.reason_not_to_send(plan, due, &printed, now, revision) {
                    Some(outcome) => outcome,
                    None => self.deliver(plan, due, ledger, &printed, revision).await?,
                }
            }
        };
        self.end(plan, due, ledger, outcome, summary).await
    }

    /// Whether a printed report waits or stays here, and why.
    fn reason_not_to_send(
        &self,
        plan: &Plan,
        due: &Due,
        printed: &Printed,
        now: DateTime<Utc>,
        revision: u32,
    ) -> Option<(State, Option<String>)> {
        let waits_until = due.at.checked_add_signed(plan.wait).unwrap_or(due.at);
        if !printed.settled && now < waits_until && revision == 0 {
            return Some((State::Waiting, Some("its period is not settled yet".to_owned())));
        }
        if plan.skip_if_empty && printed.empty {
            return Some((State::Skipped, Some("there is nothing to report".to_owned())));
        }
        (!plan.alerts.is_empty() && !printed.alarmed)
            .then(|| (State::Skipped, Some("none of its alerts holds".to_owned())))
    }

    async fn deliver(
        &self,
        plan: &Plan,
        due: &Due,
        ledger: &mut Ledger,
        printed: &Printed,
        revision: u32,
    ) -> anyhow::Result<(State, Option<String>)> {
        let mut problems = BTreeSet::new();
        for destination in &plan.destinations {
            let place = destination.id();
            let known = ledger.runs.get(&due.key).and_then(|run| run.deliveries.get(&place));
            if known.is_some_and(|known| known.state == DeliveryState::Delivered) {
                continue;
            }
            let tries = known.map_or(0, |known| known.tries) + 1;
            let note =
                |state, problem: Option<String>| Delivery { state, at: (self.clock)(), tries, problem };
            let before = note(DeliveryState::Delivering, None);
            self.noted(ledger, &due.key, |run| drop(run.deliveries.insert(place.clone(), before))).await?;
            let id = format!(
                "{}-{revision}",
                voxlake_lake::Fingerprint::from_parts([due.key.as_str(), destination.message_id().as_str()])
            );
            let after = match self.press.deliver(destination, printed, &id).await {
                Ok(()) => note(DeliveryState::Delivered, None),
                Err(error) => {
                    let problem = with_causes(error.as_ref());
                    problems.insert(format!("{}: {problem}", destination.told()));
                    note(DeliveryState::Failed, Some(problem))
                }
            };
            self.noted(ledger, &due.key, |run| drop(run.deliveries.insert(place, after))).await?;
        }
        Ok(if problems.is_empty() {
            (State::Done, None)
        } else {
            (State::Failed, Some(problems.into_iter().collect::<Vec<_>>().join("; ")))
        })
    }

    async fn end(
        &self,
        plan: &Plan,
        due: &Due,
        ledger: &mut Ledger,
        (state, reason): (State, Option<String>),
        summary: &mut Summary,
    ) -> anyhow::Result<()> {
        let now = (self.clock)();
        let mut settled = true;
        self.noted(ledger, &due.key, |run| {
            run.state = state;
            run.reason.clone_from(&reason);
            run.next_try = match state {
                State::Waiting => Some(now + LOOK_AGAIN),
                State::Failed => {
                    let rest =
                        FIRST_REST * i32::try_from(1_u32 << run.tries.saturating_sub(1).min(10)).unwrap_or(1);
                    Some(now + rest.min(LONGEST_REST))
                }
                _ => None,
            };
            settled = run.settled;
        })
        .await?;
        let what = match state {
            State::Done if settled => "delivered".to_owned(),
            State::Done => "delivered; its period is not settled, which it says".to_owned(),
            State::Waiting => "waits".to_owned(),
            State::Skipped => "not sent".to_owned(),
            State::Begun | State::Failed => "failed".to_owned(),
        };
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        summary.lines.push(format!("{} {}: {what}{reason}", plan.name, label(due, plan)));
        summary.failed += usize::from(state == State::Failed);
        Ok(())
    }

    async fn noted(
        &self,
        ledger: &mut Ledger,
        key: &str,
        change: impl FnOnce(&mut Run),
    ) -> anyhow::Result<()> {
        if let Some(run) = ledger.runs.get_mut(key) {
            change(run);
        }
        ledger.write(self.lake, self.lock).await
    }
}

fn label(due: &Due, plan: &Plan) -> String {
    period::label(due.order.period, plan.zone)
}

/// The run of a plan for a period, to be made again.
pub(crate) fn again(plan: &Plan, at: DateTime<Utc>, period: voxlake_lake::TimeRange) -> Due {
    let order = plan.order_of(period);
    Due { key: plan.key(&order), at, order }
}
