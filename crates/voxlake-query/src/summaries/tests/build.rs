//! Building of summaries.

use std::sync::Arc;

use super::*;

#[tokio::test]
async fn damaged_summaries_are_scanned_and_rebuilt() {
    let lake = week();
    make(&lake, false).await;
    let workspace_view = "CREATE VIEW by_queue AS SELECT * FROM queue_summary('2026-10-01', '2026-11-01')";
    let session = session(&lake, false).await;
    let plan = session
        .plan(&session.parse(workspace_view).unwrap(), workspace_view, &Arc::default(), &Arc::default())
        .await
        .unwrap();
    session.context().execute_logical_plan(plan).await.unwrap();
    let damage = |folder: &str| {
        let file = summary_files(&lake).into_iter().find(|file| file.to_string_lossy().contains(folder));
        std::fs::write(file.unwrap(), "damaged").unwrap();
    };
    damage("queue_summary/month");
    let answer = session.sql("SELECT sum(calls) FROM by_queue").await.unwrap();
    let rows = rendered(&answer.collect().await.unwrap());
    let of_calls = "SELECT sum(calls) FROM queue_summary('2026-10-01', '2026-11-01')";
    let scanned = self::session(&lake, true).await.sql(of_calls).await.unwrap().collect().await.unwrap();
    assert_eq!(rows.lines().last(), rendered(&scanned).lines().last());

    // Damage of a summary with a current name is found when a coarser one is built from it.
    damage("queue_summary/day");
    write(&lake, 24, &[(60, 1)]);
    write(&lake, 27, &[(1, 1)]);
    let made = make(&lake, false).await;
    assert_eq!((made.days, made.failed.len()), (2 * summaries_per_day() + 1, 0));
    assert_eq!(make(&lake, false).await.days, 0);
    let files = summary_files(&lake);
    assert!(files.iter().all(|file| std::fs::read(file).unwrap() != b"damaged"));
}

#[tokio::test]
async fn leftovers_of_stopped_builds_are_removed() {
    let lake = week();
    make(&lake, false).await;
    let all = summary_files(&lake);
    let old =
        |name: &str| name.replace(&name[name.len() - 16 - 8 - 17..name.len() - 8 - 17], "0123456789abcdef");
    let file = all[0].file_name().unwrap().to_str().unwrap();
    std::fs::write(all[0].with_file_name(old(file)), "of before").unwrap();
    assert_eq!(summary_files(&lake).len(), all.len() + 1);
    let made = make(&lake, false).await;
    assert_eq!((made.days + made.months + made.years, made.removed), (0, 0));
    assert_eq!(summary_files(&lake), all);
}

#[tokio::test]
async fn only_outdated_summaries_are_rebuilt() {
    let lake = week();
    let (count, by_day) = (DEFINITIONS.len(), summaries_per_day());
    let made = make(&lake, false).await;
    assert_eq!(made, SummaryStats { days: 7 * by_day, months: count, ..SummaryStats::default() });
    let again = make(&lake, false).await;
    assert_eq!(again, SummaryStats { current: 7 * by_day + count, ..SummaryStats::default() });
    write(&lake, 27, &[(1, 1)]);
    std::fs::remove_file(lake.path("2026-10-28")).unwrap();
    let changed = make(&lake, false).await;
    assert_eq!(
        changed,
        SummaryStats {
            days: by_day,
            months: count,
            current: 5 * by_day,
            removed: by_day,
            ..SummaryStats::default()
        }
    );
    assert_eq!(summary_files(&lake).len(), 6 * by_day + count);
    let rebuild = make(&lake, true).await;
    assert_eq!(rebuild, SummaryStats { days: 6 * by_day, months: count, ..SummaryStats::default() });
    assert_eq!(summary_files(&lake).len(), 6 * by_day + count);
}

#[tokio::test]
async fn damaged_days_are_reported_and_skipped() {
    let lake = week();
    let whole = std::fs::read(lake.path("2026-10-28")).unwrap();
    std::fs::write(lake.path("2026-10-28"), &whole[..whole.len() / 2]).unwrap();
    let made = make(&lake, false).await;
    assert_eq!((made.days, made.months), (6 * summaries_per_day(), 0));
    assert!(made.failed.len() == 1 && made.failed[0].contains("date=2026-10-28"), "{:?}", made.failed);
}
