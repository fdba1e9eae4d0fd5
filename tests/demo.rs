//! `voxlake demo`: from an empty folder to three results. A second run fetches new calls only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use voxlake_sim::{Centre, CentreConfig};

use crate::support::{CallFacts, run, set_clock, simulated_calls, stored_calls, utc, voxlake};

/// It then answers three queries.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_fetches_the_simulated_calls() {
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
    let centre = Centre::new(CentreConfig::default().with_seed(5).with_calls_per_day(500.0)).unwrap();
    let to = utc("2025-03-06T00:00:00Z");
    let calls: Vec<_> = centre.calls(to - TimeDelta::days(3), to).collect();
    let mut found = stored_calls(&folder.path().join("data/demo"));
    found.retain(|day, _| day.as_str() < "2025-03-06");
    assert_eq!(found, simulated_calls(&calls));

    let out = run(voxlake(folder.path()).args(args)).await.ok();
    assert!(out.contains("Nothing to fetch"), "{out}");
    assert!(out.contains("queue_charges:"), "{out}");

    // Calls of another centre and real calls are refused.
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

/// A second demo, an hour later, fetches the unsettled ranges only.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_demo_fetches_unsettled_ranges() {
    // A Sunday with few calls, the end of a month, a leap day, both clock changes in Berlin.
    for first in [
        "2026-11-29T15:00:00Z",
        "2026-11-30T23:59:50Z",
        "2028-02-29T12:00:00Z",
        "2027-03-28T00:30:00Z",
        "2027-10-31T00:30:00Z",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let lake = folder.path().join("data/demo");
        let demo = async |now: DateTime<Utc>| {
            let mut command = voxlake(folder.path());
            set_clock(&mut command, &now.to_rfc3339());
            command.args(["demo", "--days", "5", "--calls-per-day", "200", "--seed", "5"]);
            run(&mut command).await.ok()
        };
        let first = utc(first);
        let (settled, later) = (first - TimeDelta::hours(24), first + TimeDelta::hours(1));
        demo(first).await;
        let before = day_files(&lake);
        demo(later).await;
        let after = day_files(&lake);
        let is_settled = |date: &str| utc(&format!("{date}T23:59:59Z")) < settled;
        let days: Vec<_> = before.keys().filter(|date| is_settled(date)).collect();
        assert!(days.len() >= 4, "{first}: {days:?}");
        assert!(days.iter().all(|date| before[*date] == after[*date]), "{first}: a settled day was written");
        assert_ne!(before, after, "{first}: the unsettled days were not written");

        // Every call that had ended before the second demo, and none that started after it.
        let centre = CentreConfig::default().with_seed(5).with_calls_per_day(200.0);
        let centre = Centre::new(centre).unwrap();
        let from = (later - TimeDelta::days(5)).date_naive().and_time(NaiveTime::MIN).and_utc();
        let begun: Vec<_> = centre.calls(from, later).collect();
        let ended: Vec<_> = begun.iter().filter(|call| call.end_time <= later).cloned().collect();
        let ids = |days: BTreeMap<String, Vec<CallFacts>>| -> BTreeSet<String> {
            let days = days.into_iter().filter(|(date, _)| utc(&format!("{date}T00:00:00Z")) >= from);
            days.flat_map(|(_, calls)| calls.into_iter().map(|call| call.id)).collect()
        };
        let found = ids(stored_calls(&lake));
        assert!(found.is_superset(&ids(simulated_calls(&ended))), "{first}: calls are missing");
        assert!(found.is_subset(&ids(simulated_calls(&begun))), "{first}: there are calls of the future");
    }
}

/// Returns the content of each day file, by date.
fn day_files(lake: &Path) -> BTreeMap<String, Vec<u8>> {
    let folders = std::fs::read_dir(lake.join("voice_calls")).unwrap();
    folders
        .map(|folder| {
            let folder = folder.unwrap();
            let date = folder.file_name().into_string().unwrap().replace("date=", "");
            (date, std::fs::read(folder.path().join("calls.parquet")).unwrap())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_centre_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, value) in
        [("queues", "0"), ("calls-per-day", "-1"), ("until", "+262142-12-31"), ("until", "0001-01-01")]
    {
        let ran = run(voxlake(folder.path()).args(["demo", &format!("--{flag}"), value])).await;
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.replace('_', "-").contains(flag), "{ran:?}");
    }
}
