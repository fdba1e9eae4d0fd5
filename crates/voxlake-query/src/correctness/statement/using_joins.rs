//! USING and NATURAL joins, as in the SQL standard.
//!
//! `a JOIN b USING (k)` has one column `k` in place of two: `a.k` for INNER and LEFT joins, `b.k`
//! for RIGHT joins and `coalesce(a.k, b.k)` for FULL joins. `*` lists such columns first.
//! DataFusion 55 keeps both columns and chooses one of them by the order of the tables' names, or
//! refuses `k` as ambiguous.
//!
//! The statement marks each SELECT that has such joins, as a derived table. When DataFusion plans
//! it, the tables' columns are known: [`from`] plans the joins with ON conditions and renames the
//! columns that have no name of their own any more; [`select`] expands `*` and follows the renames
//! of columns that the statement qualifies.
//!
//! ```text
//! SELECT *, b.k FROM a LEFT JOIN b USING (k)
//!
//! Projection: a.k, a.x, b.y, b.k (not merged) AS b.k
//!   Projection: a.k, a.x, b.k AS b.k (not merged), b.y
//!     Left Join: a.k = b.k
//! ```

mod from;
mod merging;
mod renames;
mod select;

use std::ops::ControlFlow;

use datafusion::common::plan_err;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::sqlparser::ast::{PipeOperator, Query, SetExpr, Values, VisitorMut};

use self::from::FromItem;
use self::merging::{has_merges, merges};
use super::derived;
use super::flow::flow;
use super::planned_tables::PlannedTables;

/// Puts each SELECT with USING or NATURAL joins into a derived table of its own.
pub(super) struct MarkUsingJoins;

impl VisitorMut for MarkUsingJoins {
    type Break = DataFusionError;

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<DataFusionError> {
        let merges = |operator: &PipeOperator| matches!(operator, PipeOperator::Join(join) if merges(join));
        if query.pipe_operators.iter().any(merges) {
            return flow(plan_err!("USING and NATURAL are not supported in |> JOIN: write ON"));
        }
        mark(query);
        ControlFlow::Continue(())
    }
}

/// Returns whether a query is what stands in a mark.
pub(super) fn is_marked(query: &Query) -> bool {
    matches!(&*query.body, SetExpr::Select(select) if has_merges(select))
        && query.with.is_none()
        && query.fetch.is_none()
        && query.pipe_operators.is_empty()
}

fn mark(query: &mut Query) {
    if matches!(&*query.body, SetExpr::Select(select) if has_merges(select)) {
        // ORDER BY may name any column of FROM, so it goes along.
        let body = std::mem::replace(&mut *query.body, nothing());
        let mut inner = derived::query(body);
        inner.order_by = query.order_by.take();
        inner.limit_clause = query.limit_clause.take();
        *query.body = derived::select_all(derived::table(inner));
        return;
    }
    mark_operands(&mut query.body);
}

/// Marks the SELECTs of a tree of set operations. Such a tree is deep to the left only.
fn mark_operands(body: &mut SetExpr) {
    let mut node = body;
    while let SetExpr::SetOperation { left, right, .. } = node {
        mark_operands(right);
        node = left;
    }
    if matches!(node, SetExpr::Select(select) if has_merges(select)) {
        let select = std::mem::replace(node, nothing());
        *node = derived::select_all(derived::table(derived::query(select)));
    }
}

fn nothing() -> SetExpr {
    SetExpr::Values(Values { explicit_row: false, value_keyword: false, rows: vec![] })
}

/// Plans the query of a mark.
pub(super) fn plan(
    mut query: Query,
    planned: &PlannedTables,
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan> {
    let SetExpr::Select(select) = &mut *query.body else { return plan_err!("a marked SELECT is none") };
    let lists_all = select::lists_all(select);
    let mut items = Vec::new();
    for item in &mut select.from {
        items.push(FromItem::plan(item, lists_all, planned, context)?);
    }
    let renamed = items.iter().flat_map(|item| item.renamed.iter().cloned()).collect::<Vec<_>>();
    select::expand_wildcards(select, &items, context)?;
    renames::follow(&mut query, &renamed, context);
    if let SetExpr::Select(select) = &mut *query.body {
        select::name_plain_columns(select, &renamed, context);
    }
    let plan = context.plan(derived::table(query))?;
    restore(plan, &renamed)
}

/// Gives the columns of an answer the names that the statement knows.
fn restore(plan: LogicalPlan, renamed: &[renames::Renamed]) -> Result<LogicalPlan> {
    let original = |name: &str| {
        renamed.iter().fold(name.to_owned(), |name, column| name.replace(&column.name, &column.column.name))
    };
    let schema = plan.schema();
    if schema.fields().iter().all(|field| original(field.name()) == *field.name()) {
        return Ok(plan);
    }
    let columns: Vec<Expr> = schema
        .columns()
        .into_iter()
        .map(|column| match original(&column.name) {
            name if name == column.name => Expr::Column(column),
            name => Expr::Column(column.clone()).alias_qualified(column.relation, name),
        })
        .collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}
