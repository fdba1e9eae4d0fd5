//! Shapes of correlated subqueries that DataFusion can turn into equivalent joins.
//!
//! DataFusion moves conditions on outer columns to the top of the subquery and into a join. That is
//! correct if every node in between returns the same rows with the condition below it or above it.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion, TreeNodeVisitor};
use datafusion::common::{Column, JoinType, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{
    BinaryExpr, Cast, Distinct, Expr, FetchType, Filter, LogicalPlan, LogicalPlanBuilder, Operator, SkipType,
    Sort,
};

/// Purpose of a subquery's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowUse {
    /// EXISTS, IN, ANY and ALL, where duplicate rows do not matter.
    Membership,
    /// One value.
    Scalar,
    /// LATERAL, where duplicate rows matter.
    Rows,
}

/// Refuses a correlated subquery whose join would not be equivalent.
pub(super) fn check_shape(plan: &LogicalPlan, purpose: RowUse) -> Result<()> {
    plan.visit(&mut ShapeCheck { purpose, open: vec![], covered: vec![], seen: false })?;
    Ok(())
}

fn refuse<T>(construct: &str) -> Result<T> {
    plan_err!(
        "a subquery that uses columns of the outer query cannot have {construct}: compute that in a subquery in FROM, for each value of these columns, and join it"
    )
}

/// Conditions on outer columns below a node.
#[derive(Clone, Copy, Debug)]
struct Correlation {
    /// True if each condition is an equality of a column with an expression of the outer query.
    equality: bool,
}

struct ShapeCheck {
    purpose: RowUse,
    /// Correlations of the children of each visited ancestor, innermost last.
    open: Vec<Vec<Option<Correlation>>>,
    /// True if a node other than projections and sorts is above the children of each ancestor.
    covered: Vec<bool>,
    /// True if a condition on outer columns was visited before the current node.
    seen: bool,
}

impl<'n> TreeNodeVisitor<'n> for ShapeCheck {
    type Node = LogicalPlan;

    fn f_down(&mut self, node: &'n LogicalPlan) -> Result<TreeNodeRecursion> {
        let covered = self.covered.last().copied().unwrap_or_default();
        self.covered.push(covered || !passes_rows(node));
        self.open.push(vec![]);
        Ok(TreeNodeRecursion::Continue)
    }

    fn f_up(&mut self, node: &'n LogicalPlan) -> Result<TreeNodeRecursion> {
        let children = self.open.pop().unwrap_or_default();
        self.covered.pop();
        let covered = self.covered.last().copied().unwrap_or_default();
        // For EXISTS, DataFusion removes each LIMIT that it visits after a condition on outer
        // columns.
        if self.seen && self.purpose == RowUse::Membership && matches!(node, LogicalPlan::Limit(_)) {
            return refuse("LIMIT or OFFSET");
        }
        let below = children.iter().flatten().copied().reduce(combine);
        if let Some(below) = below {
            self.permit(node, &children, below, covered)?;
        }
        let own = own_correlation(node);
        self.seen |= own.is_some();
        let correlation = [below, own].into_iter().flatten().reduce(combine);
        if let Some(siblings) = self.open.last_mut() {
            siblings.push(correlation);
        }
        Ok(TreeNodeRecursion::Continue)
    }
}

fn combine(left: Correlation, right: Correlation) -> Correlation {
    Correlation { equality: left.equality && right.equality }
}

