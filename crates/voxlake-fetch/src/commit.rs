//! Commits of fetched windows to day files.
//!
//! Windows are collected and merged together, since each merge rewrites the file of a day. A crash
//! loses only collected windows. A range counts as covered only after all its records are stored:
//! rejects, and calls of other days, are written first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use futures::future::BoxFuture;
use tokio::sync::mpsc::{Receiver, UnboundedSender};
use tokio::time::Instant;
use voxlake_lake::{
    CallsByDay, ConflictPolicy, DayCommit, FetchedKeys, FetchedRange, Lake, LakeError, RejectBatch,
    RejectSource, ScopeId, TimeRange, WriterLock,
};

use crate::memory::MemoryReservation;
use crate::options::CommitLimits;
use crate::report::SyncStats;
use crate::window::FetchedWindow;

/// Fetched window that waits to be committed.
pub(crate) struct PendingWindow {
    pub(crate) window: TimeRange,
    pub(crate) fetched: FetchedWindow,
    /// Set if all records that the API counts were received, so that the window is covered.
    pub(crate) complete: bool,
}

/// Work that follows each commit of a sync, before the next one. It borrows the writer lock of the
/// sync.
pub type AfterCommit = Arc<dyn Fn(Arc<WriterLock>) -> BoxFuture<'static, ()> + Send + Sync>;

/// Windows whose records are in the lake.
pub(crate) struct Committed {
    pub(crate) windows: Vec<TimeRange>,
    pub(crate) days: Vec<DayCommit>,
}

/// Merges windows into the day files of one lake; its only writer during a run.
pub(crate) struct Committer {
    lake: Lake,
    lock: Arc<WriterLock>,
    limits: CommitLimits,
    /// First day that accepts changes.
    freeze_before: Option<NaiveDate>,
    scope: Option<ScopeId>,
    replaces_moved: bool,
    after_commit: Option<AfterCommit>,
    pending: Vec<PendingWindow>,
    pending_calls: usize,
    /// Keys of calls in the previous commit.
    previous_keys: FetchedKeys,
    stats: SyncStats,
}

impl Committer {
    pub(crate) fn new(
        lake: Lake,
        lock: Arc<WriterLock>,
        limits: CommitLimits,
        freeze_before: Option<NaiveDate>,
        scope: Option<ScopeId>,
        replaces_moved: bool,
    ) -> Self {
        let (pending, stats) = (Vec::new(), SyncStats::default());
        let previous_keys = FetchedKeys::default();
        Self {
            lake,
            lock,
            limits,
            freeze_before,
            scope,
            replaces_moved,
            after_commit: None,
            pending,
            pending_calls: 0,
            previous_keys,
            stats,
        }
    }

    /// Sets the work that follows each commit.
    pub(crate) fn after_commit(mut self, work: Option<AfterCommit>) -> Self {
        self.after_commit = work;
        self
    }

    /// Collects and commits `windows` until the channel is closed, or the lake fails. Returns the
    /// statistics in each case.
    pub(crate) async fn run(
        mut self,
        mut windows: Receiver<PendingWindow>,
        committed: UnboundedSender<Committed>,
    ) -> (SyncStats, Result<(), LakeError>) {
        let mut due: Option<Instant> = None;
        loop {
            let timer = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let more = tokio::select! {
                biased;
                () = timer => true,
                window = windows.recv() => match window {
                    Some(pending) => {
                        self.pending_calls += pending.fetched.calls.iter().map(RecordBatch::num_rows).sum::<usize>();
                        self.pending.push(pending);
                        due = due.or(Some(Instant::now() + self.limits.max_age));
                        if self.pending_calls < self.limits.max_calls && due.is_some_and(|due| Instant::now() < due) {
                            continue;
                        }
                        true
                    }
                    None => false,
                },
            };
            due = None;
            match self.commit().await {
                // The receiver is dropped once the run has ended.
                Ok(done) => {
                    let has_changed = !done.days.is_empty();
                    drop(committed.send(done));
                    if let Some(work) = self.after_commit.as_ref().filter(|_| has_changed) {
                        work(Arc::clone(&self.lock)).await;
                    }
                }
                Err(error) => return (self.stats, Err(error)),
            }
            if !more {
                return (self.stats, Ok(()));
            }
        }
    }

