//! Summaries: built by commands that write, used by queries, with the results of a scan.

use crate::support::{Case, run};

const QUESTIONS: [&[&str]; 4] = [
    &["abandonment_rate", "-p", "by=queue"],
    &["duration_percentiles", "-p", "by=queue"],
    &["queue_charges", "-p", "per=month", "--timezone", "Europe/Berlin"],
    &["call_volume", "--from", "2025-03-03T06:00:00", "--timezone", "Asia/Kathmandu"],
];

async fn answers(case: &Case, more: &[&str]) -> Vec<String> {
    let mut answers = Vec::new();
    for question in QUESTIONS {
        let args = ["query"].iter().chain(question).chain(more).copied().chain(["--format", "csv"]);
        answers.push(run(&mut case.voxlake(args)).await.ok());
    }
    answers
}

/// Returns the number of summaries in the lake.
fn summary_count(case: &Case) -> usize {
    let mut folders = vec![case.lake().join("summaries")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { count += 1 }
        }
    }
    count
}

/// Summaries of a lake of three days: six per day and eight of the month.
const ALL: usize = 6 * 3 + 8;

#[tokio::test(flavor = "multi_thread")]
async fn queries_use_the_summaries_of_a_sync() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    assert_eq!(summary_count(&case), ALL);
    let told = run(&mut case.voxlake(["query", "abandonment_rate", "-p", "by=queue"])).await;
    assert!(told.err.contains("summaries of 1 month, 0 of 3 day files read"), "{told:?}");
    let two_days =
        ["query", "abandonment_rate", "-p", "by=queue", "--from", "2025-03-03", "--to", "2025-03-05"];
    let told = run(&mut case.voxlake(two_days)).await;
    assert!(told.err.contains("summaries of 2 days, 0 of 3 day files read"), "{told:?}");
    let explained = run(case.voxlake(two_days).arg("--explain")).await.ok();
    assert!(explained.contains("summaries:  queue_summary of 2025-03-03 to 2025-03-04"), "{explained}");
    assert!(explained.contains("day files:  0 of 3 read, the others summarized"), "{explained}");
    let without = ["query", "abandonment_rate", "-p", "by=queue", "--no-summaries"];
    let told = run(&mut case.voxlake(without)).await;
    assert!(told.err.contains("3 of 3 day files read") && !told.err.contains("summaries"), "{told:?}");
    let whole_month = ["query", "result_mix", "--month", "2025-03"];
    let told = run(&mut case.voxlake(whole_month)).await;
    assert!(told.err.contains("summaries of 1 month, 0 of 3 day files read"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_summaries_are_rebuilt() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    let expected = answers(&case, &["--no-summaries"]).await;
    assert_eq!(answers(&case, &[]).await, expected);

    let queues = case.lake().join("summaries/queue_summary/day");
    for entry in std::fs::read_dir(&queues).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::remove_dir_all(case.lake().join("summaries/call_summary")).unwrap();
    assert_eq!(answers(&case, &[]).await, expected);

    let made = run(&mut case.voxlake(["summarize"])).await.ok();
    assert!(
        made.starts_with("Created 3 summaries of days, 1 of months and 0 of years; 22 were current."),
        "{made}"
    );
    let rebuilt = run(&mut case.voxlake(["summarize", "--rebuild"])).await.ok();
    let expected_text = "Created 18 summaries of days, 8 of months and 0 of years; 0 were current.";
    assert!(rebuilt.starts_with(expected_text), "{rebuilt}");
    let again = run(&mut case.voxlake(["summarize"])).await.ok();
    assert!(again.starts_with("Nothing to do: 26 summaries are current."), "{again}");
    assert_eq!(answers(&case, &[]).await, expected);
    std::fs::remove_dir_all(case.lake().join("summaries")).unwrap();
    assert_eq!(answers(&case, &[]).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn summaries_follow_changed_and_deleted_days() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    let expected = answers(&case, &[]).await;
    std::fs::remove_dir_all(case.lake().join("voice_calls/date=2025-03-04")).unwrap();
    let less = answers(&case, &[]).await;
    assert_ne!(less, expected);
    assert_eq!(less, answers(&case, &["--no-summaries"]).await);
    let removed = run(&mut case.voxlake(["summarize"])).await.ok();
    assert!(removed.contains("Deleted 6 summaries of days that are no longer in the lake."), "{removed}");
    run(&mut case.sync(&[])).await.ok();
    assert_eq!(summary_count(&case), ALL);
    assert_eq!(answers(&case, &[]).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_does_without_them() {
    let case = Case::new().await;
    run(case.sync(&[]).env("VOXLAKE_SUMMARIES", "false")).await.ok();
    assert_eq!(summary_count(&case), 0);
    run(&mut case.voxlake(["summarize"])).await.ok();
    let told = run(case.voxlake(["query", "result_mix"]).env("VOXLAKE_SUMMARIES", "false")).await;
    assert!(told.err.contains("3 of 3 day files read"), "{told:?}");
}
