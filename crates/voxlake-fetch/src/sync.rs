//! A sync: plan what is not settled, walk those windows, commit each one when it is complete.
//!
//! Walkers run side by side, and one committer writes, so that a day's file is never merged by two.
//! A window that fails leaves the others alone and is reported; what every window would fail by
//! (credentials, the daily limit, the lake) ends the run, with everything complete committed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SubsecRound as _, TimeDelta, Utc};
use futures::StreamExt as _;
use tokio::task::JoinSet;
use voxlake_lake::{
    Coverage, DayFile, Existing, Fetched, Lake, LakeError, RejectedWindow, TimeRange, WriterLock,
    split_by_day,
};

use crate::plan::{Window, plan, utc_day};
use crate::walk::{Walked, walk};
use crate::{ApiClient, Event, FailedWindow, FetchError, OnEvent, SyncReport};

/// Footers read at once while planning.
const FOOTERS_AT_ONCE: usize = 16;

/// Tells the time; tests bring their own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The machine's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Utc::now)
}

/// What to sync, and how.
#[derive(Clone, Copy, Debug)]
pub struct SyncOptions {
    /// First moment to fetch; `None` for the first day that the lake has, or 30 days ago.
    pub from: Option<DateTime<Utc>>,
    /// First moment not to fetch any more; `None` for now. The future is never asked for.
    pub to: Option<DateTime<Utc>>,
    /// A moment fetched this long after it need not be fetched again.
    pub settle: TimeDelta,
    /// Windows walked at once.
    pub walkers: usize,
    /// Whether damaged day files are set aside and fetched again; otherwise they are an error.
    pub repair: bool,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self { from: None, to: None, settle: TimeDelta::hours(24), walkers: 4, repair: false }
    }
}

/// What a lake knows of its days before a sync.
#[derive(Default)]
struct Known {
    coverage: BTreeMap<NaiveDate, Coverage>,
    /// Days whose damaged files were set aside.
    set_aside: BTreeSet<NaiveDate>,
}

impl Known {
    /// The first day that was ever fetched. A day file without coverage only holds a call that
    /// strayed into it, and no reason to begin there.
    fn first_day(&self) -> Option<NaiveDate> {
        let fetched = self.coverage.iter().filter(|(_, coverage)| !coverage.ranges().is_empty());
        fetched.map(|(date, _)| *date).chain(self.set_aside.iter().copied()).min()
    }
}

/// A sync of one lake with one account.
pub struct LakeSync {
    client: Arc<ApiClient>,
    lake: Lake,
    clock: Clock,
    options: SyncOptions,
}

impl LakeSync {
    /// A sync of `lake` through `client`.
    #[must_use]
    pub fn new(client: ApiClient, lake: Lake, clock: Clock, options: SyncOptions) -> Self {
        Self { client: Arc::new(client), lake, clock, options }
    }

    /// Runs the sync; `on_event` hears how it goes.
    ///
    /// # Errors
    /// Where it could not begin: the lake is locked, a day file is damaged, the period is none.
    /// What fails later is in the report.
    pub async fn run(self, on_event: OnEvent<'_>) -> Result<SyncReport, FetchError> {
        let lock = self.lake.lock((self.clock)()).await?;
        let report = self.run_locked(&lock, on_event).await;
        lock.release().await?;
        report
    }

    async fn run_locked(&self, lock: &WriterLock, on_event: OnEvent<'_>) -> Result<SyncReport, FetchError> {
        let known = self.known(lock, on_event).await?;
        let period = self.period(known.first_day())?;
        let mut windows = plan(period, self.options.settle, &known.coverage);
        // A day set aside lost all of its calls, not only those of the period.
        windows.retain(|window| !known.set_aside.contains(&window.date));
        let until_now = TimeRange { from: DateTime::UNIX_EPOCH, to: self.now() };
        windows.extend(
            known
                .set_aside
                .iter()
                .map(|date| Window { date: *date, range: utc_day(*date).intersection(&until_now) }),
        );
        windows.sort_by_key(|window| window.range);
        on_event(Event::Planned { period, windows: &windows });
        let mut report = SyncReport::new(period, windows.len());
        self.fetch(lock, windows, on_event, &mut report).await;
        report.requests = self.client.requests();
        Ok(report)
    }

    /// What is known of those days of the lake that the options' period touches.
    async fn known(&self, lock: &WriterLock, on_event: OnEvent<'_>) -> Result<Known, FetchError> {
        let asked = TimeRange {
            from: self.options.from.unwrap_or(DateTime::<Utc>::MIN_UTC),
            to: self.options.to.unwrap_or(DateTime::<Utc>::MAX_UTC),
        };
        let days = self.lake.days().await?;
        let touched = days.into_iter().filter(|day| !utc_day(day.date).intersection(&asked).is_empty());
        let read: Vec<_> = futures::stream::iter(touched)
            .map(|day| async move { (self.coverage_of(&day).await, day) })
            .buffered(FOOTERS_AT_ONCE)
            .collect()
            .await;
        let mut known = Known::default();
        for (coverage, day) in read {
            match coverage {
                Err(LakeError::Damaged { path, .. }) if self.options.repair => {
                    let to = self.lake.set_aside(lock, &day, (self.clock)()).await?;
                    on_event(Event::SetAside { path: &path, to: &to });
                    known.set_aside.insert(day.date);
                }
                other => {
                    known.coverage.insert(day.date, other?);
                }
            }
        }
        Ok(known)
    }

