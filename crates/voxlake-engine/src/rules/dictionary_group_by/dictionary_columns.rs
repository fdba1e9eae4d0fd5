//! Rewriting of plans so that text columns arrive as dictionaries.
//!
//! A text passes unchanged through filters, projections, aliases, and unnests of lists of structs.
//! Other expressions on the way get a cast to text. Other nodes end the rewrite.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    BinaryExpr, Cast, Expr, Filter, LogicalPlan, Operator, Projection, SubqueryAlias, TableScan,
    TableScanBuilder, Unnest,
};

use super::super::unnest_field_pruning::field_path;
use crate::table::VoiceCalls;
use crate::table::dictionary::{StringColumn, StringPath, dictionary_struct_field};
use voxlake_functions::is_text::is_text;
use voxlake_functions::list_length::counted_column;

/// Text that should be a dictionary: a column, or texts within its lists.
#[derive(Clone, Debug)]
pub(super) struct DictionaryRequest {
    column: Column,
    path: StringPath,
}

impl DictionaryRequest {
    /// Requests a text column.
    pub(super) fn text(column: Column) -> Self {
        Self { column, path: StringPath::Column }
    }

    /// Requests the items of a column of text lists.
    pub(super) fn list_items(column: Column) -> Self {
        Self { column, path: StringPath::ListItem }
    }
}

/// Rewrites `plan` to return the requested texts as dictionaries, with no other change. Returns
/// `None` if that is not possible.
pub(super) fn with_dictionaries(
    plan: &LogicalPlan,
    requests: &[DictionaryRequest],
) -> Result<Option<LogicalPlan>> {
    match plan {
        LogicalPlan::TableScan(scan) => dictionary_scan(scan, requests),
        LogicalPlan::SubqueryAlias(alias) => {
            let inner = alias.input.schema().columns();
            let moved = requests.iter().map(|request| {
                let index = alias.schema.maybe_index_of_column(&request.column)?;
                Some(DictionaryRequest { column: inner.get(index)?.clone(), path: request.path.clone() })
            });
            let Some(input) = rewrite_input(&alias.input, moved)? else { return Ok(None) };
            Ok(Some(LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(input, alias.alias.clone())?)))
        }
        LogicalPlan::Filter(filter) => {
            let (flat, nested) = split_by_path(requests);
            if uses_lists(&filter.predicate, &nested)? {
                return Ok(None);
            }
            let Some(input) = rewrite_input(&filter.input, requests.iter().cloned().map(Some))? else {
                return Ok(None);
            };
            let predicate = decode_columns(filter.predicate.clone(), &flat)?;
            Ok(Some(LogicalPlan::Filter(Filter::try_new(predicate, input)?)))
        }
        LogicalPlan::Projection(projection) => dictionary_projection(projection, requests),
        LogicalPlan::Unnest(unnest) => dictionary_unnest(unnest, requests),
        _ => Ok(None),
    }
}

fn rewrite_input(
    input: &LogicalPlan,
    requests: impl Iterator<Item = Option<DictionaryRequest>>,
) -> Result<Option<Arc<LogicalPlan>>> {
    let Some(requests) = requests.collect::<Option<Vec<_>>>() else { return Ok(None) };
    Ok(with_dictionaries(input, &requests)?.map(Arc::new))
}

fn dictionary_scan(scan: &TableScan, requests: &[DictionaryRequest]) -> Result<Option<LogicalPlan>> {
    // Tables of other types have no dictionaries.
    let Ok(table) = source_as_provider(&scan.source) else { return Ok(None) };
    let Some(calls) = table.downcast_ref::<VoiceCalls>() else { return Ok(None) };
    let texts = requests
        .iter()
        .map(|request| StringColumn { column: request.column.name.clone(), path: request.path.clone() });
    let Some(calls) = calls.with_dictionaries(texts) else { return Ok(None) };
    let (flat, nested) = split_by_path(requests);
    let mut filters = Vec::with_capacity(scan.filters.len());
    for filter in &scan.filters {
        if uses_lists(filter, &nested)? {
            return Ok(None);
        }
        filters.push(decode_columns(filter.clone(), &flat)?);
    }
    let source = provider_as_source(Arc::new(calls));
    let coded = TableScanBuilder::new(scan.table_name.clone(), source)
        .with_projection(scan.projection.clone())
        .with_filters(filters)
        .with_fetch(scan.fetch)
        .build()?;
    Ok(Some(LogicalPlan::TableScan(coded)))
}

