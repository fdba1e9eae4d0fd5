//! Which runs are to be made: those that were due since the schedule was first seen and are not over, the
//! latest few of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::ledger::Ledger;
use super::plan::Plan;
use crate::exit::UsageError;
use crate::report::make::Order;

/// A run that is to be made.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) key: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) order: Order,
}

/// The runs of `plan` that are due at `now`, in order of their times. A patient asker leaves out what is to
/// be tried again only later.
pub(super) fn due(
    plan: &Plan,
    ledger: &Ledger,
    now: DateTime<Utc>,
    patient: bool,
) -> Result<Vec<Due>, UsageError> {
    let Some(since) = plan.since.or_else(|| ledger.since.get(&plan.name).copied()) else {
        return Ok(Vec::new());
    };
    let mut due: BTreeMap<String, Due> = BTreeMap::new();
    for at in plan.last_times(since, now, plan.catch_up) {
        let order = plan.order(at)?;
        let key = plan.key(&order);
        // Of several times with one period, the first is when it was due.
        due.entry(key.clone()).or_insert(Due { key, at, order });
    }
    let mut due: Vec<Due> = due
        .into_values()
        .filter(|due| {
            let run = ledger.runs.get(&due.key);
            let is_over = run.is_some_and(super::ledger::Run::is_over);
            let is_later = run.and_then(|run| run.next_try).is_some_and(|at| at > now);
            !(is_over || patient && is_later)
        })
        .collect();
    due.sort_by_key(|due| due.at);
    Ok(due)
}

/// When the next run is due, or is to be tried again, after `now`.
pub(super) fn next(plans: &[Plan], ledger: &Ledger, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let times = plans.iter().filter_map(|plan| plan.next(now));
    let retries = ledger.runs.values().filter(|run| !run.is_over()).filter_map(|run| run.next_try);
    times.chain(retries.filter(|at| *at > now)).min()
}
