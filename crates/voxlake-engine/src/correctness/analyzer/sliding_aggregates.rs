//! Evaluates floating-point aggregates over sliding frames without subtraction, by
//! [`sliding`](crate::correctness::sliding). The same function serves aggregates that cannot
//! subtract, which DataFusion refuses.
//!
//! The plan shows the same names:
//!
//! ```text
//! WindowAggr: windowExpr=[stddev(x) ORDER BY [t] ROWS BETWEEN 2 PRECEDING AND CURRENT ROW]
//! ```
//! becomes
//! ```text
//! WindowAggr: windowExpr=[stddev(x) ORDER BY [t] ROWS BETWEEN 2 PRECEDING AND CURRENT ROW]
//! ```
//! with `sliding(stddev)` as the function.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, WindowFunctionDefinition};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::sliding::{is_sliding, sliding};
use crate::expressions::rewrite_expressions;

/// Aggregates that subtract. `sum` has its own correction.
const SUBTRACTING: [&str; 17] = [
    "avg",
    "corr",
    "covar_pop",
    "covar_samp",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "var",
    "var_pop",
];

/// Aggregates that DataFusion does not support over sliding frames.
const UNSUPPORTED: [&str; 2] = ["bool_and", "bool_or"];

/// Replaces aggregates over sliding frames.
#[derive(Debug)]
pub(super) struct SlideWithoutSubtraction;

impl AnalyzerRule for SlideWithoutSubtraction {
    fn name(&self) -> &'static str {
        "slide_without_subtraction"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            let is_window = |expr: &Expr| matches!(expr, Expr::WindowFunction(_));
            rewrite_expressions(plan, is_window, |expr, schema| {
                expr.transform_up(|expr| replace_aggregate(expr, schema))
            })
        })?;
        Ok(rewritten.data)
    }
}

fn replace_aggregate(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::WindowFunction(mut window) = expr else { return Ok(Transformed::no(expr)) };
    let WindowFunction { fun: WindowFunctionDefinition::AggregateUDF(function), params } = window.as_mut()
    else {
        return Ok(Transformed::no(Expr::WindowFunction(window)));
    };
    let is_float = |argument: &Expr| argument.get_type(schema).is_ok_and(|of| of.is_floating());
    let name = function.name();
    let subtracts = SUBTRACTING.contains(&name) && params.args.iter().any(is_float);
    let slides = !UNSUPPORTED.contains(&name) && !subtracts;
    if slides || params.distinct || is_sliding(function) {
        return Ok(Transformed::no(Expr::WindowFunction(window)));
    }
    *function = Arc::new(sliding(Arc::clone(function)));
    Ok(Transformed::yes(Expr::WindowFunction(window)))
}
