//! Groups dictionary-encoded texts, such as directions, results and queues, by their dictionary
//! keys.
//!
//! ```text
//! Aggregate: groupBy=[direction, result], aggr=[count(*) FILTER (WHERE result = 'missed')]
//!   TableScan: voice_calls
//! ```
//! becomes
//! ```text
//! Projection: group_text(__group_code_0) AS direction, group_text(…) AS result, count(*) …
//!   Aggregate: groupBy=[group_code(direction, result) AS __group_code_0],
//!              aggr=[count(*) FILTER (WHERE is_text(result, 'missed'))]
//!     TableScan: voice_calls                  direction and result as Dictionary(Int32, Utf8)
//! ```
//!
//! Otherwise each row's text is copied from its dictionary, hashed and compared. Here the scan
//! returns dictionaries ([`dictionary_columns`]), the groups are integer ids ([`TextGroups`]), and
//! each text is looked up once per group. Comparisons with a constant compare only the dictionary's
//! entries.

mod dictionary_columns;

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, ExprSchema as _, Result};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, Projection};

use self::dictionary_columns::{
    DictionaryRequest, compare_dictionaries, decode_columns, text_comparison, with_dictionaries,
};
use super::rewrite::AggregateRewrite;
use voxlake_functions::text_groups::{GROUP_COLUMN, TextGroups};

/// Replaces texts in GROUP BY by ids where the scan can return dictionaries.
#[derive(Debug)]
pub(super) struct DictionaryGroupBy;

impl AggregateRewrite for DictionaryGroupBy {
    const NAME: &'static str = "dictionary_group_by";

    fn rewrite(&self, aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
        group_by_dictionary(aggregate)
    }
}

/// Rewrites `aggregate`, or returns `None` if none of its groups can be a dictionary.
fn group_by_dictionary(aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
    let input = aggregate.input.as_ref();
    let mut columns = Vec::new();
    for expr in &aggregate.group_expr {
        if let Expr::Column(column) = expr
            && can_be_dictionary(input, column)?
        {
            columns.push(column.clone());
        }
    }
    if columns.is_empty() || matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)]) {
        return Ok(None);
    }
    let mut requests: HashSet<Column> = columns.iter().cloned().collect();
    for column in only_compared_columns(&aggregate.aggr_expr)? {
        if !requests.contains(&column) && can_be_dictionary(input, &column)? {
            requests.insert(column);
        }
    }
    let requested = requests.iter().cloned().map(DictionaryRequest::text).collect::<Vec<_>>();
    let Some(input) = with_dictionaries(input, &requested)? else { return Ok(None) };
    with_group_ids(aggregate, input, &columns, &requests).map(Some)
}

/// Groups `aggregate` by the ids of `columns`. `input` returns the columns in `coded` as
/// dictionaries.
fn with_group_ids(
    aggregate: &Aggregate,
    input: LogicalPlan,
    columns: &[Column],
    coded: &HashSet<Column>,
) -> Result<LogicalPlan> {
    let groups = TextGroups::new(columns.len());
    // DataFusion recognizes some texts as columns only after a first pass, so the rule may apply
    // twice.
    let before =
        aggregate.group_expr.iter().filter(|expr| expr.schema_name().to_string().starts_with(GROUP_COLUMN));
    let name = format!("{GROUP_COLUMN}_{}", before.count());
    let code = groups.id_expr(columns.iter().cloned().map(Expr::Column).collect()).alias(name);
    let group_index_of = |expr: &Expr| match expr {
        Expr::Column(column) => columns.iter().position(|coded| coded == column),
        _ => None,
    };
    let mut exprs = vec![code];
    let names = NamePreserver::new_for_projection();
    let over = |expr: &Expr| {
        let name = names.save(expr);
        Ok(name.restore(compare_dictionaries(decode_columns(expr.clone(), coded)?, coded)?))
    };
    for expr in aggregate.group_expr.iter().filter(|expr| group_index_of(expr).is_none()) {
        exprs.push(over(expr)?);
    }
    let aggregates = aggregate.aggr_expr.iter().map(over).collect::<Result<Vec<_>>>()?;
    let aggregate_by_id = Aggregate::try_new(Arc::new(input), exprs, aggregates)?;
    let columns_by_id = aggregate_by_id.schema.columns();
    let mut others = columns_by_id.iter().skip(1);
    let mut exprs = Vec::with_capacity(aggregate.schema.fields().len());
    let indices = aggregate.group_expr.iter().map(group_index_of).chain(std::iter::repeat(None));
    for ((qualifier, field), index) in aggregate.schema.iter().zip(indices) {
        let expr = match index {
            Some(index) => columns_by_id
                .first()
                .map(|code| groups.text_expr(Expr::Column(code.clone()), index, Arc::clone(field))),
            None => others.next().cloned().map(Expr::Column),
        };
        let column = Column::new(qualifier.cloned(), field.name());
        let expr = expr.unwrap_or_else(|| Expr::Column(column.clone()));
        exprs.push(match expr {
            Expr::Column(same) if same == column => Expr::Column(same),
            other => other.alias_qualified(column.relation, column.name),
        });
    }
    Ok(LogicalPlan::Projection(Projection::try_new(
        exprs,
        Arc::new(LogicalPlan::Aggregate(aggregate_by_id)),
    )?))
}

/// Returns `projection` over dictionaries for texts that it only compares with constants.
pub(super) fn with_dictionary_comparisons(projection: Projection) -> Result<Projection> {
    let (mut requests, mut columns) = (Vec::new(), HashSet::new());
    for column in only_compared_columns(&projection.expr)? {
        if !columns.contains(&column)
            && let Some(request) = dictionary_request(&projection.input, &column)?
        {
            requests.push(request);
            columns.insert(column);
        }
    }
    if requests.is_empty() {
        return Ok(projection);
    }
    let Some(input) = with_dictionaries(&projection.input, &requests)? else { return Ok(projection) };
    let names = NamePreserver::new_for_projection();
    let exprs = projection.expr.into_iter().map(|expr| {
        let name = names.save(&expr);
        Ok(name.restore(compare_dictionaries(expr, &columns)?))
    });
    Projection::try_new(exprs.collect::<Result<Vec<_>>>()?, Arc::new(input))
}

/// Returns the request that makes `column` a dictionary, or `None` if it cannot be one.
fn dictionary_request(input: &LogicalPlan, column: &Column) -> Result<Option<DictionaryRequest>> {
    let request = match input.schema().data_type(column) {
        Ok(DataType::Utf8) => DictionaryRequest::text(column.clone()),
        Ok(DataType::List(item)) if *item.data_type() == DataType::Utf8 => {
            DictionaryRequest::list_items(column.clone())
        }
        _ => return Ok(None),
    };
    Ok(with_dictionaries(input, std::slice::from_ref(&request))?.map(|_| request))
}

fn can_be_dictionary(input: &LogicalPlan, column: &Column) -> Result<bool> {
    let is_text = matches!(input.schema().data_type(column), Ok(DataType::Utf8));
    Ok(is_text && dictionary_request(input, column)?.is_some())
}

/// Returns the columns that `exprs` only compare with constants.
fn only_compared_columns(exprs: &[Expr]) -> Result<Vec<Column>> {
    let (mut found, mut used) = (Vec::new(), HashSet::new());
    for expr in exprs {
        expr.apply(|expr| {
            if let Some((column, _)) = text_comparison(expr) {
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
