//! One run of a sync: concurrent workers, one committer, and the bookkeeping of windows.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use chrono::SubsecRound as _;
use tokio::sync::mpsc::{self, Sender, UnboundedSender};
use tokio::task::{Id, JoinError, JoinSet};
use voxlake_lake::{Lake, LakeError, ScopeId, TimeRange, WriterLock};

use crate::clock::Clock;
use crate::commit::{AfterCommit, Committed, Committer, PendingWindow};
use crate::hourly_profile::HourlyProfile;
use crate::memory::MemoryTracker;
use crate::options::SyncOptions;
use crate::queue::{WindowQueue, WindowTask, max_window_pages};
use crate::window::{WindowError, WindowFetcher, WindowOutcome};
use crate::{ApiClient, Budget, Event, FailedWindow, FetchError, OnEvent, SyncReport, report};

/// Windows in the channel to the committer. Workers continue while it writes.
const COMMIT_CHANNEL_WINDOWS: usize = 4;
/// Windows that fail in a row, without a page in between, from which the API counts as down.
const OUTAGE_WINDOWS: usize = 5;

/// Configuration and shared state of a run.
pub(crate) struct Run {
    pub(crate) client: Arc<ApiClient>,
    pub(crate) lake: Lake,
    pub(crate) lock: Arc<WriterLock>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) clock: Clock,
    pub(crate) options: SyncOptions,
    /// Scope of the coverage that the run adds.
    pub(crate) scope: Option<ScopeId>,
    /// Replaces records of moved calls. Set if all calls of the lake's scope are fetched.
    pub(crate) replaces_moved: bool,
    pub(crate) memory: MemoryTracker,
    pub(crate) after_commit: Option<AfterCommit>,
}

/// A fetched page, reported by the worker that fetches its window.
struct PageProgress {
    worker: Id,
    records: u64,
    /// Pages of the window that are not fetched yet.
    pages_left: u64,
}

/// Window with its outcome.
type WindowResult = (WindowTask, Result<WindowOutcome, WindowError>);
type Workers = JoinSet<WindowResult>;

