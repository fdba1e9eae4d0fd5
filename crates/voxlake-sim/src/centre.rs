//! A simulated contact centre.
//!
//! Time is divided into minutes. The number of calls that start in a minute follows from the seed
//! and the minute; the n-th call of a minute follows from the seed, the minute and n. The centre
//! has no state, so any window can be generated on its own. A test can compute the expected calls
//! without the server that it tests.

mod config;
mod consumers;
mod countries;
mod directory;
mod journey;
mod model;
mod names;
mod plan;
mod record;
mod seasonality;
mod sizing;
mod slot;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

pub(crate) use self::config::pacific;
pub use self::config::{CentreConfig, InvalidCentre};
pub use self::directory::Directory;
use self::model::CentreModel;
pub(crate) use self::plan::MAX_CALL_SECONDS;
use self::plan::Plan;
pub use self::sizing::SizingError;
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
    /// Creates the centre of a configuration.
    ///
    /// # Errors
    ///
    /// If a setting is out of the range that [`CentreConfig`] documents.
    pub fn new(config: CentreConfig) -> Result<Self, InvalidCentre> {
        config.check()?;
        Ok(Self::build(config))
    }

    /// Creates the default centre with another seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self::build(CentreConfig { seed, ..CentreConfig::default() })
    }

    fn build(config: CentreConfig) -> Self {
        Self { model: CentreModel::new(&config), config }
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &CentreConfig {
        &self.config
    }

    /// Returns the centre's queues, agents, teams and flows.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.model.directory
    }

    /// Iterates over the calls that start in `[from, to)`, ordered by start time, then id.
    ///
    /// Calls are generated lazily: creating the iterator costs nothing, however long the window.
    pub fn calls(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = Call> + '_ {
        // Calls start on whole seconds, so both bounds can be rounded up to them.
        self.planned(whole_second(from), whole_second(to))
            .filter_map(|(entry, plan)| self.model.record(entry.slot(), &plan))
    }

    /// Counts the calls of all minutes that begin in `[from, to)`, without generating them.
    #[must_use]
    pub fn count_calls(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
        let first = |moment| {
            let second: i64 = whole_second(moment);
            second.div_euclid(60) + i64::from(second.rem_euclid(60) > 0)
        };
        (first(from)..first(to)).map(|minute| u64::from(self.model.count(minute))).sum()
    }

    /// Returns the call of an entry; `None` outside the range of `DateTime`.
    pub(crate) fn call(&self, entry: &Entry) -> Option<Call> {
        let slot = entry.slot();
        self.model.record(slot, &self.model.plan(slot))
    }

    /// Iterates over the entries of the calls that start in `[from, to)`, in seconds since 1970.
    pub(crate) fn entries(&self, from: i64, to: i64) -> impl Iterator<Item = Entry> + '_ {
        self.planned(from, to).map(|(entry, _)| entry)
    }

    /// Like [`entries`](Self::entries), with the plan of each call, so that generating the calls
    /// does not draw the plans again.
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

/// Returns seconds since 1970, rounded up.
fn whole_second(moment: DateTime<Utc>) -> i64 {
    moment.timestamp() + i64::from(moment.timestamp_subsec_nanos() > 0)
}
