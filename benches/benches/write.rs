//! Writing the calls of a day to its Parquet file.
//!
//! `cargo bench -p voxlake-benches --bench write`; `CALLS` (default 20,000, maximum 100,000) is the
//! number of calls.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench may stop, and prints what it found")]

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use voxlake_lake::{ConflictPolicy, Lake};
use voxlake_model::decode_records;
use voxlake_sim::{Centre, CentreConfig, View};

fn write(c: &mut Criterion) {
    let calls =
        std::env::var("CALLS").ok().and_then(|calls| calls.parse().ok()).unwrap_or(20_000_usize).min(100_000);
    let from = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let to = from + TimeDelta::days(1);
    let offset = FixedOffset::east_opt(0).expect("UTC is an offset");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = c.benchmark_group("write_day");
    group.throughput(Throughput::Elements(calls as u64)).sample_size(10);
    for (name, view) in [("summary", View::Summary), ("detail", View::Detail)] {
        // Twice as many, because the number of calls of a day varies.
        let config = CentreConfig::default().with_calls_per_day(2.0 * calls as f64);
        let centre = Centre::new(config).expect("a centre");
        let records: Vec<String> =
            centre.calls(from, to).take(calls).map(|call| call.to_json(view, offset).to_string()).collect();
        let (batch, _) = decode_records(records.iter().map(String::as_str), to).expect("calls");
        let folder = tempfile::tempdir().expect("a folder");
        let lake = runtime.block_on(Lake::create(folder.path().to_str().expect("a path"))).expect("a lake");
        let lock = runtime.block_on(lake.lock(to)).expect("the lock");
        let day = folder.path().join(format!("voice_calls/date={}", from.date_naive()));
        group.bench_function(name, |b| {
            b.iter_batched(
                || {
                    // An empty day: the benches `merge` and `large_day` merge into files.
                    let _ = std::fs::remove_dir_all(&day);
                    vec![batch.clone()]
                },
                |calls| {
                    let merge = lake.merge_day(&lock, from.date_naive(), calls, &[], ConflictPolicy::Replace);
                    runtime.block_on(merge).expect("a merge")
                },
                BatchSize::PerIteration,
            );
        });
        let bytes = std::fs::metadata(day.join("calls.parquet")).expect("the day's file").len();
        println!("{name}: {:.1} bytes a call", bytes as f64 / batch.num_rows() as f64);
    }
    group.finish();
}

criterion_group!(benches, write);
criterion_main!(benches);
