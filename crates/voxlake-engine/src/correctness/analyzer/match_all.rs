//! Keeps `s ~ '.*'` null for a null `s`.
//!
//! DataFusion replaces `s ~ '.*'` with `s IS NOT NULL`, which is false for null, so that
//! `NOT (s ~ '.*')` holds there.
//!
//! ```text
//! Filter: NOT (s ~ '.*')
//! ```
//! becomes
//! ```text
//! Filter: NOT (CASE WHEN s IS NOT NULL THEN true END)
//! ```

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::logical_expr::expr::BinaryExpr;
use datafusion::logical_expr::{Expr, LogicalPlan, Operator, lit, when};
use datafusion::optimizer::AnalyzerRule;

use crate::expressions::rewrite_expressions;

/// Replaces a match with `.*` by a CASE that is null for null.
#[derive(Debug)]
pub(super) struct KeepNullInMatchAll;

impl AnalyzerRule for KeepNullInMatchAll {
    fn name(&self) -> &'static str {
        "keep_null_in_match_all"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(
                plan,
                |expr| result_for_text(expr).is_some(),
                |expr, _| expr.transform_up(keep_null),
            )
        })?;
        Ok(rewritten.data)
    }
}

/// Returns the result for non-null texts if `expr` matches its left side with `.*`.
fn result_for_text(expr: &Expr) -> Option<bool> {
    let Expr::BinaryExpr(BinaryExpr { op, right, .. }) = expr else { return None };
    let Expr::Literal(pattern, _) = right.as_ref() else { return None };
    if pattern.try_as_str().flatten() != Some(".*") {
        return None;
    }
    match op {
        Operator::RegexMatch | Operator::RegexIMatch => Some(true),
        Operator::RegexNotMatch | Operator::RegexNotIMatch => Some(false),
        _ => None,
    }
}

fn keep_null(expr: Expr) -> Result<Transformed<Expr>> {
    let Some(answer) = result_for_text(&expr) else { return Ok(Transformed::no(expr)) };
    let Expr::BinaryExpr(BinaryExpr { left, .. }) = expr else { return Ok(Transformed::no(expr)) };
    Ok(Transformed::yes(when(left.is_not_null(), lit(answer)).end()?))
}
