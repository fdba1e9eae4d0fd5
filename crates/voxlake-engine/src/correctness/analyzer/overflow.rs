//! Makes integer arithmetic fail where it would wrap, and decimal arithmetic where a result needs
//! more than 38 digits.
//!
//! ```text
//! Projection: calls * 2
//! ```
//! becomes
//! ```text
//! Projection: checked_multiply(calls, 2)
//! ```

use datafusion::arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::BinaryExpr;
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::checked_arithmetic::{checked, checked_digits, checked_negative};
use crate::expressions::rewrite_expressions;

/// Replaces operators that can overflow with checked functions.
#[derive(Debug)]
pub(super) struct CheckOverflow;

impl AnalyzerRule for CheckOverflow {
    fn name(&self) -> &'static str {
        "check_overflow"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(plan, can_overflow, |expr, schema| {
                expr.transform_up(|expr| check_arithmetic(expr, schema))
            })
        })?;
        Ok(rewritten.data)
    }
}

fn can_overflow(expr: &Expr) -> bool {
    match expr {
        Expr::Negative(_) => true,
        Expr::BinaryExpr(BinaryExpr { op, .. }) => {
            matches!(op, Operator::Plus | Operator::Minus | Operator::Multiply)
        }
        _ => false,
    }
}

fn check_arithmetic(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match expr {
        Expr::Negative(value) if value.get_type(schema)?.is_integer() => {
            Ok(Transformed::yes(checked_negative(*value)))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if is_integer_arithmetic(&left, op, &right, schema)? =>
        {
            let whole = checked(left.as_ref().clone(), op, right.as_ref().clone());
            let same = || Expr::BinaryExpr(BinaryExpr { left, op, right });
            Ok(whole.map_or_else(|| Transformed::no(same()), Transformed::yes))
        }
        Expr::BinaryExpr(_) if can_overflow(&expr) && has_all_digits(&expr.get_type(schema)?) => {
            Ok(Transformed::yes(checked_digits(expr)))
        }
        expr => Ok(Transformed::no(expr)),
    }
}

/// Returns whether a decimal type has the maximum number of digits, so that a result may need more.
fn has_all_digits(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Decimal128(DECIMAL128_MAX_PRECISION, _))
}

fn is_integer_arithmetic(left: &Expr, op: Operator, right: &Expr, schema: &DFSchema) -> Result<bool> {
    if !matches!(op, Operator::Plus | Operator::Minus | Operator::Multiply) {
        return Ok(false);
    }
    let of = left.get_type(schema)?;
    Ok(of.is_integer() && of == right.get_type(schema)?)
}
