//! Conditions in SQL over an answer's rows, such as `abandonment_rate > 0.08`.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::prelude::SessionContext;

use crate::error::QueryError;
use crate::functions;

/// The rows of an answer for which a condition holds. The condition is one expression of SQL over the
/// answer's columns, with all functions of questions; it reads nothing else.
///
/// # Errors
/// [`QueryError::Sql`] for a condition that is none, or names a column that the answer does not have.
pub async fn rows_where(rows: &RecordBatch, condition: &str) -> Result<RecordBatch, QueryError> {
    let ctx = SessionContext::new();
    functions::all().into_iter().for_each(|function| ctx.register_udf(function));
    let answer = ctx.read_batch(rows.clone()).map_err(QueryError::planning)?;
    let condition = answer.parse_sql_expr(condition).map_err(QueryError::planning)?;
    let found = answer.filter(condition).map_err(QueryError::planning)?;
    let schema = rows.schema();
    let found = found.collect().await.map_err(QueryError::execution)?;
    concat_batches(&schema, found.iter()).map_err(|error| QueryError::execution(error.into()))
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
    async fn a_condition_picks_rows_and_null_is_none_of_them() {
        assert_eq!(rows_where(&rows(), "rate > 0.08").await.unwrap().num_rows(), 1);
        assert_eq!(rows_where(&rows(), "rate > 0.09").await.unwrap().num_rows(), 0);
        assert_eq!(rows_where(&rows(), "name = 'Sales' AND rate IS NULL").await.unwrap().num_rows(), 1);
    }

    #[tokio::test]
    async fn what_is_no_condition_is_refused() {
        for condition in ["rat > 0.08", "rate >", "1; DROP TABLE x", "SELECT 1"] {
            assert!(matches!(rows_where(&rows(), condition).await, Err(QueryError::Sql(_))), "{condition}");
        }
    }
}
