//! Writing calls in each format, to a sink that discards the bytes.
//!
//! `DAY_CALLS` is the number of calls (default 5,000), with all columns.

#![expect(clippy::expect_used, reason = "a bench may stop at what it cannot do")]

use std::time::Duration;

use chrono::NaiveDate;
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use voxlake_benches::{centre, pages, setting};
use voxlake_lake::TimeRange;
use voxlake_report::{Format, WriterOptions, result_writer};

fn export(c: &mut Criterion) {
    let size = setting("DAY_CALLS", 5_000);
    let TimeRange { from, to } = TimeRange::of_day(NaiveDate::from_ymd_opt(2026, 5, 5).expect("a date"));
    let pages = pages(centre(size as f64).calls(from, to), to);
    let schema = pages.first().expect("a page").schema();
    // Batches of DataFusion's default size.
    let calls = arrow::compute::concat_batches(&schema, &pages).expect("one batch");
    let batches: Vec<_> = (0..calls.num_rows())
        .step_by(8192)
        .map(|from| calls.slice(from, 8192.min(calls.num_rows() - from)))
        .collect();

    let mut group = c.benchmark_group("export");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(calls.num_rows() as u64));
    // The table format ends after its first rows.
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Table) {
        group.bench_function(format.name(), |b| {
            b.iter(|| {
                let mut out =
                    result_writer(format, schema.clone(), &WriterOptions::default(), std::io::sink())
                        .expect("a writer");
                batches.iter().try_for_each(|batch| out.write(batch)).expect("room");
                out.finish().expect("an end");
            });
        });
    }
    group.finish();
}

criterion_group!(benches, export);
criterion_main!(benches);
