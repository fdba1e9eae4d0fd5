//! Work of the caller during a sync.

use crate::LakeSync;
use crate::commit::AfterCommit;

impl LakeSync {
    /// Runs `work` after each commit that changes days, before the next one. A sync of many days
    /// takes hours; what is derived from the lake can follow it. The next commit waits for the
    /// work.
    #[must_use]
    pub fn with_after_commit(mut self, work: AfterCommit) -> Self {
        self.after_commit = Some(work);
        self
    }
}
