//! `voxlake migrate`: rewrites day files of earlier versions in today's column layout.

use std::io;
use std::sync::Arc;

use voxlake_lake::{Lake, MigrationReport, SkippedDay, WriterLock};
use voxlake_query::carry_over_summaries;
use voxlake_report::{error_chain, escape_control_chars};

use super::publish;
use super::sync_report::print_lines;
use crate::args::MigrateArgs;
use crate::config::Settings;
use crate::exit::{Exit, REPAIR};
use crate::progress::counter_bar;
use crate::{clock, signals};
use voxlake_shell::stderr_line;

pub(crate) async fn run(settings: Settings, args: MigrateArgs) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    let mut out = io::stdout();
    if args.dry_run {
        let plan = lake.migration_plan(&lake.days().await?).await?;
        print_lines(&plan.describe(), &mut out)?;
        return Ok(exit_of(&plan.skipped));
    }
    let (report, is_complete) = lake.with_writer_lock(clock::now(), |lock| migrate(&lake, lock)).await?;
    print_lines(&report.describe(), &mut out)?;
    let exit = if is_complete {
        exit_of(&report.skipped)
    } else {
        stderr_line!("interrupted; `voxlake migrate` continues with the remaining days");
        Exit::Interrupted
    };
    Ok(exit.and(publish::update(&lake, settings.publish_keep).await))
}

/// Migrates the lake until Ctrl-C. Returns whether no day is left.
async fn migrate(lake: &Lake, lock: Arc<WriterLock>) -> anyhow::Result<(MigrationReport, bool)> {
    let days = lake.days().await?;
    let plan = lake.migration_plan(&days).await?;
    let bar = counter_bar("days");
    bar.set_length(plan.outdated.len() as u64);
    let report = lake.migrate(&lock, &plan, signals::interrupted(), || bar.inc(1)).await;
    bar.finish_and_clear();
    if let Err(error) = carry_over_summaries(lake, &lock, &days).await {
        let reason = escape_control_chars(&error_chain(&error));
        tracing::warn!("cannot keep the summaries: {reason}");
        stderr_line!("the next sync builds the summaries again; `voxlake summarize` builds them now");
    }
    let report = report?;
    let handled = report.rewritten.len() + report.skipped.len() - plan.skipped.len();
    Ok((report, handled == plan.outdated.len()))
}

fn exit_of(skipped: &[SkippedDay]) -> Exit {
    if skipped.iter().any(|day| day.damaged) {
        stderr_line!("hint: {REPAIR}");
    }
    if skipped.is_empty() { Exit::Done } else { Exit::Failed }
}
