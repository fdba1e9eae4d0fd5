//! Casts the constant digits of `round` before type coercion.
//!
//! The type of `round(d, 2)` depends on its digits. During type coercion the digits are
//! `CAST(2 AS INT)`, which DataFusion does not recognize as a constant. It evaluates the cast
//! later, so that `d > round(d, 2)` compares decimals of different scales and fails.
//!
//! ```text
//! Filter: d > round(d, Int64(2))
//!   TableScan: t
//! ```
//! becomes
//! ```text
//! Filter: d > round(d, Int32(2))
//!   TableScan: t
//! ```

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;

use crate::expressions::rewrite_expressions;

/// Replaces digits of another integer type. Must run before DataFusion's analyzer rules.
#[derive(Debug)]
pub(super) struct ConstantDigits;

impl AnalyzerRule for ConstantDigits {
    fn name(&self) -> &'static str {
        "constant_digits"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(
                plan,
                |expr| constant_digits(expr).is_some(),
                |expr, _| expr.transform_up(cast_digits),
            )
        })?;
        Ok(rewritten.data)
    }
}

/// Returns the constant digits of a call of `round`.
fn constant_digits(expr: &Expr) -> Option<i32> {
    match expr {
        Expr::ScalarFunction(function) if function.name() == "round" => match function.args.as_slice() {
            [_, Expr::Literal(ScalarValue::Int64(Some(digits)), _)] => i32::try_from(*digits).ok(),
            _ => None,
        },
        _ => None,
    }
}

fn cast_digits(expr: Expr) -> Result<Transformed<Expr>> {
    let Some(digits) = constant_digits(&expr) else { return Ok(Transformed::no(expr)) };
    let Expr::ScalarFunction(mut function) = expr else { return Ok(Transformed::no(expr)) };
    function.args.truncate(1);
    function.args.push(Expr::Literal(ScalarValue::Int32(Some(digits)), None));
    Ok(Transformed::yes(Expr::ScalarFunction(function)))
}
