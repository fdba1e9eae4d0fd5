//! Groups by texts that repeat, such as directions, results and queues, are made of the codes by which a day's
//! file keeps them.
//!
//! Otherwise each call's text is copied out of its dictionary, hashed and compared. Here the scan reads the codes
//! ([`below`]), the groups are made of one number for all their texts ([`Groups`]), and the texts are looked up once
//! for each group. What compares such a text with a constant compares the dictionary's few texts.

mod below;

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, ExprSchema as _, Result};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, Projection};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use self::below::{Want, by_codes, compared, over_codes, with_codes};
use voxlake_functions::group_codes::Groups;

/// The name of the number of a group below what gives its texts.
const CODE: &str = "__group_code";

/// Groups by codes in place of texts where the scan can read them.
#[derive(Debug)]
pub(super) struct CodedGroups;

impl OptimizerRule for CodedGroups {
    fn name(&self) -> &'static str {
        "coded_groups"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(Transformed::no(plan)) };
        match coded(&aggregate)? {
            Some(plan) => Ok(Transformed::yes(plan)),
            None => Ok(Transformed::no(LogicalPlan::Aggregate(aggregate))),
        }
    }
}

/// `aggregate` by codes; `None` where none of its groups can be.
fn coded(aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
    let input = aggregate.input.as_ref();
    let mut columns = Vec::new();
    for expr in &aggregate.group_expr {
        if let Expr::Column(column) = expr
            && can_be_coded(input, column)?
        {
            columns.push(column.clone());
        }
    }
    if columns.is_empty() || matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)]) {
        return Ok(None);
    }
    let mut wants: HashSet<Column> = columns.iter().cloned().collect();
    for column in only_compared(&aggregate.aggr_expr)? {
        if !wants.contains(&column) && can_be_coded(input, &column)? {
            wants.insert(column);
        }
    }
    let wanted = wants.iter().cloned().map(Want::text).collect::<Vec<_>>();
    let Some(input) = with_codes(input, &wanted)? else { return Ok(None) };
    grouped(aggregate, input, &columns, &wants).map(Some)
}

/// `aggregate` over `input`, which has `coded` as codes, with its groups by `columns` made of them.
fn grouped(
    aggregate: &Aggregate,
    input: LogicalPlan,
    columns: &[Column],
    coded: &HashSet<Column>,
) -> Result<LogicalPlan> {
    let groups = Groups::by(columns.len());
    // Some texts are found to be columns only when the engine has optimized a plan once: they come second.
    let before = aggregate.group_expr.iter().filter(|expr| expr.schema_name().to_string().starts_with(CODE));
    let name = format!("{CODE}_{}", before.count());
    let code = groups.code(columns.iter().cloned().map(Expr::Column).collect()).alias(name);
    let place_of = |expr: &Expr| match expr {
        Expr::Column(column) => columns.iter().position(|coded| coded == column),
        _ => None,
    };
    let mut exprs = vec![code];
    let names = NamePreserver::new_for_projection();
    let over = |expr: &Expr| {
        let name = names.save(expr);
        Ok(name.restore(by_codes(over_codes(expr.clone(), coded)?, coded)?))
    };
    for expr in aggregate.group_expr.iter().filter(|expr| place_of(expr).is_none()) {
        exprs.push(over(expr)?);
    }
    let aggregates = aggregate.aggr_expr.iter().map(over).collect::<Result<Vec<_>>>()?;
    let by_codes = Aggregate::try_new(Arc::new(input), exprs, aggregates)?;
    let made = by_codes.schema.columns();
    let mut others = made.iter().skip(1);
    let mut exprs = Vec::with_capacity(aggregate.schema.fields().len());
    let places = aggregate.group_expr.iter().map(place_of).chain(std::iter::repeat(None));
    for ((qualifier, field), place) in aggregate.schema.iter().zip(places) {
        let expr = match place {
            Some(place) => {
                made.first().map(|code| groups.text(Expr::Column(code.clone()), place, Arc::clone(field)))
            }
            None => others.next().cloned().map(Expr::Column),
        };
        let column = Column::new(qualifier.cloned(), field.name());
        let expr = expr.unwrap_or_else(|| Expr::Column(column.clone()));
        exprs.push(match expr {
            Expr::Column(same) if same == column => Expr::Column(same),
            other => other.alias_qualified(column.relation, column.name),
        });
    }
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(LogicalPlan::Aggregate(by_codes)))?))
}

/// `projection` with those texts as codes that it compares with constants and uses in no other way.
pub(super) fn with_compared_as_codes(projection: Projection) -> Result<Projection> {
    let (mut wants, mut columns) = (Vec::new(), HashSet::new());
    for column in only_compared(&projection.expr)? {
        if !columns.contains(&column)
            && let Some(want) = coded_want(&projection.input, &column)?
        {
            wants.push(want);
            columns.insert(column);
        }
    }
    if wants.is_empty() {
        return Ok(projection);
    }
    let Some(input) = with_codes(&projection.input, &wants)? else { return Ok(projection) };
    let names = NamePreserver::new_for_projection();
    let exprs = projection.expr.into_iter().map(|expr| {
        let name = names.save(&expr);
        Ok(name.restore(by_codes(expr, &columns)?))
    });
    Projection::try_new(exprs.collect::<Result<Vec<_>>>()?, Arc::new(input))
}

/// What has to come as codes for `column` to be one of codes; `None` where it cannot be.
fn coded_want(input: &LogicalPlan, column: &Column) -> Result<Option<Want>> {
    let want = match input.schema().data_type(column) {
        Ok(DataType::Utf8) => Want::text(column.clone()),
        Ok(DataType::List(item)) if *item.data_type() == DataType::Utf8 => Want::entries(column.clone()),
        _ => return Ok(None),
    };
    Ok(with_codes(input, std::slice::from_ref(&want))?.map(|_| want))
}

fn can_be_coded(input: &LogicalPlan, column: &Column) -> Result<bool> {
    let is_text = matches!(input.schema().data_type(column), Ok(DataType::Utf8));
    Ok(is_text && coded_want(input, column)?.is_some())
}

/// The columns that `exprs` compare with constants and use in no other way.
fn only_compared(exprs: &[Expr]) -> Result<Vec<Column>> {
    let (mut found, mut used) = (Vec::new(), HashSet::new());
    for expr in exprs {
        expr.apply(|expr| {
            if let Some((column, _)) = compared(expr) {
                found.push(column.clone());
                return Ok(TreeNodeRecursion::Jump);
            }
            if let Expr::Column(column) = expr {
                used.insert(column.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    found.retain(|column| !used.contains(column));
    Ok(found)
}

#[cfg(test)]
mod tests;
