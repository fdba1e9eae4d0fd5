//! `voxlake verify --api`: comparison with the counts of the API.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal as _, Write as _};

use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressStyle};
use voxlake_fetch::{
    ApiClient, ApiConfig, Budget, CallFilter, FetchError, FilterParameter, LakeSync, SliceCount, lake_filter,
};
use voxlake_lake::{DayFile, Lake, TimeRange};
use voxlake_report::{error_chain, visible};

use super::receipt::{Mismatch, Receipt};
use super::slices::{self, Slice};
use crate::args::{ApiCheckArgs, ToldAs};
use crate::commands::origin::refuse_simulated;
use crate::commands::sync::{api_config, exit_of, refetch_options};
use crate::config::Settings;
use crate::exit::{Exit, UsageError, hint};
use crate::progress::Progress;
use crate::stderr::stderr_line;
use crate::{call_filter, clock, signals};

/// Compares counts until all are compared, the requests are spent, or a signal arrives.
pub(super) async fn run(settings: &Settings, args: &ApiCheckArgs, format: ToldAs) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    refuse_simulated(&lake).await?;
    let scope = lake_filter(&lake).await?.map(|(_, filter)| filter).unwrap_or_default();
    let config = api_config(settings)?;
    if !scope.fits_one_request() {
        return Err(UsageError(
            "the scope of the lake has more than 20 values of one filter, which the API cannot count in one request"
                .to_owned(),
        )
        .into());
    }
    let mut comparison = CountComparison::prepare(settings, &lake, args, scope.clone()).await?;
    let client = ApiClient::new(config.clone(), clock::sync_clock())?;
    tokio::select! {
        () = comparison.run(settings, &client) => {}
        () = signals::interrupted() => {
            comparison.receipt.stopped = Some("interrupted".to_owned());
            comparison.receipt.requests = client.request_count();
            comparison.receipt.not_compared += comparison.pending;
        }
    }
    comparison.record_checks(&lake).await?;
    if args.repair && !comparison.receipt.mismatches.is_empty() && comparison.error.is_none() {
        comparison.repair(settings, &lake, config.with_filter(scope)).await?;
    }
    comparison.print(format)
}

/// Slice of a day to compare, with its count in the lake.
type Task = (DayFile, Slice, u64);

struct CountComparison {
    scope: CallFilter,
    tasks: Vec<Task>,
    /// Number of tasks that are not done yet.
    pending: u64,
    max_requests: u64,
    checks: voxlake_lake::ApiChecks,
    /// Totals of days by the API.
    totals: BTreeMap<NaiveDate, u64>,
    /// Parameters that the API is known to apply.
    applied: BTreeSet<FilterParameter>,
    /// Rejects of each day's windows: the API counts them, but the lake has no calls of them.
    rejects: BTreeMap<NaiveDate, u64>,
    receipt: Receipt,
    error: Option<FetchError>,
}

impl CountComparison {
    async fn prepare(
        settings: &Settings,
        lake: &Lake,
        args: &ApiCheckArgs,
        scope: CallFilter,
    ) -> anyhow::Result<Self> {
        let days = days(settings, lake, args).await?;
        let mut comparison = Self {
            scope,
            tasks: Vec::new(),
            pending: 0,
            max_requests: args.max_requests.get().into(),
            checks: lake.api_checks().await?,
            totals: BTreeMap::new(),
            applied: BTreeSet::new(),
            rejects: BTreeMap::new(),
            receipt: Receipt { lake: lake.location().to_owned(), days: days.len(), ..Receipt::default() },
            error: None,
        };
        let (Some(first), Some(last)) =
            (days.iter().map(|day| day.date).min(), days.iter().map(|day| day.date).max())
        else {
            return Ok(comparison);
        };
        let session = slices::session(settings).await?;
        let counts = slices::count(&session, first, last.succ_opt().unwrap_or(last)).await?;
        comparison.receipt.countries_without_code = counts.countries_without_code;
        for day in &days {
            let rejects = session.rejects(TimeRange::of_day(day.date)).await?;
            comparison.rejects.insert(day.date, rejects as u64);
        }
        // The totals of all days come first: they are the most informative.
        for totals in [true, false] {
            for day in &days {
                let empty = BTreeMap::from([(Slice { condition: None, label: String::new() }, 0)]);
                let slices = counts.counts.get(&day.date).unwrap_or(&empty);
                for (slice, count) in slices.iter().filter(|(slice, _)| slice.condition.is_none() == totals) {
                    comparison.add(day, slice, *count);
                }
            }
        }
        Ok(comparison)
    }

