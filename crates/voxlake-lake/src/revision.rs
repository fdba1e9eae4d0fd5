//! What a merge may do with calls that are there already, and the audit of what it did.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{Coverage, FetchedRange, ScopeId};

/// What a merge does where the day has a call already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConflictPolicy {
    /// The call is replaced by what was fetched later. The rule of a sync.
    #[default]
    Replace,
    /// The call stays as it is; calls that the day does not have are added. The rule of an import.
    Keep,
    /// The call stays as it is, and so does every range that was fetched before: what comes new
    /// into one is refused. The rule of closed books.
    Freeze,
}

/// What a merge did to the calls of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MergeCounts {
    /// Calls that the day did not have.
    pub added: usize,
    /// Calls that say something else than before.
    pub changed: usize,
    /// Fetched calls that left what was there: they say what they said before, or
    /// [`ConflictPolicy::Keep`] kept the day's own. What [`ConflictPolicy::Freeze`] refused is not
    /// among them.
    pub unchanged: usize,
}

/// What a merge changed in ranges that the day had fetched before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// Calls that say something else than before.
    pub changed: usize,
    /// Calls that are new in a range that had been fetched.
    pub late: usize,
    /// Calls that the API moved to another start time, and that were taken out here.
    pub moved: usize,
    /// By how much those calls changed the sum of charges: millionths of a unit, by currency.
    /// Charges without a currency stand under the empty name. No entry is zero.
    pub charges: BTreeMap<String, i128>,
    /// What [`ConflictPolicy::Freeze`] refused, in the order of the day. None of it is in the
    /// figures above.
    pub refused: Vec<RefusedChange>,
}

/// A change that a frozen day did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedChange {
    /// The call.
    pub engagement_id: String,
    /// When it began.
    pub start_time: DateTime<Utc>,
    /// Whether the day does not have the call at all; otherwise it has it in other words.
    pub late: bool,
    /// By how much the call would have changed the sum of charges: millionths, by currency. No
    /// entry is zero.
    pub charges: BTreeMap<String, i128>,
}

/// What a call says of itself as far as the audit needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallVersion<'a> {
    pub(crate) start: DateTime<Utc>,
    pub(crate) id: &'a str,
    /// Millionths of a unit.
    pub(crate) amount: i128,
    /// Empty where the charge names none.
    pub(crate) currency: &'a str,
}

/// Decides call by call what a merge takes, and keeps the audit of it.
#[derive(Debug)]
pub(crate) struct MergeAudit {
    rule: ConflictPolicy,
    fetched_before: Vec<FetchedRange>,
    fetched_now: Vec<FetchedRange>,
    /// Scope of what is merged; `None` for calls without coverage.
    scope: Option<Option<ScopeId>>,
    counts: MergeCounts,
    revision: Revision,
}

impl MergeAudit {
    /// `before` is what the day had fetched, `now` what is being merged; calls are counted on top
    /// of its `calls`.
    pub(crate) fn new(rule: ConflictPolicy, before: &Coverage, now: &[FetchedRange]) -> Self {
        Self {
            rule,
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

    /// Whether the day takes a fetched call that it does not have.
    pub(crate) fn on_insert(&mut self, call: CallVersion<'_>) -> bool {
        let late = self.was_fetched(call.start);
        if late && self.rule == ConflictPolicy::Freeze {
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

    /// Whether the day takes a fetched call in place of the one it has. `same`: both say the same.
    pub(crate) fn on_update(&mut self, old: CallVersion<'_>, new: CallVersion<'_>, same: bool) -> bool {
        if !same && self.rule == ConflictPolicy::Freeze {
            self.refuse(new, false, charge_difference(Some(old), new));
            return false;
        }
        count_call(&mut self.fetched_now, new.start);
        if same || self.rule == ConflictPolicy::Keep {
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

    /// Accounts for a call that the day has no longer.
    pub(crate) fn on_remove(&mut self, old: CallVersion<'_>) {
        for range in self.fetched_before.iter_mut().filter(|fetched| fetched.range().contains(old.start)) {
            range.calls = range.calls.map(|calls| calls.saturating_sub(1));
        }
        self.revision.moved += 1;
        let gone =
            charge_difference(None, old).into_iter().map(|(currency, micros)| (currency, -micros)).collect();
        add_charges(&mut self.revision.charges, gone);
    }

    /// The counts, the revision, and what is covered now, with the number of calls in each range.
    pub(crate) fn finish(mut self) -> (MergeCounts, Revision, Coverage) {
        self.revision.charges.retain(|_, micros| *micros != 0);
        let mut coverage = Coverage::default();
        self.fetched_before.into_iter().chain(self.fetched_now).for_each(|range| coverage.add(range));
        (self.counts, self.revision, coverage)
    }

    fn was_fetched(&self, start: DateTime<Utc>) -> bool {
        // A fetch under another scope did not ask for all of these calls.
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

/// Counts a call in those of the ranges that it started in and whose calls are counted.
fn count_call(ranges: &mut [FetchedRange], start: DateTime<Utc>) {
    for range in ranges.iter_mut().filter(|fetched| fetched.range().contains(start)) {
        range.calls = range.calls.map(|calls| calls + 1);
    }
}

/// By how much `new` in place of `old` changes the sum of charges, by currency.
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
