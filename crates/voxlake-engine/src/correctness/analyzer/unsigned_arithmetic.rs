//! Integer arithmetic with one unsigned operand.
//!
//! DataFusion converts both operands to decimals, so a quotient has a fraction:
//! `row_number() OVER (…) / 2` is 0.5 for the first row, and `cardinality(list) / 2` is 1.5 for
//! three entries. The rule casts the unsigned operand to a signed type:
//!
//! ```text
//! Projection: row_number() / Int64(2)
//! ```
//! becomes
//! ```text
//! Projection: CAST(row_number() AS Int64) / Int64(2)
//! ```

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::BinaryExpr;
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, Operator, cast};
use datafusion::optimizer::AnalyzerRule;

use crate::expressions::rewrite_expressions;

/// Casts unsigned operands to signed types. Must run before DataFusion's type coercion.
#[derive(Debug)]
pub(super) struct CalculateSigned;

impl AnalyzerRule for CalculateSigned {
    fn name(&self) -> &'static str {
        "calculate_signed"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let wanted =
            |expr: &Expr| matches!(expr, Expr::BinaryExpr(BinaryExpr { op, .. }) if is_arithmetic(*op));
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(plan, wanted, |expr, schema| {
                expr.transform_up(|expr| Ok(cast_to_signed(expr, schema)))
            })
        })?;
        Ok(rewritten.data)
    }
}

fn is_arithmetic(op: Operator) -> bool {
    use Operator::{Divide, Minus, Modulo, Multiply, Plus};
    matches!(op, Plus | Minus | Multiply | Divide | Modulo)
}

fn cast_to_signed(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    let BinaryExpr { left, op, right } = match expr {
        Expr::BinaryExpr(binary) if is_arithmetic(binary.op) => binary,
        expr => return Transformed::no(expr),
    };
    // DataFusion reports expressions that have no type.
    let kind = |expr: &Expr| expr.get_type(schema).ok();
    let kinds = (kind(&left), kind(&right));
    let is_signed = |kind: &Option<DataType>| kind.as_ref().is_some_and(DataType::is_signed_integer);
    let is_unsigned = |kind: &Option<DataType>| *kind == Some(DataType::UInt64);
    let (left, right, is_changed) = if is_unsigned(&kinds.0) && is_signed(&kinds.1) {
        (Box::new(cast(*left, DataType::Int64)), right, true)
    } else if is_signed(&kinds.0) && is_unsigned(&kinds.1) {
        (left, Box::new(cast(*right, DataType::Int64)), true)
    } else {
        (left, right, false)
    };
    Transformed::new_transformed(Expr::BinaryExpr(BinaryExpr { left, op, right }), is_changed)
}