    fn add(&mut self, day: &DayFile, slice: &Slice, count: u64) {
        let parameter = slice.condition.as_ref().map(|(parameter, _)| *parameter);
        if parameter.is_some_and(|parameter| self.scope.values(parameter).next().is_some()) {
            return;
        }
        if slice.filter(&self.scope).is_none() {
            self.receipt.not_compared += 1;
            if !self.receipt.unknown_values.contains(&slice.describe()) {
                self.receipt.unknown_values.push(slice.describe());
            }
            return;
        }
        if self.checks.is_confirmed(day, &slice.name()) {
            self.receipt.confirmed_before += 1;
            if slice.condition.is_none() {
                self.totals.insert(day.date, count);
            }
            return;
        }
        self.tasks.push((day.clone(), slice.clone(), count));
    }

    async fn run(&mut self, settings: &Settings, client: &ApiClient) {
        if let Err(error) = self.compare_all(settings, client).await {
            self.receipt.stopped = Some(error_chain(error.as_ref()));
            self.error = error.downcast::<FetchError>().ok();
        }
    }

    async fn compare_all(&mut self, settings: &Settings, client: &ApiClient) -> anyhow::Result<()> {
        let budget = call_filter::open_budget(settings).await?;
        let bar = progress(self.tasks.len());
        let mut result = Ok(());
        self.pending = self.tasks.len() as u64;
        for (at, (day, slice, count)) in std::mem::take(&mut self.tasks).into_iter().enumerate() {
            self.pending -= 1;
            if client.request_count() >= self.max_requests || result.is_err() {
                self.receipt.not_compared += 1;
                self.receipt.left_for_next_run += 1;
                continue;
            }
            result = self.compare(client, &budget, &day, &slice, count).await;
            bar.set_position(at as u64 + 1);
        }
        bar.finish_and_clear();
        self.receipt.requests = client.request_count();
        budget.close().await?;
        Ok(result?)
    }

    async fn compare(
        &mut self,
        client: &ApiClient,
        budget: &Budget,
        day: &DayFile,
        slice: &Slice,
        lake: u64,
    ) -> Result<(), FetchError> {
        let parameter = slice.condition.as_ref().map(|(parameter, _)| *parameter);
        let Some(filter) = slice.filter(&self.scope) else { return Ok(()) };
        if parameter.is_some_and(|parameter| self.receipt.ignored.contains_key(parameter.name())) {
            self.receipt.not_compared += 1;
            return Ok(());
        }
        let Some(api) = self.count_in_api(client, budget, day, slice, &filter, lake).await? else {
            return Ok(());
        };
        if parameter.is_none() {
            self.totals.insert(day.date, api);
        }
        // A count equal to that of the whole day may mean that the API ignores the parameter.
        if let (Some((parameter, value)), Some(total)) =
            (slice.condition.clone(), self.totals.get(&day.date).copied())
            && api == total
            && !self.applied.contains(&parameter)
        {
            if !client.applies_parameter(budget, day.date, &self.scope, (parameter, &value), total).await? {
                self.ignore(Some(parameter), format!("it counts {total} calls for any value"));
                return Ok(());
            }
            self.applied.insert(parameter);
        }
        self.receipt.compared += 1;
        let rejects = self.rejects.get(&day.date).copied().unwrap_or(0);
        if api == lake {
            self.receipt.equal += 1;
            self.checks.confirm(day, &slice.name());
        } else if (1..=rejects).contains(&api.saturating_sub(lake)) {
            self.receipt.explained_by_rejects += 1;
        } else {
            let mismatch = Mismatch { date: day.date, slice: slice.describe(), lake, api, of: slice.clone() };
            self.receipt.mismatches.push(mismatch);
        }
        Ok(())
    }

