//! Half-written, truncated and empty day files are named, skipped on request, and fetched again.

use crate::support::{Case, run, stored_calls};

const DAY: &str = "voice_calls/date=2025-03-04/calls.parquet";

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_day_is_skipped_or_repaired() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    let whole = stored_calls(&case.lake());
    let file = case.lake().join(DAY);
    let bytes = std::fs::read(&file).unwrap();
    let mut scratched = bytes.clone();
    let middle = bytes.len() / 4;
    scratched[4..middle].fill(0xa5);
    for damage in [&[][..], b"PAR1", &bytes[..bytes.len() / 2], &bytes[..bytes.len() - 5], &scratched] {
        std::fs::write(&file, damage).unwrap();
        let ask = [
            "query",
            "-c",
            "SELECT count(*) AS n, sum(length(engagement_id)) FROM voice_calls",
            "--format",
            "csv",
        ];
        let ran = run(&mut case.voxlake(ask)).await;
        assert_eq!(ran.code, 1, "{} bytes: {ran:?}", damage.len());
        assert!(ran.err.contains(DAY), "{} bytes: {ran:?}", damage.len());
        assert!(ran.err.contains("--skip-damaged") && ran.err.contains("sync --repair"), "{ran:?}");

        if damage != &scratched[..] {
            let ran = run(&mut case.voxlake(ask.into_iter().chain(["--skip-damaged"]))).await;
            assert!(ran.err.contains(DAY), "{ran:?}");
            let others: usize =
                whole.iter().filter(|(day, _)| *day != "2025-03-04").map(|(_, c)| c.len()).sum();
            assert!(ran.ok().contains(&format!("\n{others},")));

            let ran = run(&mut case.sync(&[])).await;
            assert_eq!(ran.code, 1, "{ran:?}");
            assert!(ran.err.contains(DAY) && ran.err.contains("--repair"), "{ran:?}");
        }
        let ran = run(&mut case.sync(&["--repair"])).await;
        assert!(ran.err.contains("quarantined as _voxlake/damaged/date=2025-03-04"), "{ran:?}");
        ran.ok();
        assert_eq!(stored_calls(&case.lake()), whole);
    }
}
