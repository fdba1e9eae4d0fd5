//! `voxlake summarize`: creates missing summaries of days, months and years.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, anyhow};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use voxlake_lake::{Lake, LakeError, WriterLock, counted};
use voxlake_query::{SummaryProgress, SummaryStats, summarize};
use voxlake_report::{error_chain, escape_control_chars};

use crate::args::SummarizeArgs;
use crate::clock;
use crate::config::Settings;
use crate::exit::Exit;
use crate::signals;
use voxlake_shell::{Interrupts, stderr_line};

pub(crate) async fn run(settings: Settings, args: SummarizeArgs) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    let lock = lake.lock(clock::now()).await?;
    let made = tokio::select! {
        made = create(&lake, &lock, args.rebuild) => made?,
        () = signals::interrupted() => {
            stderr_line!("interrupted; summaries created so far are kept");
            return Ok(Exit::Interrupted);
        }
    };
    lock.release().await?;
    print(&made, &mut io::stdout().lock())?;
    Ok(if made.failed.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Creates the summaries of days that were just written, until Ctrl-C. Failures are logged as
/// warnings only: queries read the calls of days without summaries.
pub(crate) async fn refresh(lake: &Lake) {
    // Listening starts before the first await, or a Ctrl-C between the previous command and this
    // one would be lost.
    let interrupts = Interrupts::listen(true);
    let stop = async {
        match interrupts {
            Ok(mut interrupts) => interrupts.next().await,
            Err(_) => std::future::pending().await,
        }
    };
    refresh_until(lake, stop).await;
}

async fn refresh_until(lake: &Lake, stop: impl Future<Output = ()>) {
    let made = async {
        let lock = match lake.lock(clock::now()).await {
            // The process that holds the lock creates the summaries.
            Err(LakeError::Locked { .. }) => return Ok(None),
            lock => lock?,
        };
        let made = tokio::select! {
            biased;
            () = stop => Err(anyhow!("interrupted; `voxlake summarize` creates the remaining summaries")),
            made = create(lake, &lock, false) => made,
        };
        lock.release().await?;
        anyhow::Ok(made?.failed.into_iter().next())
    };
    let problem = match made.await {
        Ok(failed) => failed,
        Err(error) => Some(error_chain(error.as_ref())),
    };
    if let Some(problem) = problem {
        let problem = escape_control_chars(&problem);
        tracing::warn!("some days have no summaries, so queries will read their calls: {problem}");
    }
}

async fn create(lake: &Lake, lock: &WriterLock, rebuild: bool) -> anyhow::Result<SummaryStats> {
    let bar = progress();
    let show = |SummaryProgress { done, all }| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    let made = summarize(lake, lock, rebuild, &show).await;
    bar.finish_and_clear();
    made.context("cannot create the summaries")
}

fn print(made: &SummaryStats, out: &mut impl io::Write) -> io::Result<()> {
    let count = |count: usize| HumanCount(count as u64);
    let SummaryStats { days, months, years, current, removed, failed } = made;
    match days + months + years {
        0 => writeln!(
            out,
            "Nothing to do: {} current.",
            counted(*current as u64, "summary is", "summaries are")
        )?,
        _ => writeln!(
            out,
            "Created {} of days, {} of months and {} of years; {} current.",
            counted(*days as u64, "summary", "summaries"),
            count(*months),
            count(*years),
            counted(*current as u64, "was", "were")
        )?,
    }
    if *removed > 0 {
        let removed = counted(*removed as u64, "summary", "summaries");
        writeln!(out, "Deleted {removed} of days that are no longer in the lake.")?;
    }
    for reason in failed {
        stderr_line!("not summarized: {}", escape_control_chars(reason));
    }
    Ok(())
}

fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} summaries · {elapsed}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::no_length().with_style(style)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use voxlake_lake::{ConflictPolicy, FetchedRange, TimeRange};
    use voxlake_model::decode_records;

    use super::*;

    #[tokio::test]
    async fn interruption_leaves_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
        let record = r#"{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z"}"#;
        let (calls, _) = decode_records([record], DateTime::UNIX_EPOCH).unwrap();
        let date = "2026-11-01".parse().unwrap();
        let TimeRange { from, to } = TimeRange::of_day(date);
        let whole = FetchedRange { from, to, fetched_at: to, total_records: None, calls: None, scope: None };
        lake.merge_day(&lock, date, vec![calls], &[whole], ConflictPolicy::Keep).await.unwrap();
        lock.release().await.unwrap();
        let summaries = || lake.summaries("call_summary");

        refresh_until(&lake, std::future::ready(())).await;
        assert_eq!(summaries().await.unwrap().len(), 0);
        refresh_until(&lake, std::future::pending()).await;
        assert_eq!(summaries().await.unwrap().len(), 2, "of the day and of its month");
    }
}
