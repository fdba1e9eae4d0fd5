//! `voxlake demo`: from nothing to three answers, and only what is new the second time.

use chrono::TimeDelta;
use voxlake_sim::{Centre, CentreConfig};

use crate::support::{at, run, told_by_centre, told_by_files, voxlake};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_fetches_exactly_the_simulated_calls_and_answers_three_questions() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["demo", "--days", "3", "--until", "2025-03-06", "--calls-per-day", "500", "--seed", "5"];
    let out = run(voxlake(folder.path()).args(args)).await.ok();
    for expected in [
        "A simulated contact centre",
        "abandonment_rate:",
        "duration_percentiles:",
        "queue_charges:",
        "Next:",
    ] {
        assert!(out.contains(expected), "no {expected:?} in {out}");
    }
    let centre =
        Centre::new(CentreConfig { seed: 5, calls_per_day: 500.0, ..CentreConfig::default() }).unwrap();
    let to = at("2025-03-06T00:00:00Z");
    let calls: Vec<_> = centre.calls(to - TimeDelta::days(3), to).collect();
    let mut found = told_by_files(&folder.path().join("data/demo"));
    found.retain(|day, _| day.as_str() < "2025-03-06");
    assert_eq!(found, told_by_centre(&calls));

    let out = run(voxlake(folder.path()).args(args)).await.ok();
    assert!(out.contains("Nothing to fetch"), "{out}");
    assert!(out.contains("queue_charges:"), "{out}");

    // Neither another centre's calls nor real ones may join them.
    let ran = run(voxlake(folder.path()).args(["demo", "--seed", "6"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("seed 5") && ran.err.contains("--lake"), "{ran:?}");
    let mut sync = voxlake(folder.path());
    for name in ["ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"] {
        sync.env(name, "x");
    }
    let ran = run(sync.args(["sync", "--lake", "data/demo"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("simulated calls"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_up_to_now_fetches_only_the_unsettled_days_again() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["demo", "--days", "5", "--calls-per-day", "200"];
    let first = run(voxlake(folder.path()).args(args)).await.ok();
    // What is settled, and the last 24 hours.
    assert!(first.contains("2 of 2 windows complete"), "{first}");
    let again = run(voxlake(folder.path()).args(args)).await.ok();
    // The last 24 hours, and the moments that settled between the runs.
    assert!(
        again.contains("2 of 2 windows complete, in 4") || again.contains("1 of 1 windows complete"),
        "{again}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_centre_that_cannot_be_is_a_wrong_command_line() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, value) in
        [("queues", "0"), ("calls-per-day", "-1"), ("until", "+262142-12-31"), ("until", "0001-01-01")]
    {
        let ran = run(voxlake(folder.path()).args(["demo", &format!("--{flag}"), value])).await;
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.replace('_', "-").contains(flag), "{ran:?}");
    }
}
