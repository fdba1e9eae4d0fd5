//! A contact centre made of chance: any window of its calls at any time, always the same ones.
//!
//! Time is cut into minutes. How many calls start in a minute, and everything about the n-th of them, follows from
//! the seed, the minute and n alone. So there is no state, windows can be cut anywhere, and a test can ask which
//! calls exist without going through the server that it tests.

mod consumers;
mod countries;
mod directory;
mod journey;
mod plan;
mod record;
mod rhythm;
#[cfg(test)]
mod tests;
mod words;

use chrono::{DateTime, FixedOffset, Utc};

use self::consumers::Consumers;
pub use self::directory::Directory;
pub(crate) use self::plan::LONGEST;
use self::plan::Plan;
use self::rhythm::Rhythm;
use crate::call::{Call, EngagementId};
use crate::draw::{Draw, hash, mix};

const COUNT: u64 = 0x_43_4E;
const ID: u64 = 0x_49_44;
/// Calls that a minute can hold: ids leave 20 bits for their number.
const FULL_MINUTE: u32 = (1 << 20) - 1;

/// What makes one centre different from another.
#[derive(Debug, Clone, PartialEq)]
pub struct CentreConfig {
    /// Everything follows from it: the same seed (and the same other settings) gives the same calls.
    pub seed: u64,
    /// Calls a day on average over a week: 0 to 10,000,000. The default gives 100,000 in 30 days.
    pub calls_per_day: f64,
    /// Queues: 1 to 1,000. The first are the most popular.
    pub queues: u32,
    /// Agents: 1 to 100,000, about twenty to a team.
    pub agents: u32,
    /// People who might call: 1 to 1,000,000. Small countries hold no more of them than they have synthetic numbers.
    pub consumers: u32,
    /// The offset by whose clock the centre's day goes; there is no summer time.
    pub local_offset: FixedOffset,
}

impl Default for CentreConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            calls_per_day: 3333.0,
            queues: 40,
            agents: 800,
            consumers: 250_000,
            local_offset: pacific(),
        }
    }
}

/// Eight hours behind UTC.
pub(crate) fn pacific() -> FixedOffset {
    FixedOffset::west_opt(8 * 3600).unwrap_or(chrono::Offset::fix(&Utc))
}

/// A setting that no centre can have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{setting} must be {allowed}, not {given}")]
pub struct InvalidCentre {
    /// The name of the setting.
    pub setting: &'static str,
    /// What it may be.
    pub allowed: &'static str,
    /// What it was.
    pub given: String,
}

/// The place of a call: the n-th of those that start in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Minutes since 1970.
    pub(crate) minute: i64,
    pub(crate) index: u32,
}

/// What has to be known of a call to find, order and count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Seconds since 1970.
    pub(crate) start: i64,
    pub(crate) id: EngagementId,
    pub(crate) duration: u32,
    index: u32,
}

impl Entry {
    /// Seconds since 1970.
    pub(crate) fn end(&self) -> i64 {
        self.start + i64::from(self.duration)
    }

    fn slot(&self) -> Slot {
        Slot { minute: self.start.div_euclid(60), index: self.index }
    }

    /// The order in which calls are listed.
    pub(crate) fn position(&self) -> (i64, EngagementId) {
        (self.start, self.id)
    }
}

