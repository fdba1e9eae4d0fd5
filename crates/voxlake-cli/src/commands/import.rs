//! `voxlake import`: imports calls from files of other extractors.

use std::io;
use std::sync::Arc;

use chrono_tz::Tz;
use indicatif::ProgressBar;
use voxlake_fetch::{Import, ImportFile};
use voxlake_lake::{Lake, TimeRange, WriterLock, counted};
use voxlake_query::period::{parse_interval, parse_moment};
use voxlake_report::escape_control_chars;

use super::origin::refuse_simulated;
use super::sync_report::print_lines;
use super::{publish, summarize};
use crate::args::ImportArgs;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};
use crate::{clock, progress, signals};
use voxlake_shell::stderr_line;

pub(crate) async fn run(settings: Settings, args: ImportArgs) -> anyhow::Result<Exit> {
    let zone = settings.timezone;
    let covers = args
        .covers
        .as_deref()
        .map(|text| parse_interval("--covers", text, clock::now(), zone))
        .transpose()?;
    // All files are opened before the first is read, so that a wrong name is an error at once.
    let files = open_files(&args, zone)?;
    let lake = Lake::create(&settings.lake).await?;
    refuse_simulated(&lake).await?;
    if let Some(scope) = lake.scope().await? {
        return Err(UsageError(format!(
            "the scope of the lake is calls with {}, and files cannot be checked for that: import into another --lake",
            escape_control_chars(&scope.words)
        ))
        .into());
    }
    let work =
        async |lock: Arc<WriterLock>| import_files(new_import(&settings, &lake, lock), files, covers).await;
    let done = tokio::select! {
        done = lake.with_writer_lock(clock::now(), work) => done?,
        () = signals::interrupted() => {
            stderr_line!(
                "interrupted before all was read; written calls are kept, and importing them again adds no duplicates"
            );
            Exit::Interrupted
        }
    };
    if settings.summaries && done != Exit::Interrupted {
        summarize::refresh(&lake).await;
    }
    Ok(done.and(publish::update(&lake, settings.publish_keep).await))
}

/// Creates an import with the options of the settings.
pub(crate) fn new_import(settings: &Settings, lake: &Lake, lock: Arc<WriterLock>) -> Import {
    Import::new(lake.clone(), lock, settings.commit_calls, settings.freeze_before)
        .with_currency_symbols(settings.currency_symbols.clone())
}

fn open_files(args: &ImportArgs, zone: Tz) -> anyhow::Result<Vec<ImportFile>> {
    let fetched_at =
        args.fetched_at.as_deref().map(|text| parse_moment("--fetched-at", text, zone)).transpose()?;
    let open = |path: &std::path::PathBuf| match path.as_os_str() == "-" {
        true => Ok(ImportFile::stdin(fetched_at.unwrap_or_else(clock::now))),
        false => Ok(ImportFile::open(path, fetched_at, clock::now())?),
    };
    args.files.iter().map(open).collect()
}

async fn import_files(
    mut import: Import,
    files: Vec<ImportFile>,
    covers: Option<TimeRange>,
) -> anyhow::Result<Exit> {
    for ImportFile { name, reader, bytes, fetched_at, .. } in files {
        let bar = progress_bar(bytes, &name);
        let (found, read) = import.import_file(&name, bar.wrap_read(reader), fetched_at).await?;
        bar.finish_and_clear();
        if let Err(error) = read {
            let text = escape_control_chars(&format!("{name}: {error}"));
            let calls = counted(found.calls as u64, "call before that is", "calls before that are");
            stderr_line!("error: {text}; the {calls} imported");
        }
    }
    let report = import.finish_files(covers).await?;
    if report.failed > 0 && covers.is_some() {
        stderr_line!("the period of --covers is not marked as fetched, since not all files could be read");
    }
    print_lines(&report.describe(), &mut io::stdout().lock())?;
    Ok(if report.failed == 0 { Exit::Done } else { Exit::Failed })
}

fn progress_bar(bytes: Option<u64>, name: &str) -> ProgressBar {
    let template = match bytes {
        Some(_) => "{bar:30} {bytes} of {total_bytes} · {elapsed}, {eta} left · {msg}",
        None => "{bytes} · {elapsed} · {msg}",
    };
    progress::bar(bytes, template).with_message(escape_control_chars(name))
}
