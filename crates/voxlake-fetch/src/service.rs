//! Repeated syncs of a lake: at intervals, and again once a limit of requests lifts.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{SyncOutcome, SyncReport};

/// Delay after a limit that the API does not name.
const UNNAMED_LIMIT: TimeDelta = TimeDelta::hours(1);
/// Delay after a limit lifts, since clocks differ.
const LIMIT_MARGIN: Duration = Duration::from_secs(1);

/// Signal that stops a service and its current sync.
pub type StopSignal = Shared<BoxFuture<'static, ()>>;

/// Times at which a service syncs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceOptions {
    /// Time between the starts of two syncs; `None` for one sync.
    pub interval: Option<Duration>,
    /// Continues once a limit of requests lifts. A service with an interval always does.
    pub waits_for_limit: bool,
}

/// Event of a service. `E` is the error of a sync.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServiceEvent<'a, E> {
    /// A sync ended.
    SyncEnded(&'a SyncReport),
    /// A sync could not start. The next one starts after the interval.
    SyncFailed(&'a E),
    /// A limit of requests is reached.
    LimitReached {
        /// Time at which the limit lifts.
        resumes_at: DateTime<Utc>,
        /// Time until the next sync.
        delay: Duration,
    },
}

/// Repeated syncs of one lake.
///
/// ```no_run
/// use std::time::Duration;
///
/// use voxlake_fetch::{Event, FetchError, LakeSync, ServiceEvent, ServiceOptions, SyncService};
///
/// fn print_progress(event: Event<'_>) {
///     println!("{event:?}");
/// }
///
/// # async fn run(sync: LakeSync) -> Result<(), FetchError> {
/// let mut options = ServiceOptions::default();
/// options.interval = Some(Duration::from_secs(900));
/// let service = SyncService::new(options, std::future::pending());
/// let outcome = service
///     .run(
///         |stop| sync.run(&print_progress, stop),
///         |event| {
///             if let ServiceEvent::SyncEnded(report) = event {
///                 println!("{} new calls", report.stats.added);
///             }
///             Ok(())
///         },
///     )
///     .await?;
/// println!("{outcome:?}");
/// # Ok(())
/// # }
/// ```
pub struct SyncService {
    options: ServiceOptions,
    stop: StopSignal,
}

impl SyncService {
    /// Creates a service that ends once `stop` is ready.
    #[must_use]
    pub fn new(options: ServiceOptions, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { options, stop: stop.boxed().shared() }
    }

    /// Runs `sync`, repeatedly if the options say so, and returns the outcome of the last one.
    /// Without an interval, an interruption is [`SyncOutcome::Interrupted`]; with one, it is the
    /// usual end of the service.
    ///
    /// # Errors
    /// The error of `on_event`, or of a `sync` before the first success: a service that cannot
    /// start ends, while one that has succeeded before continues.
    pub async fn run<E, S>(
        &self,
        mut sync: impl FnMut(StopSignal) -> S,
        mut on_event: impl FnMut(ServiceEvent<'_, E>) -> Result<(), E>,
    ) -> Result<SyncOutcome, E>
    where
        S: Future<Output = Result<SyncReport, E>>,
    {
        let interval = self.options.interval;
        let mut has_succeeded = false;
        loop {
            let started_at = Instant::now();
            match sync(self.stop.clone()).await {
                Ok(report) => {
                    on_event(ServiceEvent::SyncEnded(&report))?;
                    let outcome = report.outcome();
                    if outcome == SyncOutcome::Interrupted {
                        return Ok(self.stopped());
                    }
                    if let Some((resumes_at, delay)) = self.limit(&report) {
                        has_succeeded = true;
                        on_event(ServiceEvent::LimitReached { resumes_at, delay })?;
                        if !self.wait(sleep(delay)).await {
                            return Ok(self.stopped());
                        }
                        continue;
                    }
                    has_succeeded |= outcome == SyncOutcome::Complete || report.complete > 0;
                    if interval.is_none() || !has_succeeded {
                        return Ok(outcome);
                    }
                }
                Err(error) if has_succeeded && interval.is_some() => {
                    on_event(ServiceEvent::SyncFailed(&error))?;
                }
                Err(error) => return Err(error),
            }
            if !self.wait(sleep_until(started_at + interval.unwrap_or_default())).await {
                return Ok(self.stopped());
            }
        }
    }

    /// Returns the outcome of a stopped service.
    fn stopped(&self) -> SyncOutcome {
        if self.options.interval.is_some() { SyncOutcome::Complete } else { SyncOutcome::Interrupted }
    }

    /// Returns when the limit that ended a sync lifts, and the delay until the next sync. `None`
    /// without a limit, or if the service does not wait for it.
    fn limit(&self, report: &SyncReport) -> Option<(DateTime<Utc>, Duration)> {
        if self.options.interval.is_none() && !self.options.waits_for_limit {
            return None;
        }
        let now = report.ended_at;
        let unnamed = now.checked_add_signed(UNNAMED_LIMIT).unwrap_or(now);
        let resumes_at = report.stopped.as_ref()?.resumes_at(unnamed)?;
        Some((resumes_at, (resumes_at - now).to_std().unwrap_or_default() + LIMIT_MARGIN))
    }

    /// Waits; returns false if the service is stopped before.
    async fn wait(&self, delay: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            () = self.stop.clone() => false,
            () = delay => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::FetchError;
    use crate::outcome::tests::report;

    /// Runs a service whose syncs return `results`, until `stop_after`. Returns its result, the
    /// seconds at which syncs started, and the events.
    async fn run(
        options: ServiceOptions,
        stop_after: Duration,
        results: Vec<Result<SyncReport, FetchError>>,
    ) -> (Result<SyncOutcome, FetchError>, Vec<u64>, Vec<String>) {
        let service = SyncService::new(options, sleep(stop_after));
        let (start, mut starts, mut events) = (Instant::now(), Vec::new(), Vec::new());
        let mut results = VecDeque::from(results);
        let outcome = service
            .run(
                |stop| {
                    starts.push(start.elapsed().as_secs());
                    let result = results.pop_front();
                    async move {
                        match result {
                            Some(result) => result,
                            None => {
                                stop.await;
                                Ok(report(Some(FetchError::Interrupted)))
                            }
                        }
                    }
                },
                |event| {
                    events.push(match event {
                        ServiceEvent::SyncEnded(report) => format!("{:?}", report.outcome()),
                        ServiceEvent::SyncFailed(error) => error.to_string(),
                        ServiceEvent::LimitReached { delay, .. } => format!("{delay:?}"),
                    });
                    Ok(())
                },
            )
            .await;
        (outcome, starts, events)
    }

    fn every(minutes: u64) -> ServiceOptions {
        ServiceOptions { interval: Some(Duration::from_secs(60 * minutes)), waits_for_limit: false }
    }

    const HOUR: Duration = Duration::from_secs(3_600);

    #[tokio::test(start_paused = true)]
    async fn syncs_repeat_at_the_interval() {
        let failure = Err(FetchError::InvalidTokenResponse);
        let (outcome, starts, events) = run(every(15), HOUR, vec![Ok(report(None)), failure]).await;
        assert_eq!(outcome.unwrap(), SyncOutcome::Complete);
        assert_eq!(starts, [0, 900, 1_800]);
        assert_eq!(events, ["Complete", "the token endpoint returned no usable access_token", "Interrupted"]);
    }

    #[tokio::test(start_paused = true)]
    async fn first_failure_ends_the_service() {
        let (outcome, starts, events) =
            run(every(15), HOUR, vec![Err(FetchError::InvalidTokenResponse)]).await;
        assert!(matches!(outcome, Err(FetchError::InvalidTokenResponse)));
        assert_eq!((starts.len(), events.len()), (1, 0));
        let (outcome, starts, _) =
            run(every(15), HOUR, vec![Ok(report(Some(FetchError::InvalidTokenResponse)))]).await;
        assert_eq!((outcome.unwrap(), starts.len()), (SyncOutcome::Failed, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn limits_are_waited_for() {
        let limited = || {
            let resumes_at = DateTime::UNIX_EPOCH + TimeDelta::minutes(10);
            vec![Ok(report(Some(FetchError::DailyLimit { resumes_at }))), Ok(report(None))]
        };
        let once = ServiceOptions::default();
        assert_eq!(run(once, HOUR, limited()).await.0.unwrap(), SyncOutcome::TryLater);
        let waiting = ServiceOptions { waits_for_limit: true, ..once };
        let (outcome, starts, events) = run(waiting, HOUR, limited()).await;
        assert_eq!((outcome.unwrap(), starts), (SyncOutcome::Complete, vec![0, 601]));
        assert_eq!(events, ["TryLater", "601s", "Complete"]);
        let stopped = run(waiting, Duration::from_secs(5), limited()).await.0;
        assert_eq!(stopped.unwrap(), SyncOutcome::Interrupted);
        let unnamed = vec![Ok(report(Some(FetchError::Throttled { attempts: 7 })))];
        let (_, starts, _) = run(waiting, 2 * HOUR, unnamed).await;
        assert_eq!(starts, [0, 3_601]);
    }
}
