//! The inputs of every call: seed, directory, consumers and seasonality.

use super::config::CentreConfig;
use super::consumers::Consumers;
use super::directory::Directory;
use super::seasonality::Seasonality;
use super::slot::Slot;
use crate::call::EngagementId;
use crate::rng::{Rng, hash, mix};

const COUNT: u64 = 0x_43_4E;
const ID: u64 = 0x_49_44;
/// Maximum calls per minute: ids have 20 bits for the index of a call in its minute.
const FULL_MINUTE: u32 = (1 << 20) - 1;

/// The parts of a centre from which its calls are derived.
#[derive(Debug)]
pub(super) struct CentreModel {
    pub(super) seed: u64,
    pub(super) directory: Directory,
    pub(super) consumers: Consumers,
    pub(super) seasonality: Seasonality,
}

impl CentreModel {
    pub(super) fn new(config: &CentreConfig) -> Self {
        let seed = config.seed;
        Self {
            seed,
            directory: Directory::new(seed, config.queues, config.agents),
            consumers: Consumers::new(seed, config.consumers),
            seasonality: Seasonality::new(seed, config.calls_per_day, config.local_offset),
        }
    }

    /// Returns the number of calls that start in a minute.
    pub(super) fn count(&self, minute: i64) -> u32 {
        Rng::new(&[self.seed, COUNT, minute.cast_unsigned()])
            .poisson(self.seasonality.rate(minute))
            .min(FULL_MINUTE)
    }

    /// Returns the generator for one aspect of one call.
    pub(super) fn rng(&self, aspect: u64, slot: Slot) -> Rng {
        Rng::new(&[self.seed, aspect, slot.minute.cast_unsigned(), slot.index.into()])
    }

    /// Returns the unique id of a slot: the upper half is a bijection of the slot.
    pub(super) fn engagement_id(&self, slot: Slot) -> EngagementId {
        let place = (slot.minute.cast_unsigned() << 20) | u64::from(slot.index);
        let high = mix(place ^ hash(&[self.seed, ID]));
        let low = hash(&[self.seed, ID, place]);
        EngagementId::new((u128::from(high) << 64) | u128::from(low))
    }
}
