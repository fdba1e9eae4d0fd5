//! Opening a lake of many days, and planning and running a query on one day.
//!
//! `cargo bench -p voxlake-benches --bench open`; `DAYS` (default 3,650) is the size of the larger
//! lake, which is compared with one of a year. A query on one day should cost the same in both.

#![expect(clippy::expect_used, reason = "a bench may stop at what it cannot do")]

#[path = "support/lakes.rs"]
mod lakes;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use voxlake_query::{LakeSession, SessionOptions};

use crate::lakes::{setting, small_days};

/// Calls per day: few, because the measured cost depends on the number of days.
const CALLS_A_DAY: usize = 5;

fn open(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = c.benchmark_group("open");
    group.sample_size(20);
    for days in [365, setting("DAYS", 3650)] {
        let (_folder, lake) = runtime.block_on(small_days(days, CALLS_A_DAY));
        let session =
            || async { LakeSession::open(&lake, SessionOptions::default()).await.expect("a session") };
        group.bench_with_input(BenchmarkId::new("open", days), &days, |b, _| {
            b.iter(|| runtime.block_on(session()));
        });
        let opened = runtime.block_on(session());
        let day = opened.days()[days / 2].date;
        let one_day = format!(
            "SELECT direction, result, count(*) FROM calls WHERE date = '{day}' GROUP BY direction, result"
        );
        let all = "SELECT direction, result, count(*) FROM calls GROUP BY direction, result";
        for (name, sql) in [("plan_one_day", one_day.as_str()), ("plan_all", all)] {
            group.bench_with_input(BenchmarkId::new(name, days), &days, |b, _| {
                b.iter(|| runtime.block_on(opened.sql(sql)).expect("a plan"));
            });
        }
        group.bench_with_input(BenchmarkId::new("open_and_ask_one_day", days), &days, |b, _| {
            b.iter(|| {
                runtime.block_on(async {
                    let answer = session().await.sql(&one_day).await.expect("a plan");
                    answer.collect().await.expect("an answer")
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, open);
criterion_main!(benches);