    /// Commits the pending windows.
    async fn commit(&mut self) -> Result<Committed, LakeError> {
        self.pending_calls = 0;
        let mut batch = Batch { scope: self.scope, ..Batch::default() };
        for mut pending in self.pending.drain(..) {
            let (window, fetched_at) = (pending.window, pending.fetched.started_at);
            let rejects = std::mem::take(&mut pending.fetched.rejects);
            self.stats.rejected += rejects.len();
            let rejected = RejectBatch { source: RejectSource::Window(window), fetched_at, rejects };
            self.lake.write_rejects(&self.lock, &rejected).await?;
            batch.add(pending)?;
        }
        // A call may have moved between windows of this commit and the previous one.
        let mut fetched_keys = std::mem::take(&mut self.previous_keys);
        for (calls, _) in &batch.calls {
            fetched_keys.add(calls.all(), self.freeze_before);
            self.previous_keys.add(calls.all(), self.freeze_before);
        }
        let fetched_keys = Arc::new(fetched_keys);
        let mut days = Vec::new();
        for date in batch.out_of_window_dates() {
            days.push(self.merge(date, batch.calls(date, false)?, &[], &fetched_keys).await?);
        }
        for date in batch.window_dates() {
            let fetched = batch.fetched.get(&date).map_or(&[][..], Vec::as_slice);
            days.push(self.merge(date, batch.calls(date, true)?, fetched, &fetched_keys).await?);
        }
        days.iter().for_each(|day| self.stats.add_commit(day));
        Ok(Committed { windows: batch.covered, days })
    }

    async fn merge(
        &self,
        date: NaiveDate,
        calls: Vec<RecordBatch>,
        fetched: &[FetchedRange],
        fetched_keys: &Arc<FetchedKeys>,
    ) -> Result<DayCommit, LakeError> {
        let frozen = self.freeze_before.is_some_and(|first_open| date < first_open);
        if let Some(range) = fetched.first().filter(|_| !frozen && self.replaces_moved) {
            let moved = self.lake.find_moved_calls(date, fetched, fetched_keys).await?;
            if !moved.is_empty() {
                self.lake.archive_moved_calls(&self.lock, &moved, range.fetched_at).await?;
                return self.lake.merge_day_removing(&self.lock, date, &moved, calls, fetched).await;
            }
        }
        let existing = if frozen { ConflictPolicy::Freeze } else { ConflictPolicy::Replace };
        self.lake.merge_day(&self.lock, date, calls, fetched, existing).await
    }
}

/// Windows that are committed together.
#[derive(Default)]
struct Batch {
    /// Windows that are covered after the merge.
    covered: Vec<TimeRange>,
    /// Calls of each window, with the window's days. Calls may start on other days, such as at the
    /// end of the window.
    calls: Vec<(CallsByDay, Arc<BTreeSet<NaiveDate>>)>,
    fetched: BTreeMap<NaiveDate, Vec<FetchedRange>>,
    /// Memory of the calls, released after the merge.
    memory: Vec<MemoryReservation>,
    scope: Option<ScopeId>,
}

impl Batch {
    fn add(&mut self, pending: PendingWindow) -> Result<(), LakeError> {
        let PendingWindow { window, fetched, complete } = pending;
        let FetchedWindow { calls, total_records, started_at, memory, .. } = fetched;
        self.memory.push(memory);
        let own: Arc<BTreeSet<NaiveDate>> = Arc::new(window.by_day().map(|(date, _)| date).collect());
        for pages in calls {
            self.calls.push((CallsByDay::try_new(pages)?, Arc::clone(&own)));
        }
        // Records of incomplete windows are stored, but only complete windows are covered.
        if !complete {
            return Ok(());
        }
        self.covered.push(window);
        for (date, part) in window.by_day() {
            // The API counts whole windows: the counts of their single days are unknown.
            let total_records = total_records.filter(|_| own.len() == 1);
            let range = FetchedRange {
                from: part.from,
                to: part.to,
                fetched_at: started_at,
                total_records,
                calls: None,
                scope: self.scope,
            };
            self.fetched.entry(date).or_default().push(range);
        }
        Ok(())
    }

    /// Returns the days of calls that start outside their window's days.
    fn out_of_window_dates(&self) -> BTreeSet<NaiveDate> {
        self.calls.iter().flat_map(|(calls, own)| calls.dates().filter(|date| !own.contains(date))).collect()
    }

    /// Returns the days with coverage, or with calls of a window in them.
    fn window_dates(&self) -> BTreeSet<NaiveDate> {
        let calls =
            self.calls.iter().flat_map(|(calls, own)| calls.dates().filter(|date| own.contains(date)));
        calls.chain(self.fetched.keys().copied()).collect()
    }

    /// Returns the calls of a day: those of windows that include the day if `in_window` is set,
    /// otherwise those of other windows.
    fn calls(&self, date: NaiveDate, in_window: bool) -> Result<Vec<RecordBatch>, LakeError> {
        let wanted = self.calls.iter().filter(|(_, dates)| dates.contains(&date) == in_window);
        Ok(wanted.filter_map(|(calls, _)| calls.of_day(date).transpose()).collect::<Result<_, _>>()?)
    }
}
