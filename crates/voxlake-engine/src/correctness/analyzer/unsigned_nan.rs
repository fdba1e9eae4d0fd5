//! Removes the sign of NaN from results of calculations:
//! [`unsigned_nan`](crate::correctness::unsigned_nan).
//!
//! ```text
//! Projection: x / y + z
//! ```
//! becomes
//! ```text
//! Projection: unsigned_nan(x / y + z)
//! ```

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{BinaryExpr, Cast, TryCast};
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::unsigned_nan::unsigned_nan;
use crate::expressions::rewrite_expressions;

/// Functions that return NaN for arguments that are not NaN.
const FUNCTIONS: [&str; 14] = [
    "acos", "acosh", "asin", "atanh", "cos", "cot", "ln", "log", "log10", "log2", "power", "sin", "sqrt",
    "tan",
];

/// Wraps floating-point calculations in `unsigned_nan`.
#[derive(Debug)]
pub(super) struct TakeSignsOffNan;

impl AnalyzerRule for TakeSignsOffNan {
    fn name(&self) -> &'static str {
        "take_signs_off_nan"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(plan, is_calculation, |expr, schema| wrap_calculations(expr, schema, false))
        })?;
        Ok(rewritten.data)
    }
}

/// Returns whether a floating-point `expr` may create a NaN or change the sign of one.
fn is_calculation(expr: &Expr) -> bool {
    match expr {
        Expr::Negative(_) | Expr::Cast(_) | Expr::TryCast(_) => true,
        Expr::BinaryExpr(BinaryExpr { op, .. }) => {
            use Operator::{Divide, Minus, Modulo, Multiply, Plus};
            matches!(op, Plus | Minus | Multiply | Divide | Modulo)
        }
        Expr::ScalarFunction(function) => FUNCTIONS.contains(&function.name()),
        _ => false,
    }
}

fn is_float_calculation(expr: &Expr, schema: &DFSchema) -> Result<bool> {
    if !is_calculation(expr) || !expr.get_type(schema)?.is_floating() {
        return Ok(false);
    }
    match expr {
        // Text may be "-NaN".
        Expr::Cast(Cast { expr: given, .. }) | Expr::TryCast(TryCast { expr: given, .. }) => {
            Ok(!given.get_type(schema)?.is_numeric())
        }
        _ => Ok(true),
    }
}

/// Wraps calculations in `expr`. Operands of a wrapped calculation stay: NaN of either sign yields
/// NaN.
fn wrap_calculations(expr: Expr, schema: &DFSchema, is_operand: bool) -> Result<Transformed<Expr>> {
    let calculates = is_float_calculation(&expr, schema)?;
    let expr = expr.map_children(|child| wrap_calculations(child, schema, calculates))?;
    if !calculates || is_operand {
        return Ok(expr);
    }
    Ok(Transformed::yes(unsigned_nan(expr.data)))
}
