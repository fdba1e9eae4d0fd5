//! Requests of a comparison, within a limit.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use voxlake_lake::{ApiChecks, DayFile, Lake, LakeError, RejectSource, TimeRange, WriterLock, counted};

use super::receipt::{ComparisonReceipt, Mismatch};
use super::slice::{LakeCounts, Slice};
use crate::{ApiClient, Budget, CallFilter, FetchError, FilterParameter, SliceCount};

/// Slice of a day to compare, with its count in the lake.
type Task = (DayFile, Slice, u64);

/// Comparison of slices of days with the counts of the API.
///
/// ```
/// use voxlake_fetch::{ApiClient, ApiComparison, Budget, CallFilter, FetchError, LakeCounts};
/// # use voxlake_lake::{ConflictPolicy, Lake};
/// # use voxlake_model::decode_records;
///
/// async fn print_mismatches(
///     mut comparison: ApiComparison,
///     client: &ApiClient,
///     budget: &Budget,
/// ) -> Result<(), FetchError> {
///     comparison.run(client, budget, |_| {}).await?;
///     for one in &comparison.receipt().mismatches {
///         println!("{} {}: lake {}, API {}", one.date, one.slice, one.lake, one.api);
///     }
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
/// # let now = "2026-11-03T00:00:00Z".parse()?;
/// # let record = r#"{"engagement_id": "e1", "start_time": "2026-11-01T08:00:00Z"}"#;
/// # let (calls, _) = decode_records([record], now)?;
/// # let lock = lake.lock(now).await?;
/// # let date = "2026-11-01".parse()?;
/// # lake.merge_day(&lock, date, vec![calls], &[], ConflictPolicy::Replace).await?;
/// // A lake with one day, which has one call.
/// let mut counts = LakeCounts::default();
/// counts.add_total("2026-11-01".parse()?, 1);
/// let (scope, days) = (CallFilter::default(), lake.days().await?);
/// let comparison = ApiComparison::prepare(&lake, scope, &days, &counts, 100).await?;
/// assert_eq!(comparison.len(), 1);
/// # Ok(())
/// # }
/// ```
pub struct ApiComparison {
    scope: CallFilter,
    tasks: Vec<Task>,
    /// Number of tasks that are not done yet.
    pending: u64,
    max_requests: u64,
    checks: ApiChecks,
    /// Totals of days by the API.
    totals: BTreeMap<NaiveDate, u64>,
    /// Parameters that the API is known to apply.
    applied: BTreeSet<FilterParameter>,
    /// Rejects of the windows of each day: the API counts them, but the lake has no calls of them.
    rejects: BTreeMap<NaiveDate, u64>,
    receipt: ComparisonReceipt,
}

impl ApiComparison {
    /// Prepares the comparison of `days` of a lake with this scope.
    ///
    /// # Errors
    /// [`LakeError`] if the recorded checks or the rejects of the lake cannot be read.
    pub async fn prepare(
        lake: &Lake,
        scope: CallFilter,
        days: &[DayFile],
        counts: &LakeCounts,
        max_requests: u64,
    ) -> Result<Self, LakeError> {
        let mut comparison = Self {
            scope,
            tasks: Vec::new(),
            pending: 0,
            max_requests,
            checks: lake.api_checks().await?,
            totals: BTreeMap::new(),
            applied: BTreeSet::new(),
            rejects: rejects_by_day(lake, days).await?,
            receipt: ComparisonReceipt {
                lake: lake.location().to_owned(),
                days: days.len(),
                countries_without_code: counts.countries_without_code().to_vec(),
                ..ComparisonReceipt::default()
            },
        };
        // The totals of all days come first: they cover the most calls per request.
        for is_total in [true, false] {
            for day in days {
                for (slice, count) in counts.of_day(day.date) {
                    if slice.condition.is_none() == is_total {
                        comparison.add_task(day, slice, count);
                    }
                }
            }
        }
        comparison.pending = comparison.tasks.len() as u64;
        Ok(comparison)
    }

