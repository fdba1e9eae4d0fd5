//! Expressions that are known to keep their meaning when they are encoded.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CaseExpr, CastExpr, Column, DynamicFilterPhysicalExpr, InListExpr, IsNotNullExpr, IsNullExpr,
    LikeExpr, Literal, NegativeExpr, NotExpr, TryCastExpr,
};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

use super::part::refused;

/// Checks an expression with all its parts.
pub(super) fn check(expr: &Arc<dyn PhysicalExpr>) -> Result<()> {
    expr.apply(|part| {
        if is_portable(part) {
            return Ok(TreeNodeRecursion::Continue);
        }
        Err(refused(format!("the expression {part}"), "its kind is unknown"))
    })?;
    Ok(())
}

/// Returns whether `expr` is a filter of a running plan that has not been filled.
pub(super) fn is_empty_filter(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let Some(filter) = expr.downcast_ref::<DynamicFilterPhysicalExpr>() else { return false };
    let current = filter.current();
    current.is_ok_and(|current| {
        let literal = current.downcast_ref::<Literal>().map(Literal::value);
        literal == Some(&ScalarValue::Boolean(Some(true)))
    })
}

/// Returns whether an expression calls a function.
pub(super) fn calls_function(expr: &Arc<dyn PhysicalExpr>) -> Result<bool> {
    expr.exists(|part| Ok(part.is::<ScalarFunctionExpr>()))
}

fn is_portable(expr: &Arc<dyn PhysicalExpr>) -> bool {
    expr.is::<Column>()
        || expr.is::<Literal>()
        || expr.is::<BinaryExpr>()
        || expr.is::<CastExpr>()
        || expr.is::<TryCastExpr>()
        || expr.is::<CaseExpr>()
        || expr.is::<InListExpr>()
        || expr.is::<IsNullExpr>()
        || expr.is::<IsNotNullExpr>()
        || expr.is::<NotExpr>()
        || expr.is::<NegativeExpr>()
        || expr.is::<LikeExpr>()
        // The codec checks the function.
        || expr.is::<ScalarFunctionExpr>()
}
