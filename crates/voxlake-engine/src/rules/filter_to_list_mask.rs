//! Replaces a filter below `unnest` with a mask that nulls the lists of rejected rows.
//!
//! ```text
//! Unnest: lists[queues]
//!   Projection: id, queues
//!     Filter: direction = 'inbound'
//!       TableScan: voice_calls
//! ```
//! becomes
//! ```text
//! Unnest: lists[queues]
//!   Projection: id, list_where(queues, __passes) AS queues
//!     Projection: id, queues, direction = 'inbound' AS __passes
//!       TableScan: voice_calls
//! ```
//!
//! DataFusion copies the lists of the rows that pass the filter, and copies their entries again as
//! rows. A mask copies no list ([`list_where`]), and null lists yield no rows.
//!
//! A filter that few rows pass stays, because the reader can then skip the other columns. Filters
//! on repeated texts, on lists of these, and null checks are assumed to pass many rows.
//!
//! Expressions between the filter and the lists, and the remaining filters, are evaluated for rows
//! that the filter would have removed. The rule does not apply if that could fail.

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

use super::dictionary_group_by::with_dictionary_comparisons;
use crate::table::VoiceCalls;
use crate::table::dictionary::is_high_cardinality;
use voxlake_functions::dictionary::dictionary_text;
use voxlake_functions::list_length::counted_column;
use voxlake_functions::list_where::list_where;
use voxlake_functions::shares::equal_shares_args;

/// Operators that compare any two values of one type.
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
/// Name of the column with the filter's result.
const PASSES: &str = "__passes";

/// Replaces filters of rows whose lists are unnested by masks. Must run after all other logical
/// rules, which do not know masks.
pub(super) fn with_masks(plan: LogicalPlan) -> Result<LogicalPlan> {
    let masked = plan.transform_down_with_subqueries(|plan| {
        let LogicalPlan::Unnest(unnest) = &plan else { return Ok(Transformed::no(plan)) };
        Ok(match mask_lists(unnest)? {
            Some(unnest) => Transformed::yes(LogicalPlan::Unnest(unnest)),
            None => Transformed::no(plan),
        })
    })?;
    Ok(masked.data)
}

/// Returns `unnest` over masked lists, or `None` if there is no suitable filter.
fn mask_lists(unnest: &Unnest) -> Result<Option<Unnest>> {
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
    let Some(input) = with_filter_result(projection)? else { return Ok(None) };
    let columns = projection.schema.iter().enumerate().map(|(index, (qualifier, field))| {
        let column = Column::new(qualifier.cloned(), field.name());
        let expr = Expr::Column(column.clone());
        if lists.contains(&index) {
            let condition = Expr::Column(Column::new_unqualified(PASSES));
            list_where(expr, condition).alias_qualified(column.relation, column.name)
        } else {
            expr
        }
    });
    let input = LogicalPlan::Projection(Projection::try_new(columns.collect(), Arc::new(input))?);
    Ok(Some(Unnest::try_new(Arc::new(input), unnest.exec_columns.clone(), unnest.options.clone())?))
}

/// Returns `projection` without the filter below it and with the filter's result as last column, or
/// `None` if there is no suitable filter.
fn with_filter_result(projection: &Projection) -> Result<Option<LogicalPlan>> {
    let schema = projection.input.schema();
    if !projection.expr.iter().all(|expr| cannot_fail(expr, schema)) {
        return Ok(None);
    }
    let mut exprs = projection.expr.clone();
    let input = match projection.input.as_ref() {
        LogicalPlan::Projection(below) => {
            exprs.push(Expr::Column(Column::new_unqualified(PASSES)));
            with_filter_result(below)?
        }
        LogicalPlan::Filter(filter) => split_mask(filter)?.map(|(input, condition)| {
            exprs.push(condition.alias(PASSES));
            input
        }),
        _ => None,
    };
    let Some(input) = input else { return Ok(None) };
    let projection = Projection::try_new(exprs, Arc::new(input))?;
    Ok(Some(LogicalPlan::Projection(with_dictionary_comparisons(projection)?)))
}

