//! The words that statements of a workspace can be made of, and the values of columns with few.

use datafusion::arrow::array::AsArray;
use futures::TryStreamExt as _;
use voxlake_query::{Lexicon, QueryError};

use super::Workspace;

/// Columns of the lake with few values, none of which names a person, and a table function or table that knows
/// those values sooner than the calls do.
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
/// Values of a column that are worth offering.
const MOST_VALUES: usize = 300;

impl Workspace {
    /// The words that statements can be made of now.
    ///
    /// # Errors
    /// As [`LakeSession::lexicon`].
    pub async fn lexicon(&self) -> Result<Lexicon, QueryError> {
        let mut lexicon = self.session().lexicon().await?;
        for table in &mut lexicon.tables {
            table.own = self.is_own(&table.name);
        }
        Ok(lexicon)
    }

    /// The values of a column of few, the most frequent first; none for a column whose values are many, or names and
    /// numbers of people. Asked of the summaries where those know it.
    ///
    /// # Errors
    /// As [`LakeSession::sql`].
    pub async fn values(&self, table: &str, column: &str) -> Result<Vec<String>, QueryError> {
        let known = CATEGORICAL.into_iter().find(|(name, _)| *name == column);
        let session = self.session();
        let from = match (known, session.days()) {
            (Some((_, Some(function))), [first, ..]) if !self.is_own(table) => {
                let last = session.days().last().unwrap_or(first).date.succ_opt().unwrap_or(first.date);
                format!("{function}('{}', '{last}')", first.date)
            }
            (Some(_), _) => name(table),
            (None, _) if self.is_own(table) => name(table),
            (None, _) => return Ok(Vec::new()),
        };
        let count = if from.contains('(') { "sum(calls)" } else { "count(*)" };
        let column = name(column);
        let sql = format!(
            "SELECT CAST({column} AS VARCHAR) AS value FROM {from} WHERE {column} IS NOT NULL \
             GROUP BY {column} ORDER BY {count} DESC, value LIMIT {}",
            MOST_VALUES + 1
        );
        let batches: Vec<_> = session.sql(&sql).await?.try_collect().await?;
        let mut values = Vec::new();
        for batch in &batches {
            let texts = AsArray::as_string_opt::<i32>(batch.column(0));
            values.extend(texts.into_iter().flatten().flatten().map(str::to_owned));
        }
        if values.len() > MOST_VALUES {
            values.clear();
        }
        Ok(values)
    }
}

/// A name as SQL takes it whatever it holds.
fn name(name: &str) -> String {
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
        let lake = TestLake::of([
            with("a", json!([queue("Sales")]), "completed"),
            with("b", json!([queue("O'Neil")]), "missed"),
            with("c", json!([queue("Sales")]), "completed"),
        ]);
        let workspace = Workspace::open(&lake.lake().await, SessionOptions::default()).await.unwrap();
        (lake, workspace)
    }

    #[tokio::test]
    async fn tables_have_their_columns_and_words_and_functions_their_names() {
        let (_lake, workspace) = workspace().await;
        let (workspace, _) = workspace.run("CREATE TABLE mine AS SELECT 1 AS one").await.unwrap();
        let lexicon = workspace.lexicon().await.unwrap();
        let calls = lexicon.table("queue_calls").unwrap();
        assert!(calls.comment.as_ref().unwrap().starts_with("one row for each call and distinct queue"));
        assert!(
            calls.columns.iter().any(|column| column.name == "queue_name"
                && column.kind == "text"
                && column.comment.is_some())
        );
        assert!(!calls.own && lexicon.table("mine").unwrap().own);
        for function in ["count", "local_time", "queue_summary", "row_number", "exact_percentiles"] {
            assert!(lexicon.functions.iter().any(|name| name == function), "{function}");
        }
    }

    #[tokio::test]
    async fn values_are_given_of_columns_with_few_and_never_of_people() {
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
    async fn a_column_of_ones_own_with_many_values_has_none_to_offer() {
        let (_lake, workspace) = workspace().await;
        let sql = "CREATE TABLE mine AS SELECT CAST(n AS VARCHAR) AS many, CAST(n % 3 AS VARCHAR) AS few \
                   FROM (SELECT unnest(generate_series(1, 1000)) AS n)";
        let (workspace, _) = workspace.run(sql).await.unwrap();
        assert_eq!(workspace.values("mine", "many").await.unwrap(), [""; 0]);
        assert_eq!(workspace.values("mine", "few").await.unwrap(), ["1", "0", "2"]);
    }
}
