//! Subqueries with the semantics of the SQL standard.
//!
//! DataFusion 55 turns subqueries into joins, some of which are not equivalent:
//!
//! - `x NOT IN (…)` is true where a NULL should make it unknown, if the subquery is correlated, `x`
//!   is a constant, or NOT IN is below OR, NOT, CASE or `IS NULL`. These become EXISTS; see
//!   [`membership`].
//! - Conditions on outer columns are moved above windows, LIMIT, outer joins and aggregates of the
//!   subquery; these are refused. The row of an aggregate without GROUP BY is lost over empty
//!   input; these become scalar subqueries. See [`shape`].
//! - A scalar subquery over a NOT NULL column is treated as NOT NULL, although it is NULL without a
//!   row. Its column is marked as nullable; see [`nullable`].
//! - Of two columns with one name, the wrong one is compared with an outer column. The right one
//!   gets a unique name; see [`unique_names`].
//!
//! ```text
//! Filter: o.x NOT IN (<subquery>)
//!   Subquery:
//!     Projection: i.y
//!       Filter: i.g = outer_ref(o.g)
//! ```
//! becomes
//! ```text
//! Filter: NOT EXISTS (<subquery>)
//!   Subquery:
//!     Filter: (i.y = outer_ref(o.x)) IS NOT FALSE
//!       Projection: i.y
//!         Filter: i.g = outer_ref(o.g)
//! ```

mod membership;
mod nullable;
mod schema;
mod shape;
mod unique_names;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, JoinType};
use datafusion::error::Result;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, Filter, Join, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;

use self::membership::{DecidingValue, value};
pub(crate) use self::nullable::functions as nullable_functions;
use self::schema::with_schema;
use self::shape::RowUse;

/// Rewrites or refuses subqueries that DataFusion would answer wrongly.
#[derive(Debug)]
pub(super) struct ExactSubqueries;

impl AnalyzerRule for ExactSubqueries {
    fn name(&self) -> &str {
        "exact_subqueries"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        if !has_subqueries(&plan)? {
            return Ok(plan);
        }
        let mut changed = false;
        plan.transform_up_with_subqueries(|node| {
            let corrected = correct(node)?;
            changed |= corrected.transformed;
            // A column that became nullable is nullable in all nodes above.
            if changed { corrected.map_data(with_schema) } else { Ok(corrected) }
        })
        .map(|plan| plan.data)
    }
}

fn has_subqueries(plan: &LogicalPlan) -> Result<bool> {
    plan.exists(|node| Ok(matches!(node, LogicalPlan::Subquery(_)) || names_subquery(node)?))
}

/// Returns whether an expression of the node has a subquery.
fn names_subquery(node: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    node.apply_expressions(|expr| {
        found |= has_subquery(expr)?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// Corrects the subqueries in the expressions of one node.
fn correct(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let node = node.map_children(|child| match child {
        LogicalPlan::Subquery(lateral) if membership::is_correlated(&lateral) => {
            let lateral = membership::prepare(lateral)?;
            shape::check_shape(&lateral.subquery, RowUse::Rows)?;
            Ok(Transformed::yes(LogicalPlan::Subquery(lateral)))
        }
        child => Ok(Transformed::no(child)),
    })?;
    if !names_subquery(&node.data)? {
        return Ok(node);
    }
    let node = node.data;
    let schema = merge_schema(&node.inputs());
    match node {
        LogicalPlan::Filter(Filter { predicate, input, .. }) => {
            let predicate = condition(predicate, DecidingValue::True, true, &schema)?;
            Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(predicate, input)?)))
        }
        LogicalPlan::Join(join @ Join { filter: Some(_), .. }) => {
            let is_inner = join.join_type == JoinType::Inner;
            let filter = join.filter.map(|filter| condition(filter, DecidingValue::True, is_inner, &schema));
            Ok(Transformed::yes(LogicalPlan::Join(Join { filter: filter.transpose()?, ..join })))
        }
        node => {
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(Transformed::yes(name.restore(value(expr, &schema)?)))
            })
        }
    }
}

/// Corrects the subqueries of a condition of which only one truth value `matters`. `top` is true if
/// only AND is above it in a filter's condition.
fn condition(expr: Expr, matters: DecidingValue, top: bool, schema: &DFSchema) -> Result<Expr> {
    if !has_subquery(&expr)? {
        return Ok(expr);
    }
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
            let top = top && op == Operator::And;
            // Chains are left-deep; their right operands are shallow.
            let mut operands = vec![condition(*right, matters, top, schema)?];
            let mut rest = *left;
            loop {
                match rest {
                    Expr::BinaryExpr(BinaryExpr { left, op: next, right }) if next == op => {
                        operands.push(condition(*right, matters, top, schema)?);
                        rest = *left;
                    }
                    first => {
                        operands.push(condition(first, matters, top, schema)?);
                        break;
                    }
                }
            }
            let join = |left, right| Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)));
            operands
                .into_iter()
                .rev()
                .reduce(join)
                .map_or_else(|| Ok(datafusion::logical_expr::lit(true)), Ok)
        }
        Expr::Not(inner) => match *inner {
            Expr::InSubquery(mut membership) => {
                membership.negated = !membership.negated;
                membership::correct(membership, matters, top, schema)
            }
            inner => Ok(Expr::Not(Box::new(condition(inner, matters.negated(), false, schema)?))),
        },
        Expr::InSubquery(membership) => membership::correct(membership, matters, top, schema),
        expr => value(expr, schema),
    }
}

fn has_subquery(expr: &Expr) -> Result<bool> {
    expr.exists(|expr| {
        Ok(matches!(
            expr,
            Expr::InSubquery(_) | Expr::Exists(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_)
        ))
    })
}
