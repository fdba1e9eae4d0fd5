//! A day of very many calls, grown commit by commit: time, and the memory that the process ever took.
//!
//! `cargo bench -p voxlake-benches --bench large_day` merges 20 times 50,000 calls of the detail view; the
//! memory is what Linux notes as `VmHWM`. Settings by environment: `COMMITS`, `CALLS` (of one commit), and
//! `ORDER`: `append` (each commit later than the ones before) or `spread` (each commit has calls of the whole day).

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench may stop, and prints what it found")]

use std::time::{Duration, Instant};

use arrow::array::{Array, RecordBatch};
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use voxlake_lake::{Existing, Fetched, Lake};
use voxlake_model::decode_records;
use voxlake_sim::{Call, Centre, CentreConfig, View};

/// Calls on the API's largest page.
const PAGE: usize = 100;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Calls as a sync holds them: a batch for each page.
fn pages(calls: impl Iterator<Item = Call>, at: DateTime<Utc>) -> Vec<RecordBatch> {
    let offset = FixedOffset::east_opt(0).expect("UTC is an offset");
    let mut texts = calls.map(|call| call.to_json(View::Detail, offset).to_string());
    let mut pages = Vec::new();
    loop {
        let page: Vec<String> = texts.by_ref().take(PAGE).collect();
        if page.is_empty() {
            return pages;
        }
        pages.push(decode_records(page.iter().map(String::as_str), at).expect("a page").0);
    }
}

/// A figure of this process's memory in MB; 0 where the system does not tell.
fn memory(figure: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<usize>().ok()).unwrap_or(0) / 1024
}

fn main() {
    let (commits, per_commit) = (setting("COMMITS", 20), setting("CALLS", 50_000));
    let spread = std::env::var("ORDER").is_ok_and(|order| order == "spread");
    let from = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let to = from + TimeDelta::days(1);
    let config = CentreConfig { calls_per_day: 2_000_000.0, ..CentreConfig::default() };
    let centre = Centre::new(config).expect("a centre");
    let all = || centre.calls(from, to).take(commits * per_commit);

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir_in(std::env::temp_dir()).expect("a folder");
    let lake = runtime.block_on(Lake::create(folder.path().to_str().expect("a path"))).expect("a lake");
    let lock = runtime.block_on(lake.lock(from)).expect("the lock");
    let mut total = Duration::ZERO;
    // The last commit comes a second time: nothing of it is new.
    for commit in (0..commits).chain([commits - 1]) {
        let before = memory("VmRSS");
        let fetched_at = to + TimeDelta::days(2);
        let calls = if spread {
            pages(all().skip(commit).step_by(commits), fetched_at)
        } else {
            pages(all().skip(commit * per_commit).take(per_commit), fetched_at)
        };
        let bytes: usize =
            calls.iter().flat_map(RecordBatch::columns).map(Array::get_array_memory_size).sum();
        let held = memory("VmRSS").saturating_sub(before);
        let whole = Fetched { from, to, fetched_at, total_records: None, calls: None };
        let began = Instant::now();
        let merged = runtime
            .block_on(lake.merge_day(&lock, from.date_naive(), calls, &[whole], Existing::Replace))
            .expect("a merge");
        let took = began.elapsed();
        total += took;
        println!(
            "commit {commit:2}: {:7} calls in the file, {:5} added, {:5} unchanged, {:6.2} s; decoded {} bytes a call, {held} MB more held, at most {} MB",
            merged.calls,
            merged.merged.added,
            merged.merged.unchanged,
            took.as_secs_f64(),
            bytes / per_commit,
            memory("VmHWM"),
        );
    }
    let days = runtime.block_on(lake.days()).expect("the days");
    println!("{:.1} s of merging; the file has {} MB", total.as_secs_f64(), days[0].meta.size / 1_000_000);
}
