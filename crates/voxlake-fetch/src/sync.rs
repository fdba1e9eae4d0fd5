//! A sync: plan what is not settled, walk those windows side by side, commit what was read.
//!
//! A window that fails is begun anew, and where that does not help it is reported and leaves the
//! others alone. What every window would fail by (credentials, a daily limit, the lake) ends the
//! run, with everything complete committed.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SubsecRound as _, TimeDelta, Utc};
use voxlake_lake::{Coverage, Lake, ScopeId, TimeRange, WriterLock};

use crate::clock::Clock;
use crate::held::HeldTotal;
use crate::lake_state::LakeState;
use crate::limits::MAX_PLANNED_PAGES;
use crate::options::SyncOptions;
use crate::paging::requests_for;
use crate::plan::{Order, plan};
use crate::run::Run;
use crate::shape::Shape;
use crate::{ApiClient, Budget, CallFilter, Event, FetchError, OnEvent, SyncReport, scope, widening};

/// What a sync would do, as far as the API's counts tell.
#[derive(Debug)]
pub struct SyncPlan {
    /// The period.
    pub period: TimeRange,
    /// What is not settled of it, each with the records that the API counts there.
    pub windows: Vec<(TimeRange, u64)>,
    /// Requests that the counting took.
    pub requests: u64,
    /// Requests of today, by the lake's ledger.
    pub spent_today: u64,
    /// Most pages of a window.
    window_pages: u64,
}
impl SyncPlan {
    /// Requests that fetching takes, about: full pages, and what cutting into windows costs.
    #[must_use]
    pub fn requests_needed(&self) -> u64 {
        self.windows.iter().map(|(_, records)| requests_for(*records, self.window_pages)).sum()
    }
}

/// A sync of one lake with one account.
pub struct LakeSync {
    client: Arc<ApiClient>,
    lake: Lake,
    /// The earlier of this machine's time and the server's.
    clock: Clock,
    options: SyncOptions,
    /// The scope in words.
    scope_words: String,
    /// The wider scope that the lake is to have.
    widens_to: Option<CallFilter>,
    /// Days that are fetched again, and no others; none for what is not settled.
    refetched: BTreeSet<NaiveDate>,
}

/// Under which conditions a run fetches, and what its coverage notes.
struct RunScope {
    id: Option<ScopeId>,
    /// The conditions that the lake had before its scope was widened.
    widened_from: Option<CallFilter>,
}

impl LakeSync {
    /// A sync of `lake` through `client`.
    #[must_use]
    pub fn new(client: ApiClient, lake: Lake, options: SyncOptions) -> Self {
        let window_pages = options.window_pages.min(MAX_PLANNED_PAGES);
        let (client, options) = (Arc::new(client), SyncOptions { window_pages, ..options });
        let clock: Clock = {
            let client = Arc::clone(&client);
            Arc::new(move || client.clock.now())
        };
        let scope_words = client.filter().to_string();
        Self { client, lake, clock, options, scope_words, widens_to: None, refetched: BTreeSet::new() }
    }

    /// Calls the client's filter by other words than those of the API, such as names in place of
    /// ids.
    #[must_use]
    pub fn with_scope_words(mut self, words: String) -> Self {
        self.scope_words = words;
        self
    }

    /// Widens the scope of the lake to `target`: fetches for all ranges that are settled under its
    /// scope what `target` selects beyond that. The client has to have the [filter to
    /// widen](crate::filter_to_widen). An ordinary sync fetches the rest.
    #[must_use]
    pub fn widening_to(mut self, target: CallFilter) -> Self {
        self.widens_to = Some(target);
        self
    }

    /// Fetches these days whole, settled or not, and nothing else.
    #[must_use]
    pub fn refetching(mut self, days: BTreeSet<NaiveDate>) -> Self {
        self.refetched = days;
        self
    }

    /// Runs the sync; `on_event` hears how it goes. Once `stop` is ready it ends, with everything
    /// complete committed.
    ///
    /// # Errors
    /// Where it could not begin: the lake is locked, a day file is damaged, the period is none.
    /// What fails later is in the report.
    pub async fn run(
        &self,
        on_event: OnEvent<'_>,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<SyncReport, FetchError> {
        let lock = Arc::new(self.lake.lock((self.clock)()).await?);
        let report = self.run_locked(&lock, on_event, stop).await;
        // Days that an earlier version committed, or others wrote, are as quick to find as those of this
        // run.
        if let Err(error) = self.lake.refresh_footer_cache(&lock).await {
            tracing::warn!(%error, "the footers of the lake's days are not noted");
        }
        release(lock).await;
        report
    }

