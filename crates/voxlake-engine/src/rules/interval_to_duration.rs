//! Replaces constant intervals without months by durations in timestamp arithmetic.
//!
//! ```text
//! Projection: start_time + IntervalMonthDayNano(7 days)
//! ```
//! becomes
//! ```text
//! Projection: start_time + DurationMillisecond(604800000)
//! ```
//!
//! An interval counts calendar days, so DataFusion computes the length of each day in the time zone
//! of each instant. Days have 24 hours in UTC and without a zone.

use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, TimeUnit};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use voxlake_model::time::DAY_MS;

use crate::expressions::rewrite_expressions;

/// Replaces constant intervals without months that are added to or subtracted from timestamps.
#[derive(Debug)]
pub(super) struct IntervalToDuration;

impl OptimizerRule for IntervalToDuration {
    fn name(&self) -> &'static str {
        "interval_to_duration"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        rewrite_expressions(plan, adds_interval, |expr, schema| {
            expr.transform_up(|expr| {
                Ok(match as_duration(&expr, schema) {
                    Some(duration) => Transformed::yes(duration),
                    None => Transformed::no(expr),
                })
            })
        })
    }
}

/// Returns whether `expr` adds or subtracts a constant interval.
fn adds_interval(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryExpr(BinaryExpr { op: Operator::Plus | Operator::Minus, right, .. })
        if matches!(&**right, Expr::Literal(ScalarValue::IntervalMonthDayNano(_), _)))
}

/// Returns `instant ± interval` as `instant ± duration`, or `None` for other expressions.
fn as_duration(expr: &Expr, schema: &DFSchema) -> Option<Expr> {
    let Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::Plus | Operator::Minus), right }) = expr
    else {
        return None;
    };
    let Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), metadata) = &**right else {
        return None;
    };
    let DataType::Timestamp(TimeUnit::Millisecond, zone) = left.get_type(schema).ok()? else { return None };
    let whole_days = zone.is_none_or(|zone| matches!(&*zone, "UTC" | "+00:00"));
    let duration = ScalarValue::DurationMillisecond(Some(milliseconds(*interval)?));
    whole_days.then(|| {
        let right = Expr::Literal(duration, metadata.clone());
        Expr::BinaryExpr(BinaryExpr { left: left.clone(), op: *op, right: Box::new(right) })
    })
}

/// Returns the length of an interval in ms, if it is fixed and an integer.
fn milliseconds(interval: IntervalMonthDayNano) -> Option<i64> {
    let IntervalMonthDayNano { months: 0, days, nanoseconds } = interval else { return None };
    (nanoseconds % 1_000_000 == 0).then(|| i64::from(days) * DAY_MS + nanoseconds / 1_000_000)
}

#[cfg(test)]
mod tests {

    use serde_json::json;
    use voxlake_query::test_lake::{TestLake, call};

    #[tokio::test]
    async fn days_are_durations_and_months_are_not() {
        let lake = TestLake::with_calls([call("a", "2026-03-28T12:00:00Z", json!({}))]);
        for (interval, expected, is_plain) in [
            ("+ INTERVAL '7 days'", "2026-04-04T12:00:00Z", true),
            ("- INTERVAL '1 day 90 minutes'", "2026-03-27T10:30:00Z", true),
            ("- INTERVAL '-2 hours 1 second'", "2026-03-28T13:59:59Z", true),
            ("+ INTERVAL '1 month'", "2026-04-28T12:00:00Z", false),
            ("+ INTERVAL '1 month -1 day'", "2026-04-27T12:00:00Z", false),
        ] {
            let sql = format!("SELECT start_time {interval} AS at FROM voice_calls");
            assert_eq!(lake.sql(&sql).await, [expected], "{interval}");
            let plan = lake.sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.join("\n");
            assert_eq!(plan.contains("DurationMillisecond"), is_plain, "{plan}");
        }
        // A day on which clocks go forward has 23 hours.
        let sql = r#"SELECT CAST(arrow_cast(start_time, 'Timestamp(Millisecond, Some("Europe/Berlin"))')
                       + INTERVAL '1 day' AS TEXT) FROM voice_calls"#;
        assert_eq!(lake.sql(sql).await, ["2026-03-29T13:00:00+02:00"]);
    }

    #[tokio::test]
    async fn grouping_expressions_keep_their_names() {
        let lake = TestLake::with_calls([call("a", "2026-11-01T23:30:00Z", json!({}))]);
        let sql = "SELECT CAST(start_time + INTERVAL '1 hour' AS DATE) AS d, count(*) FROM voice_calls
                   GROUP BY ROLLUP (CAST(start_time + INTERVAL '1 hour' AS DATE)) ORDER BY d";
        assert_eq!(lake.sql(sql).await, ["2026-11-02 | 1", "NULL | 1"]);
        let sql = "SELECT start_time + INTERVAL '1 day' AS d, extract(hour FROM start_time) AS h, count(*)
                   FROM voice_calls
                   GROUP BY GROUPING SETS ((start_time + INTERVAL '1 day'), (extract(hour FROM start_time)), ())
                   ORDER BY d, h";
        let expected = ["2026-11-02T23:30:00Z | NULL | 1", "NULL | 23 | 1", "NULL | NULL | 1"];
        assert_eq!(lake.sql(sql).await, expected);
    }
}
