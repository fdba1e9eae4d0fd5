//! What a sync tells: events while it runs, and a report of what it did.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use voxlake_lake::{DayCommit, Lake, RefusedChange, RepeatedEngagements, TimeRange};

use crate::FetchError;
use crate::paging::pages;

/// Hears how a sync goes.
pub type OnEvent<'a> = &'a (dyn Fn(Event<'_>) + Send + Sync);

/// How far a sync has come, for whoever shows it.
#[derive(Debug)]
pub enum Event<'a> {
    /// A damaged day file was set aside and its day will be fetched again.
    SetAside {
        /// The damaged file's path within the lake.
        path: &'a str,
        /// Where it lies now.
        to: &'a str,
    },
    /// The windows to fetch are known.
    Planned {
        /// The whole period.
        period: TimeRange,
        /// What is not settled in it.
        windows: &'a [TimeRange],
    },
    /// A page came.
    Page {
        /// Its records.
        records: u64,
    },
    /// A window was read to its end.
    Read {
        /// The window.
        window: TimeRange,
    },
    /// A window holds too many records and is fetched in pieces.
    Cut {
        /// The window.
        window: TimeRange,
        /// Its records.
        total: u64,
        /// How many pieces.
        pieces: usize,
    },
    /// A window failed and is begun anew, later.
    Restarted {
        /// The window.
        window: TimeRange,
        /// Why.
        error: &'a FetchError,
    },
    /// Windows are in the lake.
    Committed {
        /// The windows.
        windows: &'a [TimeRange],
        /// What that did to days.
        days: &'a [DayCommit],
    },
    /// A window failed for good and is not covered.
    Failed(&'a FailedWindow),
}

/// A window that could not be fetched.
#[derive(Debug)]
pub struct FailedWindow {
    /// The window.
    pub window: TimeRange,
    /// Why not.
    pub error: FetchError,
}

/// A month, as changes are told by: year and number from 1.
pub type Month = (i32, u32);

/// What changed in ranges that the lake had already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Calls that say something else than before.
    pub changed: usize,
    /// Calls that came late, into ranges that had been fetched.
    pub late: usize,
    /// Calls that the API moved to another start time.
    pub moved: usize,
    /// What that did to the sum of charges: millionths by currency; the empty name stands for none.
    pub charges: BTreeMap<String, i128>,
}

/// What commits did to the lake.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Calls that the lake did not have.
    pub added: usize,
    /// Calls that changed.
    pub changed: usize,
    /// Calls that came again as they were.
    pub unchanged: usize,
    /// Records without a place, in the lake's rejects.
    pub rejected: usize,
    /// What changed in days that the lake had already, by month.
    pub changes: BTreeMap<Month, Changes>,
    /// Changes that frozen days did not take.
    pub refused: Vec<RefusedChange>,
    /// Engagements of these days and of those next to them that the lake has under several start
    /// times.
    pub several_starts: RepeatedEngagements,
    /// Distinct calls that came, by day.
    calls: BTreeMap<NaiveDate, u64>,
}

impl Tally {
    /// Counts what a commit did.
    pub(crate) fn count(&mut self, commit: &DayCommit) {
        self.added += commit.merged.added;
        self.changed += commit.merged.changed;
        self.unchanged += commit.merged.unchanged;
        let came = commit.merged.added + commit.merged.changed + commit.merged.unchanged;
        *self.calls.entry(commit.date).or_default() += came as u64;
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

    /// Looks for engagements under several start times among the days that were written and those
    /// next to them. Where that fails it is logged: what was written stays.
    pub(crate) async fn look_for_several_starts(&mut self, lake: &Lake) {
        let written: BTreeSet<NaiveDate> = self.calls.keys().copied().collect();
        let is_near = |date: NaiveDate| {
            [date.pred_opt(), Some(date), date.succ_opt()]
                .into_iter()
                .flatten()
                .any(|date| written.contains(&date))
        };
        let found = match lake.days().await {
            Ok(days) => {
                let days: Vec<_> = days.into_iter().filter(|day| is_near(day.date)).collect();
                lake.repeated_engagements(&days, || {}).await
            }
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => self.several_starts = found,
            Err(error) => tracing::warn!(%error, "engagements under several start times are not looked for"),
        }
    }

    /// The fewest requests that these calls can be fetched by: full pages.
    #[must_use]
    pub fn fewest_requests(&self) -> u64 {
        pages(self.calls.values().sum()).max(1)
    }
}

/// How the allowed rate of requests was used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pacing {
    /// Requests made to the call log, failed ones included.
    pub requests: u64,
    /// From the first one's leaving to the last one's.
    pub span: Duration,
    /// Requests a second that are allowed.
    pub allowed: Option<NonZeroU32>,
}

impl Pacing {
    /// Requests a second; `None` where there were too few to tell.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 requests")]
    pub fn rate(&self) -> Option<f64> {
        let intervals = self.requests.checked_sub(1).filter(|intervals| *intervals > 0)?;
        (!self.span.is_zero()).then(|| intervals as f64 / self.span.as_secs_f64())
    }
}

/// What a sync did.
#[derive(Debug)]
pub struct SyncReport {
    /// The period that was asked for.
    pub period: TimeRange,
    /// What was not settled of it.
    pub planned: Vec<TimeRange>,
    /// Windows that are now covered.
    pub complete: usize,
    /// Windows that are not, and why.
    pub failed: Vec<FailedWindow>,
    /// What else of the plan is not covered, since the run ended before: in order, touching ranges
    /// as one.
    pub unreached: Vec<TimeRange>,
    /// Where the run ended early: what every further window would have failed by.
    pub stopped: Option<FetchError>,
    /// How the requests were spent.
    pub pacing: Pacing,
    /// Requests of today, by the lake's ledger.
    pub spent_today: u64,
    /// When the run ended.
    pub ended: DateTime<Utc>,
    /// By how much the server's clock is ahead of this machine's (negative: behind), if that is
    /// more than a minute.
    pub clock_skew: Option<TimeDelta>,
    /// What it did to the lake.
    pub tally: Tally,
}

impl SyncReport {
    /// Whether all that was not settled is covered now.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.failed.is_empty() && self.unreached.is_empty()
    }
}
