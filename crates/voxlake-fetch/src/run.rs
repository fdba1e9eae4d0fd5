//! One run: walkers side by side, one committer behind them, and the books of what is missing.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use chrono::SubsecRound as _;
use tokio::sync::mpsc::{self, Sender, UnboundedSender};
use tokio::task::{Id, JoinError, JoinSet};
use voxlake_lake::{Lake, LakeError, ScopeId, TimeRange, WriterLock};

use crate::clock::Clock;
use crate::commit::{Committed, Committer, Gathered};
use crate::held::HeldTotal;
use crate::options::SyncOptions;
use crate::queue::{Queue, Task, most_pages};
use crate::shape::Shape;
use crate::walk::{Walk, WalkError, Walker};
use crate::{ApiClient, Budget, Event, FailedWindow, FetchError, OnEvent, SyncReport, report};

/// Windows that wait for the committer while it writes; walkers go on meanwhile.
const WAITING_FOR_COMMIT: usize = 4;
/// Windows that may fail one after the other, without a single page in between, before the API
/// counts as down.
const OUTAGE_WINDOWS: usize = 5;

/// What a run works with.
pub(crate) struct Run {
    pub(crate) client: Arc<ApiClient>,
    pub(crate) lake: Lake,
    pub(crate) lock: Arc<WriterLock>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) clock: Clock,
    pub(crate) options: SyncOptions,
    /// Scope that the coverage of what is fetched notes.
    pub(crate) scope: Option<ScopeId>,
    /// Whether calls supersede those that no longer come, since all calls of the lake's scope are
    /// asked for.
    pub(crate) supersedes: bool,
    pub(crate) held: HeldTotal,
}

/// A fetched page, reported by the worker that fetches its window.
struct Said {
    walker: Id,
    records: u64,
    /// Pages of the window that are not fetched yet.
    pages_left: u64,
}

/// A window with what came of it.
type Brought = (Task, Result<Walk, WalkError>);
type Walkers = JoinSet<Brought>;

/// How a run stands.
struct State {
    queue: Queue,
    /// Pages that each walker still has before it, as far as it knows.
    pages_left: BTreeMap<Id, u64>,
    /// Windows that failed since the last page came.
    failed_in_a_row: usize,
    complete: Vec<TimeRange>,
    failed: Vec<FailedWindow>,
    stopped: Option<FetchError>,
}

impl Run {
    /// Fetches `windows` until all are done, a fatal error occurs, or `stop` is ready.
    pub(crate) async fn fetch(
        self,
        period: TimeRange,
        windows: Vec<TimeRange>,
        shape: Shape,
        on_event: OnEvent<'_>,
        stop: impl Future<Output = ()> + Send,
    ) -> SyncReport {
        let mut state = State::new(Queue::new(&windows, self.options.order, shape));
        let (say, mut said) = mpsc::unbounded_channel();
        let (committed_tx, mut committed_rx) = mpsc::unbounded_channel();
        let (windows_tx, windows_rx) = mpsc::channel(WAITING_FOR_COMMIT);
        let mut committer = tokio::spawn(self.committer().run(windows_rx, committed_tx));
        let mut windows_tx = Some(windows_tx);
        let mut walkers = Walkers::new();
        let mut stop = pin!(stop);
        let committer_result = loop {
            self.fill(&mut state, &mut walkers, &say).await;
            if walkers.is_empty() {
                // No more windows will come: the committer writes its last ones and returns.
                windows_tx = None;
            }
            tokio::select! {
                biased;
                () = &mut stop, if state.stopped.is_none() => {
                    state.stopped = Some(FetchError::Interrupted);
                    walkers.abort_all();
                }
                Some(page) = said.recv() => state.on_page(&page, on_event),
                Some(committed) = committed_rx.recv() => state.on_committed(committed, on_event),
                Some(walked) = walkers.join_next_with_id() => {
                    self.walked(&mut state, walked, windows_tx.as_ref(), on_event).await;
                }
                result = &mut committer => break result,
            }
        };
        while let Ok(committed) = committed_rx.try_recv() {
            state.on_committed(committed, on_event);
        }
        walkers.shutdown().await;
        let tally = state.on_committer_done(committer_result);
        if let Err(error) = self.budget.close().await {
            state.stopped.get_or_insert(error);
        }
        self.report(period, windows, state, tally).await
    }

