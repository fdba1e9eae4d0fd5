//! `voxlake generate`: writes simulated calls directly into a lake.
//!
//! Days are independent of each other, so as many are generated concurrently as there are cores,
//! each on a thread of its own. The calls of a day are written in batches, so that memory does not
//! grow with the size of a day.

mod batches;
mod progress;

use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures::{FutureExt as _, StreamExt as _};
use indicatif::{HumanBytes, HumanCount};
use voxlake_lake::{Lake, LakeError, TimeRange, WriterLock};
use voxlake_sim::{Centre, CentreConfig, Dataset, SizingError};

use self::progress::GenerateProgress;
use super::{origin, summarize};
use crate::args::{ContactCenterArgs, GenerateArgs};
use crate::clock;
use crate::exit::{Exit, UsageError};
use crate::signals;
use voxlake_shell::stderr_line;

/// Time after a period in the past at which its days count as fetched, so that all of them are
/// settled.
const FETCHED_AFTER: TimeDelta = TimeDelta::days(2);

pub(crate) async fn run(args: GenerateArgs) -> anyhow::Result<Exit> {
    let now = clock::now();
    let to = args.until.unwrap_or(now.date_naive()).and_time(Default::default()).and_utc();
    let period = TimeRange { from: to - TimeDelta::days(args.days.into()), to };
    // Before the lake is created: invalid arguments leave no lake behind.
    let (centre, calls) = centre(&args.contact_center, args.calls.get(), period)?;
    let generator = Generator {
        dataset: batches::dataset(Arc::new(centre), args.view, args.columns),
        omitted: batches::omitted(args.view, args.columns),
        // At most now: coverage from the future is not trusted.
        fetched_at: args.until.map_or(now, |_| (to + FETCHED_AFTER).min(now)),
        progress: Arc::new(GenerateProgress::new(calls)),
        cancelled: Arc::new(AtomicBool::new(false)),
    };
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let lake = Lake::create(&args.lake).await?;
    let lock = lake.lock(now).await?;
    let result = generator.fill(&lake, &lock, period, jobs).await;
    generator.progress.finish();
    lock.release().await?;
    if !args.no_summaries && matches!(result, Ok(Exit::Done)) {
        summarize::refresh(&lake).await;
    }
    result
}

/// Returns the centre that has `calls` calls in the period, and its exact number of calls.
fn centre(house: &ContactCenterArgs, calls: u64, period: TimeRange) -> Result<(Centre, u64), UsageError> {
    let ContactCenterArgs { seed, queues, agents } = *house;
    let config = CentreConfig::default().with_seed(seed).with_queues(queues).with_agents(agents);
    Centre::with_call_count(&config, calls, period.from, period.to).map_err(|error| {
        UsageError(match error {
            SizingError::TooManyCalls { .. } => format!("{error}; spread them over more --days"),
            _ => error.to_string(),
        })
    })
}

/// A complete day in the lake.
struct GeneratedDay {
    date: NaiveDate,
    calls: u64,
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

/// Inputs of every generated day.
#[derive(Clone)]
struct Generator {
    dataset: Dataset,
    /// Parts of the calls that are not generated, for the origin of the lake.
    omitted: Option<&'static str>,
    fetched_at: DateTime<Utc>,
    progress: Arc<GenerateProgress>,
    /// True once generating has to stop.
    cancelled: Arc<AtomicBool>,
}

impl Generator {
    /// Generates the missing days of the period and prints a summary.
    async fn fill(
        &self,
        lake: &Lake,
        lock: &WriterLock,
        period: TimeRange,
        jobs: usize,
    ) -> anyhow::Result<Exit> {
        origin::claim(lake, lock, self.dataset.centre().config(), self.omitted).await?;
        let existing = existing_days(lake, period).await?;
        self.progress.set_existing(existing.iter().map(|day| day.calls).sum());
        let missing = period
            .by_day()
            .map(|(date, _)| date)
            .filter(|date| existing.iter().all(|day| day.date != *date))
            .collect();
        let start = Instant::now();
        let generated = self.generate_days(lake, lock, missing, jobs).await?;
        let elapsed = start.elapsed();
        self.progress.finish();
        if self.cancelled.load(Ordering::Relaxed) {
            stderr_line!(
                "interrupted; the complete days are kept, and the same command generates the remaining ones"
            );
            return Ok(Exit::Interrupted);
        }
        print_summary(lake, &generated, &existing, elapsed).await?;
        Ok(Exit::Done)
    }

    /// Generates days, `jobs` of them concurrently, until Ctrl-C.
    async fn generate_days(
        &self,
        lake: &Lake,
        lock: &WriterLock,
        days: Vec<NaiveDate>,
        jobs: usize,
    ) -> anyhow::Result<Vec<GeneratedDay>> {
        let mut days = futures::stream::iter(days)
            .take_while(|_| futures::future::ready(!self.cancelled.load(Ordering::Relaxed)))
            .map(|date| self.generate_day(lake, lock, date))
            .buffer_unordered(jobs);
        let mut interrupted = Box::pin(signals::interrupted().fuse());
        let mut generated = Vec::new();
        let mut first_error = None;
        loop {
            tokio::select! {
                () = &mut interrupted => self.cancelled.store(true, Ordering::Relaxed),
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
    ) -> anyhow::Result<GeneratedDay> {
        let generator = self.clone();
        let calls = lake
            .write_day(lock, date, self.fetched_at, move |day| {
                for batch in batches::of_day(&generator.dataset, date, generator.fetched_at) {
                    anyhow::ensure!(
                        !generator.cancelled.load(Ordering::Relaxed),
                        "interrupted before {date} was complete"
                    );
                    let batch = batch?;
                    day.write(&batch)?;
                    generator.progress.add_generated(batch.num_rows() as u64);
                }
                Ok(())
            })
            .await?;
        Ok(GeneratedDay { date, calls })
    }
}

async fn print_summary(
    lake: &Lake,
    generated: &[GeneratedDay],
    existing: &[GeneratedDay],
    elapsed: Duration,
) -> anyhow::Result<()> {
    let count = |days: &[GeneratedDay]| days.iter().map(|day| day.calls).sum::<u64>();
    let (new, old) = (count(generated), count(existing));
    let (calls, days) = (new + old, generated.len() + existing.len());
    let files = lake.days().await?;
    let bytes: u64 = files.iter().map(|day| day.meta.size).sum();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} calls in {} days at {}: {}, {} bytes a call.",
        HumanCount(calls),
        HumanCount(days as u64),
        lake.location(),
        HumanBytes(bytes),
        bytes / calls.max(1),
    )?;
    if !existing.is_empty() {
        writeln!(out, "{} of them, in {} days, were there already.", HumanCount(old), existing.len())?;
    }
    if new > 0 {
        writeln!(
            out,
            "{} calls made in {:.1} s, {} a second.",
            HumanCount(new),
            elapsed.as_secs_f64(),
            HumanCount(progress::per_second(new, elapsed)),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_calls_name_the_option() {
        let house = ContactCenterArgs { seed: 1, queues: 40, agents: 800 };
        let to = DateTime::from_timestamp(1_760_000_000, 0).unwrap();
        let period = TimeRange { from: to - TimeDelta::days(1), to };
        let error = centre(&house, 10_000_001, period).unwrap_err();
        assert!(error.to_string().ends_with("more --days"), "{error}");
    }
}
