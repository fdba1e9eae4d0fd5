//! Parts of instants are asked for by the hour: `date_part` and `date_trunc` become functions of ours
//! that answer alike.
//!
//! Last of all, so that the engine's own rules, which know what a filter on a year means, have seen the
//! functions that they know.

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use super::with_expressions;
use crate::functions::hourly::hourly;

/// Replaces the engine's functions of parts of instants.
#[derive(Debug)]
pub(super) struct HourlyParts;

impl OptimizerRule for HourlyParts {
    fn name(&self) -> &'static str {
        "hourly_parts"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let of_part = |expr: &Expr| matches!(expr, Expr::ScalarFunction(call) if hourly(call).is_some());
        with_expressions(plan, of_part, |expr, _| {
            expr.transform_up(|expr| match expr {
                Expr::ScalarFunction(call) => Ok(match hourly(&call) {
                    Some(function) => {
                        let func = function.into();
                        Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args: call.args }))
                    }
                    None => Transformed::no(Expr::ScalarFunction(call)),
                }),
                expr => Ok(Transformed::no(expr)),
            })
        })
    }
}
