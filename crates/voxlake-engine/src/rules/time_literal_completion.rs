//! Completes time literals without seconds, which DataFusion refuses.
//!
//! ```text
//! Filter: start_time > CAST('2026-11-27 23:00' AS Timestamp(ms, "UTC"))
//! ```
//! becomes
//! ```text
//! Filter: start_time > CAST('2026-11-27 23:00:00' AS Timestamp(ms, "UTC"))
//! ```
//!
//! Only constants are completed; text columns are cast unchanged.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Cast, Expr, LogicalPlan, TryCast};
use datafusion::optimizer::AnalyzerRule;

use crate::expressions::rewrite_expressions;

/// Completes constants that are cast to a date or timestamp. Runs after type coercion, which casts
/// the constants of comparisons.
#[derive(Debug)]
pub(super) struct TimeLiteralCompletion;

impl AnalyzerRule for TimeLiteralCompletion {
    fn name(&self) -> &'static str {
        "time_literal_completion"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let completed = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(plan, |expr| completed_cast(expr).is_some(), |expr, _| complete(expr))
        });
        Ok(completed?.data)
    }
}

fn complete(expr: Expr) -> Result<Transformed<Expr>> {
    expr.transform_up(|expr| match completed_cast(&expr) {
        Some(new) => Ok(Transformed::yes(new)),
        None => Ok(Transformed::no(expr)),
    })
}

/// Returns the cast or call of `to_timestamp` with a completed constant, or `None` if there is
/// nothing to complete.
fn completed_cast(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Cast(Cast { expr, field }) if is_date_or_timestamp(field.data_type()) => {
            let expr = Box::new(completed_literal(expr)?);
            Some(Expr::Cast(Cast { expr, field: field.clone() }))
        }
        Expr::TryCast(TryCast { expr, field }) if is_date_or_timestamp(field.data_type()) => {
            let expr = Box::new(completed_literal(expr)?);
            Some(Expr::TryCast(TryCast { expr, field: field.clone() }))
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name().starts_with("to_timestamp") => {
            let [only] = args.as_slice() else { return None };
            let args = vec![completed_literal(only)?];
            Some(Expr::ScalarFunction(ScalarFunction { func: func.clone(), args }))
        }
        _ => None,
    }
}

fn is_date_or_timestamp(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64)
}

fn completed_literal(expr: &Expr) -> Option<Expr> {
    let Expr::Literal(value, metadata) = expr else { return None };
    let text = value.try_as_str()??;
    let new = with_seconds(text)?;
    let value = match value {
        ScalarValue::LargeUtf8(_) => ScalarValue::LargeUtf8(Some(new)),
        ScalarValue::Utf8View(_) => ScalarValue::Utf8View(Some(new)),
        _ => ScalarValue::Utf8(Some(new)),
    };
    Some(Expr::Literal(value, metadata.clone()))
}

/// Appends seconds to `2026-11-27 23:00` with an optional zone. Returns `None` for other texts,
/// whose error should quote them unchanged.
fn with_seconds(text: &str) -> Option<String> {
    let (time, zone) = (text.get(..16)?, text.get(16..)?);
    let fits = time.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        10 => matches!(byte, b' ' | b'T' | b't'),
        13 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    let ends = zone.is_empty() || zone.starts_with(['Z', 'z', '+', '-', ' ']);
    let exists = time.get(11..13)? < "24" && time.get(14..16)? < "60";
    (fits && ends && exists).then(|| format!("{time}:00{zone}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use voxlake_query::test_lake::{TestLake, call};

    #[tokio::test]
    async fn times_without_seconds_are_completed() {
        let lake = TestLake::with_calls([
            call("a", "2026-11-27T22:59:59Z", json!({})),
            call("b", "2026-11-27T23:00:00Z", json!({})),
        ]);
        for (condition, expected) in [
            ("start_time >= '2026-11-27 23:00'", "b"),
            ("start_time < '2026-11-27T23:00'", "a"),
            ("start_time < '2026-11-27 23:00Z'", "a"),
            ("start_time >= '2026-11-28 00:00+01:00'", "b"),
            ("start_time >= TIMESTAMP '2026-11-27 23:00'", "b"),
            ("start_time BETWEEN '2026-11-27 22:00' AND '2026-11-27 22:59:59'", "a"),
            ("start_time IN ('2026-11-27 23:00', '2026-11-27 21:00')", "b"),
            ("CAST('2026-11-27 23:00' AS TIMESTAMP) <= start_time", "b"),
            ("start_time = to_timestamp('2026-11-27 23:00')", "b"),
            ("start_time = TRY_CAST('2026-11-27 23:00' AS TIMESTAMP)", "b"),
            ("date = CAST('2026-11-27 23:00' AS DATE) AND start_time > '2026-11-27 22:59:59'", "b"),
            ("start_time >= (SELECT TIMESTAMP '2026-11-27 23:00')", "b"),
            ("start_time >= (SELECT max(t) FROM (VALUES (TIMESTAMP '2026-11-27 23:00')) v(t))", "b"),
            ("date_trunc('hour', start_time) = '2026-11-27 23:00'", "b"),
        ] {
            let sql = format!("SELECT engagement_id FROM calls WHERE {condition}");
            assert_eq!(lake.sql(&sql).await, [expected], "{condition}");
        }
    }

    #[tokio::test]
    async fn other_texts_are_unchanged() {
        let session = TestLake::empty().session().await;
        for text in ["2026-11-27 23", "2026-11-27 23:0", "2026-11-27 24:00", "2026-11-27 23:00:", "soon"] {
            let sql = format!("SELECT TIMESTAMP '{text}'");
            let refused = match session.sql(&sql).await {
                Ok(answer) => answer.collect().await.is_err(),
                Err(_) => true,
            };
            assert!(refused, "{text}");
        }
        assert_eq!(TestLake::empty().sql("SELECT '2026-11-27 23:00'").await, ["2026-11-27 23:00"]);
    }
}
