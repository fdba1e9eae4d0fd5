//! Merging calls into an existing day, as each commit of a sync does.
//!
//! `DAY_CALLS` is the size of the day (default 20,000); a tenth of it is merged.

#![expect(clippy::expect_used, reason = "a bench may stop at what it cannot do")]

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tempfile::TempDir;
use voxlake_benches::{centre, merge, pages, runtime, setting};
use voxlake_lake::{Lake, TimeRange, WriterLock};

/// Calls of the day per merged call.
const MERGED_SHARE: usize = 10;

/// A lake in a temporary folder.
struct Fresh {
    lake: Lake,
    lock: WriterLock,
    _folder: TempDir,
}

fn merging(c: &mut Criterion) {
    let size = setting("DAY_CALLS", 20_000);
    let runtime = runtime();
    let date = NaiveDate::from_ymd_opt(2026, 5, 5).expect("a date");
    let TimeRange { from, to } = TimeRange::of_day(date);
    let calls: Vec<_> = centre(size as f64).calls(from, to).collect();
    let kept = calls.len() - calls.len() / MERGED_SHARE;
    let batches = |calls: &[voxlake_sim::Call]| pages(calls.iter().cloned(), to);
    let all = batches(&calls);
    let early = batches(&calls[..kept]);
    let late = batches(&calls[kept..]);
    // Every tenth call is missing and then merged.
    let (mut spread, mut rest) = (Vec::new(), Vec::new());
    for (place, call) in calls.iter().enumerate() {
        if place % MERGED_SHARE == 0 { &mut spread } else { &mut rest }.push(call.clone());
    }
    let (spread, rest) = (batches(&spread), batches(&rest));

    let holding = |there: &[RecordBatch]| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("a path in UTF-8");
        let lake = runtime.block_on(Lake::create(path)).expect("a lake");
        let lock = runtime.block_on(lake.lock(from)).expect("the lock");
        if !there.is_empty() {
            merge(&runtime, &lake, &lock, date, there.to_vec());
        }
        Fresh { lake, lock, _folder: folder }
    };
    let mut group = c.benchmark_group("merge_day");
    group.sample_size(10);
    for (name, there, comes) in [
        ("into no day", &Vec::new(), &all),
        ("after what is there", &early, &late),
        ("all over what is there", &rest, &spread),
        ("nothing new", &all, &late),
    ] {
        let rows: usize = comes.iter().map(RecordBatch::num_rows).sum();
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || (holding(there), comes.clone()),
                |(Fresh { lake, lock, .. }, comes)| {
                    merge(&runtime, lake, lock, date, std::mem::take(comes));
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, merging);
criterion_main!(benches);