impl ShapeCheck {
    /// Refuses a node if conditions on outer columns below cannot move above it.
    fn permit(
        &self,
        node: &LogicalPlan,
        children: &[Option<Correlation>],
        below: Correlation,
        covered: bool,
    ) -> Result<()> {
        let copies_matter = self.purpose != RowUse::Membership;
        let equality = below.equality;
        match node {
            LogicalPlan::Window(_) => refuse("window functions"),
            LogicalPlan::Limit(_) => refuse("LIMIT or OFFSET"),
            LogicalPlan::Distinct(Distinct::On(_)) => refuse("DISTINCT ON"),
            LogicalPlan::Distinct(Distinct::All(_)) if copies_matter && !equality => {
                refuse("DISTINCT above another condition on them than =")
            }
            LogicalPlan::Join(join) => {
                let (left, right) = match join.join_type {
                    JoinType::Inner => (true, true),
                    JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => {
                        (true, false)
                    }
                    JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => {
                        (false, true)
                    }
                    JoinType::Full => (false, false),
                };
                let correlated = |side: usize| children.get(side).is_some_and(Option::is_some);
                if (correlated(0) && !left) || (correlated(1) && !right) {
                    return refuse(
                        "conditions on them in the optional side of an outer join, or the right side of EXCEPT",
                    );
                }
                Ok(())
            }
            LogicalPlan::Aggregate(aggregate) => {
                let sets = aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)));
                if sets {
                    return refuse("ROLLUP, CUBE or GROUPING SETS");
                }
                if aggregate.group_expr.is_empty() && (self.purpose == RowUse::Membership || covered) {
                    return refuse("an aggregate without GROUP BY inside another query");
                }
                if aggregate.aggr_expr.is_empty() && copies_matter && !equality {
                    return refuse("DISTINCT above another condition on them than =");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Returns whether a node has one row for each row of its input.
fn passes_rows(node: &LogicalPlan) -> bool {
    matches!(node, LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::Sort(_))
}

fn own_correlation(node: &LogicalPlan) -> Option<Correlation> {
    if let LogicalPlan::Filter(filter) = node {
        let outer = split_conjunction(&filter.predicate).into_iter().filter(|part| part.contains_outer());
        return outer.map(|part| Correlation { equality: is_equality(part) }).reduce(combine);
    }
    node.contains_outer_reference().then_some(Correlation { equality: false })
}

fn is_equality(condition: &Expr) -> bool {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = condition else { return false };
    let is_column = |expr: &Expr| match expr {
        Expr::Column(_) => true,
        Expr::Cast(Cast { expr, .. }) => matches!(**expr, Expr::Column(_)),
        _ => false,
    };
    (is_column(left) && !right.any_column_refs()) || (is_column(right) && !left.any_column_refs())
}

/// Number of rows of a correlated subquery, as far as its shape determines it.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and only while a statement is planned"
)]
pub(super) enum RowCount {
    /// Not determined.
    Any,
    /// One row for each outer row: an aggregate without GROUP BY.
    One,
    /// One row, or no row if the condition of HAVING is not true.
    OneIf {
        /// The condition as a scalar subquery's plan.
        holds: LogicalPlan,
        /// The subquery without the condition.
        always: LogicalPlan,
    },
}

/// Determines the number of rows of a correlated subquery.
pub(super) fn row_count(plan: &LogicalPlan) -> Result<RowCount> {
    let mut above: Vec<&LogicalPlan> = Vec::new();
    let mut having: Option<(usize, &Filter)> = None;
    let mut node = plan;
    loop {
        match node {
            node if passes_rows(node) => {}
            LogicalPlan::Filter(filter) => {
                if having.replace((above.len(), filter)).is_some() {
                    return Ok(RowCount::Any);
                }
            }
            LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => break,
            _ => return Ok(RowCount::Any),
        }
        above.push(node);
        let [input] = node.inputs()[..] else { return Ok(RowCount::Any) };
        node = input;
    }
    // If only HAVING uses outer columns, the aggregate is the same for all outer rows.
    if node.all_out_ref_exprs().is_empty() {
        return Ok(RowCount::Any);
    }
    let Some((depth, filter)) = having else { return Ok(RowCount::One) };
    let holds = LogicalPlanBuilder::from(filter.input.as_ref().clone())
        .project([filter.predicate.clone().alias("holds")])?
        .build()?;
    let mut always = filter.input.as_ref().clone();
    for node in above[..depth].iter().rev() {
        always = node.with_new_exprs(node.expressions(), vec![always])?;
    }
    Ok(RowCount::OneIf { holds, always })
}

