//! From windows that were read to day files: the one writer.
//!
//! Windows are gathered and merged together, since each merge writes a day's file anew; a crash
//! loses no more than what is gathered. A range counts as covered only once everything of it is in
//! the lake, so what goes elsewhere goes first: rejects, and calls whose day the window does not
//! cover.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use tokio::sync::mpsc::{Receiver, UnboundedSender};
use tokio::time::Instant;
use voxlake_lake::{
    CallsByDay, ConflictPolicy, DayCommit, FetchedKeys, FetchedRange, Lake, LakeError, RejectBatch,
    RejectSource, ScopeId, TimeRange, WriterLock,
};

use crate::held::HeldBytes;
use crate::options::CommitLimits;
use crate::report::Tally;
use crate::walk::Walked;

/// A window that was read and waits to be written.
pub(crate) struct Gathered {
    pub(crate) window: TimeRange,
    pub(crate) walked: Walked,
    /// Whether everything came that the API counts in the window, so that it counts as covered.
    pub(crate) complete: bool,
}

/// Windows of which everything is in the lake now.
pub(crate) struct Committed {
    pub(crate) windows: Vec<TimeRange>,
    pub(crate) days: Vec<DayCommit>,
}

/// Merges windows into the day files of one lake.
pub(crate) struct Committer {
    lake: Lake,
    lock: Arc<WriterLock>,
    limits: CommitLimits,
    /// Days before this one are closed books.
    freeze_before: Option<NaiveDate>,
    scope: Option<ScopeId>,
    supersedes: bool,
    gathered: Vec<Gathered>,
    calls: usize,
    /// Calls of the previous commit.
    arrived_before: FetchedKeys,
    tally: Tally,
}

impl Committer {
    pub(crate) fn new(
        lake: Lake,
        lock: Arc<WriterLock>,
        limits: CommitLimits,
        freeze_before: Option<NaiveDate>,
        scope: Option<ScopeId>,
        supersedes: bool,
    ) -> Self {
        let (gathered, tally) = (Vec::new(), Tally::default());
        let arrived_before = FetchedKeys::default();
        Self {
            lake,
            lock,
            limits,
            freeze_before,
            scope,
            supersedes,
            gathered,
            calls: 0,
            arrived_before,
            tally,
        }
    }

    /// Gathers and commits `windows` until there are no more. What was done is told in any case; an
    /// error of the lake ends it.
    pub(crate) async fn run(
        mut self,
        mut windows: Receiver<Gathered>,
        committed: UnboundedSender<Committed>,
    ) -> (Tally, Result<(), LakeError>) {
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
                    Some(gathered) => {
                        self.calls += gathered.walked.calls.iter().map(RecordBatch::num_rows).sum::<usize>();
                        self.gathered.push(gathered);
                        due = due.or(Some(Instant::now() + self.limits.every));
                        if self.calls < self.limits.calls && due.is_some_and(|due| Instant::now() < due) {
                            continue;
                        }
                        true
                    }
                    None => false,
                },
            };
            due = None;
            match self.commit().await {
                // Nobody listens any more once the run has ended.
                Ok(done) => drop(committed.send(done)),
                Err(error) => return (self.tally, Err(error)),
            }
            if !more {
                return (self.tally, Ok(()));
            }
        }
    }

    /// Commits what is gathered.
    async fn commit(&mut self) -> Result<Committed, LakeError> {
        self.calls = 0;
        let mut batch = Batch { scope: self.scope, ..Batch::default() };
        for mut gathered in self.gathered.drain(..) {
            let (window, fetched_at) = (gathered.window, gathered.walked.began);
            let rejects = std::mem::take(&mut gathered.walked.rejects);
            self.tally.rejected += rejects.len();
            let rejected = RejectBatch { source: RejectSource::Window(window), fetched_at, rejects };
            self.lake.write_rejects(&self.lock, &rejected).await?;
            batch.add(gathered)?;
        }
        // A call may have moved from one window into another, which came with the commit before.
        let mut arrived = std::mem::take(&mut self.arrived_before);
        for (calls, _) in &batch.calls {
            arrived.add(calls.all(), self.freeze_before);
            self.arrived_before.add(calls.all(), self.freeze_before);
        }
        let arrived = Arc::new(arrived);
        let mut days = Vec::new();
        for date in batch.stray_dates() {
            days.push(self.merge(date, batch.calls(date, false)?, &[], &arrived).await?);
        }
        for date in batch.own_dates() {
            let fetched = batch.fetched.get(&date).map_or(&[][..], Vec::as_slice);
            days.push(self.merge(date, batch.calls(date, true)?, fetched, &arrived).await?);
        }
        days.iter().for_each(|day| self.tally.count(day));
        Ok(Committed { windows: batch.covered, days })
    }

    async fn merge(
        &self,
        date: NaiveDate,
        calls: Vec<RecordBatch>,
        fetched: &[FetchedRange],
        arrived: &Arc<FetchedKeys>,
    ) -> Result<DayCommit, LakeError> {
        let frozen = self.freeze_before.is_some_and(|first_open| date < first_open);
        if let Some(range) = fetched.first().filter(|_| !frozen && self.supersedes) {
            let moved = self.lake.find_moved_calls(date, fetched, arrived).await?;
            if !moved.is_empty() {
                self.lake.archive_moved_calls(&self.lock, &moved, range.fetched_at).await?;
                return self.lake.merge_day_removing(&self.lock, date, &moved, calls, fetched).await;
            }
        }
        let existing = if frozen { ConflictPolicy::Freeze } else { ConflictPolicy::Replace };
        self.lake.merge_day(&self.lock, date, calls, fetched, existing).await
    }
}

