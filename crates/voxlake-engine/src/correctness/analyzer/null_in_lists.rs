//! Keeps combined IN lists over a nullable expression apart.
//!
//! DataFusion merges IN lists that AND or OR combines. It replaces an empty result with true or
//! false, although the condition is null for a null:
//! `NOT (country IN ('US') AND country IN ('CA'))` is true for calls without a country. The rule
//! hides all lists but the first from that simplification:
//!
//! ```text
//! Filter: NOT (country IN ('US') AND country IN ('CA'))
//! ```
//! becomes
//! ```text
//! Filter: NOT (country IN ('US') AND optimization_barrier(country IN ('CA')))
//! ```
//!
//! Unions of lists are correct and stay unchanged: `a IN (1) OR a IN (2)` and
//! `a NOT IN (1) AND a NOT IN (2)`.

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{BinaryExpr, InList};
use datafusion::logical_expr::utils::split_binary;
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::barrier::barrier;
use crate::expressions::rewrite_expressions;

/// Hides all but the first of several IN lists over one nullable expression.
#[derive(Debug)]
pub(super) struct KeepNullInLists;

impl AnalyzerRule for KeepNullInLists {
    fn name(&self) -> &'static str {
        "keep_null_in_lists"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let wanted = |expr: &Expr| {
            matches!(expr, Expr::BinaryExpr(BinaryExpr { op: Operator::And | Operator::Or, .. }))
        };
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(plan, wanted, |expr, schema| {
                expr.transform_up(|expr| separate_lists(expr, schema))
            })
        })?;
        Ok(rewritten.data)
    }
}

/// A comparison of an expression with values.
#[derive(Clone, Copy)]
struct ValueComparison<'a> {
    expr: &'a Expr,
    negated: bool,
}

fn separate_lists(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) = &expr else {
        return Ok(Transformed::no(expr));
    };
    // Chains are rewritten from the first operand on, so only the last operand can be new here.
    let Some(last) = value_comparison(right) else { return Ok(Transformed::no(expr)) };
    let earlier = split_binary(left, *op).into_iter().filter_map(value_comparison);
    // DataFusion merges these into a union, which is null where both lists are null.
    let united =
        |other: ValueComparison<'_>| other.negated == last.negated && last.negated == (*op == Operator::And);
    let unsafe_pair = earlier.filter(|other| other.expr == last.expr).any(|other| !united(other));
    if !unsafe_pair || !last.expr.nullable(schema)? {
        return Ok(Transformed::no(expr));
    }
    let Expr::BinaryExpr(mut combined) = expr else { return Ok(Transformed::no(expr)) };
    combined.right = Box::new(barrier(*combined.right));
    Ok(Transformed::yes(Expr::BinaryExpr(combined)))
}

/// Returns `expr` as a comparison with values: an IN list, an equality or equalities joined by OR.
fn value_comparison(expr: &Expr) -> Option<ValueComparison<'_>> {
    match expr {
        Expr::InList(InList { expr, negated, .. }) => Some(ValueComparison { expr, negated: *negated }),
        Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::Eq | Operator::NotEq), right }) => {
            let negated = *op == Operator::NotEq;
            match (left.as_ref(), right.as_ref()) {
                (Expr::Literal(..), expr) | (expr, Expr::Literal(..)) => {
                    Some(ValueComparison { expr, negated })
                }
                _ => None,
            }
        }
        Expr::BinaryExpr(BinaryExpr { op: op @ (Operator::And | Operator::Or), .. }) => {
            let mut operands = split_binary(expr, *op).into_iter().map(single_comparison);
            let first = operands.next()??;
            let alike = |other: Option<ValueComparison<'_>>| {
                other.is_some_and(|other| other.expr == first.expr && other.negated == first.negated)
            };
            (first.negated == (*op == Operator::And) && operands.all(alike)).then_some(first)
        }
        _ => None,
    }
}

/// Returns a single comparison like [`value_comparison`], without chains of OR.
fn single_comparison(expr: &Expr) -> Option<ValueComparison<'_>> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { op: Operator::And | Operator::Or, .. }) => None,
        expr => value_comparison(expr),
    }
}