/// Returns the input of `filter` and the part of its predicate that can be a mask; `None` without
/// such a part.
fn split_mask(filter: &Filter) -> Result<Option<(LogicalPlan, Expr)>> {
    let scan = match filter.input.as_ref() {
        LogicalPlan::Projection(projection) => projection.input.as_ref(),
        input => input,
    };
    let LogicalPlan::TableScan(scan) = scan else { return Ok(None) };
    // Tables of other types are not rewritten.
    let ours = source_as_provider(&scan.source).is_ok_and(|table| table.is::<VoiceCalls>());
    if !ours {
        return Ok(None);
    }
    let schema = filter.input.schema();
    let parts = split_conjunction_owned(filter.predicate.clone());
    let (masks, rest): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| is_unselective(part, schema));
    let Some(mask) = conjunction(masks) else { return Ok(None) };
    // The remaining filters see rows that the mask rejects, and must not fail for them.
    if !rest.iter().all(is_comparison) {
        return Ok(None);
    }
    let input = match conjunction(rest) {
        Some(rest) => LogicalPlan::Filter(Filter::try_new(rest, Arc::clone(&filter.input))?),
        None => filter.input.as_ref().clone(),
    };
    Ok(Some((input, mask)))
}

/// Returns whether many calls pass `condition`, spread over the day.
fn is_unselective(condition: &Expr, schema: &DFSchema) -> bool {
    let mut many = is_comparison(condition);
    // The closure never fails, and so neither does the visit.
    let _ = condition.apply(|expr| {
        Ok(match expr {
            Expr::IsNull(_) | Expr::IsNotNull(_) => TreeNodeRecursion::Jump,
            Expr::Column(column) => {
                let text = match schema.data_type(column) {
                    Ok(DataType::List(item)) => item.data_type(),
                    Ok(of) => of,
                    Err(_) => &DataType::Null,
                };
                many &= (*text == DataType::Utf8 || *text == dictionary_text())
                    && !is_high_cardinality(&column.name);
                TreeNodeRecursion::Continue
            }
            _ => TreeNodeRecursion::Continue,
        })
    });
    many
}

/// Returns whether `condition` only compares columns and constants, which never fails.
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

/// Returns whether evaluating `expr` never fails.
fn cannot_fail(expr: &Expr, schema: &DFSchema) -> bool {
    match expr {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::Alias(alias) => cannot_fail(&alias.expr, schema),
        // Casts of other rules, which only drop fields or switch between dictionaries and texts.
        Expr::Cast(cast) => match cast.expr.as_ref() {
            Expr::Column(column) => {
                schema.data_type(column).is_ok_and(|from| is_narrower(cast.field.data_type(), from))
            }
            _ => false,
        },
        expr if counted_column(expr).is_some() => true,
        expr => match equal_shares_args(expr) {
            // The length of a list is within the limit of shares.
            Some([amount, parts]) => cannot_fail(amount, schema) && counted_column(parts).is_some(),
            _ => false,
        },
    }
}

/// Returns whether `narrower` is `of` with fields removed or texts as dictionaries.
fn is_narrower(narrower: &DataType, of: &DataType) -> bool {
    match (narrower, of) {
        (DataType::List(narrower), DataType::List(of)) => is_narrower(narrower.data_type(), of.data_type()),
        (DataType::Struct(narrower), DataType::Struct(of)) => narrower.iter().all(|field| {
            of.find(field.name()).is_some_and(|(_, of)| is_narrower(field.data_type(), of.data_type()))
        }),
        (DataType::Dictionary(..), DataType::Utf8) => *narrower == dictionary_text(),
        (DataType::Utf8, DataType::Dictionary(..)) => *of == dictionary_text(),
        (same, of) => same == of,
    }
}

#[cfg(test)]
mod tests;