    fn committer(&self) -> Committer {
        Committer::new(
            self.lake.clone(),
            Arc::clone(&self.lock),
            self.options.commit,
            self.options.freeze_before,
            self.scope,
            self.supersedes,
        )
    }

    /// Sets walkers to work, as many as are useful and the budget lets finish.
    async fn fill(&self, state: &mut State, walkers: &mut Walkers, say: &UnboundedSender<Said>) {
        let most = self.most_walkers();
        while state.stopped.is_none() && walkers.len() < most {
            let Some(task) = state.queue.peek() else { return };
            // A window that cannot be finished today would be begun anew tomorrow.
            let ahead = state.pages_left.values().sum::<u64>() + task.pages();
            if let Err(spent) = self.budget.has(ahead).await {
                state.stopped = Some(spent);
                return;
            }
            let Some(task) = state.queue.next() else { return };
            let expected = task.pages();
            let walker = walkers.spawn(walk(self.parts(), task, say.clone()));
            state.pages_left.insert(walker.id(), expected);
        }
    }

    fn most_walkers(&self) -> usize {
        self.options.walkers.unwrap_or_else(|| self.client.pace.useful_walkers()).max(1)
    }

    fn parts(&self) -> Parts {
        Parts {
            client: Arc::clone(&self.client),
            budget: Arc::clone(&self.budget),
            clock: Arc::clone(&self.clock),
            settle: self.options.settle,
            walkers: self.most_walkers(),
            window_pages: self.options.window_pages,
            held: self.held.clone(),
        }
    }

    /// Takes what a walker brought.
    async fn walked(
        &self,
        state: &mut State,
        walked: Result<(Id, Brought), JoinError>,
        read: Option<&Sender<Gathered>>,
        on_event: OnEvent<'_>,
    ) {
        let (id, (task, result)) = match walked {
            Ok(walked) => walked,
            Err(error) => {
                state.pages_left.remove(&error.id());
                if !error.is_cancelled() {
                    state.stopped = Some(FetchError::Walker(error.to_string()));
                }
                return;
            }
        };
        state.pages_left.remove(&id);
        let window = task.range;
        match result {
            Ok(Walk::TooLarge { total }) => {
                state.failed_in_a_row = 0;
                let walkers = self.most_walkers();
                let most_pages = most_pages(self.options.window_pages, self.budget.left(), walkers);
                let pieces = state.queue.cut(&task, total, walkers, most_pages);
                on_event(Event::Cut { window, total, pieces });
            }
            Ok(Walk::Complete(walked)) => {
                state.queue.shape.learn(window, &walked.calls);
                on_event(Event::Read { window });
                gather(read, Gathered { window, walked, complete: true }).await;
            }
            Ok(Walk::Short(walked, error)) => {
                state.fail(FailedWindow { window, error }, on_event);
                // The calls that came are good all the same.
                gather(read, Gathered { window, walked, complete: false }).await;
            }
            Err(WalkError { error, .. }) if error.is_final() => {
                state.stopped.get_or_insert(error);
            }
            Err(WalkError { error, mid_walk }) => {
                state.failed_in_a_row += 1;
                if state.failed_in_a_row >= OUTAGE_WINDOWS {
                    let windows = state.failed_in_a_row;
                    state.stopped.get_or_insert(FetchError::Outage { windows, source: Box::new(error) });
                } else if error.restarts(mid_walk) && state.stopped.is_none() && state.queue.restart(&task) {
                    tracing::info!(from = %window.from, to = %window.to, %error, "a window is begun anew");
                    on_event(Event::Restarted { window, error: &error });
                } else {
                    state.fail(FailedWindow { window, error }, on_event);
                }
            }
        }
    }

