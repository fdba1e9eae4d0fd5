//! Names and values for completion in a workspace.

use datafusion::arrow::array::AsArray;
use futures::TryStreamExt as _;
use voxlake_query::{CompletionCatalog, QueryError};

use super::Workspace;

/// Columns with few values that do not identify people, and the table function that returns these
/// values faster than the calls.
const CATEGORICAL: [(&str, Option<&str>); 14] = [
    ("queue_name", Some("queue_summary")),
    ("result", Some("queue_summary")),
    ("direction", Some("call_summary")),
    ("country_name", Some("country_summary")),
    ("charge_currency", Some("call_summary")),
    ("number_type", Some("country_summary")),
    ("result_class", None),
    ("class", None),
    ("flow_name", None),
    ("agent_region", None),
    ("caller_number_type", None),
    ("callee_number_type", None),
    ("calling_party", None),
    ("charge_type", None),
];
/// Maximum values of a completed column.
const MAX_COMPLETED_VALUES: usize = 300;

impl Workspace {
    /// Returns the tables, columns and functions that statements can use now.
    ///
    /// # Errors
    /// As for [`LakeSession::completion_catalog`](voxlake_query::LakeSession::completion_catalog).
    pub async fn completion_catalog(&self) -> Result<CompletionCatalog, QueryError> {
        let mut completions = self.session().completion_catalog().await?;
        for table in &mut completions.tables {
            table.is_user_defined = self.is_user_table(&table.name);
        }
        Ok(completions)
    }

    /// Returns the values of a column, most frequent first. Empty for columns with many values and
    /// for columns with names or numbers of people. Reads summaries where possible.
    ///
    /// # Errors
    /// As for [`LakeSession::sql`](voxlake_query::LakeSession::sql).
    pub async fn values(&self, table: &str, column: &str) -> Result<Vec<String>, QueryError> {
        let known = CATEGORICAL.into_iter().find(|(name, _)| *name == column);
        let session = self.session();
        let from = match (known, session.days()) {
            (Some((_, Some(function))), [first, ..]) if !self.is_user_table(table) => {
                let last = session.days().last().unwrap_or(first).date.succ_opt().unwrap_or(first.date);
                format!("{function}('{}', '{last}')", first.date)
            }
            (Some(_), _) => quoted_ident(table),
            (None, _) if self.is_user_table(table) => quoted_ident(table),
            (None, _) => return Ok(Vec::new()),
        };
        let count = if from.contains('(') { "sum(calls)" } else { "count(*)" };
        let column = quoted_ident(column);
        let sql = format!(
            "SELECT CAST({column} AS VARCHAR) AS value FROM {from} WHERE {column} IS NOT NULL \
             GROUP BY {column} ORDER BY {count} DESC, value LIMIT {}",
            MAX_COMPLETED_VALUES + 1
        );
        let batches: Vec<_> = session.sql(&sql).await?.try_collect().await?;
        let mut values = Vec::new();
        for batch in &batches {
            let texts = AsArray::as_string_opt::<i32>(batch.column(0));
            values.extend(texts.into_iter().flatten().flatten().map(str::to_owned));
        }
        if values.len() > MAX_COMPLETED_VALUES {
            values.clear();
        }
        Ok(values)
    }
}

/// Quotes a name as an identifier.
fn quoted_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use voxlake_query::SessionOptions;
    use voxlake_query::test_lake::{TestLake, call, queue};

    use crate::Workspace;

    async fn workspace() -> (TestLake, Workspace) {
        let with = |id: &str, queues: serde_json::Value, result: &str| {
            call(
                id,
                "2026-11-02T08:00:00Z",
                json!({"queues": queues, "result": result, "consumer_number": "+4930"}),
            )
        };
        let lake = TestLake::with_calls([
            with("a", json!([queue("Sales")]), "completed"),
            with("b", json!([queue("O'Neil")]), "missed"),
            with("c", json!([queue("Sales")]), "completed"),
        ]);
        let workspace = Workspace::open(&lake.lake().await, SessionOptions::default()).await.unwrap();
        (lake, workspace)
    }

    #[tokio::test]
    async fn catalog_lists_tables_columns_and_functions() {
        let (_lake, workspace) = workspace().await;
        let (workspace, _) = workspace.run("CREATE TABLE mine AS SELECT 1 AS one").await.unwrap();
        let completions = workspace.completion_catalog().await.unwrap();
        let calls = completions.table("queue_calls").unwrap();
        assert!(calls.comment.as_ref().unwrap().starts_with("one row for each call and distinct queue"));
        assert!(
            calls.columns.iter().any(|column| column.name == "queue_name"
                && column.kind == "text"
                && column.comment.is_some())
        );
        assert!(!calls.is_user_defined && completions.table("mine").unwrap().is_user_defined);
        for function in ["count", "local_time", "queue_summary", "row_number", "exact_percentiles"] {
            assert!(completions.functions.iter().any(|name| name == function), "{function}");
        }
    }

    #[tokio::test]
    async fn values_never_name_people() {
        let (_lake, workspace) = workspace().await;
        let values = async |table: &str, column: &str| workspace.values(table, column).await.unwrap();
        assert_eq!(values("queue_calls", "queue_name").await, ["Sales", "O'Neil"]);
        assert_eq!(values("calls", "result_class").await, ["handled", "not_answered"]);
        assert_eq!(values("voice_calls", "direction").await, ["inbound"]);
        for column in ["consumer_number", "engagement_id", "consumer_display_name"] {
            assert_eq!(values("voice_calls", column).await, [""; 0], "{column}");
        }
    }

    #[tokio::test]
    async fn columns_with_many_values_offer_none() {
        let (_lake, workspace) = workspace().await;
        let sql = "CREATE TABLE mine AS SELECT CAST(n AS VARCHAR) AS many, CAST(n % 3 AS VARCHAR) AS few \
                   FROM (SELECT unnest(generate_series(1, 1000)) AS n)";
        let (workspace, _) = workspace.run(sql).await.unwrap();
        assert_eq!(workspace.values("mine", "many").await.unwrap(), [""; 0]);
        assert_eq!(workspace.values("mine", "few").await.unwrap(), ["1", "0", "2"]);
    }
}
