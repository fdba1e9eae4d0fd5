//! Where lists are unnested, a filter of calls takes the lists away and leaves the calls.
//!
//! `unnest(queues) … WHERE direction = 'inbound'` makes no rows of the other calls' lists. The engine would copy the
//! lists of the calls that pass, entry by entry, and then copy them again as rows. Here the lists of all others become
//! NULL, which copies none ([`list_where`]), and have no rows. A filter that leaves few calls stays where it is, since
//! the reader then need not decode the rest: one on texts that repeat, on lists of such, or on what is there at all is
//! none of those.
//!
//! What stands between the filter and the lists, and what else is filtered by, is then done for calls that the filter
//! had kept from it, and so the rule passes by where that could fail.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ExprSchema as _, Result};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    Between, BinaryExpr, Expr, Filter, LogicalPlan, Operator, Projection, Unnest,
};

use super::coded_groups::with_compared_as_codes;
use crate::table::VoiceCalls;
use crate::table::codes::is_of_few_calls;
use voxlake_functions::dictionary::coded_text;
use voxlake_functions::list_length::is_length_of;
use voxlake_functions::list_where::list_where;
use voxlake_functions::shares::is_equal_shares;

/// What compares two values of one type, whatever they are.
const COMPARISONS: [Operator; 8] = [
    Operator::Eq,
    Operator::NotEq,
    Operator::Lt,
    Operator::LtEq,
    Operator::Gt,
    Operator::GtEq,
    Operator::IsDistinctFrom,
    Operator::IsNotDistinctFrom,
];
/// The name of what tells whether a call passes, below its lists.
const PASSES: &str = "__passes";

/// `plan` with masks in place of filters of calls whose lists are unnested. For plans that are optimized otherwise:
/// no other rule knows what a mask is.
pub(super) fn with_masks(plan: LogicalPlan) -> Result<LogicalPlan> {
    let masked = plan.transform_down_with_subqueries(|plan| {
        let LogicalPlan::Unnest(unnest) = &plan else { return Ok(Transformed::no(plan)) };
        Ok(match masked(unnest)? {
            Some(unnest) => Transformed::yes(LogicalPlan::Unnest(unnest)),
            None => Transformed::no(plan),
        })
    })?;
    Ok(masked.data)
}

/// `unnest` over masked lists; `None` where there is no filter to take the place of.
fn masked(unnest: &Unnest) -> Result<Option<Unnest>> {
    let options = &unnest.options;
    let lists: HashSet<usize> = unnest.list_type_columns.iter().map(|(index, _)| *index).collect();
    let all_lists = lists
        .iter()
        .all(|index| matches!(unnest.input.schema().field(*index).data_type(), DataType::List(_)));
    let deep = unnest.list_type_columns.iter().any(|(_, list)| list.depth != 1);
    if options.preserve_nulls() || options.expand_empty_as_null() || lists.is_empty() || !all_lists || deep {
        return Ok(None);
    }
    let LogicalPlan::Projection(projection) = unnest.input.as_ref() else { return Ok(None) };
    let Some(input) = passing(projection)? else { return Ok(None) };
    let columns = projection.schema.iter().enumerate().map(|(place, (qualifier, field))| {
        let column = Column::new(qualifier.cloned(), field.name());
        let expr = Expr::Column(column.clone());
        if lists.contains(&place) {
            let condition = Expr::Column(Column::new_unqualified(PASSES));
            list_where(expr, condition).alias_qualified(column.relation, column.name)
        } else {
            expr
        }
    });
    let input = LogicalPlan::Projection(Projection::try_new(columns.collect(), Arc::new(input))?);
    Ok(Some(Unnest::try_new(Arc::new(input), unnest.exec_columns.clone(), unnest.options.clone())?))
}

/// `projection` over calls that the filter below it drops, and a last column that says which those are; `None` where
/// there is no such filter.
fn passing(projection: &Projection) -> Result<Option<LogicalPlan>> {
    let schema = projection.input.schema();
    if !projection.expr.iter().all(|expr| cannot_fail(expr, schema)) {
        return Ok(None);
    }
    let mut exprs = projection.expr.clone();
    let input = match projection.input.as_ref() {
        LogicalPlan::Projection(below) => {
            exprs.push(Expr::Column(Column::new_unqualified(PASSES)));
            passing(below)?
        }
        LogicalPlan::Filter(filter) => unfiltered(filter)?.map(|(input, condition)| {
            exprs.push(condition.alias(PASSES));
            input
        }),
        _ => None,
    };
    let Some(input) = input else { return Ok(None) };
    let projection = Projection::try_new(exprs, Arc::new(input))?;
    Ok(Some(LogicalPlan::Projection(with_compared_as_codes(projection)?)))
}

