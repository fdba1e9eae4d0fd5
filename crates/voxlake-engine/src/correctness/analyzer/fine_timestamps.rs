//! Compares a column of milliseconds with instants of finer resolution.
//!
//! DataFusion truncates the instant to the unit of the column:
//! `start_time < TIMESTAMP '2026-11-02 00:13:09.0005'` omits a call that started at `00:13:09.000`.
//! The rule compares in nanoseconds instead:
//!
//! ```text
//! Filter: CAST(start_time AS Timestamp(ns)) < CAST('2026-11-02 00:13:09.0005' AS Timestamp(ns))
//! ```
//! becomes
//! ```text
//! Filter: optimization_barrier(CAST(start_time AS Timestamp(ns)))
//!         < TimestampNanosecond(…000500000)
//! ```

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Between, BinaryExpr, Cast, InList};
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, cast, lit};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::barrier::barrier;
use crate::expressions::rewrite_expressions;

/// Compares instants that are finer than a column's unit in nanoseconds.
#[derive(Debug)]
pub(super) struct CompareFineTimestamps;

impl AnalyzerRule for CompareFineTimestamps {
    fn name(&self) -> &'static str {
        "compare_fine_timestamps"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let wanted = |expr: &Expr| matches!(expr, Expr::BinaryExpr(_) | Expr::Between(_) | Expr::InList(_));
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(plan, wanted, |expr, schema| {
                expr.transform_up(|expr| compare_in_nanoseconds(expr, schema))
            })
        })?;
        Ok(rewritten.data)
    }
}

fn compare_in_nanoseconds(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    Ok(match expr {
        Expr::BinaryExpr(mut compared) if compared.op.supports_propagation() => {
            let BinaryExpr { left, right, .. } = &mut compared;
            let done =
                in_nanoseconds(left, &mut [right], schema)? || in_nanoseconds(right, &mut [left], schema)?;
            Transformed::new_transformed(Expr::BinaryExpr(compared), done)
        }
        Expr::Between(mut between) => {
            let Between { expr, low, high, .. } = &mut between;
            let done = in_nanoseconds(expr, &mut [low, high], schema)?;
            Transformed::new_transformed(Expr::Between(between), done)
        }
        Expr::InList(mut among) => {
            let InList { expr, list, .. } = &mut among;
            let done = in_nanoseconds(expr, &mut list.iter_mut().collect::<Vec<_>>(), schema)?;
            Transformed::new_transformed(Expr::InList(among), done)
        }
        expr => Transformed::no(expr),
    })
}

/// Converts `value` and `literals` to nanoseconds if a literal lies between two values of the type
/// of `value`.
fn in_nanoseconds(value: &mut Expr, literals: &mut [&mut Expr], schema: &DFSchema) -> Result<bool> {
    let column = match &*value {
        Expr::Cast(Cast { expr, .. }) => expr.as_ref(),
        Expr::Literal(..) => return Ok(false),
        value => value,
    };
    let DataType::Timestamp(unit, zone) = column.get_type(schema)? else { return Ok(false) };
    let step = match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => return Ok(false),
    };
    let fine = DataType::Timestamp(TimeUnit::Nanosecond, zone.clone());
    let instants: Option<Vec<i64>> = literals.iter().map(|literal| nanoseconds(literal, &fine)).collect();
    let Some(instants) = instants else { return Ok(false) };
    if instants.iter().all(|instant| instant % step == 0) {
        return Ok(false);
    }
    let column = column.clone();
    *value = barrier(cast(column, fine));
    for (literal, instant) in literals.iter_mut().zip(instants) {
        **literal = lit(ScalarValue::TimestampNanosecond(Some(instant), zone.as_ref().map(Arc::clone)));
    }
    Ok(true)
}

/// Returns the instant of a constant in the type `fine`, or `None` for other expressions and for
/// nulls.
fn nanoseconds(expr: &Expr, fine: &DataType) -> Option<i64> {
    let value = match expr {
        Expr::Literal(value, _) => value,
        Expr::Cast(Cast { expr, field }) => match (expr.as_ref(), field.data_type()) {
            (Expr::Literal(value, _), DataType::Timestamp(..)) => value,
            (Expr::Cast(_), DataType::Timestamp(..)) => return nanoseconds(expr, fine),
            _ => return None,
        },
        _ => return None,
    };
    match value.cast_to(fine) {
        Ok(ScalarValue::TimestampNanosecond(instant, _)) => instant,
        _ => None,
    }
}
