//! `voxlake rejects`: records that cannot be stored as calls.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use voxlake_fetch::SyncStats;
use voxlake_lake::{Lake, StoredReject, WriterLock, counted, group_digits, select_rejects};
use voxlake_query::reject_rows;
use voxlake_report::{Format, WriterOptions, escape_control_chars, result_writer};

use super::import::new_import;
use super::sync_report::print_lines;
use super::{publish, summarize};
use crate::args::RejectsAction;
use crate::clock;
use crate::config::Settings;
use crate::exit::Exit;

pub(crate) async fn run(settings: Settings, action: RejectsAction) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    let rejects = lake.rejects().await?;
    match action {
        RejectsAction::List { format, .. } => list(&rejects, format)?,
        RejectsAction::Show { ids, .. } => show(&select_rejects(rejects, &ids)?)?,
        RejectsAction::Replay { ids, .. } => {
            let rejects = if ids.is_empty() { rejects } else { select_rejects(rejects, &ids)? };
            let replay =
                async |lock: Arc<WriterLock>| new_import(&settings, &lake, lock).replay(&rejects).await;
            let (stored, stats) = lake.with_writer_lock(clock::now(), replay).await?;
            print_replay(rejects.len(), stored, &stats)?;
            if settings.summaries {
                summarize::refresh(&lake).await;
            }
            return Ok(publish::update(&lake, settings.publish_keep).await);
        }
        RejectsAction::Drop { ids, .. } => {
            let ids: BTreeSet<String> =
                select_rejects(rejects, &ids)?.into_iter().map(|reject| reject.id).collect();
            let delete = async |lock: Arc<WriterLock>| lake.delete_rejects(&lock, &ids).await;
            lake.with_writer_lock(clock::now(), delete).await?;
            writeln!(io::stdout(), "{} deleted.", counted(ids.len() as u64, "record", "records"))?;
        }
    }
    Ok(Exit::Done)
}

fn print_replay(all: usize, stored: usize, stats: &SyncStats) -> io::Result<()> {
    let all = counted(all as u64, "record", "records");
    let added = counted(stats.added as u64, "call is", "calls are");
    let mut out = io::stdout().lock();
    writeln!(out, "{} of {all} can now be stored; {added} new.", group_digits(stored as u64))?;
    print_lines(&stats.describe_changes(), &mut out)
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
