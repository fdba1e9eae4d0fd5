//! What a sync tells: events while it runs, and a report of what it did.

use voxlake_lake::{DayCommit, TimeRange};

use crate::{FetchError, Window};

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
        windows: &'a [Window],
    },
    /// A page came.
    Page {
        /// Its window.
        window: Window,
        /// Its records.
        records: u64,
        /// The window's records, where the API says.
        total: Option<u64>,
    },
    /// A window is complete and in the lake.
    Committed {
        /// The window.
        window: Window,
        /// What that did to its day.
        commit: &'a DayCommit,
    },
    /// A window failed and is not covered.
    Failed(&'a FailedWindow),
}

/// A window that could not be fetched.
#[derive(Debug)]
pub struct FailedWindow {
    /// The window.
    pub window: Window,
    /// Why not.
    pub error: FetchError,
}

/// What a sync did.
#[derive(Debug)]
pub struct SyncReport {
    /// The period that was asked for.
    pub period: TimeRange,
    /// Windows that were not settled.
    pub windows: usize,
    /// Windows that are now covered.
    pub complete: usize,
    /// Windows that are not, and why.
    pub failed: Vec<FailedWindow>,
    /// Where the run ended early: what every further window would have failed by.
    pub stopped: Option<FetchError>,
    /// Requests spent on the call log.
    pub requests: u64,
    /// Calls that the lake did not have.
    pub added: usize,
    /// Calls that changed.
    pub changed: usize,
    /// Calls that came again as they were.
    pub unchanged: usize,
    /// Records without a place, in the lake's rejects.
    pub rejected: usize,
}

impl SyncReport {
    /// A report of a run that has its work before it.
    pub(crate) fn new(period: TimeRange, windows: usize) -> Self {
        Self {
            period,
            windows,
            complete: 0,
            failed: Vec::new(),
            stopped: None,
            requests: 0,
            added: 0,
            changed: 0,
            unchanged: 0,
            rejected: 0,
        }
    }

    /// Counts what a commit did.
    pub(crate) fn count(&mut self, commit: &DayCommit) {
        self.added += commit.merged.added;
        self.changed += commit.merged.changed;
        self.unchanged += commit.merged.unchanged;
    }
}