/// Windows that are written together.
#[derive(Default)]
struct Batch {
    /// Windows that are covered once the days are merged.
    covered: Vec<TimeRange>,
    /// Calls of each window, with the days that it reaches into. Others are strays, such as a call
    /// at its last second.
    calls: Vec<(CallsByDay, Arc<BTreeSet<NaiveDate>>)>,
    fetched: BTreeMap<NaiveDate, Vec<FetchedRange>>,
    /// Memory of the calls.
    held: Vec<HeldBytes>,
    scope: Option<ScopeId>,
}

impl Batch {
    fn add(&mut self, gathered: Gathered) -> Result<(), LakeError> {
        let Gathered { window, walked, complete } = gathered;
        let Walked { calls, total_records, began, held, .. } = walked;
        self.held.push(held);
        let own: Arc<BTreeSet<NaiveDate>> = Arc::new(window.by_day().map(|(date, _)| date).collect());
        for pages in calls {
            self.calls.push((CallsByDay::try_new(pages)?, Arc::clone(&own)));
        }
        // What came is kept in any case, but only a complete window counts as covered.
        if !complete {
            return Ok(());
        }
        self.covered.push(window);
        for (date, part) in window.by_day() {
            // The API counts windows, not days: of one over several days nobody said what a day's share is.
            let total_records = total_records.filter(|_| own.len() == 1);
            let fetched = FetchedRange {
                from: part.from,
                to: part.to,
                fetched_at: began,
                total_records,
                calls: None,
                scope: self.scope,
            };
            self.fetched.entry(date).or_default().push(fetched);
        }
        Ok(())
    }

    /// Days with calls that their window does not reach into.
    fn stray_dates(&self) -> BTreeSet<NaiveDate> {
        self.calls.iter().flat_map(|(calls, own)| calls.dates().filter(|date| !own.contains(date))).collect()
    }

    /// Days with calls of their own window, or with coverage.
    fn own_dates(&self) -> BTreeSet<NaiveDate> {
        let calls =
            self.calls.iter().flat_map(|(calls, own)| calls.dates().filter(|date| own.contains(date)));
        calls.chain(self.fetched.keys().copied()).collect()
    }

    /// The calls of a day: those of windows that reach into it if they are its `own`, else the
    /// strays.
    fn calls(&self, date: NaiveDate, own: bool) -> Result<Vec<RecordBatch>, LakeError> {
        let wanted = self.calls.iter().filter(|(_, dates)| dates.contains(&date) == own);
        Ok(wanted.filter_map(|(calls, _)| calls.of_day(date).transpose()).collect::<Result<_, _>>()?)
    }
}
