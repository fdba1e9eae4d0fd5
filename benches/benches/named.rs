//! Each named question over all days of a lake, from the calls themselves.
//!
//! `CALLS` is the size of the lake (default 1,000,000). The questions of `voxlake bench` are timed by that command.

#![expect(clippy::expect_used, reason = "a bench may stop at what it cannot do")]

use std::time::Duration;

use chrono::NaiveDate;
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use futures::TryStreamExt as _;
use voxlake_benches::{SharedLake, runtime};
use voxlake_lake::TimeRange;
use voxlake_query::{Catalog, LakeSession, Params, SessionOptions};

fn named(c: &mut Criterion) {
    let runtime = runtime();
    let lake = SharedLake::of_calls().open(&runtime);
    let session = runtime.block_on(LakeSession::open(&lake, SessionOptions::default())).expect("a session");
    let midnight = |date: NaiveDate| TimeRange::of_day(date).from;
    let days = session.days();
    let from = midnight(days.first().expect("a day").date);
    let to = TimeRange::of_day(days.last().expect("a day").date).to;

    let mut group = c.benchmark_group("named");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for query in Catalog::shipped().expect("the catalog").iter() {
        let has_period = query.parameters.iter().any(|parameter| parameter.name == "from");
        let params = if has_period { Params::period(from, to) } else { Params::new() };
        group.bench_function(&query.name, |b| {
            b.iter(|| {
                runtime.block_on(async {
                    let answer = session.run(query, &params).await.expect("an answer");
                    answer.try_fold(0, |rows, batch| async move { Ok(rows + batch.num_rows()) }).await
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, named);
criterion_main!(benches);
