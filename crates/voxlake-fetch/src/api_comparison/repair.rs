//! Steps of a check around the comparison: interruption, outcome, and repair of days.

use std::collections::BTreeSet;
use std::error::Error;
use std::future::Future;

use chrono::{DateTime, NaiveDate, Utc};
use voxlake_lake::{DayFile, Lake, LakeError};

use super::compare::ApiComparison;
use crate::{ApiClient, Budget, FetchError, LakeSync, SyncOptions, SyncOutcome};

impl ApiComparison {
    /// Compares like [`ApiComparison::run`], until `stop` is ready. The receipt has the error, as
    /// `describe_error` returns it.
    ///
    /// # Errors
    /// [`FetchError`] of a request, or of opening the budget.
    pub async fn run_until(
        &mut self,
        client: &ApiClient,
        budget: impl Future<Output = Result<Budget, FetchError>>,
        on_progress: impl Fn(usize) + Send,
        stop: impl Future<Output = ()>,
        describe_error: impl Fn(&(dyn Error + 'static)) -> String,
    ) -> Result<(), FetchError> {
        let run = async {
            let budget = budget.await?;
            self.run(client, &budget, on_progress).await
        };
        let result = tokio::select! {
            result = run => Some(result),
            () = stop => None,
        };
        match &result {
            None => self.interrupt(client.request_count()),
            Some(Err(error)) => self.fail(describe_error(error)),
            Some(Ok(())) => {}
        }
        result.unwrap_or(Ok(()))
    }

    /// Returns the outcome of a comparison that `error` ended, if there is one.
    #[must_use]
    pub fn outcome(&self, error: Option<&FetchError>) -> SyncOutcome {
        let receipt = self.receipt();
        match error {
            Some(error) if error.is_limit() => SyncOutcome::TryLater,
            Some(_) => SyncOutcome::Failed,
            None if !receipt.mismatches.is_empty() => SyncOutcome::Incomplete,
            None if receipt.stopped.is_some() => SyncOutcome::Interrupted,
            None => SyncOutcome::Complete,
        }
    }

    /// Creates the sync that fetches the days with mismatches again. The client must have the
    /// filter of the lake's scope.
    ///
    /// # Errors
    /// [`LakeError`] if the scope cannot be read.
    pub async fn refetch(
        &self,
        lake: &Lake,
        client: ApiClient,
        options: SyncOptions,
    ) -> Result<LakeSync, LakeError> {
        let words = lake.scope().await?.map_or_else(|| "all calls".to_owned(), |scope| scope.words);
        Ok(LakeSync::new(client, lake.clone(), options)
            .with_scope_description(words)
            .with_refetched_days(self.mismatched_dates()))
    }

    /// Returns the day files with mismatches.
    ///
    /// # Errors
    /// [`LakeError`] if the lake cannot be listed.
    pub async fn mismatched_days(&self, lake: &Lake) -> Result<Vec<DayFile>, LakeError> {
        let dates = self.mismatched_dates();
        Ok(lake.days().await?.into_iter().filter(|day| dates.contains(&day.date)).collect())
    }

    fn mismatched_dates(&self) -> BTreeSet<NaiveDate> {
        self.receipt().mismatches.iter().map(|one| one.date).collect()
    }

    /// Records the confirmed counts in the lake. Returns false if another process writes to the
    /// lake: nothing is recorded then.
    ///
    /// # Errors
    /// [`LakeError`] if the lake cannot be written.
    pub async fn record_unless_locked(&self, lake: &Lake, now: DateTime<Utc>) -> Result<bool, LakeError> {
        match lake.with_writer_lock(now, async |lock| self.record(lake, &lock).await).await {
            Ok(()) => Ok(true),
            Err(LakeError::Locked { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
