//! SQL views over `voice_calls`, from the files in `queries/views`, which are embedded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;

use crate::comments::{Comments, Header};
use crate::error::QueryError;
use voxlake_functions::ResultClasses;

/// Mapping of results to classes. Registered before the views, whose functions use it.
const RESULT_CLASSES: &str = include_str!("../../../queries/views/result_classes.sql");

/// Views by name, each after those that it uses.
const VIEWS: [(&str, &str); 5] = [
    ("calls", include_str!("../../../queries/views/calls.sql")),
    ("queue_calls", include_str!("../../../queries/views/queue_calls.sql")),
    ("agent_calls", include_str!("../../../queries/views/agent_calls.sql")),
    ("flow_calls", include_str!("../../../queries/views/flow_calls.sql")),
    ("call_legs", include_str!("../../../queries/views/call_legs.sql")),
];

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Name.
    pub name: &'static str,
    /// SQL of the view, starting with a comment on it and its columns.
    pub sql: &'static str,
}

/// Returns the views of every session, apart from the table `voice_calls`.
pub fn views() -> impl Iterator<Item = View> {
    std::iter::once(("result_classes", RESULT_CLASSES)).chain(VIEWS).map(|(name, sql)| View { name, sql })
}

/// Creates the views in a session that has the table `voice_calls` and the functions that need no
/// mapping.
///
/// `overrides` maps results to classes and replaces or extends the shipped mapping. Comments on the
/// views and their columns are added to `comments`.
///
/// # Errors
/// [`QueryError::BadParameter`] for an unknown class: a typing error there would falsify every
/// rate.
pub(crate) async fn create(
    ctx: &SessionContext,
    overrides: &BTreeMap<String, String>,
    comments: &mut Comments,
) -> Result<(), QueryError> {
    let mut class_of = shipped_classes(ctx).await.map_err(QueryError::planning)?;
    let known: BTreeSet<&str> =
        class_of.values().map(String::as_str).chain([ResultClasses::UNCLASSIFIED]).collect();
    if let Some((result, class)) = overrides.iter().find(|(_, class)| !known.contains(class.as_str())) {
        return Err(QueryError::BadParameter {
            parameter: format!("result_classes.{result}"),
            value: class.clone(),
            allowed: known.into_iter().collect::<Vec<_>>().join(", "),
        });
    }
    class_of.extend(overrides.clone());
    register(ctx, class_of, comments).await.map_err(QueryError::planning)
}

/// Shipped mapping of results to classes.
async fn shipped_classes(ctx: &SessionContext) -> Result<BTreeMap<String, String>, DataFusionError> {
    let mut class_of = BTreeMap::new();
    for batch in ctx.sql(RESULT_CLASSES).await?.select_columns(&["result", "class"])?.collect().await? {
        let (results, classes) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        class_of.extend(
            results
                .iter()
                .zip(classes)
                .filter_map(|(result, class)| Some((result?.to_owned(), class?.to_owned()))),
        );
    }
    Ok(class_of)
}

async fn register(
    ctx: &SessionContext,
    class_of: BTreeMap<String, String>,
    comments: &mut Comments,
) -> Result<(), DataFusionError> {
    register_mapping(ctx, &class_of)?;
    ctx.register_udf(ResultClasses::new(class_of).into());
    for (name, sql) in VIEWS {
        let view = ctx.sql(sql).await?.into_view();
        ctx.register_table(name, view)?;
    }
    for View { name, sql } in views() {
        let schema = ctx.table_provider(name).await?.schema();
        comments.add(name, schema, Header::read(name, sql));
    }
    Ok(())
}

/// Registers the table `result_classes` of this session.
fn register_mapping(
    ctx: &SessionContext,
    class_of: &BTreeMap<String, String>,
) -> Result<(), DataFusionError> {
    let results: StringArray = class_of.keys().map(Some).collect();
    let classes: StringArray = class_of.values().map(Some).collect();
    let columns = [("result", Arc::new(results) as ArrayRef), ("class", Arc::new(classes))];
    ctx.register_batch("result_classes", RecordBatch::try_from_iter(columns)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_lake::{TestLake, call};

    #[tokio::test]
    async fn hidden_numbers_are_unknown() {
        let numbers = [
            (json!("+49 30 1234"), "+49 30 1234"),
            (json!("  +1 "), "+1"),
            (json!("unknown caller"), "unknown caller"),
            (json!("anonymous"), "NULL"),
            (json!("Private"), "NULL"),
            (json!(" RESTRICTED "), "NULL"),
            (json!("unavailable"), "NULL"),
            (json!("Unknown"), "NULL"),
            (json!("  "), "NULL"),
            (json!(null), "NULL"),
        ];
        for (number, known) in numbers {
            let lake =
                TestLake::with_calls([call("a", "2026-11-02T08:00:00Z", json!({"consumer_number": number}))]);
            assert_eq!(lake.sql("SELECT known_number FROM calls").await, [known], "{number}");
        }
    }
}
