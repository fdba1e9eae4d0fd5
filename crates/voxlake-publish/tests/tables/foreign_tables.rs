//! Tables that another program wrote, or that are damaged.

use voxlake_publish::{PublishError, PublishOptions, publish, published_status};

use crate::test_lake::{TestLake, commit_name, start};

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_other_programs_are_refused() {
    let lake = TestLake::local().await;
    lake.add_call(1, "a").await;
    lake.publish().await;
    let first = std::fs::read(lake.log_file(&commit_name(0))).unwrap();
    let error = async || lake.publish_at(start()).await.unwrap_err();

    let other = r#"{"commitInfo":{"timestamp":1,"operation":"OPTIMIZE"}}"#;
    std::fs::write(lake.log_file(&commit_name(1)), other).unwrap();
    assert!(matches!(error().await, PublishError::ForeignVersion { version: 1, .. }));
    assert!(published_status(&lake.lake).await.is_err());
    assert_eq!(lake.log_names().await.len(), 2, "nothing was written");
    std::fs::remove_file(lake.log_file(&commit_name(1))).unwrap();

    let text = String::from_utf8(first.clone()).unwrap();
    let without_transaction: String =
        text.lines().filter(|line| !line.contains("\"txn\"")).map(|line| format!("{line}\n")).collect();
    std::fs::write(lake.log_file(&commit_name(0)), without_transaction).unwrap();
    assert!(matches!(error().await, PublishError::ForeignTable { .. }));

    for damaged in [&first[..first.len() / 2], b"", b"no JSON"] {
        std::fs::write(lake.log_file(&commit_name(0)), damaged).unwrap();
        let error = error().await;
        assert!(matches!(error, PublishError::UnreadableLog { .. }) && error.is_solved_by_republishing());
    }
    // Missing commits, between two and at the start.
    std::fs::write(lake.log_file(&commit_name(0)), &first).unwrap();
    std::fs::write(lake.log_file(&commit_name(2)), &first).unwrap();
    assert!(matches!(error().await, PublishError::UnreadableLog { .. }));
    std::fs::remove_file(lake.log_file(&commit_name(0))).unwrap();
    assert!(error().await.is_solved_by_republishing());

    let table = lake.lake.published_table();
    table.delete_all(&lake.lock).await.unwrap();
    assert_eq!(lake.publish().await.version, 0);
    lake.assert_table_equals_lake().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_during_the_publication_is_not_replaced() {
    let lake = TestLake::local().await;
    lake.add_call(1, "a").await;
    lake.publish().await;
    lake.add_call(1, "b").await;
    let other = r#"{"commitInfo":{"timestamp":1,"operation":"OPTIMIZE"}}"#;
    let place = lake.log_file(&commit_name(1));
    let write = |_| std::fs::write(&place, other).unwrap();
    let error =
        publish(&lake.lake, &lake.lock, PublishOptions::default(), start(), &write).await.unwrap_err();
    assert!(matches!(error, PublishError::ForeignVersion { version: 1, .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&place).unwrap(), other);
}