    async fn report(
        &self,
        period: TimeRange,
        planned: Vec<TimeRange>,
        state: State,
        mut tally: report::Tally,
    ) -> SyncReport {
        tally.look_for_several_starts(&self.lake).await;
        let settled =
            TimeRange::coalesce(state.complete.iter().copied().chain(state.failed.iter().map(|f| f.window)));
        let unreached = planned.iter().flat_map(|window| {
            settled.iter().fold(vec![*window], |left, done| {
                left.into_iter().flat_map(|piece| piece.difference(*done)).collect()
            })
        });
        SyncReport {
            period,
            unreached: TimeRange::coalesce(unreached),
            planned,
            complete: state.complete.len(),
            failed: state.failed,
            stopped: state.stopped,
            pacing: report::Pacing {
                requests: self.client.requests(),
                span: self.client.span(),
                allowed: self.client.pace.rate(),
            },
            spent_today: self.budget.spent_today().await,
            ended: (self.clock)(),
            clock_skew: self.client.clock.reported_skew(),
            tally,
        }
    }
}

/// Hands a window to the committer, who is gone only after an error of the lake and tells that
/// himself.
async fn gather(read: Option<&Sender<Gathered>>, gathered: Gathered) {
    if let Some(read) = read {
        let _ = read.send(gathered).await;
    }
}

impl State {
    fn new(queue: Queue) -> Self {
        Self {
            queue,
            pages_left: BTreeMap::new(),
            failed_in_a_row: 0,
            complete: Vec::new(),
            failed: Vec::new(),
            stopped: None,
        }
    }

    fn on_page(&mut self, page: &Said, on_event: OnEvent<'_>) {
        self.pages_left.insert(page.walker, page.pages_left);
        self.failed_in_a_row = 0;
        on_event(Event::Page { records: page.records });
    }

    fn on_committed(&mut self, committed: Committed, on_event: OnEvent<'_>) {
        on_event(Event::Committed { windows: &committed.windows, days: &committed.days });
        self.complete.extend(committed.windows);
    }

    /// Returns the committer's statistics. Its error replaces those that followed from it.
    fn on_committer_done(
        &mut self,
        result: Result<(report::Tally, Result<(), LakeError>), JoinError>,
    ) -> report::Tally {
        match result {
            Ok((tally, Ok(()))) => tally,
            Ok((tally, Err(error))) => {
                self.stopped = Some(error.into());
                tally
            }
            Err(error) => {
                self.stopped = Some(FetchError::Walker(error.to_string()));
                report::Tally::default()
            }
        }
    }

    fn fail(&mut self, failed: FailedWindow, on_event: OnEvent<'_>) {
        on_event(Event::Failed(&failed));
        self.failed.push(failed);
    }
}

/// What a walker takes along.
struct Parts {
    client: Arc<ApiClient>,
    budget: Arc<Budget>,
    clock: Clock,
    settle: chrono::TimeDelta,
    /// How many walk side by side.
    walkers: usize,
    window_pages: u64,
    held: HeldTotal,
}

async fn walk(parts: Parts, task: Task, say: UnboundedSender<Said>) -> Brought {
    let walker_id = tokio::task::id();
    let now = || (parts.clock)().trunc_subsecs(0);
    let read_again = task.range.from.checked_add_signed(parts.settle).is_none_or(|settled| settled > now());
    let mut records_so_far = 0;
    let on_page = |records, total: Option<u64>| {
        records_so_far += records;
        let left = total.unwrap_or(0).saturating_sub(records_so_far);
        let pages_left = left.div_ceil(crate::paging::PAGE_SIZE.into());
        // Nobody listens any more once the run has ended.
        let _ = say.send(Said { walker: walker_id, records, pages_left });
    };
    let held = parts.held;
    let mut walker = Walker { client: &parts.client, budget: &parts.budget, now, on_page, held };
    let most_pages = || most_pages(parts.window_pages, parts.budget.left(), parts.walkers);
    let too_large = |total| task.is_too_large(total, most_pages());
    let result = walker.walk(task.range, read_again, too_large).await;
    (task, result)
}
