//! What the benches share: settings from the environment, and a lake of simulated calls that is
//! made once.
//!
//! - [`setting`]: a number such as `CALLS`, by which a bench is made larger or smaller
//! - [`runtime`]: the runtime that asynchronous work is timed on
//! - [`pages`]: calls as a sync holds them
//! - [`SharedLake`]: a lake of `CALLS` calls over 365 days, kept in the target folder
//! - [`memory_mb`]: what the system notes of this process's memory

#![expect(clippy::expect_used, clippy::print_stderr, reason = "a bench may stop, and says what takes long")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use arrow::array::RecordBatch;
use chrono::{DateTime, Days, FixedOffset, NaiveDate, TimeDelta, Utc};
use tokio::runtime::Runtime;
use voxlake_lake::{ConflictPolicy, FetchedRange, Lake, TimeRange, WriterLock};
use voxlake_model::decode_records;
use voxlake_sim::{Call, Centre, CentreConfig, View};

/// The program's allocator, so that what is measured is what it does.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Calls on the API's largest page.
pub const PAGE: usize = 100;
/// Calls of the shared lake where `CALLS` does not say: as many as `just bench` asks in a few
/// minutes.
const CALLS: usize = 1_000_000;
/// Days of the shared lake, its last one being 2026-10-31.
const DAYS: u32 = 365;
/// How old a call is when it is fetched, so that its day is settled.
const AGE: TimeDelta = TimeDelta::days(2);

/// A number from the environment; `default` where it says none.
#[must_use]
pub fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// The runtime of the program: a thread for each core.
#[must_use]
pub fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

/// A figure of this process's memory in MB, such as `VmHWM`; 0 where the system does not tell.
#[must_use]
pub fn memory_mb(figure: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap_or_default();
    let kilobytes = line.trim_start_matches(':').split_whitespace().next();
    kilobytes.and_then(|kb| kb.parse::<usize>().ok()).unwrap_or(0) / 1024
}

/// A centre of so many calls a day.
#[must_use]
pub fn centre(calls_per_day: f64) -> Centre {
    Centre::new(CentreConfig { calls_per_day, ..CentreConfig::default() }).expect("a centre")
}

/// Calls as a sync holds them: a batch for each page.
#[must_use]
pub fn pages(calls: impl Iterator<Item = Call>, fetched_at: DateTime<Utc>) -> Vec<RecordBatch> {
    let offset = FixedOffset::east_opt(0).expect("UTC is an offset");
    let mut texts = calls.map(|call| call.to_json(View::Detail, offset).to_string());
    let mut pages = Vec::new();
    loop {
        let page: Vec<String> = texts.by_ref().take(PAGE).collect();
        if page.is_empty() {
            return pages;
        }
        pages.push(decode_records(page.iter().map(String::as_str), fetched_at).expect("a page").0);
    }
}

/// Merges the calls of one day into a lake, as the whole of that day.
///
/// # Panics
/// Where the lake refuses them.
pub fn merge(runtime: &Runtime, lake: &Lake, lock: &WriterLock, date: NaiveDate, calls: Vec<RecordBatch>) {
    let TimeRange { from, to } = TimeRange::of_day(date);
    let whole =
        FetchedRange { from, to, fetched_at: to + AGE, total_records: None, calls: None, scope: None };
    runtime.block_on(lake.merge_day(lock, date, calls, &[whole], ConflictPolicy::Replace)).expect("a merge");
}

/// A lake of simulated calls that benches read; nothing but its summaries is ever added.
#[derive(Debug)]
pub struct SharedLake {
    /// Its folder.
    pub folder: PathBuf,
    /// Its calls: about as many as `CALLS` says.
    pub calls: usize,
}

impl SharedLake {
    /// The lake of `CALLS` calls (1,000,000 where the environment does not say), made where it is
    /// not there yet, or where the code would write its first day otherwise today.
    ///
    /// # Panics
    /// Where the target folder takes no lake.
    #[must_use]
    pub fn of_calls() -> Self {
        let calls = setting("CALLS", CALLS);
        let folder = target().join(format!("bench-lakes/{calls}"));
        let first = folder.with_extension("first");
        make(&first, calls, 1);
        if day_files(&folder).first().map(|file| bytes(file))
            != day_files(&first).first().map(|file| bytes(file))
        {
            drop(fs::remove_dir_all(&folder));
            let began = Instant::now();
            let unfinished = folder.with_extension("unfinished");
            make(&unfinished, calls, DAYS);
            // A lake that was not finished never takes the name.
            fs::rename(&unfinished, &folder).expect("the lake's name");
            let seconds = began.elapsed().as_secs_f64();
            eprintln!("made a lake of {calls} calls in {seconds:.0} s, in {}", folder.display());
        }
        drop(fs::remove_dir_all(&first));
        Self { folder, calls }
    }

    /// The lake, opened.
    ///
    /// # Panics
    /// Where it cannot be.
    #[must_use]
    pub fn open(&self, runtime: &Runtime) -> Lake {
        runtime.block_on(Lake::open(self.folder.to_str().expect("a path in UTF-8"))).expect("a lake")
    }

    /// The lake, opened, with the summaries of all its days; to make them takes some seconds, once.
    ///
    /// # Panics
    /// Where they cannot be made.
    #[must_use]
    pub fn summarized(&self, runtime: &Runtime) -> Lake {
        let lake = self.open(runtime);
        runtime.block_on(async {
            let lock = lake.lock(DateTime::UNIX_EPOCH).await.expect("the lock");
            voxlake_query::summarize(&lake, &lock, false, &|_| {}).await.expect("summaries");
            lock.release().await.expect("the lock's end");
        });
        lake
    }
}

/// Writes the first `days` days of the lake of so many calls over [`DAYS`], anew.
fn make(folder: &Path, calls: usize, days: u32) {
    drop(fs::remove_dir_all(folder));
    fs::create_dir_all(folder).expect("a folder");
    let runtime = runtime();
    let lake = runtime.block_on(Lake::create(folder.to_str().expect("a path in UTF-8"))).expect("a lake");
    let first = NaiveDate::from_ymd_opt(2025, 11, 1).expect("a date");
    let lock = runtime.block_on(lake.lock(TimeRange::of_day(first).from)).expect("the lock");
    let centre = centre(calls as f64 / f64::from(DAYS));
    for date in (0..days).map(|day| first + Days::new(u64::from(day))) {
        let TimeRange { from, to } = TimeRange::of_day(date);
        merge(&runtime, &lake, &lock, date, pages(centre.calls(from, to), to + AGE));
    }
    runtime.block_on(lock.release()).expect("the lock's end");
}

fn day_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(days) = fs::read_dir(folder.join("voice_calls")) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        days.map(|day| day.expect("a folder").path().join("calls.parquet")).collect();
    files.sort();
    files
}

fn bytes(file: &Path) -> Vec<u8> {
    fs::read(file).expect("a day file")
}

/// The folder that cargo builds in, found from the program in its `deps`.
fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a program");
    program.ancestors().nth(3).expect("a target folder").to_owned()
}