/// Progress of a run.
struct RunState {
    queue: WindowQueue,
    /// Estimated pages that each worker has not fetched yet.
    pages_left: BTreeMap<Id, u64>,
    /// Windows that failed since the last page was received.
    consecutive_failures: usize,
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
        profile: HourlyProfile,
        on_event: OnEvent<'_>,
        stop: impl Future<Output = ()> + Send,
    ) -> SyncReport {
        let mut state = RunState::new(WindowQueue::new(&windows, self.options.order, profile));
        let (progress_tx, mut progress_rx) = mpsc::unbounded_channel();
        let (committed_tx, mut committed_rx) = mpsc::unbounded_channel();
        let (windows_tx, windows_rx) = mpsc::channel(COMMIT_CHANNEL_WINDOWS);
        let mut committer = tokio::spawn(self.committer().run(windows_rx, committed_tx));
        let mut windows_tx = Some(windows_tx);
        let mut workers = Workers::new();
        let mut stop = pin!(stop);
        let committer_result = loop {
            self.spawn_workers(&mut state, &mut workers, &progress_tx).await;
            if workers.is_empty() {
                // No more windows will come: the committer writes its last ones and returns.
                windows_tx = None;
            }
            tokio::select! {
                biased;
                () = &mut stop, if state.stopped.is_none() => {
                    state.stopped = Some(FetchError::Interrupted);
                    workers.abort_all();
                }
                Some(page) = progress_rx.recv() => state.on_page(&page, on_event),
                Some(committed) = committed_rx.recv() => state.on_committed(committed, on_event),
                Some(result) = workers.join_next_with_id() => {
                    self.on_window_done(&mut state, result, windows_tx.as_ref(), on_event).await;
                }
                result = &mut committer => break result,
            }
        };
        while let Ok(committed) = committed_rx.try_recv() {
            state.on_committed(committed, on_event);
        }
        workers.shutdown().await;
        let stats = state.on_committer_done(committer_result);
        if let Err(error) = self.budget.close().await {
            state.stopped.get_or_insert(error);
        }
        self.report(period, windows, state, stats).await
    }

    fn committer(&self) -> Committer {
        Committer::new(
            self.lake.clone(),
            Arc::clone(&self.lock),
            self.options.commit,
            self.options.freeze_before,
            self.scope,
            self.replaces_moved,
        )
        .after_commit(self.after_commit.clone())
    }

    /// Starts workers up to the concurrency, as long as the budget suffices for their windows.
    async fn spawn_workers(
        &self,
        state: &mut RunState,
        workers: &mut Workers,
        progress_tx: &UnboundedSender<PageProgress>,
    ) {
        let most = self.concurrency();
        while state.stopped.is_none() && workers.len() < most {
            let Some(task) = state.queue.peek() else { return };
            // An unfinished window would be fetched again tomorrow.
            let ahead = state.pages_left.values().sum::<u64>() + task.pages();
            if let Err(spent) = self.budget.ensure_remaining(ahead).await {
                state.stopped = Some(spent);
                return;
            }
            let Some(task) = state.queue.next() else { return };
            let expected = task.pages();
            let worker = workers.spawn(fetch_window(self.worker_context(), task, progress_tx.clone()));
            state.pages_left.insert(worker.id(), expected);
        }
    }

    fn concurrency(&self) -> usize {
        self.options.concurrency.unwrap_or_else(|| self.client.rate_limiter.target_concurrency()).max(1)
    }

    fn worker_context(&self) -> WorkerContext {
        WorkerContext {
            client: Arc::clone(&self.client),
            budget: Arc::clone(&self.budget),
            clock: Arc::clone(&self.clock),
            settle: self.options.settle,
            concurrency: self.concurrency(),
            window_pages: self.options.window_pages,
            memory: self.memory.clone(),
        }
    }

    /// Handles the outcome of a window: commit, split, requeue or failure.
    async fn on_window_done(
        &self,
        state: &mut RunState,
        result: Result<(Id, WindowResult), JoinError>,
        windows_tx: Option<&Sender<PendingWindow>>,
        on_event: OnEvent<'_>,
    ) {
        let (id, (task, outcome)) = match result {
            Ok(done) => done,
            Err(error) => {
                state.pages_left.remove(&error.id());
                if !error.is_cancelled() {
                    state.stopped = Some(FetchError::WorkerFailed(error.to_string()));
                }
                return;
            }
        };
        state.pages_left.remove(&id);
        let window = task.range;
        match outcome {
            Ok(WindowOutcome::TooLarge { total }) => {
                state.consecutive_failures = 0;
                let concurrency = self.concurrency();
                let max_pages =
                    max_window_pages(self.options.window_pages, self.budget.remaining(), concurrency);
                let pieces = state.queue.split(&task, total, concurrency, max_pages);
                on_event(Event::WindowSplit { window, total, pieces });
            }
            Ok(WindowOutcome::Complete(fetched)) => {
                state.queue.profile.add_window(window, &fetched.calls);
                on_event(Event::WindowFetched { window });
                send_to_committer(windows_tx, PendingWindow { window, fetched, complete: true }).await;
            }
            Ok(WindowOutcome::Short(fetched, error)) => {
                state.fail(FailedWindow { window, error }, on_event);
                // The received calls are stored, although the window is not covered.
                send_to_committer(windows_tx, PendingWindow { window, fetched, complete: false }).await;
            }
            Err(WindowError { error, .. }) if error.is_fatal() => {
                state.stopped.get_or_insert(error);
            }
            Err(WindowError { error, after_first_page }) => {
                state.consecutive_failures += 1;
                if state.consecutive_failures >= OUTAGE_WINDOWS {
                    let windows = state.consecutive_failures;
                    state.stopped.get_or_insert(FetchError::Outage { windows, source: Box::new(error) });
                } else if error.is_window_retryable(after_first_page)
                    && state.stopped.is_none()
                    && state.queue.requeue(&task)
                {
                    tracing::info!(from = %window.from, to = %window.to, %error, "window failed, requeued");
                    on_event(Event::WindowRequeued { window, error: &error });
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
        state: RunState,
        mut stats: report::SyncStats,
    ) -> SyncReport {
        stats.find_repeated_engagements(&self.lake).await;
        let done =
            TimeRange::coalesce(state.complete.iter().copied().chain(state.failed.iter().map(|f| f.window)));
        let unreached = planned.iter().flat_map(|window| {
            done.iter().fold(vec![*window], |left, done| {
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
            rate_usage: report::RateUsage {
                requests: self.client.request_count(),
                span: self.client.request_span(),
                allowed: self.client.rate_limiter.rate(),
            },
            requests_today: self.budget.requests_today().await,
            ended_at: (self.clock)(),
            clock_skew: self.client.clock.reported_skew(),
            stats,
        }
    }
}

/// Sends a window to the committer. It is gone only after an error of the lake, which it returns.
async fn send_to_committer(windows_tx: Option<&Sender<PendingWindow>>, pending: PendingWindow) {
    if let Some(windows_tx) = windows_tx {
        let _ = windows_tx.send(pending).await;
    }
}

impl RunState {
    fn new(queue: WindowQueue) -> Self {
        Self {
            queue,
            pages_left: BTreeMap::new(),
            consecutive_failures: 0,
            complete: Vec::new(),
            failed: Vec::new(),
            stopped: None,
        }
    }

    fn on_page(&mut self, page: &PageProgress, on_event: OnEvent<'_>) {
        self.pages_left.insert(page.worker, page.pages_left);
        self.consecutive_failures = 0;
        on_event(Event::PageFetched { records: page.records });
    }

    fn on_committed(&mut self, committed: Committed, on_event: OnEvent<'_>) {
        on_event(Event::Committed { windows: &committed.windows, days: &committed.days });
        self.complete.extend(committed.windows);
    }

    /// Returns the committer's statistics. Its error replaces those that followed from it.
    fn on_committer_done(
        &mut self,
        result: Result<(report::SyncStats, Result<(), LakeError>), JoinError>,
    ) -> report::SyncStats {
        match result {
            Ok((stats, Ok(()))) => stats,
            Ok((stats, Err(error))) => {
                self.stopped = Some(error.into());
                stats
            }
            Err(error) => {
                self.stopped = Some(FetchError::WorkerFailed(error.to_string()));
                report::SyncStats::default()
            }
        }
    }

    fn fail(&mut self, failed: FailedWindow, on_event: OnEvent<'_>) {
        on_event(Event::WindowFailed(&failed));
        self.failed.push(failed);
    }
}

/// Shared state and options of a worker.
struct WorkerContext {
    client: Arc<ApiClient>,
    budget: Arc<Budget>,
    clock: Clock,
    settle: chrono::TimeDelta,
    concurrency: usize,
    window_pages: u64,
    memory: MemoryTracker,
}

async fn fetch_window(
    context: WorkerContext,
    task: WindowTask,
    progress_tx: UnboundedSender<PageProgress>,
) -> WindowResult {
    let worker_id = tokio::task::id();
    let now = || (context.clock)().trunc_subsecs(0);
    let will_be_refetched =
        task.range.from.checked_add_signed(context.settle).is_none_or(|settled| settled > now());
    let mut records_so_far = 0;
    let on_page = |records, total: Option<u64>| {
        records_so_far += records;
        let left = total.unwrap_or(0).saturating_sub(records_so_far);
        let pages_left = left.div_ceil(crate::paging::PAGE_SIZE.into());
        // The receiver is dropped once the run has ended.
        let _ = progress_tx.send(PageProgress { worker: worker_id, records, pages_left });
    };
    let memory = context.memory;
    let mut worker = WindowFetcher { client: &context.client, budget: &context.budget, now, on_page, memory };
    let max_pages =
        || max_window_pages(context.window_pages, context.budget.remaining(), context.concurrency);
    let too_large = |total| task.is_too_large(total, max_pages());
    let result = worker.fetch(task.range, will_be_refetched, too_large).await;
    (task, result)
}
