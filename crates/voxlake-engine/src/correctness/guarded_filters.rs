//! Evaluates conditions that can fail only for rows that pass the other conditions of their filter.
//!
//! DataFusion merges the filter of a subquery with that of the outer query and evaluates the parts
//! in any order, also inside the Parquet reader. A cast may then fail for rows that the subquery
//! excludes.
//!
//! ```text
//! Filter: number LIKE '+%' AND CAST(number AS Int64) > 0
//! ```
//! becomes
//! ```text
//! Filter: number LIKE '+%'
//!         AND CASE WHEN number LIKE '+%' THEN CAST(number AS Int64) > 0 ELSE false END
//! ```

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{BinaryExpr, Cast};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Expr, ExprSchemable as _, Filter, LogicalPlan, Operator, lit, when};

use super::checked_arithmetic::is_checked;

/// Guards the conditions that can fail in all filters of an optimized plan. Must run last, because
/// later rules could merge filters again.
pub(crate) fn with_guarded_filters(plan: LogicalPlan) -> Result<LogicalPlan> {
    Ok(plan.transform_up_with_subqueries(guard_conditions)?.data)
}

fn guard_conditions(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Filter(filter) = plan else { return Ok(Transformed::no(plan)) };
    if !can_fail(&filter.predicate, filter.input.schema())? {
        return Ok(Transformed::no(LogicalPlan::Filter(filter)));
    }
    let schema = filter.input.schema();
    let (mut safe, mut failing) = (Vec::new(), Vec::new());
    for condition in split_conjunction_owned(filter.predicate) {
        if can_fail(&condition, schema)? { failing.push(condition) } else { safe.push(condition) }
    }
    let predicate = match (conjunction(safe), conjunction(failing)) {
        (Some(safe), Some(failing)) => safe.clone().and(when(safe, failing).otherwise(lit(false))?),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => lit(true),
    };
    Filter::try_new(predicate, filter.input).map(|filter| Transformed::yes(LogicalPlan::Filter(filter)))
}

/// Returns whether evaluating `expr` can fail for some value of its columns.
fn can_fail(expr: &Expr, schema: &DFSchema) -> Result<bool> {
    expr.exists(|expr| {
        Ok(match expr {
            Expr::Cast(Cast { expr, field }) if !matches!(expr.as_ref(), Expr::Literal(..)) => {
                let (from, to) = (expr.get_type(schema)?, field.data_type());
                is_text(&from) && !is_text(to)
            }
            Expr::BinaryExpr(BinaryExpr { op: Operator::Divide | Operator::Modulo, right, .. }) => {
                !matches!(right.as_ref(), Expr::Literal(..))
            }
            Expr::ScalarFunction(function) => is_checked(expr) || function.name().starts_with("to_"),
            _ => false,
        })
    })
}

fn is_text(of: &DataType) -> bool {
    match of {
        DataType::Dictionary(_, value) => is_text(value),
        of => of.is_string(),
    }
}