    /// Asks the API how many records there are in what is not settled, and fetches none of them.
    ///
    /// # Errors
    /// As [`LakeSync::run`], and what the counting fails by.
    pub async fn plan_only(&self) -> Result<SyncPlan, FetchError> {
        let lock = Arc::new(self.lake.lock((self.clock)()).await?);
        let counted = self.plan_locked(&lock).await;
        release(lock).await;
        counted
    }

    async fn plan_locked(&self, lock: &Arc<WriterLock>) -> Result<SyncPlan, FetchError> {
        let scope = scope::check_scope(&self.lake, self.client.filter(), &self.scope_words).await?;
        let state = self.lake_state(lock, scope, &|_| {}).await?;
        let (period, planned) = self.plan(&state).await?;
        let budget = self.budget(lock).await?;
        let mut windows = Vec::new();
        for window in planned {
            match self.client.count(&budget, window).await {
                Ok(total) => windows.push((window, total)),
                Err(error) => {
                    budget.close().await?;
                    return Err(error);
                }
            }
        }
        budget.close().await?;
        let spent_today = budget.spent_today().await;
        Ok(SyncPlan {
            period,
            windows,
            requests: self.client.requests(),
            spent_today,
            window_pages: self.options.window_pages,
        })
    }

    async fn run_locked(
        &self,
        lock: &Arc<WriterLock>,
        on_event: OnEvent<'_>,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<SyncReport, FetchError> {
        let scope = self.claim_scope(lock).await?;
        let state = self.lake_state(lock, scope.id, on_event).await?;
        let (period, windows) = self.plan_run(&scope, &state).await?;
        if !windows.is_empty() {
            // Planning compared this clock with the server's: it is not behind.
            for date in &state.untrusted {
                self.lake.drop_untrusted_coverage(lock, *date, self.now()).await?;
            }
        }
        on_event(Event::Planned { period, windows: &windows });
        let mut shape = Shape::default();
        state.coverage.values().flat_map(Coverage::ranges).for_each(|fetched| shape.recall(fetched));
        let run = Run {
            client: Arc::clone(&self.client),
            lake: self.lake.clone(),
            lock: Arc::clone(lock),
            budget: self.confirmed_budget(lock, &windows).await?,
            clock: Arc::clone(&self.clock),
            options: self.options,
            scope: scope.id,
            // A widening fetches only part of the calls in a range.
            supersedes: self.widens_to.as_ref().is_none_or(|target| target == self.client.filter()),
            held: HeldTotal::default(),
        };
        let earlier = self.lake.unfinished_sync().await?;
        if windows.is_empty() {
            self.end_widening(lock).await?;
            return Ok(run.fetch(period, windows, shape, on_event, stop).await);
        }
        let unfinished = earlier.map_or(period, |earlier| TimeRange {
            from: earlier.from.min(period.from),
            to: earlier.to.max(period.to),
        });
        self.lake.set_unfinished_sync(lock, Some(unfinished)).await?;
        let report = run.fetch(period, windows, shape, on_event, stop).await;
        if report.is_complete() {
            self.end_widening(lock).await?;
            // An earlier run's period stays noted until a run covers it.
            let left = earlier.filter(|earlier| earlier.from < period.from || earlier.to > period.to);
            if let Err(error) = self.lake.set_unfinished_sync(lock, left).await {
                tracing::warn!(%error, "cannot clear the note of an unfinished sync");
            }
        }
        Ok(report)
    }

    /// Returns the period and the windows that a run fetches.
    async fn plan_run(
        &self,
        scope: &RunScope,
        state: &LakeState,
    ) -> Result<(TimeRange, Vec<TimeRange>), FetchError> {
        let Some(previous) = &scope.widened_from else { return self.plan(state).await };
        let target = self.widens_to.as_ref().and_then(CallFilter::scope);
        widening::plan(&self.lake, self.now(), self.options.settle, (previous.scope(), target)).await
    }

    /// Opens the budget, and checks that the API applies the client's filter.
    async fn confirmed_budget(
        &self,
        lock: &Arc<WriterLock>,
        windows: &[TimeRange],
    ) -> Result<Arc<Budget>, FetchError> {
        let budget = Arc::new(self.budget(lock).await?);
        let today = self.now().date_naive();
        let confirmed = match &self.widens_to {
            Some(_) => self.client.confirm_filter(&budget, windows, |_| true).await.map(drop),
            None => scope::confirm_daily(&self.client, &self.lake, lock, &budget, windows, today).await,
        };
        if let Err(error) = confirmed {
            budget.close().await?;
            return Err(error);
        }
        Ok(budget)
    }

