//! Helpers of the benches: settings from the environment and lakes of simulated calls.
//!
//! - [`setting`]: a number such as `CALLS`, which scales a bench
//! - [`runtime`]: the runtime of asynchronous work
//! - [`pages`]: calls as record batches, one per page
//! - [`SharedLake`]: a lake of `CALLS` calls over 365 days, kept in the target folder
//! - [`memory_mb`]: memory figures of this process

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

/// The allocator of the binary, so that the measurements apply to it.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Maximum calls on a page of the API.
pub const PAGE: usize = 100;
/// Default calls of the shared lake, with which `just bench` takes a few minutes.
const CALLS: usize = 1_000_000;
/// Days of the shared lake; the last is 2026-10-31.
const DAYS: u32 = 365;
/// Time from the end of a day to its fetch, after which the day is settled.
const AGE: TimeDelta = TimeDelta::days(2);

/// Returns a number from the environment, or `default`.
#[must_use]
pub fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Returns the runtime of the binary, with a thread per core.
#[must_use]
pub fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

/// Returns a memory figure of this process in MB, such as `VmHWM`; 0 if the system has none.
#[must_use]
pub fn memory_mb(figure: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap_or_default();
    let kilobytes = line.trim_start_matches(':').split_whitespace().next();
    kilobytes.and_then(|kb| kb.parse::<usize>().ok()).unwrap_or(0) / 1024
}

/// Returns a centre with this many calls per day.
#[must_use]
pub fn centre(calls_per_day: f64) -> Centre {
    Centre::new(CentreConfig::default().with_calls_per_day(calls_per_day)).expect("a centre")
}

/// Returns calls as a sync decodes them: one batch per page.
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

/// Merges calls into a day of a lake and covers the whole day.
///
/// # Panics
///
/// If the lake refuses them.
pub fn merge(runtime: &Runtime, lake: &Lake, lock: &WriterLock, date: NaiveDate, calls: Vec<RecordBatch>) {
    let TimeRange { from, to } = TimeRange::of_day(date);
    let whole =
        FetchedRange { from, to, fetched_at: to + AGE, total_records: None, calls: None, scope: None };
    runtime.block_on(lake.merge_day(lock, date, calls, &[whole], ConflictPolicy::Replace)).expect("a merge");
}

/// A lake of simulated calls that benches read. Only summaries are added to it.
#[derive(Debug)]
pub struct SharedLake {
    /// Its folder.
    pub folder: PathBuf,
    /// Its number of calls: about `CALLS`.
    pub calls: usize,
}

impl SharedLake {
    /// Returns the lake of `CALLS` calls (default 1,000,000). Builds it if it does not exist, or if
    /// the current code writes another file for its first day.
    ///
    /// # Panics
    ///
    /// If the lake cannot be written to the target folder.
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
            // Renamed last, so that an interrupted build is not used.
            fs::rename(&unfinished, &folder).expect("the lake's name");
            let seconds = began.elapsed().as_secs_f64();
            eprintln!("made a lake of {calls} calls in {seconds:.0} s, in {}", folder.display());
        }
        drop(fs::remove_dir_all(&first));
        Self { folder, calls }
    }

    /// Opens the lake.
    ///
    /// # Panics
    ///
    /// If it cannot be opened.
    #[must_use]
    pub fn open(&self, runtime: &Runtime) -> Lake {
        runtime.block_on(Lake::open(self.folder.to_str().expect("a path in UTF-8"))).expect("a lake")
    }

    /// Opens the lake with the summaries of all days. Building them takes some seconds, once.
    ///
    /// # Panics
    ///
    /// If they cannot be built.
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

/// Rebuilds the first `days` days of a lake of `calls` calls over [`DAYS`].
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

/// Returns the target folder of cargo, which has the running program in `deps`.
fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a program");
    program.ancestors().nth(3).expect("a target folder").to_owned()
}
