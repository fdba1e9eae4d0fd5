//! Named periods, and messages about periods that the lake does not cover.

use crate::query::synced;
use crate::support::{run, set_clock};

/// Returns abandonment by day as CSV, over the period of these arguments.
async fn by_day(case: &crate::support::Case, period: &[&str]) -> String {
    let args = ["query", "abandonment_rate", "-p", "by=day", "--format", "csv"];
    run(&mut case.voxlake(args.into_iter().chain(period.iter().copied()))).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn period_names_equal_their_bounds() {
    let case = synced().await;
    for (name, moments) in [
        (["--period", "2025-03-04"], ["--from", "2025-03-04", "--to", "2025-03-05"]),
        (["--period", "2025-W10"], ["--from", "2025-03-03", "--to", "2025-03-10"]),
        (["--period", "2025"], ["--from", "2025-01-01", "--to", "2026-01-01"]),
        (["--month", "2025-03"], ["--from", "2025-03-01", "--to", "2025-04-01"]),
    ] {
        for zone in ["UTC", "Asia/Tokyo"] {
            let named = by_day(&case, &[&name[..], &["--timezone", zone]].concat()).await;
            assert_eq!(
                named,
                by_day(&case, &[&moments[..], &["--timezone", zone]].concat()).await,
                "{name:?}"
            );
            assert!(named.lines().count() > 2, "{named}");
        }
    }
    // The clock shows 2025-03-10.
    for (name, moments) in [
        (["--last", "7d"], ["--from", "2025-03-03", "--to", "2025-03-10"]),
        (["--last", "12h"], ["--from", "2025-03-10", "--to", "2025-03-10T12:00:00Z"]),
        (["--period", "last-week"], ["--from", "2025-03-03", "--to", "2025-03-10"]),
        (["--period", "this-month"], ["--from", "2025-03-01", "--to", "2025-04-01"]),
    ] {
        assert_eq!(by_day(&case, &name).await, by_day(&case, &moments).await, "{name:?}");
    }
}

/// The clock shows a Wednesday.
#[tokio::test(flavor = "multi_thread")]
async fn last_weeks_are_whole_if_rows_are_weeks() {
    let case = synced().await;
    let heading = async |unit: &str, last: &str| {
        let unit = format!("by={unit}");
        let mut command = case.voxlake(["query", "abandonment_rate", "--last", last, "-p", &unit]);
        set_clock(&mut command, "2025-03-12T12:00:00Z");
        run(&mut command).await.ok().lines().nth(1).unwrap().to_owned()
    };
    for (unit, last, period) in [
        ("week", "1w", "2025-03-03 00:00 to 2025-03-10 00:00 (not included), UTC"),
        ("day", "1w", "2025-03-05 00:00 to 2025-03-12 00:00 (not included), UTC"),
        ("month", "1mo", "2025-02-01 00:00 to 2025-03-01 00:00 (not included), UTC"),
        ("day", "1mo", "2025-02-12 00:00 to 2025-03-12 00:00 (not included), UTC"),
    ] {
        assert_eq!(heading(unit, last).await, period, "{unit} {last}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicting_periods_are_refused() {
    let case = synced().await;
    for (period, expected) in [
        (vec!["--last", "7d", "--month", "2025-03"], "cannot be used with"),
        (vec!["--last", "7d", "--from", "2025-03-03"], "cannot be used with"),
        (vec!["--period", "today", "--to", "2025-03-03"], "cannot be used with"),
        (vec!["--last", "7"], "write 12h, 7d, 4w or 3mo"),
        (vec!["--month", "March"], "write 2026-10"),
        (vec!["--period", "2025-W53"], "2026-W44"),
    ] {
        let ran =
            run(&mut case.voxlake(["query", "abandonment_rate"].into_iter().chain(period.clone()))).await;
        assert_eq!(ran.code, 2, "{period:?}: {ran:?}");
        assert!(ran.err.contains(expected) && ran.out.is_empty(), "{period:?}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_days_are_named_with_the_result() {
    let case = synced().await;
    let ask = |more: &'static [&'static str]| {
        let args = ["query", "abandonment_rate", "--format", "json", "--from", "2025-03-01"];
        case.voxlake(args.into_iter().chain(more.iter().copied()))
    };
    let ran = run(&mut ask(&["--to", "2025-03-06"])).await;
    assert_eq!(ran.err, "the lake does not hold 2 days of this period: 2025-03-01 to 2025-03-02\n");
    serde_json::from_str::<serde_json::Value>(&ran.ok()).unwrap();

    std::fs::remove_dir_all(case.lake().join("voice_calls/date=2025-03-04")).unwrap();
    let ran = run(&mut ask(&["--to", "2025-03-06"])).await;
    assert!(ran.err.contains("3 days of this period: 2025-03-01 to 2025-03-02, 2025-03-04\n"), "{ran:?}");
    // A settled period has no message.
    let ran =
        run(&mut case.voxlake(["query", "abandonment_rate", "--period", "2025-03-05", "--format", "csv"]))
            .await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_in_the_lookback_are_reported() {
    let case = synced().await;
    let told = async |question: &'static str, from: &'static str, more: &'static [&'static str]| {
        let args = ["query", question, "--from", from, "--to", "2025-03-06", "--format", "csv"];
        let ran = run(&mut case.voxlake(args.into_iter().chain(more.iter().copied()))).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.err
    };
    let before = |days: &str, missing: &str| {
        format!(
            "of the {days} before the period, which this query also reads, the lake does not hold {missing}\n"
        )
    };
    assert_eq!(told("traffic", "2025-03-03", &[]).await, before("day", "2025-03-02"));
    assert_eq!(told("peak_concurrency", "2025-03-04", &[]).await, "");
    assert_eq!(told("call_volume", "2025-03-03", &[]).await, "");
    let week = before("7 days", "2025-02-26 to 2025-03-02");
    assert_eq!(told("repeat_callers", "2025-03-05", &[]).await, week);
    assert_eq!(told("repeat_callers", "2025-03-05", &["-p", "days=2"]).await, "");
    // Missing and unsettled parts of a period have separate messages.
    let both = told("traffic", "2025-03-02", &[]).await;
    assert_eq!(
        both,
        format!("the lake does not hold 1 day of this period: 2025-03-02\n{}", before("day", "2025-03-01"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn partially_covered_days_are_named_separately() {
    let case = crate::support::Case::new().await;
    run(&mut case.voxlake(["sync", "--from", "2025-03-03", "--to", "2025-03-04T06:00:00Z"])).await.ok();
    let args = ["query", "abandonment_rate", "--period", "2025-03-04", "--format", "csv"];
    let ran = run(&mut case.voxlake(args)).await;
    assert_eq!(ran.err, "of 1 day the lake holds only a part: 2025-03-04\n", "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_damaged_day_is_missing() {
    let case = synced().await;
    std::fs::write(case.lake().join("voice_calls/date=2025-03-04/calls.parquet"), "no Parquet at all")
        .unwrap();
    let args = [
        "query",
        "abandonment_rate",
        "--from",
        "2025-03-03",
        "--to",
        "2025-03-06",
        "--skip-damaged",
        "--format",
        "csv",
    ];
    let ran = run(&mut case.voxlake(args)).await;
    assert!(ran.err.contains("does not hold 1 day of this period: 2025-03-04"), "{ran:?}");
    assert_eq!(ran.code, 0);
}
