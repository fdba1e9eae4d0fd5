//! Keeps IN-list values that depend on columns from being treated as constants.
//!
//! DataFusion evaluates an IN list over an empty batch and treats each result that is not an array
//! as a constant. Over an empty batch, a CASE returns the constant of its ELSE:
//!
//! ```text
//! Filter: x IN (1, CASE WHEN covered THEN 2 ELSE NULL END)    DataFusion evaluates x IN (1, NULL)
//! Filter: optimization_barrier(x)
//!         IN (1, optimization_barrier(CASE WHEN covered THEN 2 ELSE NULL END))
//! ```
//!
//! DataFusion also merges IN lists over the same column by intersecting their values. It treats a
//! column in a list as a value that equals no other value:
//!
//! ```text
//! Filter: x IN (1, 2) AND x IN (y, z)                           DataFusion evaluates false
//! Filter: x IN (1, 2) AND optimization_barrier(x) IN (y, z)
//! ```

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::barrier::{barrier, is_barrier};
use crate::expressions::rewrite_expressions;

/// Hides IN-list values that depend on columns from the constant-list optimization.
#[derive(Debug)]
pub(super) struct KeepVaryingListValues;

impl AnalyzerRule for KeepVaryingListValues {
    fn name(&self) -> &'static str {
        "keep_varying_list_values"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(
                plan,
                |expr| matches!(expr, Expr::InList(_)),
                |expr, _| expr.transform_up(|expr| Ok(hide_varying_values(expr))),
            )
        })?;
        Ok(rewritten.data)
    }
}

fn hide_varying_values(expr: Expr) -> Transformed<Expr> {
    let Expr::InList(InList { mut expr, list, negated }) = expr else { return Transformed::no(expr) };
    let mut varies = list.iter().any(may_look_constant);
    if list.len() > 1 && list.iter().any(depends_on_columns) && !is_barrier(&expr) {
        varies = true;
        expr = Box::new(barrier(*expr));
    }
    let list = list.into_iter().map(|value| if may_look_constant(&value) { barrier(value) } else { value });
    let list = list.collect();
    Transformed::new_transformed(Expr::InList(InList { expr, list, negated }), varies)
}

fn depends_on_columns(value: &Expr) -> bool {
    value.is_volatile() || value.any_column_refs() || value.contains_outer()
}

/// Returns whether a value depends on columns without being a column, which is always an array.
fn may_look_constant(value: &Expr) -> bool {
    match value {
        Expr::Column(_) | Expr::Literal(..) => false,
        Expr::Cast(cast) => may_look_constant(&cast.expr),
        value => depends_on_columns(value),
    }
}
