//! Decoding a page of the API's JSON into a record batch, and parsing charges and times.
//!
//! Setting by environment: `PAGE_CALLS`, the calls on a page (default 100, the API's maximum).

#![expect(clippy::expect_used, reason = "a bench may stop at what it cannot do")]

use std::hint::black_box;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use voxlake_benches::setting;
use voxlake_model::{Charge, decode_page, decode_records, time};
use voxlake_sim::{Centre, View};

/// Returns simulated calls, each as JSON.
fn records(view: View) -> Vec<String> {
    let from = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let offset = FixedOffset::east_opt(0).expect("UTC is an offset");
    let centre = Centre::with_seed(1);
    let calls = centre.calls(from, from + TimeDelta::days(365));
    calls.take(setting("PAGE_CALLS", 100)).map(|call| call.to_json(view, offset).to_string()).collect()
}

fn pages(c: &mut Criterion) {
    for (name, view) in [("summary", View::Summary), ("detail", View::Detail)] {
        let records = records(view);
        let page = format!(r#"{{"total_records": 1, "voice_calls": [{}]}}"#, records.join(","));
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(records.len() as u64));
        group.bench_function("decode_page", |b| {
            b.iter(|| {
                decode_page(page.as_bytes(), DateTime::UNIX_EPOCH).expect("the simulator's page is one")
            });
        });
        group.bench_function("decode_records", |b| {
            b.iter(|| {
                let records = records.iter().map(String::as_str);
                decode_records(records, DateTime::UNIX_EPOCH).expect("the simulator's calls")
            });
        });
        // One invalid field: the whole record takes the slow path.
        let odd: Vec<String> = records
            .iter()
            .map(|record| record.replace(r#""recorded":"#, r#""recorded": "?", "was":"#))
            .collect();
        group.bench_function("decode_records, all unusual", |b| {
            b.iter(|| {
                let records = odd.iter().map(String::as_str);
                decode_records(records, DateTime::UNIX_EPOCH).expect("the simulator's calls")
            });
        });
        group.finish();
    }
}

fn parts(c: &mut Criterion) {
    let mut group = c.benchmark_group("charge");
    for text in ["$0.019", "USD 1,234.50", "1.234,56 €"] {
        group.bench_function(text, |b| b.iter(|| Charge::parse(black_box(text))));
    }
    group.finish();
    let mut group = c.benchmark_group("time");
    for text in ["2026-11-01T08:00:00-08:00", "2026-11-01T16:00:00Z", "2026-11-01 16:00:00.250"] {
        group.bench_function(text, |b| b.iter(|| time::parse(black_box(text))));
    }
    group.finish();
}

criterion_group!(benches, pages, parts);
criterion_main!(benches);