fn dictionary_projection(
    projection: &Projection,
    requests: &[DictionaryRequest],
) -> Result<Option<LogicalPlan>> {
    let mut exprs = projection.expr.clone();
    let mut indices = HashSet::new();
    let mut inner = Vec::new();
    for request in requests {
        let Some(index) = projection.schema.maybe_index_of_column(&request.column) else { return Ok(None) };
        let expr = exprs[index].clone();
        let (alias, passed) = (expr.clone(), expr.unalias());
        let request = match (&passed, &request.path) {
            (Expr::Column(column), path) => DictionaryRequest { column: column.clone(), path: path.clone() },
            (Expr::Cast(cast), StringPath::StructField(field)) => match cast.expr.as_ref() {
                Expr::Column(column) => {
                    let of = dictionary_struct_field(cast.field.data_type(), field);
                    let coded = Expr::Cast(Cast::new(cast.expr.clone(), of));
                    exprs[index] = NamePreserver::new_for_projection().save(&alias).restore(coded);
                    DictionaryRequest { column: column.clone(), path: request.path.clone() }
                }
                _ => return Ok(None),
            },
            (field, StringPath::Column) => match field_path(field) {
                Some((column, names)) => match names.as_slice() {
                    [name] => DictionaryRequest {
                        column: column.clone(),
                        path: StringPath::StructField((*name).to_owned()),
                    },
                    _ => return Ok(None),
                },
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        indices.insert(index);
        inner.push(request);
    }
    let (flat, nested) = split_by_path(&inner);
    let names = NamePreserver::new_for_projection();
    for (index, expr) in exprs.iter_mut().enumerate() {
        if indices.contains(&index) {
            continue;
        }
        if uses_lists(expr, &nested)? {
            return Ok(None);
        }
        let name = names.save(expr);
        *expr = name.restore(decode_columns(expr.clone(), &flat)?);
    }
    let Some(input) = rewrite_input(&projection.input, inner.into_iter().map(Some))? else { return Ok(None) };
    Ok(Some(LogicalPlan::Projection(Projection::try_new(exprs, input)?)))
}

fn dictionary_unnest(unnest: &Unnest, requests: &[DictionaryRequest]) -> Result<Option<LogicalPlan>> {
    let columns = unnest.input.schema().columns();
    let moved = requests.iter().map(|request| {
        let index = unnest.schema.maybe_index_of_column(&request.column)?;
        let from = *unnest.dependency_indices.get(index)?;
        let unnested: Vec<_> = unnest.list_type_columns.iter().filter(|(index, _)| *index == from).collect();
        let passes = match unnested.as_slice() {
            [] => !unnest.struct_type_columns.contains(&from),
            [(_, list)] => list.depth == 1 && matches!(request.path, StringPath::StructField(_)),
            _ => false,
        };
        passes
            .then(|| columns.get(from).cloned())
            .flatten()
            .map(|column| DictionaryRequest { column, path: request.path.clone() })
    });
    let Some(input) = rewrite_input(&unnest.input, moved)? else { return Ok(None) };
    let unnest = Unnest::try_new(input, unnest.exec_columns.clone(), unnest.options.clone())?;
    Ok(Some(LogicalPlan::Unnest(unnest)))
}

/// Splits the requested columns into texts and lists.
fn split_by_path(requests: &[DictionaryRequest]) -> (HashSet<Column>, HashSet<Column>) {
    let (nested, flat): (Vec<&DictionaryRequest>, Vec<&DictionaryRequest>) =
        requests.iter().partition(|request| request.path != StringPath::Column);
    let columns = |requests: Vec<&DictionaryRequest>| {
        requests.into_iter().map(|request| request.column.clone()).collect()
    };
    (columns(flat), columns(nested))
}

/// Returns whether `expr` uses one of the lists `nested` other than to count its entries or to
/// search it for a constant.
fn uses_lists(expr: &Expr, nested: &HashSet<Column>) -> Result<bool> {
    let mut uses = false;
    expr.apply(|expr| {
        let looked_at = counted_column(expr).or_else(|| text_comparison(expr).map(|(list, _)| list));
        if looked_at.is_some_and(|list| nested.contains(list)) {
            return Ok(TreeNodeRecursion::Jump);
        }
        uses |= matches!(expr, Expr::Column(column) if nested.contains(column));
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(uses)
}

/// Returns the column that `expr` compares with a constant text or with null, and that text.
pub(super) fn text_comparison(expr: &Expr) -> Option<(&Column, Option<&str>)> {
    let (of, with) = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq | Operator::NotEq, right }) => {
            (left.as_ref(), Some(constant(right)?))
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == "array_has" => {
            match args.as_slice() {
                [list, text] => (list, Some(constant(text)?)),
                _ => return None,
            }
        }
        Expr::IsNull(of) | Expr::IsNotNull(of) => (of.as_ref(), None),
        _ => return None,
    };
    match of {
        Expr::Column(column) => Some((column, with)),
        _ => None,
    }
}

fn constant(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text),
        _ => None,
    }
}

/// Inserts casts to text into `expr` for the columns `coded`, which are dictionaries.
pub(super) fn decode_columns(expr: Expr, coded: &HashSet<Column>) -> Result<Expr> {
    let over = expr.transform_down(|expr| {
        if text_comparison(&expr).is_some() {
            return Ok(Transformed::new(expr, false, TreeNodeRecursion::Jump));
        }
        match &expr {
            Expr::Column(column) if coded.contains(column) => {
                let text = Expr::Cast(Cast::new(Box::new(expr), DataType::Utf8));
                Ok(Transformed::new(text, true, TreeNodeRecursion::Jump))
            }
            _ => Ok(Transformed::no(expr)),
        }
    })?;
    Ok(over.data)
}

/// Replaces comparisons of the dictionaries `coded` with constant texts by comparisons of
/// dictionary entries.
pub(super) fn compare_dictionaries(expr: Expr, coded: &HashSet<Column>) -> Result<Expr> {
    let compared = expr.transform_up(|expr| {
        let equals = match text_comparison(&expr) {
            Some((column, Some(text))) if coded.contains(column) => {
                is_text(Expr::Column(column.clone()), text)
            }
            _ => return Ok(Transformed::no(expr)),
        };
        let differs = matches!(&expr, Expr::BinaryExpr(binary) if binary.op == Operator::NotEq);
        Ok(Transformed::yes(if differs { !equals } else { equals }))
    })?;
    Ok(compared.data)
}