    /// A footer tells the coverage; a repair reads the whole file, since damage may lie anywhere in it.
    async fn coverage_of(&self, day: &DayFile) -> Result<Coverage, LakeError> {
        if self.options.repair {
            Ok(self.lake.read_day(day.date).await?.coverage)
        } else {
            self.lake.coverage(day).await
        }
    }

    /// The period to sync, in whole seconds as the API takes them.
    fn period(&self, first_day: Option<NaiveDate>) -> Result<TimeRange, FetchError> {
        let now = self.now();
        let to = self.options.to.unwrap_or(now).min(now).trunc_subsecs(0);
        let default_from = || {
            let month_ago = (now - TimeDelta::days(30)).date_naive();
            first_day.map_or(month_ago, |first| first.min(month_ago)).and_time(Default::default()).and_utc()
        };
        let from = self.options.from.unwrap_or_else(default_from).trunc_subsecs(0);
        if from > to {
            return Err(FetchError::Setting(format!(
                "the period begins at {from} and ends before that, at {to}"
            )));
        }
        Ok(TimeRange { from, to })
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)().trunc_subsecs(0)
    }

    async fn fetch(
        &self,
        lock: &WriterLock,
        windows: Vec<Window>,
        on_event: OnEvent<'_>,
        report: &mut SyncReport,
    ) {
        let (pages, mut pages_seen) = tokio::sync::mpsc::unbounded_channel();
        let mut walkers: JoinSet<(Window, Result<Walked, FetchError>)> = JoinSet::new();
        let mut waiting = windows.into_iter();
        loop {
            while report.stopped.is_none() && walkers.len() < self.options.walkers.max(1) {
                let Some(window) = waiting.next() else { break };
                let (client, clock, pages) =
                    (Arc::clone(&self.client), Arc::clone(&self.clock), pages.clone());
                walkers.spawn(async move {
                    let now = || clock().trunc_subsecs(0);
                    // Nobody listens any more once the run has ended.
                    let on_page = |records, total| {
                        let _ = pages.send((window, records, total));
                    };
                    (window, walk(&client, window.range, now, on_page).await)
                });
            }
            tokio::select! {
                biased;
                Some((window, records, total)) = pages_seen.recv() => on_event(Event::Page { window, records, total }),
                walked = walkers.join_next() => match walked {
                    None => break,
                    Some(Ok((window, walked))) => self.finish(lock, window, walked, on_event, report).await,
                    Some(Err(error)) => {
                        report.stopped = Some(FetchError::Walker(error.to_string()));
                    }
                },
            }
        }
    }

    async fn finish(
        &self,
        lock: &WriterLock,
        window: Window,
        walked: Result<Walked, FetchError>,
        on_event: OnEvent<'_>,
        report: &mut SyncReport,
    ) {
        let committed = match walked {
            Ok(walked) => self.commit(lock, window, walked, on_event, report).await,
            Err(error) => Err(error),
        };
        match committed {
            Ok(()) => report.complete += 1,
            Err(error) if error.is_final() => {
                report.stopped.get_or_insert(error);
            }
            Err(error) => {
                let failed = FailedWindow { window, error };
                on_event(Event::Failed(&failed));
                report.failed.push(failed);
            }
        }
    }

    async fn commit(
        &self,
        lock: &WriterLock,
        window: Window,
        walked: Walked,
        on_event: OnEvent<'_>,
        report: &mut SyncReport,
    ) -> Result<(), FetchError> {
        let mut days: BTreeMap<NaiveDate, Vec<_>> = BTreeMap::from([(window.date, Vec::new())]);
        for page in &walked.calls {
            for (date, calls) in split_by_day(page).map_err(LakeError::from)? {
                days.entry(date).or_default().push(calls);
            }
        }
        let covered = Fetched {
            from: window.range.from,
            to: window.range.to,
            fetched_at: walked.began,
            total_records: walked.total_records,
            calls: None,
        };
        // What came is kept in any case, but only a window without a shortfall counts as covered.
        let covered = if walked.shortfall.is_none() { vec![covered] } else { Vec::new() };
        // The rejects first: once a range counts as covered, nothing of it may be missing.
        report.rejected += walked.rejects.len();
        let rejects = walked.rejects;
        self.lake
            .write_rejects(lock, &RejectedWindow { window: window.range, fetched_at: walked.began, rejects })
            .await?;
        // Calls of other days, such as one at the boundary second, before the window's own day for the same reason.
        let own = days.remove(&window.date).unwrap_or_default();
        for (date, calls) in days {
            let commit = self.lake.merge_day(lock, date, calls, &[], Existing::Replace).await?;
            report.count(&commit);
        }
        let commit = self.lake.merge_day(lock, window.date, own, &covered, Existing::Replace).await?;
        report.count(&commit);
        if let Some(shortfall) = walked.shortfall {
            return Err(shortfall);
        }
        on_event(Event::Committed { window, commit: &commit });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
