//! Memory of fetched records, over all windows of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::MAX_BUFFERED_BYTES;

/// Sum of all [`MemoryReservation`]s of a run, in bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryTracker(Arc<AtomicUsize>);

/// Bytes that one window buffers. They are released when it is dropped.
#[derive(Debug)]
pub(crate) struct MemoryReservation {
    total: MemoryTracker,
    own_bytes: usize,
}

impl MemoryTracker {
    pub(crate) fn reserve(&self) -> MemoryReservation {
        MemoryReservation { total: self.clone(), own_bytes: 0 }
    }
}

impl MemoryReservation {
    /// Adds bytes to this window. Returns whether the run stays within its limit.
    pub(crate) fn add(&mut self, bytes: usize) -> bool {
        self.own_bytes += bytes;
        self.total.0.fetch_add(bytes, Ordering::Relaxed) + bytes <= MAX_BUFFERED_BYTES
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        self.total.0.fetch_sub(self.own_bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_share_and_release_one_limit() {
        let total = MemoryTracker::default();
        let (mut first, mut second) = (total.reserve(), total.reserve());
        assert!(first.add(MAX_BUFFERED_BYTES));
        assert!(!second.add(1));
        drop(first);
        assert!(second.add(1));
    }
}
