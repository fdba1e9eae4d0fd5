//! Replaces `min` and `max` of floating-point numbers by functions that treat NaN as the greatest
//! number: [`float_extremes`](crate::correctness::float_extremes).
//!
//! The plan shows the same names:
//!
//! ```text
//! Aggregate: groupBy=[a], aggr=[max(x)]           DataFusion's function
//!   TableScan: t
//! ```
//! becomes
//! ```text
//! Aggregate: groupBy=[a], aggr=[max(x)]           `with_nan_order(max)`
//!   TableScan: t
//! ```

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::{
    AggregateUDF, Expr, ExprSchemable as _, LogicalPlan, WindowFunctionDefinition,
};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::float_extremes::with_nan_order;
use crate::expressions::rewrite_expressions;

/// Replaces `min` and `max` of floating-point numbers.
#[derive(Debug)]
pub(super) struct OrderNotANumber;

impl AnalyzerRule for OrderNotANumber {
    fn name(&self) -> &'static str {
        "order_not_a_number"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let wanted = |expr: &Expr| matches!(expr, Expr::AggregateFunction(_) | Expr::WindowFunction(_));
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(plan, wanted, |expr, schema| {
                expr.transform_up(|expr| Ok(replace_extremes(expr, schema)))
            })
        })?;
        Ok(rewritten.data)
    }
}

fn replace_extremes(mut expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    let called = match &mut expr {
        Expr::AggregateFunction(call) => Some((&mut call.func, &call.params.args)),
        Expr::WindowFunction(call) => match &mut call.fun {
            WindowFunctionDefinition::AggregateUDF(function) => Some((function, &call.params.args)),
            WindowFunctionDefinition::WindowUDF(_) => None,
        },
        _ => None,
    };
    let is_replaced = called.is_some_and(|(function, args)| replace_function(function, args, schema));
    Transformed::new_transformed(expr, is_replaced)
}

fn replace_function(function: &mut Arc<AggregateUDF>, args: &[Expr], schema: &DFSchema) -> bool {
    let is_float = args.iter().any(|argument| argument.get_type(schema).is_ok_and(|of| of.is_floating()));
    match with_nan_order(function).filter(|_| is_float) {
        Some(corrected) => {
            *function = Arc::new(corrected);
            true
        }
        None => false,
    }
}
