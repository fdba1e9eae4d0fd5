//! Refuses calls of window functions that make DataFusion panic: `first_value()` without an
//! argument, and frames whose bound exceeds the range of row numbers.
//!
//! Both plans are refused; other window functions pass unchanged:
//!
//! ```text
//! WindowAggr: windowExpr=[first_value() ORDER BY [k]
//!                         RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW]
//!   TableScan: t
//!
//! WindowAggr: windowExpr=[sum(a) ORDER BY [k]
//!                         ROWS BETWEEN 9223372036854775808 PRECEDING AND CURRENT ROW]
//!   TableScan: t
//! ```

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, LogicalPlan, WindowFrameBound};
use datafusion::optimizer::AnalyzerRule;

/// Window functions that need an argument, although DataFusion's signatures allow none.
const NEEDING_ARGUMENT: [&str; 5] = ["first_value", "lag", "last_value", "lead", "nth_value"];
/// Maximum rows between the current row and a bound of its frame.
const MAX_FRAME_ROWS: u64 = i64::MAX as u64;

/// Refuses calls without a required argument, and frames whose bounds are too far away.
#[derive(Debug)]
pub(super) struct CheckWindowLimits;

impl AnalyzerRule for CheckWindowLimits {
    fn name(&self) -> &'static str {
        "check_window_limits"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.apply_with_subqueries(|node| {
            node.apply_expressions(|expr| {
                expr.apply(|expr| {
                    if let Expr::WindowFunction(window) = expr {
                        check_window(window)?;
                    }
                    Ok(TreeNodeRecursion::Continue)
                })
            })
        })?;
        Ok(plan)
    }
}

/// Fails for a call that would make DataFusion panic.
fn check_window(window: &WindowFunction) -> Result<()> {
    let name = window.fun.name();
    if window.params.args.is_empty() && NEEDING_ARGUMENT.contains(&name) {
        return plan_err!("{name}() without an argument is not supported: name a column");
    }
    let frame = &window.params.window_frame;
    for bound in [&frame.start_bound, &frame.end_bound] {
        if let WindowFrameBound::Preceding(ScalarValue::UInt64(Some(rows)))
        | WindowFrameBound::Following(ScalarValue::UInt64(Some(rows))) = bound
            && *rows > MAX_FRAME_ROWS
        {
            return plan_err!("a frame of {rows} rows is not supported: write UNBOUNDED");
        }
    }
    Ok(())
}
