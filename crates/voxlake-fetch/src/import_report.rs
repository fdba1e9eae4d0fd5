//! Outcome of an import of several files.

use chrono::{DateTime, Utc};
use voxlake_lake::{counted, group_digits};

use crate::SyncStats;

/// Totals of the files that an import has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileTotals {
    pub(crate) files: usize,
    /// Files that could not be read to their end.
    pub(crate) failed: usize,
    pub(crate) calls: usize,
    /// Earliest fetch time of a file.
    pub(crate) oldest: Option<DateTime<Utc>>,
}

/// Outcome of an import of several files.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ImportReport {
    /// Number of files.
    pub files: usize,
    /// Number of files that could not be read to their end.
    pub failed: usize,
    /// Number of calls in the files.
    pub calls: usize,
    /// Effects on the lake.
    pub stats: SyncStats,
}

impl ImportReport {
    /// Describes the calls of the files, and changes of the lake.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let Self { stats, calls, .. } = self;
        let files = counted(self.files as u64, "file", "files");
        let added = counted(stats.added as u64, "is", "are");
        let unchanged = counted(stats.unchanged as u64, "was", "were");
        // Each call of the files is new, stored already, refused by a frozen day, or a duplicate.
        let stored = stats.added + stats.changed + stats.unchanged + stats.refused.len();
        let duplicates = match calls.saturating_sub(stored) {
            0 => String::new(),
            1 => ", 1 came more than once".to_owned(),
            many => format!(", {} came more than once", group_digits(many as u64)),
        };
        let calls = counted(*calls as u64, "call", "calls");
        let mut lines =
            vec![format!("Read {calls} from {files}: {added} new, {unchanged} there already{duplicates}.")];
        lines.extend(stats.describe_changes());
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_described() {
        let mut stats = SyncStats::default();
        (stats.added, stats.unchanged) = (1_000, 1);
        let mut report = ImportReport { files: 2, failed: 0, calls: 1_003, stats };
        assert_eq!(
            report.describe(),
            ["Read 1,003 calls from 2 files: 1,000 are new, 1 was there already, 2 came more than once."]
        );
        (report.files, report.calls) = (1, 1_001);
        assert_eq!(report.describe(), ["Read 1,001 calls from 1 file: 1,000 are new, 1 was there already."]);
    }
}
