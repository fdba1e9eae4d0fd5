//! `voxlake rejects`: the records that have no place in a lake.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use indicatif::HumanCount;
use voxlake_fetch::Import;
use voxlake_lake::{Lake, StoredReject};
use voxlake_query::reject_rows;
use voxlake_report::{Format, Layout, visible, writer};

use super::summarize;
use super::sync_report::tell_changes;
use crate::args::RejectsAction;
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};

pub(crate) async fn run(settings: Settings, action: RejectsAction) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    let rejects = lake.rejects().await?;
    match action {
        RejectsAction::List { format, .. } => list(&rejects, format.into())?,
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
            writeln!(io::stdout(), "{} records are gone.", HumanCount(ids.len() as u64))?;
        }
    }
    Ok(Exit::Done)
}

/// The rejects whose ids begin as was asked, each of which has to mean one.
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
                return Err(UsageError(format!(
                    "{id:?} begins the ids of {several} rejects: write more of it"
                )));
            }
        }
    }
    let asked = |reject: &StoredReject| ids.iter().any(|id| reject.id.starts_with(id.as_str()));
    Ok(rejects.into_iter().filter(asked).collect())
}

fn list(rejects: &[StoredReject], format: Format) -> anyhow::Result<()> {
    let rows = reject_rows(rejects)?;
    let mut out = writer(format, rows.schema(), &Layout::default(), io::BufWriter::new(io::stdout()))?;
    out.write(&rows)?;
    Ok(out.finish()?)
}

fn show(rejects: &[StoredReject]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let for_people = out.is_terminal();
    rejects.iter().try_for_each(|reject| {
        let record = if for_people { visible(&reject.record) } else { reject.record.clone() };
        writeln!(out, "{record}")
    })
}

async fn replay(settings: &Settings, lake: &Lake, rejects: &[StoredReject]) -> anyhow::Result<()> {
    let lock = Arc::new(lake.lock(clock::now()).await?);
    let most_waiting = usize::try_from(settings.commit_calls.get())?;
    let mut import = Import::new(lake.clone(), Arc::clone(&lock), most_waiting, settings.freeze_before)
        .with_currency_symbols(settings.currency_symbols()?);
    let placed = import.rejects(rejects).await?;
    let tally = import.finish(None).await?;
    // Only now: what is not in its day yet must not be gone.
    lake.delete_rejects(&lock, &placed).await?;
    let (all, placed) = (HumanCount(rejects.len() as u64), HumanCount(placed.len() as u64));
    let mut out = io::stdout().lock();
    let added = HumanCount(tally.added as u64);
    writeln!(out, "{placed} of {all} records have a place now; {added} of their calls are new.")?;
    Ok(tell_changes(&tally, &mut out)?)
}
