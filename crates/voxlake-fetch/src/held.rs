//! Bytes of records in memory, over all windows of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::MAX_HELD_BYTES;

/// Sum of all [`HeldBytes`] of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldTotal(Arc<AtomicUsize>);

/// Bytes that one window holds. They leave the sum when it is dropped.
#[derive(Debug)]
pub(crate) struct HeldBytes {
    total: HeldTotal,
    own: usize,
}

impl HeldTotal {
    pub(crate) fn window(&self) -> HeldBytes {
        HeldBytes { total: self.clone(), own: 0 }
    }
}

impl HeldBytes {
    /// Adds bytes of this window. Returns whether the run may hold as many.
    pub(crate) fn add(&mut self, bytes: usize) -> bool {
        self.own += bytes;
        self.total.0.fetch_add(bytes, Ordering::Relaxed) + bytes <= MAX_HELD_BYTES
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.total.0.fetch_sub(self.own, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_share_one_limit_and_give_back_what_they_held() {
        let total = HeldTotal::default();
        let (mut first, mut second) = (total.window(), total.window());
        assert!(first.add(MAX_HELD_BYTES));
        assert!(!second.add(1));
        drop(first);
        assert!(second.add(1));
    }
}
