//! EXCEPT ALL and INTERSECT ALL with the right number of copies.
//!
//! Of a row that is `m` times on the left and `n` times on the right, EXCEPT ALL keeps max(m - n,
//! 0) and INTERSECT ALL min(m, n). DataFusion 55 plans them as plain anti and semi joins, which
//! keep all copies or none. Once the copies of each side are numbered, these joins are right:
//!
//! ```text
//! LeftAnti Join: l.a <=> r.b
//!   l
//!   r
//! ```
//! becomes
//! ```text
//! LeftAnti Join: l.a <=> r.b AND l.copy = r.copy
//!   l: row_number() PARTITION BY a AS copy
//!   r: row_number() PARTITION BY b AS copy
//! ```

use std::ops::ControlFlow;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Column, DFSchema, NullEquality, plan_datafusion_err, plan_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::type_coercion::binary::type_union_coercion;
use datafusion::logical_expr::{Expr, ExprFunctionExt, JoinType, LogicalPlan, LogicalPlanBuilder, cast};
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, Ident, Query, SelectItem, SetExpr, SetOperator, SetQuantifier, TableFactor, Values,
    VisitorMut,
};

use super::derived;

/// Operators in a row, `a EXCEPT ALL b EXCEPT ALL c …`. Each is planned within the next, on one
/// stack.
const MAX_OPERATORS: usize = 32;
/// Name of the column that numbers copies.
const COPY: &str = "copy";

/// Puts each EXCEPT ALL and INTERSECT ALL into a derived table of its own.
pub(super) struct MarkSetOperations;

impl VisitorMut for MarkSetOperations {
    type Break = DataFusionError;

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<DataFusionError> {
        let marks = match mark(&mut query.body) {
            Ok(marks) => marks,
            Err(error) => return ControlFlow::Break(error),
        };
        if marks > 0 && !matches_by_name(&mut query.body) {
            name_columns(&mut query.body, true);
        }
        ControlFlow::Continue(())
    }
}

/// Returns whether a query is what stands in a mark.
pub(super) fn is_marked(query: &Query) -> bool {
    counts_copies(&query.body)
        && query.with.is_none()
        && query.order_by.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && query.pipe_operators.is_empty()
}

fn counts_copies(body: &SetExpr) -> bool {
    matches!(
        body,
        SetExpr::SetOperation {
            op: SetOperator::Except | SetOperator::Intersect,
            set_quantifier: SetQuantifier::All,
            ..
        }
    )
}

/// Marks the operators of a tree of set operations, and counts the marks. Such a tree is deep to
/// the left only.
fn mark(body: &mut SetExpr) -> Result<usize> {
    let mut node = body;
    let (mut marks, mut in_row) = (0, 0);
    loop {
        if counts_copies(node) {
            in_row += 1;
            if in_row > MAX_OPERATORS {
                return plan_err!(
                    "more than {MAX_OPERATORS} EXCEPT ALL or INTERSECT ALL in a row are not supported: write some of them in a WITH query"
                );
            }
            let nothing = Values { explicit_row: false, value_keyword: false, rows: vec![] };
            let operation = std::mem::replace(node, SetExpr::Values(nothing));
            *node = derived::select_all(derived::table(derived::query(operation)));
        }
        let Some(SetExpr::SetOperation { left, right, .. }) = operation(node) else {
            return Ok(marks + in_row);
        };
        marks += mark(right)?;
        node = left;
    }
}

/// A set operation, in a mark or not.
fn operation(body: &mut SetExpr) -> Option<&mut SetExpr> {
    match body {
        SetExpr::SetOperation { .. } => Some(body),
        SetExpr::Select(select) => match &mut select.from.first_mut()?.relation {
            TableFactor::Derived { subquery, .. } if is_marked(subquery) => Some(&mut subquery.body),
            _ => None,
        },
        _ => None,
    }
}

/// Returns whether a set operation of the tree takes columns by their names.
fn matches_by_name(body: &mut SetExpr) -> bool {
    let mut node = body;
    while let Some(SetExpr::SetOperation { left, right, set_quantifier, .. }) = operation(node) {
        let by_name = matches!(
            set_quantifier,
            SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName
        );
        if by_name || matches_by_name(right) {
            return true;
        }
        node = left;
    }
    false
}

