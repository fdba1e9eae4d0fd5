//! One call by id, and the calls of one consumer, in a year.
//!
//! `cargo bench -p voxlake-benches --bench lookup`; `DAYS` (365) and `CALLS_A_DAY` (500) are the
//! size of the lake.

#![expect(clippy::expect_used, reason = "a bench may stop at what it cannot do")]

#[path = "support/lakes.rs"]
mod lakes;

use arrow::array::AsArray as _;
use criterion::{Criterion, criterion_group, criterion_main};
use voxlake_query::{LakeSession, SessionOptions};

use crate::lakes::{setting, small_days};

fn lookup(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (_folder, lake) = runtime.block_on(small_days(setting("DAYS", 365), setting("CALLS_A_DAY", 500)));
    let open = || async { LakeSession::open(&lake, SessionOptions::default()).await.expect("a session") };
    let session = runtime.block_on(open());
    let day = session.days()[session.days().len() / 2].date;
    let ask = |session: LakeSession, sql: String| async move {
        session.sql(&sql).await.expect("a plan").collect().await.expect("an answer")
    };
    let known = format!(
        "SELECT engagement_id, consumer_number FROM voice_calls WHERE date = '{day}' AND consumer_number IS NOT NULL LIMIT 1"
    );
    let known = runtime.block_on(ask(session.clone(), known));
    let text = |column: usize| known[0].column(column).as_string::<i32>().value(0).to_owned();
    let by_id = format!("SELECT * FROM voice_calls WHERE engagement_id = '{}'", text(0));
    let by_number = format!("SELECT * FROM voice_calls WHERE consumer_number = '{}'", text(1));
    let mut group = c.benchmark_group("lookup");
    group.sample_size(20);
    for (name, sql) in [("by_id", by_id), ("by_number", by_number)] {
        group.bench_function(name, |b| b.iter(|| runtime.block_on(ask(session.clone(), sql.clone()))));
        group.bench_function(format!("open_and_{name}"), |b| {
            b.iter(|| runtime.block_on(async { ask(open().await, sql.clone()).await }));
        });
    }
    group.finish();
}

criterion_group!(benches, lookup);
criterion_main!(benches);
