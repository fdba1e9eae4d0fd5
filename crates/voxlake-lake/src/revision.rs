//! Conflict policies of merges, and the audit of a merge.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{Coverage, FetchedRange, ScopeId};

/// Policy for calls that the day already has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConflictPolicy {
    /// Replaces the call with the version that was fetched later. Policy of a sync.
    #[default]
    Replace,
    /// Keeps the call and adds new calls. Policy of an import.
    Keep,
    /// Keeps the call and refuses new calls in ranges that were fetched before. Policy of closed
    /// months.
    Freeze,
}

/// Counts of a merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MergeCounts {
    /// Calls that the day did not have.
    pub added: usize,
    /// Calls with changed content.
    pub changed: usize,
    /// Fetched calls that changed nothing, because their content is the same or
    /// [`ConflictPolicy::Keep`] kept the day's version. Calls refused by [`ConflictPolicy::Freeze`]
    /// are not included.
    pub unchanged: usize,
}

/// Changes of a merge in ranges that had been fetched before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// Calls with changed content.
    pub changed: usize,
    /// New calls in a range that had been fetched.
    pub late: usize,
    /// Calls removed because the API moved them to another start time.
    pub moved: usize,
    /// Change of the sum of charges in millionths of a unit, by currency. Charges without a
    /// currency have an empty key. No entry is zero.
    pub charges: BTreeMap<String, i128>,
    /// Changes refused by [`ConflictPolicy::Freeze`], in the order of the day. The other fields do
    /// not include them.
    pub refused: Vec<RefusedChange>,
}

/// A change that a frozen day refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedChange {
    /// Id of the call.
    pub engagement_id: String,
    /// Start of the call.
    pub start_time: DateTime<Utc>,
    /// True if the call is new. Otherwise the day has it with other content.
    pub late: bool,
    /// Change of the sum of charges that was refused, in millionths by currency. No entry is zero.
    pub charges: BTreeMap<String, i128>,
}

/// Fields of a call that the audit needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallVersion<'a> {
    pub(crate) start: DateTime<Utc>,
    pub(crate) id: &'a str,
    /// Millionths of a unit.
    pub(crate) amount: i128,
    /// Empty if the charge has no currency.
    pub(crate) currency: &'a str,
}

/// Decides which calls of a merge are taken, and counts its changes.
#[derive(Debug)]
pub(crate) struct MergeAudit {
    policy: ConflictPolicy,
    fetched_before: Vec<FetchedRange>,
    fetched_now: Vec<FetchedRange>,
    /// Scope of the merged calls; `None` for calls without coverage.
    scope: Option<Option<ScopeId>>,
    counts: MergeCounts,
    revision: Revision,
}

impl MergeAudit {
    /// Starts an audit. `before` is the coverage of the day, `now` the coverage of the merged
    /// calls. Calls are added to its `calls`.
    pub(crate) fn new(policy: ConflictPolicy, before: &Coverage, now: &[FetchedRange]) -> Self {
        Self {
            policy,
            fetched_before: before.ranges().to_vec(),
            fetched_now: now
                .iter()
                .map(|range| FetchedRange { calls: range.calls.or(Some(0)), ..*range })
                .collect(),
            scope: now.first().map(|range| range.scope),
            counts: MergeCounts::default(),
            revision: Revision::default(),
        }
    }

    /// Returns whether a fetched call that the day does not have is added.
    pub(crate) fn on_insert(&mut self, call: CallVersion<'_>) -> bool {
        let late = self.was_fetched(call.start);
        if late && self.policy == ConflictPolicy::Freeze {
            self.refuse(call, true, charge_difference(None, call));
            return false;
        }
        self.counts.added += 1;
        count_call(&mut self.fetched_now, call.start);
        if late {
            count_call(&mut self.fetched_before, call.start);
            self.revision.late += 1;
            add_charges(&mut self.revision.charges, charge_difference(None, call));
        }
        true
    }

    /// Returns whether a fetched call replaces that of the day. `same` means equal content.
    pub(crate) fn on_update(&mut self, old: CallVersion<'_>, new: CallVersion<'_>, same: bool) -> bool {
        if !same && self.policy == ConflictPolicy::Freeze {
            self.refuse(new, false, charge_difference(Some(old), new));
            return false;
        }
        count_call(&mut self.fetched_now, new.start);
        if same || self.policy == ConflictPolicy::Keep {
            self.counts.unchanged += 1;
            return false;
        }
        self.counts.changed += 1;
        if self.was_fetched(new.start) {
            self.revision.changed += 1;
            add_charges(&mut self.revision.charges, charge_difference(Some(old), new));
        }
        true
    }

    /// Counts a call that is removed from the day.
    pub(crate) fn on_remove(&mut self, old: CallVersion<'_>) {
        for range in self.fetched_before.iter_mut().filter(|fetched| fetched.range().contains(old.start)) {
            range.calls = range.calls.map(|calls| calls.saturating_sub(1));
        }
        self.revision.moved += 1;
        let gone =
            charge_difference(None, old).into_iter().map(|(currency, micros)| (currency, -micros)).collect();
        add_charges(&mut self.revision.charges, gone);
    }

    /// Returns the counts, the changes, and the new coverage with the number of calls in each
    /// range.
    pub(crate) fn finish(mut self) -> (MergeCounts, Revision, Coverage) {
        self.revision.charges.retain(|_, micros| *micros != 0);
        let mut coverage = Coverage::default();
        self.fetched_before.into_iter().chain(self.fetched_now).for_each(|range| coverage.add(range));
        (self.counts, self.revision, coverage)
    }

    fn was_fetched(&self, start: DateTime<Utc>) -> bool {
        // A fetch under another scope did not return all of these calls.
        let is_comparable = |fetched: &&FetchedRange| self.scope.is_none_or(|scope| fetched.scope == scope);
        self.fetched_before.iter().filter(is_comparable).any(|fetched| fetched.range().contains(start))
    }

    fn refuse(&mut self, call: CallVersion<'_>, late: bool, charges: BTreeMap<String, i128>) {
        self.revision.refused.push(RefusedChange {
            engagement_id: call.id.to_owned(),
            start_time: call.start,
            late,
            charges,
        });
    }
}

/// Counts a call in the ranges that contain its start and have a count.
fn count_call(ranges: &mut [FetchedRange], start: DateTime<Utc>) {
    for range in ranges.iter_mut().filter(|fetched| fetched.range().contains(start)) {
        range.calls = range.calls.map(|calls| calls + 1);
    }
}

/// Returns the change of the sum of charges by currency when `new` replaces `old`.
fn charge_difference(old: Option<CallVersion<'_>>, new: CallVersion<'_>) -> BTreeMap<String, i128> {
    let mut charges = BTreeMap::from([(new.currency.to_owned(), new.amount)]);
    if let Some(old) = old {
        *charges.entry(old.currency.to_owned()).or_default() -= old.amount;
    }
    charges.retain(|_, micros| *micros != 0);
    charges
}

fn add_charges(sum: &mut BTreeMap<String, i128>, charges: BTreeMap<String, i128>) {
    for (currency, micros) in charges {
        *sum.entry(currency).or_default() += micros;
    }
}
