//! Headers, and that no column of a session goes without words.

use super::*;
use crate::test_lake::{TestLake, call};
use crate::views;

#[test]
fn header_has_table_and_column_comments() {
    let header = Header::read(
        "visits",
        "-- visits: one row for each visit. Calls\n-- without one have none.\n--\n--   id     what identifies it\n\
         --   a_long_name\n--          on the next line,\n--          and the next\nSELECT 1\n-- id  no header\n",
    );
    assert_eq!(header.table, "one row for each visit. Calls without one have none.");
    let columns = header.columns.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>();
    assert_eq!(columns, ["a_long_name: on the next line, and the next", "id: what identifies it"]);
}

#[tokio::test]
async fn all_tables_and_columns_have_comments() {
    let lake = TestLake::empty();
    let sql = "SELECT table_name, column_name FROM information_schema.columns
               WHERE coalesce(column_comment, '') = '' AND table_schema = 'public'";
    assert_eq!(lake.sql(sql).await, [""; 0]);
    let sql = "SELECT table_name FROM information_schema.tables
               WHERE coalesce(table_comment, '') = '' AND table_schema = 'public'";
    assert_eq!(lake.sql(sql).await, [""; 0]);
    let sql = "SELECT count(*) > 100 FROM information_schema.columns WHERE table_schema = 'public'";
    assert_eq!(lake.sql(sql).await, ["true"]);
}

#[tokio::test]
async fn view_comments_name_existing_columns() {
    let lake = TestLake::empty();
    let session = lake.session().await;
    for view in views() {
        let table = session.context().table_provider(view.name).await.unwrap();
        for (column, text) in Header::read(view.name, view.sql).columns {
            assert!(table.schema().field_with_name(&column).is_ok(), "{}: {column}", view.name);
            assert!(!text.is_empty(), "{}: {column}", view.name);
        }
    }
}

#[tokio::test]
async fn describe_shows_types_and_comments() {
    let lake = TestLake::with_calls([call("a", "2026-11-01T08:00:00Z", serde_json::json!({}))]);
    let described = lake.sql("DESCRIBE queue_calls").await;
    for line in [
        "total_duration | integer | YES | engagement duration, from start to end (s)",
        "charge_amount | decimal(18,6) | YES | charge of the whole call in charge_currency, the same in each of \
         its rows: adding it up over queues counts calls more than once",
    ] {
        assert!(described.contains(&line.to_owned()), "{described:#?}");
    }
    // The same for a query of all columns; for others, the comments of the fields.
    assert_eq!(lake.sql("DESCRIBE SELECT * FROM queue_calls").await, described);
    assert_eq!(
        lake.sql("DESC SELECT total_duration, 1 AS one FROM queue_calls").await,
        [
            "total_duration | integer | YES | engagement duration, from start to end (s)",
            "one | integer | NO | NULL"
        ]
    );
    let calls = lake.sql("DESCRIBE voice_calls").await;
    assert!(calls.iter().all(|line| line.len() < 300), "{calls:#?}");
    assert!(
        calls.contains(
            &"queues | list of (queue_id, queue_name, cc_queue_id) | YES | queues that the call passed through, in order"
                .to_owned()
        ),
        "{calls:#?}"
    );
}

#[tokio::test]
async fn information_schema_keeps_datafusions_columns() {
    let lake = TestLake::empty();
    for table in ["tables", "columns", "views", "schemata", "routines", "parameters", "df_settings"] {
        lake.sql(&format!("SELECT * FROM information_schema.{table} LIMIT 1")).await;
    }
    assert!(!lake.sql("SHOW TABLES").await.is_empty());
    assert!(!lake.sql("SHOW COLUMNS FROM queue_calls").await.is_empty());
    assert_eq!(
        lake.sql("SELECT column_comment FROM information_schema.columns WHERE table_name = 'calls' AND column_name = 'agent_count'")
            .await,
        ["number of distinct agents that the call names"]
    );
}
