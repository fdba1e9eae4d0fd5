//! Events during a sync, and the report of its outcome.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use voxlake_lake::{DayCommit, Lake, RefusedChange, RepeatedEngagements, TimeRange};

use crate::FetchError;
use crate::paging::pages_for;

/// Callback for the events of a sync.
pub type OnEvent<'a> = &'a (dyn Fn(Event<'_>) + Send + Sync);

/// Event during a sync.
#[derive(Debug)]
pub enum Event<'a> {
    /// A damaged day file was quarantined; its day will be fetched again.
    Quarantined {
        /// Path of the damaged file within the lake.
        path: &'a str,
        /// Path to which it was moved.
        to: &'a str,
    },
    /// The windows to fetch are planned.
    Planned {
        /// Period of the sync.
        period: TimeRange,
        /// Unsettled ranges of the period.
        windows: &'a [TimeRange],
    },
    /// A page was fetched.
    PageFetched {
        /// Records on the page.
        records: u64,
    },
    /// All pages of a window were fetched.
    WindowFetched {
        /// Fetched window.
        window: TimeRange,
    },
    /// A window has too many records and is split.
    WindowSplit {
        /// Window before the split.
        window: TimeRange,
        /// Records in it.
        total: u64,
        /// Number of windows that replace it.
        pieces: usize,
    },
    /// A window failed and will be retried later.
    WindowRequeued {
        /// Failed window.
        window: TimeRange,
        /// Cause of the failure.
        error: &'a FetchError,
    },
    /// Windows were committed to the lake.
    Committed {
        /// Committed windows.
        windows: &'a [TimeRange],
        /// Changed days.
        days: &'a [DayCommit],
    },
    /// A window failed permanently and is not covered.
    WindowFailed(&'a FailedWindow),
}

/// Window that could not be fetched.
#[derive(Debug)]
pub struct FailedWindow {
    /// Failed window.
    pub window: TimeRange,
    /// Cause of the failure.
    pub error: FetchError,
}

/// Year, and month from 1.
pub type YearMonth = (i32, u32);

/// Changes of one month, in ranges that were fetched before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonthlyChanges {
    /// Calls with changed values.
    pub changed: usize,
    /// New calls.
    pub late: usize,
    /// Calls that the API moved to another start time.
    pub moved: usize,
    /// Change of the sum of charges by currency, in millionths. The empty name stands for charges
    /// without a currency.
    pub charges: BTreeMap<String, i128>,
}

/// Effects of commits on the lake.
#[derive(Clone, Debug, Default)]
pub struct SyncStats {
    /// New calls.
    pub added: usize,
    /// Changed calls.
    pub changed: usize,
    /// Calls that were received again without a change.
    pub unchanged: usize,
    /// Rejected records.
    pub rejected: usize,
    /// Changes by month, in ranges that the lake had already fetched.
    pub changes: BTreeMap<YearMonth, MonthlyChanges>,
    /// Changes that were refused because their day is frozen.
    pub refused: Vec<RefusedChange>,
    /// Engagements with several start times, in the committed days and the days next to them.
    pub repeated_engagements: RepeatedEngagements,
    /// Calls of all commits, by day.
    calls: BTreeMap<NaiveDate, u64>,
}

impl SyncStats {
    /// Adds the effects of a commit.
    pub(crate) fn add_commit(&mut self, commit: &DayCommit) {
        self.added += commit.merged.added;
        self.changed += commit.merged.changed;
        self.unchanged += commit.merged.unchanged;
        let calls = commit.merged.added + commit.merged.changed + commit.merged.unchanged;
        *self.calls.entry(commit.date).or_default() += calls as u64;
        let revision = &commit.revision;
        self.refused.extend(revision.refused.iter().cloned());
        if revision.changed + revision.late + revision.moved > 0 {
            let month = self.changes.entry((commit.date.year(), commit.date.month())).or_default();
            month.changed += revision.changed;
            month.late += revision.late;
            month.moved += revision.moved;
            for (currency, micros) in &revision.charges {
                *month.charges.entry(currency.clone()).or_default() += micros;
            }
            month.charges.retain(|_, micros| *micros != 0);
        }
    }

    /// Searches the committed days and the days next to them for engagements with several start
    /// times. Errors are only logged, since the commits are done.
    pub(crate) async fn find_repeated_engagements(&mut self, lake: &Lake) {
        let committed: BTreeSet<NaiveDate> = self.calls.keys().copied().collect();
        let is_near = |date: NaiveDate| {
            [date.pred_opt(), Some(date), date.succ_opt()]
                .into_iter()
                .flatten()
                .any(|date| committed.contains(&date))
        };
        let found = match lake.days().await {
            Ok(days) => {
                let days: Vec<_> = days.into_iter().filter(|day| is_near(day.date)).collect();
                lake.repeated_engagements(&days, || {}).await
            }
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => self.repeated_engagements = found,
            Err(error) => tracing::warn!(
                error = error.as_dyn(),
                "cannot search for engagements with several start times"
            ),
        }
    }

    /// Returns the minimum number of requests for these calls, if all pages were full.
    #[must_use]
    pub fn min_requests(&self) -> u64 {
        pages_for(self.calls.values().sum()).max(1)
    }
}

/// Usage of the allowed request rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct RateUsage {
    /// Requests to the call log, including failed ones.
    pub requests: u64,
    /// Time from the first request to the last one.
    pub span: Duration,
    /// Allowed requests per second.
    pub allowed: Option<NonZeroU32>,
}

impl RateUsage {
    /// Returns the requests per second; `None` for fewer than two requests.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 requests")]
    pub fn rate(&self) -> Option<f64> {
        let intervals = self.requests.checked_sub(1).filter(|intervals| *intervals > 0)?;
        (!self.span.is_zero()).then(|| intervals as f64 / self.span.as_secs_f64())
    }
}

/// Outcome of a sync.
#[derive(Debug)]
pub struct SyncReport {
    /// Period of the sync.
    pub period: TimeRange,
    /// Ranges of the period that were not settled when the run started.
    pub planned: Vec<TimeRange>,
    /// Number of windows that were fetched completely and committed.
    pub complete: usize,
    /// Windows that failed.
    pub failed: Vec<FailedWindow>,
    /// Planned ranges that had neither been fetched nor failed when the run ended. Adjacent ranges
    /// are merged.
    pub unreached: Vec<TimeRange>,
    /// Error that ended the run early.
    pub stopped: Option<FetchError>,
    /// Usage of the allowed request rate.
    pub rate_usage: RateUsage,
    /// Requests spent today, by the quota ledger.
    pub requests_today: u64,
    /// End of the run.
    pub ended_at: DateTime<Utc>,
    /// Time that the server's clock is ahead of the local one, negative if it is behind; `None` for
    /// less than a minute.
    pub clock_skew: Option<TimeDelta>,
    /// Effects on the lake.
    pub stats: SyncStats,
}

impl SyncReport {
    /// Returns whether all planned ranges are covered now.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.failed.is_empty() && self.unreached.is_empty()
    }
}
