//! `voxlake summarize`: creates missing summaries of days, months and years.

use std::io;
use std::sync::Arc;

use anyhow::Context as _;
use indicatif::ProgressBar;
use voxlake_lake::{Lake, WriterLock};
use voxlake_query::{SummaryProgress, SummaryRefresh, refresh_summaries, summarize};
use voxlake_report::{error_chain, escape_control_chars};

use super::sync_report::print_lines;
use crate::args::SummarizeArgs;
use crate::clock;
use crate::config::Settings;
use crate::exit::Exit;
use crate::progress::counter_bar;
use crate::signals;
use voxlake_shell::{Interrupts, stderr_line};

pub(crate) async fn run(settings: Settings, args: SummarizeArgs) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    let bar = counter_bar("summaries");
    let show = |progress| show(progress, &bar);
    let work = async |lock: Arc<WriterLock>| summarize(&lake, &lock, args.rebuild, &show).await;
    let made = tokio::select! {
        made = lake.with_writer_lock(clock::now(), work) => made,
        () = signals::interrupted() => {
            stderr_line!("interrupted; summaries created so far are kept");
            return Ok(Exit::Interrupted);
        }
    };
    bar.finish_and_clear();
    let made = made.context("cannot create the summaries")?;
    print_lines(&made.describe(), &mut io::stdout().lock())?;
    for reason in &made.failed {
        stderr_line!("not summarized: {}", escape_control_chars(reason));
    }
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
    let bar = counter_bar("summaries");
    let outcome = refresh_summaries(lake, clock::now(), &|progress| show(progress, &bar), stop).await;
    bar.finish_and_clear();
    let problem = match outcome.context("cannot create the summaries") {
        Ok(SummaryRefresh::Interrupted) => {
            Some("interrupted; `voxlake summarize` creates the remaining summaries".to_owned())
        }
        Ok(SummaryRefresh::Built(made)) => made.failed.into_iter().next(),
        Ok(_) => None,
        Err(error) => Some(error_chain(error.as_ref())),
    };
    if let Some(problem) = problem {
        let problem = escape_control_chars(&problem);
        tracing::warn!("some days have no summaries, so queries will read their calls: {problem}");
    }
}

fn show(progress: SummaryProgress, bar: &ProgressBar) {
    bar.set_length(progress.all as u64);
    bar.set_position(progress.done as u64);
}
