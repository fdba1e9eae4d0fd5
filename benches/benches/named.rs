//! Each named query over all days of a lake: from the calls, and from summaries where possible.
//!
//! `CALLS` is the size of the lake (default 1,000,000). `voxlake bench` measures its own queries.

#![expect(clippy::expect_used, reason = "a bench may stop at what it cannot do")]

use std::time::Duration;

use chrono::NaiveDate;
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use futures::TryStreamExt as _;
use voxlake_benches::{SharedLake, runtime};
use voxlake_lake::TimeRange;
use voxlake_query::{LakeSession, NamedQuery, Params, QueryLibrary, SessionOptions};

fn named(c: &mut Criterion) {
    let runtime = runtime();
    let lake = SharedLake::of_calls().summarized(&runtime);
    let session = |no_summaries| {
        let options = SessionOptions::new().no_summaries(no_summaries);
        runtime.block_on(LakeSession::open(&lake, options)).expect("a session")
    };
    let (scanning, summarized) = (session(true), session(false));
    let midnight = |date: NaiveDate| TimeRange::of_day(date).from;
    let days = scanning.days();
    let from = midnight(days.first().expect("a day").date);
    let to = TimeRange::of_day(days.last().expect("a day").date).to;
    let catalog = QueryLibrary::shipped().expect("the catalog");
    let params = |query: &NamedQuery| {
        let has_period = query.parameters.iter().any(|parameter| parameter.name == "from");
        if has_period { Params::period(from, to) } else { Params::new() }
    };
    let ask = |session: &LakeSession, query: &NamedQuery| {
        runtime.block_on(async {
            let mut answer = session.run(query, &params(query)).await.expect("an answer");
            while answer.try_next().await.expect("rows").is_some() {}
            answer
        })
    };

    for (name, session) in [("named", &scanning), ("named_from_summaries", &summarized)] {
        let mut group = c.benchmark_group(name);
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
        for query in catalog.iter() {
            if name != "named" && ask(session, query).summaries().is_empty() {
                continue;
            }
            group.bench_function(&query.name, |b| b.iter(|| ask(session, query)));
        }
        group.finish();
    }
}

criterion_group!(benches, named);
criterion_main!(benches);
