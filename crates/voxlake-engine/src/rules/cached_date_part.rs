//! Replaces `date_part` and `date_trunc` by versions that compute a part once per hour.
//!
//! ```text
//! Projection: date_part('hour', start_time)
//! Projection: date_part('hour', start_time)    a `CachedDatePart` with the same name
//! ```
//!
//! The function object changes, not the expression's name. The rule runs after DataFusion's rules,
//! which recognize its own functions, for example to prune by a filter on a year.

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use crate::expressions::rewrite_expressions;
use voxlake_functions::cached_date_part::cached_date_part;

/// Replaces DataFusion's `date_part` and `date_trunc`.
#[derive(Debug)]
pub(super) struct CachedDatePart;

impl OptimizerRule for CachedDatePart {
    fn name(&self) -> &'static str {
        "cached_date_part"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let of_part =
            |expr: &Expr| matches!(expr, Expr::ScalarFunction(call) if cached_date_part(call).is_some());
        rewrite_expressions(plan, of_part, |expr, _| {
            expr.transform_up(|expr| match expr {
                Expr::ScalarFunction(call) => Ok(match cached_date_part(&call) {
                    Some(function) => {
                        let func = function.into();
                        Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args: call.args }))
                    }
                    None => Transformed::no(Expr::ScalarFunction(call)),
                }),
                expr => Ok(Transformed::no(expr)),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use crate::rules;
    use voxlake_query::test_lake::rows;

    #[tokio::test]
    async fn every_part_equals_that_of_datafusion() {
        let instants = "SELECT arrow_cast(column1, 'Timestamp(Millisecond, Some(\"UTC\"))') AS at FROM (VALUES
            (TIMESTAMP '2026-03-29 00:59:59.999'), (TIMESTAMP '2026-03-29 00:00:00'), (NULL), (NULL),
            (TIMESTAMP '1970-01-01 00:00:00'), (TIMESTAMP '1970-01-01 00:59:00'), (NULL),
            (TIMESTAMP '1969-12-31 23:59:59.999'), (TIMESTAMP '1969-12-31 23:00:00'), (TIMESTAMP '2027-01-01 00:00:00'),
            (TIMESTAMP '2027-01-01 02:59:59.999'), (TIMESTAMP '2027-01-01 03:00:00'))";
        for zone in ["Some(\"UTC\")", "None", "Some(\"Asia/Kathmandu\")", "Some(\"Europe/Berlin\")"] {
            let parts = [
                "hour", "HOUR", "minute", "day", "dow", "isodow", "week", "month", "quarter", "doy", "year",
                "second",
            ];
            let parts = parts.map(|part| format!("date_part('{part}', at)"));
            let units = ["minute", "hour", "day", "week", "month", "quarter", "year"];
            let units = units.map(|unit| format!("date_trunc('{unit}', at)"));
            let sql = format!(
                "SELECT {}, {} FROM (SELECT arrow_cast(at, 'Timestamp(Millisecond, {zone})') AS at FROM ({instants}))",
                parts.join(", "),
                units.join(", ")
            );
            let (datafusion, voxlake) = (SessionContext::new(), SessionContext::new());
            rules::register(&voxlake, false);
            let mut answers = Vec::new();
            for ctx in [datafusion, voxlake] {
                answers.push(rows(&ctx.sql(&sql).await.unwrap().collect().await.unwrap()));
            }
            assert_eq!(answers[0], answers[1], "{zone}");
            assert_eq!(answers[0].len(), 12);
        }
    }
}
