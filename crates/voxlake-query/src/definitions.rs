//! Statements that define views, tables in memory and settings of a session.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::execution::context::SQLOptions;
use datafusion::sql::parser::Statement;

use crate::error::QueryError;
use crate::panics::catch_panic;
use crate::session::LakeSession;
use crate::statement_policy::{StatementKind, classify};

impl LakeSession {
    /// Executes a statement that creates a view or a table in memory, or changes a setting. Clones
    /// of this session see the result. `sql` is the text of the statement.
    ///
    /// Call [`classify`](crate::classify) first: it rejects statements that are not allowed.
    ///
    /// # Errors
    /// [`QueryError::Sql`] for a statement that cannot be planned, [`QueryError::ReadOnly`] for one
    /// that would write or set the time zone, which is an option of the session.
    pub async fn define(&self, statement: &Statement, sql: &str) -> Result<(), QueryError> {
        // DataFusion's own setting would change how constants are read, but not the tables.
        if let StatementKind::SetTimeZone { .. } = classify(statement)? {
            return Err(QueryError::ReadOnly {
                reason: "the time zone is an option of a session".to_owned(),
            });
        }
        let plan = self.plan(statement, sql, &Arc::default(), &Arc::default()).await?;
        // A second check, for writes that the list of allowed statements misses.
        SQLOptions::new()
            .with_allow_dml(false)
            .verify_plan(&plan)
            .map_err(|error| QueryError::ReadOnly { reason: error.strip_backtrace() })?;
        catch_panic(self.context().execute_logical_plan(plan)).await.map_err(QueryError::execution)?;
        Ok(())
    }

    /// Returns the names of all tables and views.
    #[must_use]
    pub fn table_names(&self) -> BTreeSet<String> {
        let ctx = self.context();
        let state = ctx.state();
        let catalog = &state.config_options().catalog;
        let schema =
            ctx.catalog(&catalog.default_catalog).and_then(|found| found.schema(&catalog.default_schema));
        schema.map(|schema| schema.table_names().into_iter().collect()).unwrap_or_default()
    }
}