    /// Counts a slice in the API. Returns `None`, and records the reason, if it cannot be compared.
    async fn count_in_api(
        &mut self,
        client: &ApiClient,
        budget: &Budget,
        day: &DayFile,
        slice: &Slice,
        filter: &CallFilter,
        lake: u64,
    ) -> Result<Option<u64>, FetchError> {
        let parameter = slice.condition.as_ref().map(|(parameter, _)| *parameter);
        match client.count_slice(budget, day.date, filter, parameter).await? {
            SliceCount::Counted(count) if count > lake => {
                let before_end = client.count_slice_before_end(budget, day.date, filter, parameter).await?;
                Ok(Some(if before_end == SliceCount::Counted(lake) { lake } else { count }))
            }
            SliceCount::Counted(count) => Ok(Some(count)),
            // A refused value of a fixed set means that the parameter is not supported.
            SliceCount::Unknown { message } if parameter.is_some_and(|it| it.known_values().is_some()) => {
                self.ignore(parameter, message);
                Ok(None)
            }
            // A queue that was deleted from the account.
            SliceCount::Unknown { .. } => {
                self.receipt.not_compared += 1;
                if !self.receipt.unknown_values.contains(&slice.describe()) {
                    self.receipt.unknown_values.push(slice.describe());
                }
                Ok(None)
            }
            SliceCount::Ignored { reason } => {
                self.ignore(parameter, reason);
                Ok(None)
            }
        }
    }

    fn ignore(&mut self, parameter: Option<FilterParameter>, reason: String) {
        self.receipt.not_compared += 1;
        if let Some(parameter) = parameter {
            self.receipt.ignored.insert(parameter.name().to_owned(), reason);
        }
    }