/// A contact centre.
#[derive(Debug)]
pub struct Centre {
    config: CentreConfig,
    directory: Directory,
    consumers: Consumers,
    rhythm: Rhythm,
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
        let limits = [
            ("queues", config.queues, 1_000, "from 1 to 1,000"),
            ("agents", config.agents, 100_000, "from 1 to 100,000"),
            ("consumers", config.consumers, 1_000_000, "from 1 to 1,000,000"),
        ];
        for (setting, given, most, allowed) in limits {
            if !(1..=most).contains(&given) {
                let given = given.to_string();
                return Err(InvalidCentre { setting, allowed, given });
            }
        }
        if !(0.0..=10_000_000.0).contains(&config.calls_per_day) {
            return Err(InvalidCentre {
                setting: "calls_per_day",
                allowed: "from 0 to 10,000,000",
                given: config.calls_per_day.to_string(),
            });
        }
        Ok(Self::build(config))
    }

    /// The default centre, of another seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self::build(CentreConfig { seed, ..CentreConfig::default() })
    }

    fn build(config: CentreConfig) -> Self {
        let seed = config.seed;
        Self {
            directory: Directory::new(seed, config.queues, config.agents),
            consumers: Consumers::new(seed, config.consumers),
            rhythm: Rhythm::new(seed, config.calls_per_day, config.local_offset),
            config,
        }
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &CentreConfig {
        &self.config
    }

    /// The centre's queues, agents, teams and flows.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The calls that start in `[from, to)`, in order of start time and then of id.
    ///
    /// They are made while iterating, so a long window costs nothing until it is read.
    pub fn calls(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = Call> + '_ {
        // Calls start on whole seconds, so a window's edges may be rounded up to them.
        self.planned(whole_second(from), whole_second(to))
            .filter_map(|(entry, plan)| self.record(entry.slot(), &plan))
    }

    /// How many calls start in the minutes that begin in `[from, to)`. None of them is made for it.
    #[must_use]
    pub fn count_calls(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
        let first = |moment| {
            let second: i64 = whole_second(moment);
            second.div_euclid(60) + i64::from(second.rem_euclid(60) > 0)
        };
        (first(from)..first(to)).map(|minute| u64::from(self.count(minute))).sum()
    }

    /// The call of an entry; none at the far end of the calendar.
    pub(crate) fn call(&self, entry: &Entry) -> Option<Call> {
        let slot = entry.slot();
        self.record(slot, &self.plan(slot))
    }

    /// Entries of the calls that start in `[from, to)`, both in seconds since 1970, in order.
    pub(crate) fn entries(&self, from: i64, to: i64) -> impl Iterator<Item = Entry> + '_ {
        self.planned(from, to).map(|(entry, _)| entry)
    }

    /// As [`entries`](Self::entries), with the outlines that they were made from: whoever goes on to make the calls
    /// need not draw them again.
    fn planned(&self, from: i64, to: i64) -> impl Iterator<Item = (Entry, Plan)> + '_ {
        let end = if from < to { to.div_euclid(60) + i64::from(to.rem_euclid(60) > 0) } else { i64::MIN };
        (from.div_euclid(60)..end)
            .flat_map(|minute| self.minute(minute))
            .filter(move |(entry, _)| (from..to).contains(&entry.start))
    }

    fn minute(&self, minute: i64) -> Vec<(Entry, Plan)> {
        let mut entries: Vec<_> = (0..self.count(minute))
            .map(|index| {
                let slot = Slot { minute, index };
                let plan = self.plan(slot);
                let id = self.engagement_id(slot);
                (Entry { start: plan.start, id, duration: plan.duration, index }, plan)
            })
            .collect();
        entries.sort_unstable_by_key(|(entry, _)| entry.position());
        entries
    }

    /// How many calls start in a minute.
    fn count(&self, minute: i64) -> u32 {
        Draw::new(&[self.config.seed, COUNT, minute.cast_unsigned()])
            .poisson(self.rhythm.rate(minute))
            .min(FULL_MINUTE)
    }

    /// The draws for one aspect of one call.
    fn draw(&self, aspect: u64, slot: Slot) -> Draw {
        Draw::new(&[self.config.seed, aspect, slot.minute.cast_unsigned(), slot.index.into()])
    }

    /// An id that no other slot has: the upper half is a bijection of the slot.
    fn engagement_id(&self, slot: Slot) -> EngagementId {
        let place = (slot.minute.cast_unsigned() << 20) | u64::from(slot.index);
        let high = mix(place ^ hash(&[self.config.seed, ID]));
        let low = hash(&[self.config.seed, ID, place]);
        EngagementId::new((u128::from(high) << 64) | u128::from(low))
    }
}

/// Seconds since 1970, a part of a second counting as one.
fn whole_second(moment: DateTime<Utc>) -> i64 {
    moment.timestamp() + i64::from(moment.timestamp_subsec_nanos() > 0)
}
