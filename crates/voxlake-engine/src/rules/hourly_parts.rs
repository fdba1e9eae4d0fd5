//! Parts of instants are asked for by the hour: `date_part` and `date_trunc` become functions of ours
//! that answer alike.
//!
//! Last of all, so that the engine's own rules, which know what a filter on a year means, have seen the
//! functions that they know.

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use crate::expressions::with_expressions;
use voxlake_functions::hourly::hourly;

/// Replaces the engine's functions of parts of instants.
#[derive(Debug)]
pub(super) struct HourlyParts;

impl OptimizerRule for HourlyParts {
    fn name(&self) -> &'static str {
        "hourly_parts"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let of_part = |expr: &Expr| matches!(expr, Expr::ScalarFunction(call) if hourly(call).is_some());
        with_expressions(plan, of_part, |expr, _| {
            expr.transform_up(|expr| match expr {
                Expr::ScalarFunction(call) => Ok(match hourly(&call) {
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
    async fn every_part_is_the_engines_own() {
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
            let (theirs, ours) = (SessionContext::new(), SessionContext::new());
            rules::register(&ours, false);
            let mut answers = Vec::new();
            for ctx in [theirs, ours] {
                answers.push(rows(&ctx.sql(&sql).await.unwrap().collect().await.unwrap()));
            }
            assert_eq!(answers[0], answers[1], "{zone}");
            assert_eq!(answers[0].len(), 12);
        }
    }
}
