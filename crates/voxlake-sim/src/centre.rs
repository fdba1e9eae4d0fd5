//! A contact centre made of chance: any window of its calls at any time, always the same ones.
//!
//! Time is cut into minutes. How many calls start in a minute, and everything about the n-th of
//! them, follows from the seed, the minute and n alone. So there is no state, windows can be cut
//! anywhere, and a test can ask which calls exist without going through the server that it tests.

mod config;
mod consumers;
mod countries;
mod directory;
mod journey;
mod model;
mod plan;
mod record;
mod rhythm;
mod slot;
#[cfg(test)]
mod tests;
mod words;

use chrono::{DateTime, Utc};

pub(crate) use self::config::pacific;
pub use self::config::{CentreConfig, InvalidCentre};
pub use self::directory::Directory;
use self::model::CentreModel;
pub(crate) use self::plan::LONGEST;
use self::plan::Plan;
pub(crate) use self::slot::Entry;
use self::slot::Slot;
use crate::call::Call;

/// A contact centre.
#[derive(Debug)]
pub struct Centre {
    config: CentreConfig,
    model: CentreModel,
}

impl Default for Centre {
    fn default() -> Self {
        Self::build(CentreConfig::default())
    }
}

impl Centre {
    /// The centre of these settings.
    ///
    /// # Errors
    ///
    /// When a setting is out of the range that [`CentreConfig`] names.
    pub fn new(config: CentreConfig) -> Result<Self, InvalidCentre> {
        config.check()?;
        Ok(Self::build(config))
    }

    /// The default centre, of another seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self::build(CentreConfig { seed, ..CentreConfig::default() })
    }

    fn build(config: CentreConfig) -> Self {
        Self { model: CentreModel::new(&config), config }
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &CentreConfig {
        &self.config
    }

    /// The centre's queues, agents, teams and flows.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.model.directory
    }

    /// The calls that start in `[from, to)`, in order of start time and then of id.
    ///
    /// They are made while iterating, so a long window costs nothing until it is read.
    pub fn calls(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = Call> + '_ {
        // Calls start on whole seconds, so a window's edges may be rounded up to them.
        self.planned(whole_second(from), whole_second(to))
            .filter_map(|(entry, plan)| self.model.record(entry.slot(), &plan))
    }

    /// How many calls start in the minutes that begin in `[from, to)`. None of them is made for it.
    #[must_use]
    pub fn count_calls(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
        let first = |moment| {
            let second: i64 = whole_second(moment);
            second.div_euclid(60) + i64::from(second.rem_euclid(60) > 0)
        };
        (first(from)..first(to)).map(|minute| u64::from(self.model.count(minute))).sum()
    }

    /// The call of an entry; none at the far end of the calendar.
    pub(crate) fn call(&self, entry: &Entry) -> Option<Call> {
        let slot = entry.slot();
        self.model.record(slot, &self.model.plan(slot))
    }

    /// Entries of the calls that start in `[from, to)`, both in seconds since 1970, in order.
    pub(crate) fn entries(&self, from: i64, to: i64) -> impl Iterator<Item = Entry> + '_ {
        self.planned(from, to).map(|(entry, _)| entry)
    }

    /// As [`entries`](Self::entries), with the outlines that they were made from: whoever goes on
    /// to make the calls need not draw them again.
    fn planned(&self, from: i64, to: i64) -> impl Iterator<Item = (Entry, Plan)> + '_ {
        let end = if from < to { to.div_euclid(60) + i64::from(to.rem_euclid(60) > 0) } else { i64::MIN };
        (from.div_euclid(60)..end)
            .flat_map(|minute| self.minute(minute))
            .filter(move |(entry, _)| (from..to).contains(&entry.start))
    }

    fn minute(&self, minute: i64) -> Vec<(Entry, Plan)> {
        let mut entries: Vec<_> = (0..self.model.count(minute))
            .map(|index| {
                let slot = Slot { minute, index };
                let plan = self.model.plan(slot);
                let id = self.model.engagement_id(slot);
                (Entry { start: plan.start, id, duration: plan.duration, index }, plan)
            })
            .collect();
        entries.sort_unstable_by_key(|(entry, _)| entry.position());
        entries
    }
}

/// Seconds since 1970, a part of a second counting as one.
fn whole_second(moment: DateTime<Utc>) -> i64 {
    moment.timestamp() + i64::from(moment.timestamp_subsec_nanos() > 0)
}
