//! The settings of a centre, and their limits.

use chrono::{FixedOffset, Utc};

/// What makes one centre different from another.
#[derive(Debug, Clone, PartialEq)]
pub struct CentreConfig {
    /// Everything follows from it: the same seed (and the same other settings) gives the same
    /// calls.
    pub seed: u64,
    /// Calls a day on average over a week: 0 to 10,000,000. The default gives 100,000 in 30 days.
    pub calls_per_day: f64,
    /// Queues: 1 to 1,000. The first are the most popular.
    pub queues: u32,
    /// Agents: 1 to 100,000, about twenty to a team.
    pub agents: u32,
    /// People who might call: 1 to 1,000,000. Small countries hold no more of them than they have
    /// synthetic numbers.
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

impl CentreConfig {
    /// Refuses settings out of range.
    pub(super) fn check(&self) -> Result<(), InvalidCentre> {
        let limits = [
            ("queues", self.queues, 1_000, "from 1 to 1,000"),
            ("agents", self.agents, 100_000, "from 1 to 100,000"),
            ("consumers", self.consumers, 1_000_000, "from 1 to 1,000,000"),
        ];
        for (setting, given, most, allowed) in limits {
            if !(1..=most).contains(&given) {
                let given = given.to_string();
                return Err(InvalidCentre { setting, allowed, given });
            }
        }
        if !(0.0..=10_000_000.0).contains(&self.calls_per_day) {
            return Err(InvalidCentre {
                setting: "calls_per_day",
                allowed: "from 0 to 10,000,000",
                given: self.calls_per_day.to_string(),
            });
        }
        Ok(())
    }
}
