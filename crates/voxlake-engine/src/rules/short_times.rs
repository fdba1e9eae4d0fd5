//! Times without seconds, `'2026-11-27 23:00'`, in texts that become timestamps. DataFusion refuses them.
//!
//! ```text
//! before: Filter: start_time > CAST(Utf8("2026-11-27 23:00") AS Timestamp(ms, "UTC"))
//! after:  Filter: start_time > CAST(Utf8("2026-11-27 23:00:00") AS Timestamp(ms, "UTC"))
//! ```
//!
//! Only constants are completed: a column of text is cast as it is.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Cast, Expr, LogicalPlan, TryCast};
use datafusion::optimizer::AnalyzerRule;

use crate::expressions::with_expressions;

/// Completes the times of constants that are cast to a date or timestamp. Runs after the coercion of types, which
/// casts the constants of comparisons.
#[derive(Debug)]
pub(super) struct ShortTimes;

impl AnalyzerRule for ShortTimes {
    fn name(&self) -> &'static str {
        "short_times"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let completed = plan.transform_up_with_subqueries(|plan| {
            with_expressions(plan, |expr| completed(expr).is_some(), |expr, _| complete(expr))
        });
        Ok(completed?.data)
    }
}

fn complete(expr: Expr) -> Result<Transformed<Expr>> {
    expr.transform_up(|expr| match completed(&expr) {
        Some(new) => Ok(Transformed::yes(new)),
        None => Ok(Transformed::no(expr)),
    })
}

/// The same cast, or call of `to_timestamp`, of the completed constant; none where there is nothing to complete.
fn completed(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Cast(Cast { expr, field }) if is_moment(field.data_type()) => {
            let expr = Box::new(constant(expr)?);
            Some(Expr::Cast(Cast { expr, field: field.clone() }))
        }
        Expr::TryCast(TryCast { expr, field }) if is_moment(field.data_type()) => {
            let expr = Box::new(constant(expr)?);
            Some(Expr::TryCast(TryCast { expr, field: field.clone() }))
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name().starts_with("to_timestamp") => {
            let [only] = args.as_slice() else { return None };
            let args = vec![constant(only)?];
            Some(Expr::ScalarFunction(ScalarFunction { func: func.clone(), args }))
        }
        _ => None,
    }
}

fn is_moment(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64)
}

fn constant(expr: &Expr) -> Option<Expr> {
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

/// `2026-11-27 23:00`, perhaps with a zone behind it, with seconds; none for any other text, whose error is to show it
/// as it is.
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
    async fn times_without_seconds_are_read() {
        let lake = TestLake::of([
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
    async fn other_texts_stay_as_they_are() {
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
