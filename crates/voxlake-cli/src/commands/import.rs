//! `voxlake import`: imports calls from files of other extractors.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use voxlake_fetch::{Import, SavedError};
use voxlake_lake::{Lake, TimeRange, counted};
use voxlake_query::period::parse_moment;
use voxlake_report::escape_control_chars;

use super::origin::refuse_simulated;
use super::summarize;
use super::sync_report::print_lines;
use crate::args::ImportArgs;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};
use crate::{clock, signals};
use voxlake_shell::stderr_line;

pub(crate) async fn run(settings: Settings, args: ImportArgs) -> anyhow::Result<Exit> {
    let zone = settings.timezone;
    let covers = args.covers.as_deref().map(|text| parse_covers(text, zone)).transpose()?;
    let fetched_at =
        args.fetched_at.as_deref().map(|text| parse_moment("--fetched-at", text, zone)).transpose()?;
    // All files are opened before the first is read, so that a wrong name is an error at once.
    let files =
        args.files.iter().map(|path| ImportFile::open(path, fetched_at)).collect::<Result<Vec<_>, _>>()?;
    let lake = Lake::create(&settings.lake).await?;
    refuse_simulated(&lake).await?;
    if let Some(scope) = lake.scope().await? {
        return Err(UsageError(format!(
            "the scope of the lake is calls with {}, and files cannot be checked for that: import into another --lake",
            escape_control_chars(&scope.words)
        ))
        .into());
    }
    let lock = Arc::new(lake.lock(clock::now()).await?);
    let max_pending_calls = settings.commit_calls;
    let import = Import::new(lake.clone(), lock, max_pending_calls, settings.freeze_before)
        .with_currency_symbols(settings.currency_symbols.clone());
    let done = tokio::select! {
        done = import_files(import, files, covers) => done?,
        () = signals::interrupted() => {
            stderr_line!(
                "interrupted before all was read; written calls are kept, and importing them again adds no duplicates"
            );
            return Ok(Exit::Interrupted);
        }
    };
    if settings.summaries {
        summarize::refresh(&lake).await;
    }
    Ok(done)
}

/// Opened file to import.
struct ImportFile {
    name: String,
    file: Box<dyn Read + Send>,
    bytes: Option<u64>,
    fetched_at: DateTime<Utc>,
}

impl ImportFile {
    fn open(path: &Path, fetched_at: Option<DateTime<Utc>>) -> Result<Self, UsageError> {
        if path.as_os_str() == "-" {
            let (name, file) = ("standard input".to_owned(), Box::new(io::stdin()));
            return Ok(Self { name, file, bytes: None, fetched_at: fetched_at.unwrap_or_else(clock::now) });
        }
        let wrong = |why: String| UsageError(format!("cannot read {}: {why}", path.display()));
        let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
        let metadata = file.metadata().map_err(|error| wrong(error.to_string()))?;
        if metadata.is_dir() {
            return Err(wrong("it is a folder; name its files".to_owned()));
        }
        let changed = metadata.modified().map(DateTime::<Utc>::from);
        Ok(Self {
            // The path is meaningless on other machines.
            name: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            file: Box::new(file),
            bytes: metadata.is_file().then_some(metadata.len()),
            fetched_at: fetched_at.or(changed.ok()).unwrap_or_else(clock::now),
        })
    }
}

async fn import_files(
    mut import: Import,
    files: Vec<ImportFile>,
    covers: Option<TimeRange>,
) -> anyhow::Result<Exit> {
    let (mut calls, mut failed, mut oldest) = (0, 0, DateTime::<Utc>::MAX_UTC);
    let count = files.len();
    for ImportFile { name, file, bytes, fetched_at } in files {
        oldest = oldest.min(fetched_at);
        let bar = progress(bytes, &name);
        let (found, read) = import.import_file(&name, bar.wrap_read(file), fetched_at).await?;
        bar.finish_and_clear();
        calls += found.calls;
        if let Err(error) = read {
            failed += 1;
            print_error(&name, &error, found.calls);
        }
    }
    if failed > 0 && covers.is_some() {
        stderr_line!("the period of --covers is not marked as fetched, since not all files could be read");
    }
    let covers = covers.filter(|_| failed == 0).map(|range| (range, oldest));
    let stats = import.finish(covers).await?;
    let mut out = io::stdout().lock();
    let files = counted(count as u64, "file", "files");
    let added = counted(stats.added as u64, "is", "are");
    let there = counted(stats.unchanged as u64, "was", "were");
    // Each call of the files is new, stored already, refused by a frozen day, or a duplicate.
    let repeated = calls.saturating_sub(stats.added + stats.changed + stats.unchanged + stats.refused.len());
    let repeated = match repeated {
        0 => String::new(),
        1 => ", 1 came more than once".to_owned(),
        many => format!(", {} came more than once", HumanCount(many as u64)),
    };
    let calls = counted(calls as u64, "call", "calls");
    writeln!(out, "Read {calls} from {files}: {added} new, {there} there already{repeated}.")?;
    print_lines(&stats.describe_changes(), &mut out)?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

fn print_error(name: &str, error: &SavedError, calls: usize) {
    let (name, error) = (escape_control_chars(name), escape_control_chars(&error.to_string()));
    let calls = counted(calls as u64, "call before that is", "calls before that are");
    stderr_line!("error: {name}: {error}; the {calls} imported");
}

/// Parses `FROM/TO`, the form of intervals in ISO 8601.
fn parse_covers(text: &str, zone: Tz) -> anyhow::Result<TimeRange> {
    let (from, to) = text.split_once('/').ok_or_else(|| {
        UsageError(format!("--covers {text:?} is not a period: write FROM/TO, such as 2025-01-01/2025-04-01"))
    })?;
    let range = TimeRange {
        from: parse_moment("--covers", from, zone)?,
        to: parse_moment("--covers", to, zone)?.min(clock::now()),
    };
    if range.is_empty() {
        return Err(UsageError(format!("--covers {text} ends before it starts, or is in the future")).into());
    }
    Ok(range)
}

fn progress(bytes: Option<u64>, name: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, form) = match bytes {
        Some(bytes) => {
            (ProgressBar::new(bytes), "{bar:30} {bytes} of {total_bytes} · {elapsed}, {eta} left · {msg}")
        }
        None => (ProgressBar::no_length(), "{bytes} · {elapsed} · {msg}"),
    };
    let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_message(escape_control_chars(name))
}
