//! Names that a session's statements can use.

use std::collections::BTreeSet;

use datafusion::prelude::SessionContext;

use crate::completion_catalog::{CatalogColumn, CatalogTable, CompletionCatalog};
use crate::describe::describe_type;
use crate::error::QueryError;
use crate::session::LakeSession;

impl LakeSession {
    /// Returns the tables, columns and functions of this session.
    ///
    /// # Errors
    /// [`QueryError::Sql`] if the columns of a table cannot be listed.
    pub async fn completion_catalog(&self) -> Result<CompletionCatalog, QueryError> {
        let mut tables = Vec::new();
        let ctx = self.context();
        for name in self.table_names() {
            let schema = ctx.table_provider(name.as_str()).await.map_err(QueryError::planning)?.schema();
            let comments = self.comments().columns(&name, &schema);
            let columns = schema.fields().iter().zip(comments).map(|(field, comment)| CatalogColumn {
                name: field.name().clone(),
                kind: describe_type(field.data_type()),
                comment,
            });
            tables.push(CatalogTable {
                comment: self.comments().table(&name).map(str::to_owned),
                is_user_defined: false,
                columns: columns.collect(),
                name,
            });
        }
        Ok(CompletionCatalog { tables, functions: functions(ctx, self) })
    }
}

fn functions(ctx: &SessionContext, session: &LakeSession) -> Vec<String> {
    let state = ctx.state();
    let mut names: BTreeSet<String> = state.scalar_functions().keys().cloned().collect();
    names.extend(state.aggregate_functions().keys().cloned());
    names.extend(state.window_functions().keys().cloned());
    names.extend(state.table_functions().keys().cloned());
    names.extend(session.summaries().all().iter().map(|summary| summary.name().to_owned()));
    names.into_iter().collect()
}
