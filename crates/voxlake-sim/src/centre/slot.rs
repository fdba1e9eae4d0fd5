//! The place of a call in time, and the entry that lists it.

use crate::call::EngagementId;

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
    pub(super) index: u32,
}

impl Entry {
    /// Seconds since 1970.
    pub(crate) fn end(&self) -> i64 {
        self.start + i64::from(self.duration)
    }

    pub(super) fn slot(&self) -> Slot {
        Slot { minute: self.start.div_euclid(60), index: self.index }
    }

    /// The order in which calls are listed.
    pub(crate) fn position(&self) -> (i64, EngagementId) {
        (self.start, self.id)
    }
}
