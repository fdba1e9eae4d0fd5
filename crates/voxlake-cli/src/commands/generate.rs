//! `voxlake generate`: simulated calls straight into a lake, as many as are asked for.
//!
//! Days do not depend on each other, so as many are made at once as there are cores, each on a thread of its
//! own from the first draw to the last byte. A day is made in pieces, so that its size takes no memory.

mod arrays;
mod batch;
mod columns;
mod progress;
mod rate;

use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures::{FutureExt as _, StreamExt as _};
use indicatif::{HumanBytes, HumanCount};
use voxlake_lake::{Lake, LakeError, TimeRange, WriterLock};

use self::batch::Batches;
use self::progress::Progress;
use super::{origin, summarize};
use crate::args::GenerateArgs;
use crate::clock;
use crate::exit::Exit;
use crate::signals;
use crate::stderr::stderr_line;

/// Days that end in the past are noted as fetched so much later, when all of them are settled.
const FETCHED_AFTER: TimeDelta = TimeDelta::days(2);

pub(crate) async fn run(args: GenerateArgs) -> anyhow::Result<Exit> {
    let now = clock::now();
    let to = args.until.unwrap_or(now.date_naive()).and_time(Default::default()).and_utc();
    let period = TimeRange { from: to - TimeDelta::days(args.days.into()), to };
    // First of all: what cannot be made leaves no lake behind.
    let (centre, calls) = rate::centre(&args.house, args.calls.get(), period, args.days)?;
    let work = Work {
        batches: Batches { centre: Arc::new(centre), view: args.view, columns: args.columns },
        // Not later than now: coverage from the future is not trusted.
        fetched_at: args.until.map_or(now, |_| (to + FETCHED_AFTER).min(now)),
        progress: Arc::new(Progress::new(calls)),
        ended: Arc::new(AtomicBool::new(false)),
    };
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let lake = Lake::create(&args.lake).await?;
    let lock = lake.lock(now).await?;
    let done = work.fill(&lake, &lock, period, jobs).await;
    work.progress.finish();
    lock.release().await?;
    if !args.no_summaries && matches!(done, Ok(Exit::Done)) {
        summarize::refresh(&lake).await;
    }
    done
}

/// A day that is made.
struct Made {
    date: NaiveDate,
    calls: u64,
}

/// The whole days of the period that the lake has. Others, and damaged ones, are made anew.
async fn there(lake: &Lake, period: TimeRange) -> Result<Vec<Made>, LakeError> {
    let mut there = Vec::new();
    for day in lake.days().await? {
        let whole = TimeRange::of_day(day.date);
        if period.intersection(&whole).is_empty() {
            continue;
        }
        match lake.footer(&day).await {
            Ok(footer) if footer.coverage.gaps(whole).is_empty() => {
                there.push(Made { date: day.date, calls: footer.rows });
            }
            Ok(_) | Err(LakeError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(there)
}

/// What every day is made by.
#[derive(Clone)]
struct Work {
    batches: Batches,
    fetched_at: DateTime<Utc>,
    progress: Arc<Progress>,
    /// Whether to stop before all is made.
    ended: Arc<AtomicBool>,
}

impl Work {
    /// Makes what the lake does not have of the period, and tells of it.
    async fn fill(
        &self,
        lake: &Lake,
        lock: &WriterLock,
        period: TimeRange,
        jobs: usize,
    ) -> anyhow::Result<Exit> {
        origin::claim(lake, lock, self.batches.centre.config(), self.batches.less()).await?;
        let there = there(lake, period).await?;
        self.progress.there(there.iter().map(|day| day.calls).sum());
        let missing = period
            .by_day()
            .map(|(date, _)| date)
            .filter(|date| there.iter().all(|day| day.date != *date))
            .collect();
        let began = Instant::now();
        let made = self.run(lake, lock, missing, jobs).await?;
        let took = began.elapsed();
        self.progress.finish();
        if self.ended.load(Ordering::Relaxed) {
            stderr_line!(
                "ended before all was made; the days that are complete are kept, and the same command goes on"
            );
            return Ok(Exit::Interrupted);
        }
        tell(lake, &made, &there, took).await?;
        Ok(Exit::Done)
    }

    /// Makes the days, `jobs` of them at once, until Ctrl-C.
    async fn run(
        &self,
        lake: &Lake,
        lock: &WriterLock,
        days: Vec<NaiveDate>,
        jobs: usize,
    ) -> anyhow::Result<Vec<Made>> {
        let mut days = futures::stream::iter(days)
            .take_while(|_| futures::future::ready(!self.ended.load(Ordering::Relaxed)))
            .map(|date| self.day(lake, lock, date))
            .buffer_unordered(jobs);
        let mut interrupted = Box::pin(signals::interrupted().fuse());
        let mut made = Vec::new();
        let mut failed = None;
        loop {
            tokio::select! {
                () = &mut interrupted => self.ended.store(true, Ordering::Relaxed),
                day = days.next() => match day {
                    None => break,
                    Some(Ok(day)) => made.push(day),
                    // The others end at once, so that none of them is left half written.
                    Some(Err(error)) => {
                        if !self.ended.swap(true, Ordering::Relaxed) {
                            failed = Some(error);
                        }
                    }
                }
            }
        }
        failed.map_or(Ok(made), Err)
    }

    async fn day(&self, lake: &Lake, lock: &WriterLock, date: NaiveDate) -> anyhow::Result<Made> {
        let work = self.clone();
        let calls = lake
            .write_day(lock, date, self.fetched_at, move |day| {
                for batch in work.batches.of_day(date, work.fetched_at) {
                    anyhow::ensure!(!work.ended.load(Ordering::Relaxed), "ended before {date} was made");
                    let batch = batch?;
                    day.write(&batch)?;
                    work.progress.made(batch.num_rows() as u64);
                }
                Ok(())
            })
            .await?;
        Ok(Made { date, calls })
    }
}

async fn tell(lake: &Lake, made: &[Made], there: &[Made], took: Duration) -> anyhow::Result<()> {
    let count = |days: &[Made]| days.iter().map(|day| day.calls).sum::<u64>();
    let (new, old) = (count(made), count(there));
    let (calls, days) = (new + old, made.len() + there.len());
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
    if !there.is_empty() {
        writeln!(out, "{} of them, in {} days, were there already.", HumanCount(old), there.len())?;
    }
    if new > 0 {
        writeln!(
            out,
            "{} calls made in {:.1} s, {} a second.",
            HumanCount(new),
            took.as_secs_f64(),
            HumanCount(progress::per_second(new, took)),
        )?;
    }
    Ok(())
}
