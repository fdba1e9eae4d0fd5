//! `voxlake rejects`: records that cannot be stored as calls.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use indicatif::HumanCount;
use voxlake_fetch::Import;
use voxlake_lake::{Lake, StoredReject, counted};
use voxlake_query::reject_rows;
use voxlake_report::{Format, WriterOptions, escape_control_chars, result_writer};

use super::summarize;
use super::sync_report::print_lines;
use crate::args::RejectsAction;
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};

pub(crate) async fn run(settings: Settings, action: RejectsAction) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    let rejects = lake.rejects().await?;
    match action {
        RejectsAction::List { format, .. } => list(&rejects, format)?,
        RejectsAction::Show { ids, .. } => show(&chosen(rejects, &ids)?)?,
        RejectsAction::Replay { ids, .. } => {
            let rejects = if ids.is_empty() { rejects } else { chosen(rejects, &ids)? };
            replay(&settings, &lake, &rejects).await?;
            if settings.summaries {
                summarize::refresh(&lake).await;
            }
        }
        RejectsAction::Drop { ids, .. } => {
            let ids: BTreeSet<String> = chosen(rejects, &ids)?.into_iter().map(|reject| reject.id).collect();
            let lock = lake.lock(clock::now()).await?;
            lake.delete_rejects(&lock, &ids).await?;
            lock.release().await?;
            writeln!(io::stdout(), "{} deleted.", counted(ids.len() as u64, "record", "records"))?;
        }
    }
    Ok(Exit::Done)
}

/// Returns the rejects with the given ids or prefixes of ids. Each has to match exactly one.
fn chosen(rejects: Vec<StoredReject>, ids: &[String]) -> Result<Vec<StoredReject>, UsageError> {
    for id in ids {
        match rejects.iter().filter(|reject| reject.id.starts_with(id.as_str())).count() {
            1 => {}
            0 => {
                return Err(UsageError(format!(
                    "there is no reject {id:?}: `voxlake rejects list` shows the ids"
                )));
            }
            several => {
                return Err(UsageError(format!("{id:?} matches {several} rejects: give a longer prefix")));
            }
        }
    }
    let is_chosen = |reject: &StoredReject| ids.iter().any(|id| reject.id.starts_with(id.as_str()));
    Ok(rejects.into_iter().filter(is_chosen).collect())
}

fn list(rejects: &[StoredReject], format: Format) -> anyhow::Result<()> {
    let rows = reject_rows(rejects)?;
    let mut out =
        result_writer(format, rows.schema(), &WriterOptions::default(), io::BufWriter::new(io::stdout()))?;
    out.write(&rows)?;
    Ok(out.finish()?)
}

fn show(rejects: &[StoredReject]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let is_terminal = out.is_terminal();
    rejects.iter().try_for_each(|reject| {
        let record = if is_terminal { escape_control_chars(&reject.record) } else { reject.record.clone() };
        writeln!(out, "{record}")
    })
}

async fn replay(settings: &Settings, lake: &Lake, rejects: &[StoredReject]) -> anyhow::Result<()> {
    let lock = Arc::new(lake.lock(clock::now()).await?);
    let max_pending_calls = settings.commit_calls;
    let mut import = Import::new(lake.clone(), Arc::clone(&lock), max_pending_calls, settings.freeze_before)
        .with_currency_symbols(settings.currency_symbols.clone());
    let stored = import.replay_rejects(rejects).await?;
    let stats = import.finish(None).await?;
    // Deleted only after the commit of their days, so that no record is lost in between.
    lake.delete_rejects(&lock, &stored).await?;
    let all = counted(rejects.len() as u64, "record", "records");
    let stored = HumanCount(stored.len() as u64);
    let mut out = io::stdout().lock();
    let added = counted(stats.added as u64, "call is", "calls are");
    writeln!(out, "{stored} of {all} can now be stored; {added} new.")?;
    Ok(print_lines(&stats.describe_changes(), &mut out)?)
}
