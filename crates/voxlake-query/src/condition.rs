//! Conditions in SQL over the rows of a result, such as `abandonment_rate > 0.08`.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{SetExpr, Statement as Sql};
use voxlake_model::CurrencySymbols;

use crate::correctness;
use crate::error::QueryError;

/// Returns the rows of a result that meet a condition: one SQL expression over its columns, with
/// all functions of queries. It cannot read tables.
///
/// # Errors
/// [`QueryError::Sql`] for an invalid condition or an unknown column.
pub async fn rows_where(rows: &RecordBatch, condition: &str) -> Result<RecordBatch, QueryError> {
    let mut config = SessionConfig::new();
    voxlake_engine::correctness::configure(&mut config);
    let builder = SessionStateBuilder::new().with_config(config).with_default_features();
    let ctx = SessionContext::new_with_state(voxlake_engine::correctness::with_rules(builder).build());
    correctness::register(&ctx).map_err(QueryError::planning)?;
    voxlake_functions::scalar_functions(&CurrencySymbols::default())
        .into_iter()
        .for_each(|function| ctx.register_udf(function));
    ctx.register_batch("answer", rows.clone()).map_err(QueryError::planning)?;
    let statement = filtered(&ctx.state(), condition).map_err(QueryError::planning)?;
    let plan = ctx.state().statement_to_plan(statement).await.map_err(QueryError::planning)?;
    let found = ctx.execute_logical_plan(plan).await.map_err(QueryError::planning)?;
    let schema = rows.schema();
    let found = found.collect().await.map_err(QueryError::execution)?;
    concat_batches(&schema, found.iter()).map_err(|error| QueryError::execution(error.into()))
}

/// The statement `SELECT * FROM answer WHERE condition`. The condition is parsed separately, which
/// ensures that it is one expression.
fn filtered(state: &SessionState, condition: &str) -> datafusion::error::Result<Statement> {
    let dialect = state.config_options().sql_parser.dialect;
    correctness::check_chains(condition)?;
    let condition = state.sql_to_expr(condition, &dialect)?;
    let mut statement = state.sql_to_statement("SELECT * FROM answer WHERE true", &dialect)?;
    if let Statement::Statement(sql) = &mut statement
        && let Sql::Query(query) = sql.as_mut()
        && let SetExpr::Select(select) = query.body.as_mut()
    {
        select.selection = Some(condition);
    }
    correctness::correct_statement(statement, state)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, Decimal128Array, StringArray};

    use super::*;

    fn rows() -> RecordBatch {
        let names = StringArray::from(vec!["Billing", "Sales"]);
        let rates = Decimal128Array::from(vec![Some(81_234), None]).with_precision_and_scale(9, 6).unwrap();
        RecordBatch::try_from_iter([
            ("name", Arc::new(names) as ArrayRef),
            ("rate", Arc::new(rates) as ArrayRef),
        ])
        .unwrap()
    }

    #[tokio::test]
    async fn condition_selects_rows_without_nulls() {
        assert_eq!(rows_where(&rows(), "rate > 0.08").await.unwrap().num_rows(), 1);
        assert_eq!(rows_where(&rows(), "rate > 0.09").await.unwrap().num_rows(), 0);
        assert_eq!(rows_where(&rows(), "name = 'Sales' AND rate IS NULL").await.unwrap().num_rows(), 1);
    }

    #[tokio::test]
    async fn invalid_conditions_are_rejected() {
        for condition in ["rat > 0.08", "rate >", "1; DROP TABLE x", "SELECT 1"] {
            assert!(matches!(rows_where(&rows(), condition).await, Err(QueryError::Sql(_))), "{condition}");
        }
    }
}