    fn add_task(&mut self, day: &DayFile, slice: Slice, count: u64) {
        if slice.parameter().is_some_and(|parameter| self.scope.values(parameter).next().is_some()) {
            return;
        }
        if slice.filter(&self.scope).is_none() {
            self.skip_unknown(&slice);
            return;
        }
        if self.checks.is_confirmed(day, &slice.name()) {
            self.receipt.confirmed_before += 1;
            if slice.condition.is_none() {
                self.totals.insert(day.date, count);
            }
            return;
        }
        self.tasks.push((day.clone(), slice, count));
    }

    /// Returns the number of slices to compare.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Returns whether there is nothing to compare.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Returns the outcome so far.
    pub fn receipt(&self) -> &ComparisonReceipt {
        &self.receipt
    }

    /// Compares all slices, up to the maximum number of requests. `on_progress` gets the number of
    /// slices that are done.
    ///
    /// # Errors
    /// [`FetchError`] of a request; slices that are not compared are counted.
    pub async fn run(
        &mut self,
        client: &ApiClient,
        budget: &Budget,
        on_progress: impl Fn(usize) + Send,
    ) -> Result<(), FetchError> {
        let mut result = Ok(());
        for (index, (day, slice, count)) in std::mem::take(&mut self.tasks).into_iter().enumerate() {
            self.pending -= 1;
            if client.request_count() >= self.max_requests || result.is_err() {
                self.receipt.not_compared += 1;
                self.receipt.left_for_next_run += 1;
                continue;
            }
            result = self.compare(client, budget, &day, &slice, count).await;
            on_progress(index + 1);
        }
        self.receipt.requests = client.request_count();
        budget.close().await?;
        result
    }

    /// Records the error that ended the comparison.
    pub(super) fn fail(&mut self, error: String) {
        self.receipt.stopped = Some(error);
    }

    /// Adds requests that other parts of a check have made.
    pub fn add_requests(&mut self, requests: u64) {
        self.receipt.requests += requests;
    }

    /// Records that the comparison was interrupted after `requests` requests.
    pub(super) fn interrupt(&mut self, requests: u64) {
        self.receipt.stopped = Some("interrupted".to_owned());
        self.receipt.requests = requests;
        self.receipt.not_compared += self.pending;
    }

    /// Compares the mismatches again, after their days were fetched again.
    ///
    /// # Errors
    /// The errors of [`ApiComparison::run`].
    pub async fn compare_again(
        &mut self,
        client: &ApiClient,
        budget: &Budget,
        days: &[DayFile],
        counts: &LakeCounts,
    ) -> Result<(), FetchError> {
        let days: BTreeMap<NaiveDate, &DayFile> = days.iter().map(|day| (day.date, day)).collect();
        let mismatches = std::mem::take(&mut self.receipt.mismatches);
        let repaired: BTreeSet<NaiveDate> = mismatches.iter().map(|one| one.date).collect();
        self.receipt.compared -= mismatches.len() as u64;
        let mut result = Ok(());
        for Mismatch { date, compared, .. } in mismatches {
            let (Some(day), true) = (days.get(&date), result.is_ok()) else { continue };
            let count = counts.get(date, &compared);
            result = self.compare(client, budget, day, &compared, count).await;
        }
        self.receipt.requests += client.request_count();
        budget.close().await?;
        result?;
        self.receipt.repaired_days = repaired.into_iter().collect();
        Ok(())
    }

    /// Records the confirmed counts in the lake.
    ///
    /// # Errors
    /// [`LakeError`] if the lake cannot be written.
    pub async fn record(&self, lake: &Lake, lock: &WriterLock) -> Result<(), LakeError> {
        lake.set_api_checks(lock, &self.checks).await
    }