/// Gives names that are all different to the columns without names of all operands but the first,
/// whose names count.
///
/// DataFusion gives them the names of the first operand, but does not know these in a mark.
fn name_columns(body: &mut SetExpr, is_first: bool) {
    let mut node = body;
    loop {
        if operation(node).is_none() {
            break;
        }
        let Some(SetExpr::SetOperation { left, right, .. }) = operation(node) else { return };
        name_columns(right, false);
        node = left;
    }
    let SetExpr::Select(select) = node else { return };
    if is_first {
        return;
    }
    for (position, item) in select.projection.iter_mut().enumerate() {
        match item {
            SelectItem::UnnamedExpr(SqlExpr::Identifier(_) | SqlExpr::CompoundIdentifier(_)) => {}
            SelectItem::UnnamedExpr(expr) => {
                let expr = std::mem::replace(expr, SqlExpr::Identifier(Ident::new("")));
                let alias = Ident::with_quote('"', column_name(position));
                *item = SelectItem::ExprWithAlias { expr, alias };
            }
            _ => {}
        }
    }
}

fn column_name(position: usize) -> String {
    format!("column {position}")
}

/// Plans the operation of a mark.
pub(super) fn plan(query: Query, context: &mut dyn RelationPlannerContext) -> Result<LogicalPlan> {
    let SetExpr::SetOperation { op, left, right, .. } = *query.body else {
        return plan_err!("the marked query is not a set operation");
    };
    let left = context.plan(derived::table(derived::query(*left)))?;
    let right = context.plan(derived::table(derived::query(*right)))?;
    let types = common_types(op, left.schema(), right.schema())?;
    let names = left.schema().columns();
    let join = match op {
        SetOperator::Except => JoinType::LeftAnti,
        _ => JoinType::LeftSemi,
    };
    let (left, right) = (numbered("kept", left, &types)?, numbered("other", right, &types)?);
    let keys = |plan: &LogicalPlan| plan.schema().columns();
    let keys = (keys(&left), keys(&right));
    let output = left
        .schema()
        .columns()
        .into_iter()
        .zip(names)
        .map(|(column, name)| Expr::Column(column).alias_qualified(name.relation, name.name));
    LogicalPlanBuilder::from(left.clone())
        .join_detailed(right, join, keys, None, NullEquality::NullEqualsNull)?
        .project(output)?
        .build()
}

/// Types to which both sides are cast, so that equal rows are equal in every column.
fn common_types(op: SetOperator, left: &DFSchema, right: &DFSchema) -> Result<Vec<DataType>> {
    let (left, right) = (left.fields(), right.fields());
    if left.len() != right.len() {
        return plan_err!("{op} ALL queries have {} and {} columns", left.len(), right.len());
    }
    let common = |(left, right): (&FieldRef, &FieldRef)| {
        type_union_coercion(left.data_type(), right.data_type()).ok_or_else(|| {
            plan_datafusion_err!(
                "{op} ALL cannot compare {} with {} in column {}",
                left.data_type(),
                right.data_type(),
                left.name()
            )
        })
    };
    left.iter().zip(right).map(common).collect()
}

/// The rows of `plan` with the number of each among its copies as last column, under the alias
/// `side`.
fn numbered(side: &str, plan: LogicalPlan, types: &[DataType]) -> Result<LogicalPlan> {
    let columns = plan.schema().columns();
    let fields = plan.schema().fields().iter().zip(types).zip(columns).enumerate();
    let values: Vec<Expr> = fields
        .map(|(position, ((field, common), column))| {
            let value = Expr::Column(column);
            let value = if field.data_type() == common { value } else { cast(value, common.clone()) };
            value.alias(column_name(position))
        })
        .collect();
    let name = |position| Expr::Column(Column::from_name(column_name(position)));
    let names: Vec<Expr> = (0..values.len()).map(name).collect();
    let copy = row_number().partition_by(names.clone()).build()?;
    let numbered = Expr::Column(Column::from_name(copy.schema_name().to_string())).alias(COPY);
    LogicalPlanBuilder::from(plan)
        .project(values)?
        .window([copy])?
        .project(names.into_iter().chain([numbered]))?
        .alias(side)?
        .build()
}