    /// Records confirmed counts, if the writer lock is free.
    async fn record_checks(&self, lake: &Lake) -> anyhow::Result<()> {
        match lake.lock(clock::now()).await {
            Ok(lock) => {
                lake.set_api_checks(&lock, &self.checks).await?;
                Ok(lock.release().await?)
            }
            Err(voxlake_lake::LakeError::Locked { .. }) => {
                stderr_line!("notice: another voxlake writes to the lake: equal counts are not recorded");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Fetches the days with mismatches again, and compares those slices again.
    async fn repair(&mut self, settings: &Settings, lake: &Lake, config: ApiConfig) -> anyhow::Result<()> {
        let dates: BTreeSet<NaiveDate> = self.receipt.mismatches.iter().map(|one| one.date).collect();
        let words = lake.scope().await?.map_or_else(|| "all calls".to_owned(), |scope| scope.words);
        let options = refetch_options(settings);
        let client = ApiClient::new(config.clone(), clock::sync_clock())?;
        let sync = LakeSync::new(client, lake.clone(), options)
            .with_scope_description(words)
            .with_refetched_days(dates.clone());
        let progress = Progress::new();
        let report = sync.run(&|event| progress.on(&event), signals::interrupted()).await;
        progress.finish();
        let report = report?;
        self.receipt.requests += report.rate_usage.requests;
        if exit_of(&report) != Exit::Done {
            return Ok(());
        }
        if settings.summaries {
            crate::commands::summarize::refresh(lake).await;
        }
        self.compare_again(settings, lake, &dates, config).await?;
        self.receipt.repaired_days = dates.into_iter().collect();
        Ok(())
    }

    /// Compares the slices with mismatches again, after a repair.
    async fn compare_again(
        &mut self,
        settings: &Settings,
        lake: &Lake,
        dates: &BTreeSet<NaiveDate>,
        config: ApiConfig,
    ) -> anyhow::Result<()> {
        let (Some(first), Some(last)) = (dates.first().copied(), dates.last().copied()) else {
            return Ok(());
        };
        let session = slices::session(settings).await?;
        let counts = slices::count(&session, first, last.succ_opt().unwrap_or(last)).await?.counts;
        let days: BTreeMap<NaiveDate, DayFile> =
            lake.days().await?.into_iter().map(|day| (day.date, day)).collect();
        let client = ApiClient::new(config.with_filter(CallFilter::default()), clock::sync_clock())?;
        let budget = call_filter::open_budget(settings).await?;
        let mismatches = std::mem::take(&mut self.receipt.mismatches);
        self.receipt.compared -= mismatches.len() as u64;
        let mut result = Ok(());
        for Mismatch { date, of, .. } in mismatches {
            let (Some(day), true) = (days.get(&date), result.is_ok()) else { continue };
            let count = counts.get(&date).and_then(|slices| slices.get(&of)).copied().unwrap_or(0);
            result = self.compare(&client, &budget, day, &of, count).await;
        }
        self.receipt.requests += client.request_count();
        budget.close().await?;
        // The budget holds the writer lock.
        drop(budget);
        result?;
        self.record_checks(lake).await
    }

    fn print(&self, format: ToldAs) -> anyhow::Result<Exit> {
        let mut out = io::stdout().lock();
        match format {
            ToldAs::Json => writeln!(out, "{}", serde_json::to_string_pretty(&self.receipt)?)?,
            ToldAs::Table => self.receipt.print(&mut out)?,
        }
        if let Some(error) = &self.error {
            stderr_line!("stopped: {}", visible(&error_chain(error)));
            hint(error).inspect(|hint| stderr_line!("hint: {hint}"));
        }
        Ok(match &self.error {
            Some(
                FetchError::DailyLimit { .. } | FetchError::BudgetSpent { .. } | FetchError::Throttled { .. },
            ) => Exit::TryLater,
            Some(_) => Exit::Failed,
            None if !self.receipt.mismatches.is_empty() => Exit::Failed,
            None if self.receipt.stopped.is_some() => Exit::Interrupted,
            None => Exit::Done,
        })
    }
}

/// Returns the settled days to compare: newest first, or evenly spaced.
async fn days(settings: &Settings, lake: &Lake, args: &ApiCheckArgs) -> anyhow::Result<Vec<DayFile>> {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from >= to
    {
        return Err(UsageError(format!("--from {from} is not before --to {to}")).into());
    }
    let (now, settle, scope) = (clock::now(), settings.settle, lake.scope_id().await?);
    let all = lake.days().await?;
    let mut days = Vec::new();
    for (day, footer) in all.iter().zip(lake.footers(&all).await) {
        let coverage = footer?.coverage.of_scope(scope).trusted_at(now);
        let is_settled = coverage.unsettled(TimeRange::of_day(day.date), settle).is_empty();
        let is_selected =
            args.from.is_none_or(|from| day.date >= from) && args.to.is_none_or(|to| day.date < to);
        if is_settled && is_selected {
            days.push(day.clone());
        }
    }
    days.reverse();
    Ok(match args.sample {
        Some(sample) => evenly(&days, sample.get() as usize),
        None => days,
    })
}

/// Selects `sample` evenly spaced days, the first and the last included.
fn evenly(days: &[DayFile], sample: usize) -> Vec<DayFile> {
    if sample >= days.len() {
        return days.to_vec();
    }
    let last = days.len() - 1;
    let steps = (sample - 1).max(1);
    (0..sample).map(|step| days[step * last / steps].clone()).collect()
}

fn progress(slices: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} counts · {elapsed}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(slices as u64).with_style(style)
}
