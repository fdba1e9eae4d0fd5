//! Random changes of day files and summaries.

use proptest::prelude::*;

use super::*;

/// A change of a lake.
#[derive(Clone, Debug)]
enum Change {
    /// Writes or replaces a day file.
    Write(u32, Vec<(u32, u32)>),
    /// Deletes a day file.
    DropDay(u32),
    /// Deletes a summary file.
    DropSummary(prop::sample::Index),
    /// Changes a byte of a summary file.
    Damage(prop::sample::Index, prop::sample::Index),
    /// Builds summaries.
    Summarize,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let calls = prop::collection::vec((0_u32..86_400, 0_u32..420), 1..12);
    let day = || prop_oneof![1 => Just(24_u32), 4 => 28_u32..=31];
    let change = prop_oneof![
        3 => (day(), calls).prop_map(|(day, calls)| Change::Write(day, calls)),
        1 => day().prop_map(Change::DropDay),
        1 => any::<prop::sample::Index>().prop_map(Change::DropSummary),
        2 => any::<(prop::sample::Index, prop::sample::Index)>().prop_map(|(a, b)| Change::Damage(a, b)),
        2 => Just(Change::Summarize),
    ];
    prop::collection::vec(change, 1..6)
}

async fn apply(lake: &TestLake, change: &Change) {
    match change {
        Change::Write(day, calls) => write(lake, *day, calls),
        Change::DropDay(day) => drop(std::fs::remove_file(lake.path(&date(*day)))),
        Change::DropSummary(which) => {
            let files = summary_files(lake);
            if !files.is_empty() {
                std::fs::remove_file(which.get(&files)).unwrap();
            }
        }
        Change::Damage(which, byte) => {
            let files = summary_files(lake);
            if !files.is_empty() {
                let mut bytes = std::fs::read(which.get(&files)).unwrap();
                let at = byte.index(bytes.len());
                bytes[at] ^= 0x41;
                std::fs::write(which.get(&files), bytes).unwrap();
            }
        }
        Change::Summarize => drop(make(lake, false).await),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 50, ..ProptestConfig::default() })]

    /// Results equal those of scans after any change of day files and summaries.
    #[test]
    fn summaries_equal_scans_after_random_changes(
        changes in changes(),
        questions in prop::collection::vec(0..QUERIES.len(), 3),
        edge in 0_u32..86_400,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let lake = TestLake::empty();
            write(&lake, 29, &[(60, 1), (43_200, 2), (86_399, 7)]);
            write(&lake, 30, &[(0, 3), (43_201, 4)]);
            write(&lake, 24, &[(7, 5), (43_201, 8)]);
            assert_eq!(make(&lake, false).await.days, 3 * summaries_per_day());
            for change in &changes {
                apply(&lake, change).await;
            }
            let to = format!("2026-10-31T{:02}:{:02}:00Z", edge / 3600, edge / 60 % 60);
            let (kept, scanned) = (session(&lake, false).await, session(&lake, true).await);
            let decoding = session_without_cache(&lake).await;
            for question in questions {
                let (name, params) = QUERIES[question];
                for period in [["2025-01-01", "2026-11-01"], ["2026-10-28T20:00:00Z", to.as_str()]] {
                    let scanned = run_query(&scanned, name, params, period).await.0;
                    // The second query aggregates rows further, the third one reads them from the
                    // cache.
                    for session in [&kept, &kept, &kept, &decoding] {
                        let rows = run_query(session, name, params, period).await.0;
                        assert_eq!(rows, scanned, "{name} {params:?} {period:?}");
                    }
                }
            }
        });
    }
}
