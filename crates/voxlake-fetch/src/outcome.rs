//! Outcome of a sync, by what its caller can do about it.

use std::error::Error;

use voxlake_lake::format_range;

use crate::{FetchError, SyncReport};

/// Maximum ranges that a description lists; the rest is counted.
const MAX_LISTED_RANGES: usize = 20;

/// Outcome of a sync, or of repeated syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncOutcome {
    /// All planned ranges were fetched, or a service was stopped.
    Complete,
    /// Some windows failed. The next sync fetches them.
    Incomplete,
    /// A limit of requests ended the sync. A sync after [`FetchError::resumes_at`] continues it.
    TryLater,
    /// The sync was stopped. The next sync continues it.
    Interrupted,
    /// [`SyncReport::stopped`] has the error that ended the sync.
    Failed,
}

impl SyncReport {
    /// Returns the outcome.
    #[must_use]
    pub fn outcome(&self) -> SyncOutcome {
        match &self.stopped {
            Some(FetchError::Interrupted) => SyncOutcome::Interrupted,
            Some(error) if error.is_limit() => SyncOutcome::TryLater,
            Some(_) => SyncOutcome::Failed,
            None if self.failed.is_empty() => SyncOutcome::Complete,
            None => SyncOutcome::Incomplete,
        }
    }

    /// Describes the ranges that were not fetched, with errors as `describe_error` returns them.
    #[must_use]
    pub fn describe_missing(&self, describe_error: impl Fn(&(dyn Error + 'static)) -> String) -> Vec<String> {
        let failed = self.failed.iter().map(|failed| {
            format!("missing: {}: {}", format_range(failed.window), describe_error(&failed.error))
        });
        let unreached = self.unreached.iter().take(MAX_LISTED_RANGES);
        let mut lines: Vec<String> =
            failed.chain(unreached.map(|range| format!("not reached: {}", format_range(*range)))).collect();
        match self.unreached.len().saturating_sub(MAX_LISTED_RANGES) {
            0 => {}
            more => lines.push(format!("not reached: {more} more")),
        }
        if let Some(FetchError::Incomplete { .. }) = self.failed.first().map(|failed| &failed.error) {
            lines.push("the received records are kept".to_owned());
        }
        lines
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::DateTime;
    use voxlake_lake::TimeRange;

    use super::*;
    use crate::{FailedWindow, RateUsage, SyncStats};

    /// Returns the report of a sync that `stopped` ended.
    pub(crate) fn report(stopped: Option<FetchError>) -> SyncReport {
        let now = DateTime::UNIX_EPOCH;
        SyncReport {
            period: TimeRange { from: now, to: now },
            planned: Vec::new(),
            complete: 0,
            failed: Vec::new(),
            unreached: Vec::new(),
            stopped,
            rate_usage: RateUsage::default(),
            requests_today: 0,
            ended_at: now,
            clock_skew: None,
            stats: SyncStats::default(),
        }
    }

    #[test]
    fn outcomes_follow_the_error() {
        let now = DateTime::UNIX_EPOCH;
        for (stopped, outcome) in [
            (None, SyncOutcome::Complete),
            (Some(FetchError::Interrupted), SyncOutcome::Interrupted),
            (Some(FetchError::DailyLimit { resumes_at: now }), SyncOutcome::TryLater),
            (Some(FetchError::BudgetSpent { budget: 9, resumes_at: now }), SyncOutcome::TryLater),
            (Some(FetchError::Throttled { attempts: 7 }), SyncOutcome::TryLater),
            (Some(FetchError::InvalidTokenResponse), SyncOutcome::Failed),
        ] {
            assert_eq!(report(stopped).outcome(), outcome);
        }
    }

    #[test]
    fn missing_ranges_are_listed_up_to_a_limit() {
        let hour = |hour: i64| {
            let at = |hour: i64| DateTime::from_timestamp(3_600 * hour, 0).unwrap();
            TimeRange { from: at(hour), to: at(hour + 1) }
        };
        let mut report = report(None);
        report.failed.push(FailedWindow {
            window: hour(0),
            error: FetchError::Incomplete { found: 1, total: 2, reads: 3 },
        });
        assert_eq!(report.outcome(), SyncOutcome::Incomplete);
        report.unreached = (1..=22).map(hour).collect();
        let lines = report.describe_missing(ToString::to_string);
        assert_eq!(lines.len(), 1 + MAX_LISTED_RANGES + 2);
        assert_eq!(
            lines[0],
            "missing: 1970-01-01 00:00:00 to 1970-01-01 01:00:00 UTC: \
             the API counts 2 records in the window and returned 1, in 3 reads"
        );
        assert_eq!(lines[1], "not reached: 1970-01-01 01:00:00 to 1970-01-01 02:00:00 UTC");
        assert_eq!(lines[21..], ["not reached: 2 more", "the received records are kept"]);
    }
}