/// Returns whether a subquery has exactly one row.
pub(super) fn has_one_row(plan: &LogicalPlan) -> bool {
    let mut node = plan;
    loop {
        match (node, &node.inputs()[..]) {
            (LogicalPlan::Aggregate(aggregate), _) => return aggregate.group_expr.is_empty(),
            (LogicalPlan::EmptyRelation(relation), _) => return relation.produce_one_row,
            (LogicalPlan::Values(values), _) => return values.values.len() == 1,
            (_, [input]) if passes_rows(node) => node = *input,
            _ => return false,
        }
    }
}

/// Returns the value of a one-row subquery as an expression over its aggregate, and that aggregate.
/// Returns `None` for other subqueries. The nodes in between are merged, so that DataFusion sees
/// which columns come from the aggregate:
///
/// ```text
/// Projection: q.n + q.one                     Projection: count(*) + 1
///   SubqueryAlias: q                            Aggregate: count(*)
///     Projection: count(*) AS n, 1 AS one
///       Aggregate: count(*)
/// ```
pub(super) fn value_of_aggregate(plan: &LogicalPlan) -> Result<Option<(Expr, &LogicalPlan)>> {
    let mut expr = Expr::Column(Column::from(plan.schema().qualified_field(0)));
    let mut node = plan;
    loop {
        expr = match node {
            LogicalPlan::Aggregate(_) => return Ok(Some((expr, node))),
            LogicalPlan::Sort(_) => expr,
            LogicalPlan::Projection(projection) => over_input(expr, node, |at| projection.expr[at].clone())?,
            LogicalPlan::SubqueryAlias(alias) => over_input(expr, node, |at| {
                Expr::Column(Column::from(alias.input.schema().qualified_field(at)))
            })?,
            _ => return Ok(None),
        };
        let [input] = node.inputs()[..] else { return Ok(None) };
        node = input;
    }
}

/// Replaces a node's columns in an expression with the expressions that produce them.
fn over_input(expr: Expr, node: &LogicalPlan, source: impl Fn(usize) -> Expr) -> Result<Expr> {
    let replaced = expr.transform_up(|expr| match expr {
        Expr::Column(column) => {
            let source = source(node.schema().index_of_column(&column)?);
            Ok(Transformed::yes(source.unalias_nested().data))
        }
        expr => Ok(Transformed::no(expr)),
    })?;
    Ok(replaced.data)
}

/// Removes the order and a limit of one row or more from a subquery of EXISTS: they do not decide
/// whether it has rows.
pub(super) fn without_limit(plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
    let (mut node, mut unlimited) = (plan, plan);
    loop {
        node = match node {
            LogicalPlan::Sort(sort) => &sort.input,
            LogicalPlan::Projection(projection) => &projection.input,
            LogicalPlan::SubqueryAlias(alias) => &alias.input,
            LogicalPlan::Limit(limit) => match (limit.get_skip_type()?, limit.get_fetch_type()?) {
                (SkipType::Literal(0), FetchType::Literal(Some(0))) => return Ok(None),
                (SkipType::Literal(0), FetchType::Literal(_)) => {
                    unlimited = &limit.input;
                    unlimited
                }
                _ => break,
            },
            _ => break,
        }
    }
    Ok(Some(unlimited.clone()))
}

/// Removes sorts without effect from a subquery: those without a LIMIT above them.
pub(super) fn without_order(plan: LogicalPlan) -> Result<LogicalPlan> {
    let unordered = plan.transform_down(|node| match node {
        LogicalPlan::Limit(_) => Ok(Transformed::new(node, false, TreeNodeRecursion::Jump)),
        LogicalPlan::Sort(Sort { input, fetch: None, .. }) => without_order(Arc::unwrap_or_clone(input))
            .map(|input| Transformed::new(input, true, TreeNodeRecursion::Jump)),
        node => Ok(Transformed::no(node)),
    });
    unordered.map(|plan| plan.data)
}
