//! Position of a call in time, and its entry in an index.

use crate::call::EngagementId;

/// Position of a call: the n-th of those that start in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Minutes since 1970.
    pub(crate) minute: i64,
    pub(crate) index: u32,
}

/// Data of a call that suffices to find, order and count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Seconds since 1970.
    pub(crate) start: i64,
    pub(crate) id: EngagementId,
    pub(crate) duration: u32,
    pub(super) index: u32,
}

impl Entry {
    /// Returns the end in seconds since 1970.
    pub(crate) fn end(&self) -> i64 {
        self.start + i64::from(self.duration)
    }

    pub(super) fn slot(&self) -> Slot {
        Slot { minute: self.start.div_euclid(60), index: self.index }
    }

    /// Returns the sort key of calls.
    pub(crate) fn position(&self) -> (i64, EngagementId) {
        (self.start, self.id)
    }
}