/// What `filter` filters, and what of its predicate is to be a mask instead; `None` where nothing is.
fn unfiltered(filter: &Filter) -> Result<Option<(LogicalPlan, Expr)>> {
    let scan = match filter.input.as_ref() {
        LogicalPlan::Projection(projection) => projection.input.as_ref(),
        input => input,
    };
    let LogicalPlan::TableScan(scan) = scan else { return Ok(None) };
    // A table that is none of ours is no error.
    let ours = source_as_provider(&scan.source).is_ok_and(|table| table.is::<VoiceCalls>());
    if !ours {
        return Ok(None);
    }
    let schema = filter.input.schema();
    let parts = split_conjunction_owned(filter.predicate.clone());
    let (masks, rest): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| passes_many(part, schema));
    let Some(mask) = conjunction(masks) else { return Ok(None) };
    // Of what stays a filter, the calls that a mask leaves out may be kept from it for a reason.
    if !rest.iter().all(is_comparison) {
        return Ok(None);
    }
    let input = match conjunction(rest) {
        Some(rest) => LogicalPlan::Filter(Filter::try_new(rest, Arc::clone(&filter.input))?),
        None => filter.input.as_ref().clone(),
    };
    Ok(Some((input, mask)))
}

/// Whether `condition` is of a kind that many calls pass, wherever in a day they are.
fn passes_many(condition: &Expr, schema: &DFSchema) -> bool {
    let mut many = is_comparison(condition);
    // The visit never fails: its closure does not.
    let _ = condition.apply(|expr| {
        Ok(match expr {
            Expr::IsNull(_) | Expr::IsNotNull(_) => TreeNodeRecursion::Jump,
            Expr::Column(column) => {
                let text = match schema.data_type(column) {
                    Ok(DataType::List(item)) => item.data_type(),
                    Ok(of) => of,
                    Err(_) => &DataType::Null,
                };
                many &= (*text == DataType::Utf8 || *text == coded_text()) && !is_of_few_calls(&column.name);
                TreeNodeRecursion::Continue
            }
            _ => TreeNodeRecursion::Continue,
        })
    });
    many
}

/// Whether `condition` compares columns and constants, which it can for every call.
fn is_comparison(condition: &Expr) -> bool {
    let is_operand = |expr: &Expr| matches!(expr, Expr::Column(_) | Expr::Literal(..));
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And | Operator::Or, right }) => {
            is_comparison(left) && is_comparison(right)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            COMPARISONS.contains(op) && is_operand(left) && is_operand(right)
        }
        Expr::Not(condition) => is_comparison(condition),
        Expr::IsNull(of) | Expr::IsNotNull(of) => is_operand(of),
        Expr::InList(InList { expr, list, .. }) => is_operand(expr) && list.iter().all(is_operand),
        Expr::Between(Between { expr, low, high, .. }) => {
            [expr, low, high].into_iter().all(|of| is_operand(of))
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) => {
            func.name() == "array_has" && args.iter().all(is_operand)
        }
        _ => false,
    }
}

/// Whether `expr` has a value for every call.
fn cannot_fail(expr: &Expr, schema: &DFSchema) -> bool {
    match expr {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::Alias(alias) => cannot_fail(&alias.expr, schema),
        // What rules of ours cast, which is no more than to leave fields out and read codes for texts.
        Expr::Cast(cast) => match cast.expr.as_ref() {
            Expr::Column(column) => {
                schema.data_type(column).is_ok_and(|from| is_narrower(cast.field.data_type(), from))
            }
            _ => false,
        },
        expr if is_length_of(expr).is_some() => true,
        expr => match is_equal_shares(expr) {
            // As many as the entries of a list are never too many.
            Some([amount, parts]) => cannot_fail(amount, schema) && is_length_of(parts).is_some(),
            _ => false,
        },
    }
}

/// Whether `narrower` is what `of` is, with fields left out or texts as codes.
fn is_narrower(narrower: &DataType, of: &DataType) -> bool {
    match (narrower, of) {
        (DataType::List(narrower), DataType::List(of)) => is_narrower(narrower.data_type(), of.data_type()),
        (DataType::Struct(narrower), DataType::Struct(of)) => narrower.iter().all(|field| {
            of.find(field.name()).is_some_and(|(_, of)| is_narrower(field.data_type(), of.data_type()))
        }),
        (DataType::Dictionary(..), DataType::Utf8) => *narrower == coded_text(),
        (DataType::Utf8, DataType::Dictionary(..)) => *of == coded_text(),
        (same, of) => same == of,
    }
}

#[cfg(test)]
mod tests;
