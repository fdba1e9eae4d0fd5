//! Sync of a lake with an account: plans unsettled ranges, fetches them, and commits them.
//!
//! A failed window is retried later. If that does not help, it is reported and does not affect the
//! others. Errors that every window would meet end the run: wrong credentials, a daily limit, a
//! failing lake. Complete windows are committed in each case.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SubsecRound as _, TimeDelta, Utc};
use voxlake_lake::{Coverage, Lake, ScopeId, TimeRange, WriterLock};

use crate::clock::Clock;
use crate::commit::AfterCommit;
use crate::hourly_profile::HourlyProfile;
use crate::lake_state::LakeState;
use crate::limits::MAX_PLANNED_PAGES;
use crate::memory::MemoryTracker;
use crate::options::SyncOptions;
use crate::paging::requests_for;
use crate::plan::{WindowOrder, plan_windows};
use crate::run::Run;
use crate::{ApiClient, Budget, CallFilter, Event, FetchError, OnEvent, SyncReport, scope, widening};

/// Plan of a sync, by the counts of the API.
#[derive(Debug)]
pub struct SyncPlan {
    /// Period of the sync.
    pub period: TimeRange,
    /// Unsettled ranges of the period, each with its number of records.
    pub windows: Vec<(TimeRange, u64)>,
    /// Requests that were made for the counts.
    pub requests: u64,
    /// Requests spent today, by the quota ledger.
    pub requests_today: u64,
    /// Maximum pages of a window.
    window_pages: u64,
}

impl SyncPlan {
    /// Estimates the requests that the sync takes: those of full pages and of window splits.
    #[must_use]
    pub fn requests_needed(&self) -> u64 {
        self.windows.iter().map(|(_, records)| requests_for(*records, self.window_pages)).sum()
    }
}

/// Sync of one lake with one account.
///
/// ```
/// use std::sync::Arc;
///
/// use chrono::{TimeDelta, Utc};
/// use voxlake_fetch::{ApiClient, ApiConfig, Credentials, LakeSync, SyncOptions};
/// use voxlake_lake::Lake;
/// use voxlake_sim::{Centre, LocalServer, ServerConfig};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A stand-in for https://api.zoom.us/v2 and https://zoom.us.
/// let server = LocalServer::start(ServerConfig::new(Arc::new(Centre::with_seed(7)))).await?;
/// let credentials = Credentials::new("sim-account", "sim-client", "sim-secret");
/// let (api_url, oauth_url) = (server.api_url().parse()?, server.oauth_url().parse()?);
/// let config = ApiConfig::new(api_url, oauth_url, credentials);
/// let client = ApiClient::new(config, Arc::new(Utc::now))?;
///
/// let folder = tempfile::tempdir()?;
/// let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
/// let mut options = SyncOptions::default();
/// options.from = Some(Utc::now() - TimeDelta::hours(1));
/// let sync = LakeSync::new(client, lake, options);
///
/// let plan = sync.dry_run().await?;
/// println!("about {} requests", plan.requests_needed());
/// let report = sync.run(&|_| {}, std::future::pending()).await?;
/// for failed in &report.failed {
///     println!("missing: {:?}: {}", failed.window, failed.error);
/// }
/// # assert!(report.failed.is_empty() && report.stopped.is_none());
/// # server.stop().await?;
/// # Ok(())
/// # }
/// ```
pub struct LakeSync {
    client: Arc<ApiClient>,
    lake: Lake,
    /// The earlier of the local time and the server's.
    clock: Clock,
    options: SyncOptions,
    /// Description of the scope.
    scope_description: String,
    /// Wider scope to set.
    wider_scope: Option<CallFilter>,
    /// Days to fetch again instead of the unsettled ranges, if there are any.
    refetched_days: BTreeSet<NaiveDate>,
    pub(crate) after_commit: Option<AfterCommit>,
}

/// Scope of a run.
struct SyncScope {
    id: Option<ScopeId>,
    /// Filter of the lake before its scope was widened.
    widened_from: Option<CallFilter>,
}

impl LakeSync {
    /// Creates a sync of `lake` with the account of `client`.
    #[must_use]
    pub fn new(client: ApiClient, lake: Lake, options: SyncOptions) -> Self {
        let window_pages = options.window_pages.min(MAX_PLANNED_PAGES);
        let (client, options) = (Arc::new(client), SyncOptions { window_pages, ..options });
        let clock: Clock = {
            let client = Arc::clone(&client);
            Arc::new(move || client.clock.now())
        };
        let scope_description = client.filter().to_string();
        Self {
            client,
            lake,
            clock,
            options,
            scope_description,
            wider_scope: None,
            refetched_days: BTreeSet::new(),
            after_commit: None,
        }
    }

