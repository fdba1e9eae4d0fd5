//! Generation of the missing days of a lake.
//!
//! Days are independent of each other, so several are generated concurrently, each on a thread of
//! its own. The calls of a day are written in batches, so that memory does not grow with the size
//! of a day.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, NaiveDate, Utc};
use futures::{FutureExt as _, StreamExt as _};
use voxlake_lake::{Lake, LakeError, TimeRange, WriterLock};
use voxlake_sim::{Centre, Dataset};

use crate::batches::day_batches;
use crate::error::GenerateError;
use crate::options::GenerateOptions;
use crate::origin;
use crate::progress::{CallCounter, ProgressSink};
use crate::report::GenerateReport;

/// Writes the calls of a simulated centre into lakes.
///
/// The [crate's example](crate#example) shows a run.
#[derive(Clone, Debug)]
pub struct Generator {
    dataset: Dataset,
    options: GenerateOptions,
    /// True once generating has to stop.
    cancelled: Arc<AtomicBool>,
}

/// A complete day in the lake.
struct GeneratedDay {
    date: NaiveDate,
    calls: u64,
}

impl Generator {
    /// Creates a generator of the calls of a centre.
    #[must_use]
    pub fn new(centre: Arc<Centre>, options: GenerateOptions) -> Self {
        let dataset = Dataset::new(centre).with_view(options.view).with_columns(options.columns);
        Self { dataset, options, cancelled: Arc::default() }
    }

    /// Generates the days of the period that the lake does not have completely, until `stop`
    /// completes. Complete days are kept, so another run generates only the remaining ones.
    ///
    /// Claims the lake for the centre, and holds its writer lock, which records the time `now`.
    ///
    /// # Errors
    /// [`GenerateError::OtherOrigin`] if the lake has calls of another origin;
    /// [`GenerateError::Lake`] if it is locked, or cannot be read or written.
    pub async fn run(
        self,
        lake: &Lake,
        now: DateTime<Utc>,
        progress: ProgressSink,
        stop: impl Future<Output = ()>,
    ) -> Result<GenerateReport, GenerateError> {
        lake.with_writer_lock(now, async |lock| self.fill(lake, &lock, progress, stop).await).await
    }

    async fn fill(
        &self,
        lake: &Lake,
        lock: &WriterLock,
        progress: ProgressSink,
        stop: impl Future<Output = ()>,
    ) -> Result<GenerateReport, GenerateError> {
        origin::claim(lake, lock, self.dataset.centre().config(), self.options.omitted_data()).await?;
        let existing = existing_days(lake, self.options.period).await?;
        let existing_calls = existing.iter().map(|day| day.calls).sum();
        let missing = self.options.period.by_day().map(|(date, _)| date);
        let missing = missing.filter(|date| existing.iter().all(|day| day.date != *date)).collect();
        let counter = CallCounter::start(existing_calls, progress);
        let generated = self.generate_days(lake, lock, missing, &counter, stop).await?;
        let elapsed = counter.elapsed();
        let files = lake.days().await?;
        Ok(GenerateReport {
            lake: lake.location().to_owned(),
            generated_days: generated.len() as u64,
            generated_calls: generated.iter().map(|day| day.calls).sum(),
            existing_days: existing.len() as u64,
            existing_calls,
            lake_bytes: files.iter().map(|day| day.meta.size).sum(),
            elapsed,
            interrupted: self.is_cancelled(),
        })
    }

    /// Generates days, several of them concurrently, until `stop` completes.
    async fn generate_days(
        &self,
        lake: &Lake,
        lock: &WriterLock,
        days: Vec<NaiveDate>,
        counter: &CallCounter,
        stop: impl Future<Output = ()>,
    ) -> Result<Vec<GeneratedDay>, GenerateError> {
        let mut days = futures::stream::iter(days)
            .take_while(|_| futures::future::ready(!self.is_cancelled()))
            .map(|date| self.generate_day(lake, lock, date, counter.clone()))
            .buffer_unordered(self.options.concurrency.get());
        let mut stop = Box::pin(stop.fuse());
        let mut generated = Vec::new();
        let mut first_error = None;
        loop {
            tokio::select! {
                () = &mut stop => self.cancelled.store(true, Ordering::Relaxed),
                day = days.next() => match day {
                    None => break,
                    Some(Ok(day)) => generated.push(day),
                    // The other days stop as well, so that none is left half written.
                    Some(Err(error)) => {
                        if !self.cancelled.swap(true, Ordering::Relaxed) {
                            first_error = Some(error);
                        }
                    }
                }
            }
        }
        first_error.map_or(Ok(generated), Err)
    }

    async fn generate_day(
        &self,
        lake: &Lake,
        lock: &WriterLock,
        date: NaiveDate,
        counter: CallCounter,
    ) -> Result<GeneratedDay, GenerateError> {
        let generator = self.clone();
        let fetched_at = self.options.fetched_at;
        let calls = lake
            .write_day(lock, date, fetched_at, move |day| {
                for batch in day_batches(&generator.dataset, date, fetched_at) {
                    if generator.is_cancelled() {
                        return Err(GenerateError::Interrupted(date));
                    }
                    let batch = batch?;
                    day.write(&batch)?;
                    counter.add(batch.num_rows() as u64);
                }
                Ok(())
            })
            .await?;
        Ok(GeneratedDay { date, calls })
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Returns the complete days of the period in the lake. Incomplete and damaged days are generated
/// again.
async fn existing_days(lake: &Lake, period: TimeRange) -> Result<Vec<GeneratedDay>, LakeError> {
    let mut existing = Vec::new();
    for day in lake.days().await? {
        let whole = TimeRange::of_day(day.date);
        if period.intersection(&whole).is_empty() {
            continue;
        }
        match lake.footer(&day).await {
            Ok(footer) if footer.coverage.gaps(whole).is_empty() => {
                existing.push(GeneratedDay { date: day.date, calls: footer.rows });
            }
            Ok(_) | Err(LakeError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(existing)
}

#[cfg(test)]
mod tests {
    use voxlake_sim::CentreConfig;

    use super::*;
    use crate::GenerateProgress;

    fn generator() -> Generator {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let options = GenerateOptions::new(3, "2026-11-01".parse().ok(), now);
        let config = CentreConfig::default().with_calls_per_day(50.0);
        Generator::new(Arc::new(Centre::new(config).unwrap()), options)
    }

    fn ignore_progress() -> ProgressSink {
        Arc::new(|_| {})
    }

    #[tokio::test]
    async fn a_stopped_run_is_continued() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let now = DateTime::UNIX_EPOCH;
        let stopped = generator().run(&lake, now, ignore_progress(), std::future::ready(())).await.unwrap();
        assert!(stopped.interrupted);

        let complete = generator().run(&lake, now, ignore_progress(), std::future::pending()).await.unwrap();
        assert_eq!((complete.interrupted, complete.existing_days), (false, stopped.generated_days));
        assert_eq!(complete.existing_days + complete.generated_days, 3);
    }

    #[tokio::test]
    async fn progress_counts_all_calls() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let progress: ProgressSink = Arc::new(move |progress| sender.send(progress).unwrap());
        let run = generator().run(&lake, DateTime::UNIX_EPOCH, progress, std::future::pending());
        let report = run.await.unwrap();
        let all: Vec<GenerateProgress> = receiver.into_iter().collect();
        assert_eq!(all[0].calls(), 0);
        assert!(report.generated_calls > 0);
        assert_eq!(all.iter().map(GenerateProgress::calls).max(), Some(report.generated_calls));
    }
}