    /// Notes in the lake that a widening is complete; without one, does nothing.
    async fn end_widening(&self, lock: &Arc<WriterLock>) -> Result<(), FetchError> {
        match &self.widens_to {
            Some(target) => scope::end_widening(&self.lake, lock, target, &self.scope_words).await,
            None => Ok(()),
        }
    }

    /// Checks and notes the scope of the lake.
    async fn claim_scope(&self, lock: &Arc<WriterLock>) -> Result<RunScope, FetchError> {
        let Some(target) = &self.widens_to else {
            let id = scope::claim(&self.lake, lock, self.client.filter(), &self.scope_words).await?;
            return Ok(RunScope { id, widened_from: None });
        };
        // A value that the API refuses changes nothing in the lake.
        let (to, budget) = (self.now(), self.budget(lock).await?);
        let probe = self.client.count(&budget, TimeRange { from: to - TimeDelta::hours(1), to }).await;
        budget.close().await?;
        probe?;
        let previous = scope::widen(&self.lake, lock, target, &self.scope_words).await?;
        if target.beyond(&previous) != *self.client.filter() {
            return Err(FetchError::Setting("the scope of the lake changed meanwhile".to_owned()));
        }
        Ok(RunScope { id: target.scope(), widened_from: Some(previous) })
    }

    async fn budget(&self, lock: &Arc<WriterLock>) -> Result<Budget, FetchError> {
        let (lake, clock) = (self.lake.clone(), Arc::clone(&self.clock));
        Budget::open(lake, Arc::clone(lock), clock, self.options.daily_budget).await
    }

    /// The period, and what is not settled of it by the earlier of this machine's clock and the
    /// server's.
    async fn plan(&self, state: &LakeState) -> Result<(TimeRange, Vec<TimeRange>), FetchError> {
        let (period, windows) = self.windows(state)?;
        if windows.is_empty() {
            return Ok((period, windows));
        }
        // The answer tells the server's time. Where it fails, the first request of a page will, and is
        // tried again.
        match self.client.token().await {
            Err(error @ FetchError::ClockSkew { .. }) => Err(error),
            _ => self.windows(state),
        }
    }

    /// The period, and what is not settled of it.
    fn windows(&self, state: &LakeState) -> Result<(TimeRange, Vec<TimeRange>), FetchError> {
        let SyncOptions { settle, order, .. } = self.options;
        if let (Some(first), Some(last)) = (self.refetched.first(), self.refetched.last()) {
            let period = TimeRange { from: TimeRange::of_day(*first).from, to: TimeRange::of_day(*last).to };
            let until_now = TimeRange { to: self.now(), ..period };
            let days = self.refetched.iter().map(|date| TimeRange::of_day(*date).intersection(&until_now));
            return Ok((period, days.filter(|day| !day.is_empty()).collect()));
        }
        let (now, period) = (self.now(), self.period(state.first_day())?);
        let mut windows = plan(period, settle, now, order, &state.coverage);
        // A day set aside lost all of its calls, not only those of the period.
        let until_now = TimeRange { from: DateTime::UNIX_EPOCH, to: now };
        for date in &state.quarantined {
            let outside = TimeRange::of_day(*date).intersection(&until_now).difference(period);
            windows.extend(outside);
        }
        windows.sort();
        if order == Order::NewestFirst {
            windows.reverse();
        }
        Ok((period, windows))
    }

    async fn lake_state(
        &self,
        lock: &WriterLock,
        scope: Option<ScopeId>,
        on_event: OnEvent<'_>,
    ) -> Result<LakeState, FetchError> {
        LakeState::load(&self.lake, lock, &self.options, scope, &self.clock, on_event).await
    }

    /// The period to sync, in whole seconds as the API takes them.
    fn period(&self, first_day: Option<NaiveDate>) -> Result<TimeRange, FetchError> {
        let now = self.now();
        let to = self.options.to.unwrap_or(now).min(now).trunc_subsecs(0);
        let default_from = || {
            let month_ago = (now - TimeDelta::days(30)).date_naive();
            first_day.unwrap_or(month_ago).and_time(Default::default()).and_utc()
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
}

/// Gives the lock back. That it cannot be given back is no reason to lose what a run has to tell.
async fn release(lock: Arc<WriterLock>) {
    if let Some(lock) = Arc::into_inner(lock)
        && let Err(error) = lock.release().await
    {
        tracing::warn!(%error, "the writer's lock");
    }
}

#[cfg(test)]
mod tests;