    /// Sets the description of the client's filter, such as one with names instead of ids.
    #[must_use]
    pub fn with_scope_description(mut self, description: String) -> Self {
        self.scope_description = description;
        self
    }

    /// Widens the scope of the lake to `target`: fetches the additional calls of all settled
    /// ranges. The client must have the filter of [`filter_to_widen`](crate::filter_to_widen).
    /// An ordinary sync fetches the unsettled ranges.
    #[must_use]
    pub fn with_wider_scope(mut self, target: CallFilter) -> Self {
        self.wider_scope = Some(target);
        self
    }

    /// Fetches whole days again, also settled ones, instead of the unsettled ranges.
    #[must_use]
    pub fn with_refetched_days(mut self, days: BTreeSet<NaiveDate>) -> Self {
        self.refetched_days = days;
        self
    }

    /// Runs the sync. It ends early once `stop` is ready; complete windows are committed.
    ///
    /// # Errors
    /// Fails if the sync cannot start: the lake is locked, a day file is damaged, or the period is
    /// invalid. Later errors are in the report.
    pub async fn run(
        &self,
        on_event: OnEvent<'_>,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<SyncReport, FetchError> {
        let run = async |lock| {
            let report = self.run_locked(&lock, on_event, stop).await;
            // Also caches footers of days that earlier versions or other programs wrote.
            if let Err(error) = self.lake.refresh_footer_cache(&lock).await {
                tracing::warn!(error = error.as_dyn(), "cannot refresh the footer cache");
            }
            report
        };
        self.lake.with_writer_lock((self.clock)(), run).await
    }

    /// Counts the records of the unsettled ranges in the API, without fetching them.
    ///
    /// # Errors
    /// The errors of [`LakeSync::run`] and of the requests.
    pub async fn dry_run(&self) -> Result<SyncPlan, FetchError> {
        self.lake.with_writer_lock((self.clock)(), async |lock| self.plan_locked(&lock).await).await
    }