    async fn compare(
        &mut self,
        client: &ApiClient,
        budget: &Budget,
        day: &DayFile,
        slice: &Slice,
        lake: u64,
    ) -> Result<(), FetchError> {
        let parameter = slice.parameter();
        if parameter.is_some_and(|parameter| self.receipt.ignored.contains_key(parameter.name())) {
            self.receipt.not_compared += 1;
            return Ok(());
        }
        let Some(api) = self.count(client, budget, day, slice, lake).await? else { return Ok(()) };
        if parameter.is_none() {
            self.totals.insert(day.date, api);
        }
        if !self.is_applied(client, budget, day, slice, api).await? {
            return Ok(());
        }
        self.receipt.compared += 1;
        let rejects = self.rejects.get(&day.date).copied().unwrap_or(0);
        if api == lake {
            self.receipt.equal += 1;
            self.checks.confirm(day, &slice.name());
        } else if (1..=rejects).contains(&api.saturating_sub(lake)) {
            self.receipt.explained_by_rejects += 1;
        } else {
            let (slice, compared) = (slice.describe(), slice.clone());
            self.receipt.mismatches.push(Mismatch { date: day.date, slice, lake, api, compared });
        }
        Ok(())
    }

    /// Counts a slice in the API. Returns `None` if it cannot be compared.
    async fn count(
        &mut self,
        client: &ApiClient,
        budget: &Budget,
        day: &DayFile,
        slice: &Slice,
        lake: u64,
    ) -> Result<Option<u64>, FetchError> {
        let parameter = slice.parameter();
        let Some(filter) = slice.filter(&self.scope) else { return Ok(None) };
        match client.count_slice(budget, day.date, &filter, parameter).await? {
            SliceCount::Counted(count) if count > lake => {
                let without_end = client.count_slice_before_end(budget, day.date, &filter, parameter).await?;
                Ok(Some(if without_end == SliceCount::Counted(lake) { lake } else { count }))
            }
            SliceCount::Counted(count) => Ok(Some(count)),
            // If the API refuses a known value, it refuses the others too.
            SliceCount::Unknown { message } if parameter.is_some_and(|it| it.known_values().is_some()) => {
                self.ignore(parameter, message);
                Ok(None)
            }
            // A queue that was deleted from the account.
            SliceCount::Unknown { .. } => {
                self.skip_unknown(slice);
                Ok(None)
            }
            SliceCount::Ignored { reason } => {
                self.ignore(parameter, reason);
                Ok(None)
            }
        }
    }

    /// Returns whether the API applies the condition of a slice. If it counts all calls of the day,
    /// it may ignore the parameter, and one request shows that.
    async fn is_applied(
        &mut self,
        client: &ApiClient,
        budget: &Budget,
        day: &DayFile,
        slice: &Slice,
        api: u64,
    ) -> Result<bool, FetchError> {
        let Some((parameter, value)) = &slice.condition else { return Ok(true) };
        let Some(total) = self.totals.get(&day.date).copied() else { return Ok(true) };
        if api != total || self.applied.contains(parameter) {
            return Ok(true);
        }
        if !client.applies_parameter(budget, day.date, &self.scope, (*parameter, value), total).await? {
            let calls = counted(total, "call", "calls");
            self.ignore(Some(*parameter), format!("it counts {calls} for any value"));
            return Ok(false);
        }
        self.applied.insert(*parameter);
        Ok(true)
    }

    fn skip_unknown(&mut self, slice: &Slice) {
        self.receipt.not_compared += 1;
        if !self.receipt.unknown_values.contains(&slice.describe()) {
            self.receipt.unknown_values.push(slice.describe());
        }
    }

    fn ignore(&mut self, parameter: Option<FilterParameter>, reason: String) {
        self.receipt.not_compared += 1;
        if let Some(parameter) = parameter {
            self.receipt.ignored.insert(parameter.name().to_owned(), reason);
        }
    }
}

/// Returns the number of rejects of windows that touch each day.
async fn rejects_by_day(lake: &Lake, days: &[DayFile]) -> Result<BTreeMap<NaiveDate, u64>, LakeError> {
    let mut counts = BTreeMap::new();
    if days.is_empty() {
        return Ok(counts);
    }
    for reject in lake.rejects().await? {
        let Some(RejectSource::Window(window)) = reject.source else { continue };
        for day in days {
            if !window.intersection(&TimeRange::of_day(day.date)).is_empty() {
                *counts.entry(day.date).or_default() += 1;
            }
        }
    }
    Ok(counts)
}
