//! Configuration of a centre and its limits.

use chrono::{FixedOffset, Utc};

/// Maximum of [`CentreConfig::calls_per_day`].
pub(super) const MAX_CALLS_PER_DAY: f64 = 10_000_000.0;

/// Configuration of a [`Centre`](crate::Centre).
///
/// ```
/// use voxlake_sim::{Centre, CentreConfig};
///
/// let config = CentreConfig::default().with_seed(7).with_calls_per_day(500.0);
/// let centre = Centre::new(config)?;
/// assert_eq!(centre.config().seed, 7);
/// # Ok::<(), voxlake_sim::InvalidCentre>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CentreConfig {
    /// Seed: the same configuration gives the same calls.
    pub seed: u64,
    /// Calls per day, averaged over a week: 0 to 10,000,000. The default gives 100,000 in 30 days.
    pub calls_per_day: f64,
    /// Number of queues: 1 to 1,000. The first ones are the busiest.
    pub queues: u32,
    /// Number of agents: 1 to 100,000, about 20 per team.
    pub agents: u32,
    /// Number of consumers: 1 to 1,000,000. A country has at most as many consumers as reserved
    /// telephone numbers.
    pub consumers: u32,
    /// Offset of the centre's local time, which decides its busy hours. There is no daylight
    /// saving.
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

impl CentreConfig {
    /// Returns the configuration with another seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Returns the configuration with other calls per day.
    #[must_use]
    pub fn with_calls_per_day(mut self, calls_per_day: f64) -> Self {
        self.calls_per_day = calls_per_day;
        self
    }

    /// Returns the configuration with another number of queues.
    #[must_use]
    pub fn with_queues(mut self, queues: u32) -> Self {
        self.queues = queues;
        self
    }

    /// Returns the configuration with another number of agents.
    #[must_use]
    pub fn with_agents(mut self, agents: u32) -> Self {
        self.agents = agents;
        self
    }
}

/// Returns the offset UTC-8.
pub(crate) fn pacific() -> FixedOffset {
    FixedOffset::west_opt(8 * 3600).unwrap_or(chrono::Offset::fix(&Utc))
}

/// A setting is out of range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{setting} must be {allowed}, not {given}")]
#[non_exhaustive]
pub struct InvalidCentre {
    /// The name of the setting.
    pub setting: &'static str,
    /// The allowed range.
    pub allowed: &'static str,
    /// The rejected value.
    pub given: String,
}

impl CentreConfig {
    /// Rejects settings out of range.
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
        if !(0.0..=MAX_CALLS_PER_DAY).contains(&self.calls_per_day) {
            return Err(InvalidCentre {
                setting: "calls_per_day",
                allowed: "from 0 to 10,000,000",
                given: self.calls_per_day.to_string(),
            });
        }
        Ok(())
    }
}