    async fn plan_locked(&self, lock: &Arc<WriterLock>) -> Result<SyncPlan, FetchError> {
        let scope = scope::check_scope(&self.lake, self.client.filter(), &self.scope_description).await?;
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
        let requests_today = budget.requests_today().await;
        Ok(SyncPlan {
            period,
            windows,
            requests: self.client.request_count(),
            requests_today,
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
        let mut profile = HourlyProfile::default();
        state.coverage.values().flat_map(Coverage::ranges).for_each(|fetched| profile.seed(fetched));
        let run = Run {
            client: Arc::clone(&self.client),
            lake: self.lake.clone(),
            lock: Arc::clone(lock),
            budget: self.confirmed_budget(lock, &windows).await?,
            clock: Arc::clone(&self.clock),
            options: self.options,
            scope: scope.id,
            // A widening fetches only part of the calls in a range.
            replaces_moved: self.wider_scope.as_ref().is_none_or(|target| target == self.client.filter()),
            memory: MemoryTracker::default(),
            after_commit: self.after_commit.clone(),
        };
        let earlier = self.lake.unfinished_sync().await?;
        if windows.is_empty() {
            self.end_widening(lock).await?;
            return Ok(run.fetch(period, windows, profile, on_event, stop).await);
        }
        let unfinished = earlier.map_or(period, |earlier| TimeRange {
            from: earlier.from.min(period.from),
            to: earlier.to.max(period.to),
        });
        self.lake.set_unfinished_sync(lock, Some(unfinished)).await?;
        let report = run.fetch(period, windows, profile, on_event, stop).await;
        if report.is_complete() {
            self.end_widening(lock).await?;
            // An earlier run's period stays noted until a run covers it.
            let left = earlier.filter(|earlier| earlier.from < period.from || earlier.to > period.to);
            if let Err(error) = self.lake.set_unfinished_sync(lock, left).await {
                tracing::warn!(error = error.as_dyn(), "cannot clear the note of an unfinished sync");
            }
        }
        Ok(report)
    }

    /// Returns the period and the windows that a run fetches.
    async fn plan_run(
        &self,
        scope: &SyncScope,
        state: &LakeState,
    ) -> Result<(TimeRange, Vec<TimeRange>), FetchError> {
        let Some(previous) = &scope.widened_from else { return self.plan(state).await };
        let target = self.wider_scope.as_ref().and_then(CallFilter::scope);
        widening::plan_widening(&self.lake, self.now(), self.options.settle, (previous.scope(), target)).await
    }

    /// Opens the budget, and checks that the API applies the client's filter.
    async fn confirmed_budget(
        &self,
        lock: &Arc<WriterLock>,
        windows: &[TimeRange],
    ) -> Result<Arc<Budget>, FetchError> {
        let budget = Arc::new(self.budget(lock).await?);
        let today = self.now().date_naive();
        let confirmed = match &self.wider_scope {
            Some(_) => self.client.confirm_filter(&budget, windows, |_| true).await.map(drop),
            None => scope::confirm_daily(&self.client, &self.lake, lock, &budget, windows, today).await,
        };
        if let Err(error) = confirmed {
            budget.close().await?;
            return Err(error);
        }
        Ok(budget)
    }

    /// Records in the lake that a widening is complete. Does nothing for an ordinary sync.
    async fn end_widening(&self, lock: &Arc<WriterLock>) -> Result<(), FetchError> {
        match &self.wider_scope {
            Some(target) => scope::end_widening(&self.lake, lock, target, &self.scope_description).await,
            None => Ok(()),
        }
    }

    /// Checks and sets the scope of the lake.
    async fn claim_scope(&self, lock: &Arc<WriterLock>) -> Result<SyncScope, FetchError> {
        let Some(target) = &self.wider_scope else {
            let id =
                scope::claim_scope(&self.lake, lock, self.client.filter(), &self.scope_description).await?;
            return Ok(SyncScope { id, widened_from: None });
        };
        // If the API refuses a value, the request fails before the lake is changed.
        let (to, budget) = (self.now(), self.budget(lock).await?);
        let probe = self.client.count(&budget, TimeRange { from: to - TimeDelta::hours(1), to }).await;
        budget.close().await?;
        probe?;
        let previous = scope::begin_widening(&self.lake, lock, target, &self.scope_description).await?;
        if target.difference(&previous) != *self.client.filter() {
            return Err(FetchError::InvalidConfig(
                "the scope of the lake changed during the preparation".to_owned(),
            ));
        }
        Ok(SyncScope { id: target.scope(), widened_from: Some(previous) })
    }

    async fn budget(&self, lock: &Arc<WriterLock>) -> Result<Budget, FetchError> {
        let (lake, clock) = (self.lake.clone(), Arc::clone(&self.clock));
        Budget::open(lake, Arc::clone(lock), clock, self.options.daily_budget).await
    }

    /// Returns the period and its unsettled windows, after a comparison of the clocks.
    async fn plan(&self, state: &LakeState) -> Result<(TimeRange, Vec<TimeRange>), FetchError> {
        let (period, windows) = self.windows(state)?;
        if windows.is_empty() {
            return Ok((period, windows));
        }
        // The token response contains the server's time. Other errors recur at the first page, with
        // retries.
        match self.client.token().await {
            Err(error @ FetchError::ClockSkew { .. }) => Err(error),
            _ => self.windows(state),
        }
    }

    /// Returns the period and its unsettled windows.
    fn windows(&self, state: &LakeState) -> Result<(TimeRange, Vec<TimeRange>), FetchError> {
        let SyncOptions { settle, order, .. } = self.options;
        if let (Some(first), Some(last)) = (self.refetched_days.first(), self.refetched_days.last()) {
            let period = TimeRange { from: TimeRange::of_day(*first).from, to: TimeRange::of_day(*last).to };
            let until_now = TimeRange { to: self.now(), ..period };
            let days =
                self.refetched_days.iter().map(|date| TimeRange::of_day(*date).intersection(&until_now));
            return Ok((period, days.filter(|day| !day.is_empty()).collect()));
        }
        let (now, period) = (self.now(), self.period(state.first_day())?);
        let mut windows = plan_windows(period, settle, now, order, &state.coverage);
        // A quarantined day lost all its calls, not only those of the period.
        let until_now = TimeRange { from: DateTime::UNIX_EPOCH, to: now };
        for date in &state.quarantined {
            let outside = TimeRange::of_day(*date).intersection(&until_now).difference(period);
            windows.extend(outside);
        }
        windows.sort();
        if order == WindowOrder::NewestFirst {
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

    /// Returns the period in whole seconds, the precision of the API.
    fn period(&self, first_day: Option<NaiveDate>) -> Result<TimeRange, FetchError> {
        let now = self.now();
        let to = self.options.to.unwrap_or(now).min(now).trunc_subsecs(0);
        let default_from = || {
            let month_ago = (now - TimeDelta::days(30)).date_naive();
            first_day.unwrap_or(month_ago).and_time(Default::default()).and_utc()
        };
        let from = self.options.from.unwrap_or_else(default_from).trunc_subsecs(0);
        if from > to {
            return Err(FetchError::InvalidConfig(format!("the period starts at {from} but ends at {to}")));
        }
        Ok(TimeRange { from, to })
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)().trunc_subsecs(0)
    }
}

#[cfg(test)]
mod tests;
