//! A page of the API's JSON → a record batch: the one piece of work that every call costs.

#![expect(clippy::expect_used, reason = "a bench may stop at what it cannot do")]

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use voxlake_model::decode_page;
use voxlake_sim::{Centre, View};

/// Calls on the API's largest page.
const PAGE: usize = 100;

fn page(view: View) -> String {
    let from = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let offset = FixedOffset::east_opt(0).expect("UTC is an offset");
    let calls: Vec<String> = Centre::with_seed(1)
        .calls(from, from + TimeDelta::days(1))
        .take(PAGE)
        .map(|call| call.to_json(view, offset).to_string())
        .collect();
    format!(r#"{{"total_records": {PAGE}, "voice_calls": [{}]}}"#, calls.join(","))
}

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode_page");
    group.throughput(Throughput::Elements(PAGE as u64));
    for (name, view) in [("summary", View::Summary), ("detail", View::Detail)] {
        let body = page(view);
        group.bench_function(name, |b| {
            b.iter(|| {
                decode_page(body.as_bytes(), DateTime::UNIX_EPOCH).expect("the simulator's page is one")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
