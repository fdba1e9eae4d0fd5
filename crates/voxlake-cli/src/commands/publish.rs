//! `voxlake publish`: publishes the lake as a table of another format.

use std::io::{self, Write as _};
use std::sync::Arc;

use chrono::TimeDelta;
use indicatif::ProgressBar;
use voxlake_fetch::AfterCommit;
use voxlake_lake::{Lake, LakeError};
use voxlake_publish::{
    PeriodicPublisher, PublishError, PublishOptions, PublishProgress, PublishReport, publish,
};
use voxlake_report::{error_chain, escape_control_chars};
use voxlake_shell::{Interrupts, stderr_line};

use super::sync_report::print_lines;
use crate::args::PublishArgs;
use crate::config::Settings;
use crate::exit::{Exit, REPAIR, publish_hint};
use crate::progress::counter_bar;
use crate::{clock, signals};

pub(crate) async fn run(settings: Settings, args: PublishArgs) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    if args.drops_table {
        return drop_table(&lake).await;
    }
    let options = PublishOptions::default().keep(settings.publish_keep).checks_files(true);
    let report = tokio::select! {
        report = publish_locked(&lake, options) => report?,
        () = signals::interrupted() => {
            stderr_line!("interrupted; the table has its last version");
            return Ok(Exit::Interrupted);
        }
    };
    print(&report)?;
    Ok(report_damage(&report))
}

/// Publishes a lake that was just written, if it was published before, until Ctrl-C. A failure is
/// reported on stderr, and the next publication makes up for it.
pub(crate) async fn update(lake: &Lake, keep: Option<TimeDelta>) -> Exit {
    match lake.published_table().has_log().await {
        Ok(false) => return Exit::Done,
        Ok(true) => {}
        Err(error) => return report_failure(&error.into()),
    }
    // As in `summarize::refresh`, listening starts before the first await that takes long.
    let stop = next_interrupt(Interrupts::listen(true));
    tokio::select! {
        report = publish_locked(lake, PublishOptions::default().keep(keep)) => match report {
            Ok(report) => report_damage(&report),
            // The other writer publishes at its end.
            Err(PublishError::Lake(LakeError::Locked { .. })) => Exit::Done,
            Err(error) => report_failure(&error),
        },
        () = stop => {
            stderr_line!("interrupted before the changes were published; `voxlake publish` does it");
            Exit::Interrupted
        }
    }
}

async fn next_interrupt(interrupts: io::Result<Interrupts>) {
    match interrupts {
        Ok(mut interrupts) => interrupts.next().await,
        Err(_) => std::future::pending().await,
    }
}

/// Returns the work that publishes during a long sync. Its failures are logged only: the
/// publication at the end of the sync reports them.
pub(crate) fn after_commit(lake: &Lake, keep: Option<TimeDelta>) -> AfterCommit {
    let options = PublishOptions::default().keep(keep);
    let publisher = Arc::new(PeriodicPublisher::new(lake.clone(), options, clock::now()));
    Arc::new(move |lock| {
        let publisher = Arc::clone(&publisher);
        Box::pin(async move {
            if let Err(error) = publisher.publish_if_due(&lock, clock::now()).await {
                tracing::info!("the sync is not published yet: {}", error_chain(&error));
            }
        })
    })
}

async fn publish_locked(lake: &Lake, options: PublishOptions) -> Result<PublishReport, PublishError> {
    let bar = counter_bar("days");
    let now = clock::now();
    let show = |progress| show(progress, &bar);
    let work = async |lock: Arc<_>| publish(lake, &lock, options, now, &show).await;
    let report = lake.with_writer_lock(now, work).await;
    bar.finish_and_clear();
    report
}

fn show(progress: PublishProgress, bar: &ProgressBar) {
    bar.set_length(progress.all as u64);
    bar.set_position(progress.done as u64);
}

fn print(report: &PublishReport) -> io::Result<()> {
    let mut lines = report.describe();
    lines.push(format!("Delta table: {}", report.location));
    print_lines(&lines, &mut io::stdout().lock())
}

/// Prints the days that are not published, and returns the exit code.
fn report_damage(report: &PublishReport) -> Exit {
    for reason in &report.damaged {
        stderr_line!("not published: {}", escape_control_chars(reason));
    }
    if report.damaged.is_empty() {
        return Exit::Done;
    }
    stderr_line!("hint: {REPAIR}");
    Exit::Failed
}

fn report_failure(error: &PublishError) -> Exit {
    let text = escape_control_chars(&error_chain(error));
    stderr_line!("error: the changes are in the lake, but not in its published table: {text}");
    if let Some(hint) = publish_hint(error) {
        stderr_line!("hint: {hint}");
    }
    Exit::Failed
}

async fn drop_table(lake: &Lake) -> anyhow::Result<Exit> {
    let table = lake.published_table();
    let delete = async |lock: Arc<_>| table.delete_all(&lock).await;
    let files = lake.with_writer_lock(clock::now(), delete).await?;
    let mut out = io::stdout().lock();
    match files {
        0 => writeln!(out, "the lake is not published")?,
        _ => writeln!(out, "{} deleted; the lake is not published any more", table.location())?,
    }
    Ok(Exit::Done)
}
