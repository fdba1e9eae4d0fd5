//! Result and progress of building summaries.

use voxlake_lake::{counted, group_digits};

/// Result of [`summarize`](super::summarize).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SummaryStats {
    /// Summaries of days that were built.
    pub days: usize,
    /// Summaries of months that were built.
    pub months: usize,
    /// Summaries of years that were built.
    pub years: usize,
    /// Summaries that were up to date.
    pub current: usize,
    /// Removed summaries of days that the lake no longer has.
    pub removed: usize,
    /// Days whose files could not be read, with the reason. They have no summary and are scanned.
    pub failed: Vec<String>,
}

impl SummaryStats {
    /// Describes the built and removed summaries. [`SummaryStats::failed`] is not included.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let summaries = |number: usize| counted(number as u64, "summary", "summaries");
        let mut lines = vec![match self.days + self.months + self.years {
            0 => format!(
                "Nothing to do: {} current.",
                counted(self.current as u64, "summary is", "summaries are")
            ),
            _ => format!(
                "Created {} of days, {} of months and {} of years; {} current.",
                summaries(self.days),
                group_digits(self.months as u64),
                group_digits(self.years as u64),
                counted(self.current as u64, "was", "were")
            ),
        }];
        if self.removed > 0 {
            let removed = summaries(self.removed);
            lines.push(format!("Deleted {removed} of days that are no longer in the lake."));
        }
        lines
    }
}

/// Progress of [`summarize`](super::summarize).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SummaryProgress {
    /// Summaries that were built or have failed.
    pub done: usize,
    /// Summaries to build.
    pub all: usize,
}
