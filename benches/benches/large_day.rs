//! A day of a million calls, merged commit by commit: time and peak memory.
//!
//! `cargo bench -p voxlake-benches --bench large_day` merges 20 times 50,000 calls of the detail
//! view. Memory is `VmHWM` of Linux. Settings by environment: `COMMITS`, `COMMIT_CALLS`, and
//! `ORDER`: `append` (each commit is later than the ones before) or `spread` (each commit has calls
//! of the whole day).

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench may stop, and prints what it found")]

use std::time::{Duration, Instant};

use arrow::array::{Array, RecordBatch};
use chrono::{DateTime, TimeDelta, Utc};
use voxlake_benches::{centre, memory_mb, pages, runtime, setting};
use voxlake_lake::{ConflictPolicy, FetchedRange, Lake};

fn main() {
    let (commits, per_commit) = (setting("COMMITS", 20), setting("COMMIT_CALLS", 50_000));
    let spread = std::env::var("ORDER").is_ok_and(|order| order == "spread");
    let from = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let to = from + TimeDelta::days(1);
    let centre = centre(2_000_000.0);
    let all = || centre.calls(from, to).take(commits * per_commit);

    let runtime = runtime();
    let folder = tempfile::tempdir_in(std::env::temp_dir()).expect("a folder");
    let lake = runtime.block_on(Lake::create(folder.path().to_str().expect("a path"))).expect("a lake");
    let lock = runtime.block_on(lake.lock(from)).expect("the lock");
    let mut total = Duration::ZERO;
    // The last commit is repeated: none of its calls is new.
    for commit in (0..commits).chain([commits - 1]) {
        let before = memory_mb("VmRSS");
        let fetched_at = to + TimeDelta::days(2);
        let calls = if spread {
            pages(all().skip(commit).step_by(commits), fetched_at)
        } else {
            pages(all().skip(commit * per_commit).take(per_commit), fetched_at)
        };
        let bytes: usize =
            calls.iter().flat_map(RecordBatch::columns).map(Array::get_array_memory_size).sum();
        let held = memory_mb("VmRSS").saturating_sub(before);
        let whole = FetchedRange { from, to, fetched_at, total_records: None, calls: None, scope: None };
        let began = Instant::now();
        let merged = runtime
            .block_on(lake.merge_day(&lock, from.date_naive(), calls, &[whole], ConflictPolicy::Replace))
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
            memory_mb("VmHWM"),
        );
    }
    let days = runtime.block_on(lake.days()).expect("the days");
    println!("{:.1} s of merging; the file has {} MB", total.as_secs_f64(), days[0].meta.size / 1_000_000);
}
