//! The way of a text from the scan up to where groups are made of it, with codes in its place.
//!
//! Only what passes a text on unchanged is such a way: filters, projections, aliases, and lists whose structs are
//! unnested. What else is done with it on the way is done with the text, which is a cast away.

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

use super::super::nested_fields::field_path;
use crate::table::VoiceCalls;
use crate::table::codes::{Part, Text, coded_list};
use voxlake_functions::is_text::is_text;
use voxlake_functions::list_length::is_length_of;

/// What is to come as codes: a column, or a part of it.
#[derive(Clone, Debug)]
pub(super) struct Want {
    column: Column,
    part: Part,
}

impl Want {
    /// A column of text.
    pub(super) fn text(column: Column) -> Self {
        Self { column, part: Part::Whole }
    }

    /// A column of lists of text.
    pub(super) fn entries(column: Column) -> Self {
        Self { column, part: Part::Entry }
    }
}

/// `plan` with what is wanted of its columns as codes, and nothing else changed; `None` where that cannot be.
pub(super) fn with_codes(plan: &LogicalPlan, wants: &[Want]) -> Result<Option<LogicalPlan>> {
    match plan {
        LogicalPlan::TableScan(scan) => coded_scan(scan, wants),
        LogicalPlan::SubqueryAlias(alias) => {
            let inner = alias.input.schema().columns();
            let moved = wants.iter().map(|want| {
                let place = alias.schema.maybe_index_of_column(&want.column)?;
                Some(Want { column: inner.get(place)?.clone(), part: want.part.clone() })
            });
            let Some(input) = below(&alias.input, moved)? else { return Ok(None) };
            Ok(Some(LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(input, alias.alias.clone())?)))
        }
        LogicalPlan::Filter(filter) => {
            let (flat, nested) = parted(wants);
            if uses_any(&filter.predicate, &nested)? {
                return Ok(None);
            }
            let Some(input) = below(&filter.input, wants.iter().cloned().map(Some))? else { return Ok(None) };
            let predicate = over_codes(filter.predicate.clone(), &flat)?;
            Ok(Some(LogicalPlan::Filter(Filter::try_new(predicate, input)?)))
        }
        LogicalPlan::Projection(projection) => coded_projection(projection, wants),
        LogicalPlan::Unnest(unnest) => coded_unnest(unnest, wants),
        _ => Ok(None),
    }
}

fn below(input: &LogicalPlan, wants: impl Iterator<Item = Option<Want>>) -> Result<Option<Arc<LogicalPlan>>> {
    let Some(wants) = wants.collect::<Option<Vec<_>>>() else { return Ok(None) };
    Ok(with_codes(input, &wants)?.map(Arc::new))
}

fn coded_scan(scan: &TableScan, wants: &[Want]) -> Result<Option<LogicalPlan>> {
    // A table that is none of ours is no error: it has no codes.
    let Ok(table) = source_as_provider(&scan.source) else { return Ok(None) };
    let Some(calls) = table.downcast_ref::<VoiceCalls>() else { return Ok(None) };
    let texts = wants.iter().map(|want| Text { column: want.column.name.clone(), part: want.part.clone() });
    let Some(calls) = calls.with_codes(texts) else { return Ok(None) };
    let (flat, nested) = parted(wants);
    let mut filters = Vec::with_capacity(scan.filters.len());
    for filter in &scan.filters {
        if uses_any(filter, &nested)? {
            return Ok(None);
        }
        filters.push(over_codes(filter.clone(), &flat)?);
    }
    let source = provider_as_source(Arc::new(calls));
    let coded = TableScanBuilder::new(scan.table_name.clone(), source)
        .with_projection(scan.projection.clone())
        .with_filters(filters)
        .with_fetch(scan.fetch)
        .build()?;
    Ok(Some(LogicalPlan::TableScan(coded)))
}

fn coded_projection(projection: &Projection, wants: &[Want]) -> Result<Option<LogicalPlan>> {
    let mut exprs = projection.expr.clone();
    let mut places = HashSet::new();
    let mut inner = Vec::new();
    for want in wants {
        let Some(place) = projection.schema.maybe_index_of_column(&want.column) else { return Ok(None) };
        let expr = exprs[place].clone();
        let (alias, passed) = (expr.clone(), expr.unalias());
        let want = match (&passed, &want.part) {
            (Expr::Column(column), part) => Want { column: column.clone(), part: part.clone() },
            (Expr::Cast(cast), Part::Field(field)) => match cast.expr.as_ref() {
                Expr::Column(column) => {
                    let of = coded_list(cast.field.data_type(), field);
                    let coded = Expr::Cast(Cast::new(cast.expr.clone(), of));
                    exprs[place] = NamePreserver::new_for_projection().save(&alias).restore(coded);
                    Want { column: column.clone(), part: want.part.clone() }
                }
                _ => return Ok(None),
            },
            (taken, Part::Whole) => match field_path(taken) {
                Some((column, path)) => match path.as_slice() {
                    [name] => Want { column: column.clone(), part: Part::Field((*name).to_owned()) },
                    _ => return Ok(None),
                },
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        places.insert(place);
        inner.push(want);
    }
    let (flat, nested) = parted(&inner);
    let names = NamePreserver::new_for_projection();
    for (place, expr) in exprs.iter_mut().enumerate() {
        if places.contains(&place) {
            continue;
        }
        if uses_any(expr, &nested)? {
            return Ok(None);
        }
        let name = names.save(expr);
        *expr = name.restore(over_codes(expr.clone(), &flat)?);
    }
    let Some(input) = below(&projection.input, inner.into_iter().map(Some))? else { return Ok(None) };
    Ok(Some(LogicalPlan::Projection(Projection::try_new(exprs, input)?)))
}

fn coded_unnest(unnest: &Unnest, wants: &[Want]) -> Result<Option<LogicalPlan>> {
    let columns = unnest.input.schema().columns();
    let moved = wants.iter().map(|want| {
        let place = unnest.schema.maybe_index_of_column(&want.column)?;
        let from = *unnest.dependency_indices.get(place)?;
        let unnested: Vec<_> = unnest.list_type_columns.iter().filter(|(index, _)| *index == from).collect();
        let passes = match unnested.as_slice() {
            [] => !unnest.struct_type_columns.contains(&from),
            [(_, list)] => list.depth == 1 && matches!(want.part, Part::Field(_)),
            _ => false,
        };
        passes
            .then(|| columns.get(from).cloned())
            .flatten()
            .map(|column| Want { column, part: want.part.clone() })
    });
    let Some(input) = below(&unnest.input, moved)? else { return Ok(None) };
    let unnest = Unnest::try_new(input, unnest.exec_columns.clone(), unnest.options.clone())?;
    Ok(Some(LogicalPlan::Unnest(unnest)))
}

/// The columns that are to be codes, and those of which parts are to be.
fn parted(wants: &[Want]) -> (HashSet<Column>, HashSet<Column>) {
    let (nested, flat): (Vec<&Want>, Vec<&Want>) = wants.iter().partition(|want| want.part != Part::Whole);
    let columns = |wants: Vec<&Want>| wants.into_iter().map(|want| want.column.clone()).collect();
    (columns(flat), columns(nested))
}

/// Whether `expr` uses one of the lists `nested` in another way than to count its entries, or to look for one.
fn uses_any(expr: &Expr, nested: &HashSet<Column>) -> Result<bool> {
    let mut uses = false;
    expr.apply(|expr| {
        let looked_at = is_length_of(expr).or_else(|| compared(expr).map(|(list, _)| list));
        if looked_at.is_some_and(|list| nested.contains(list)) {
            return Ok(TreeNodeRecursion::Jump);
        }
        uses |= matches!(expr, Expr::Column(column) if nested.contains(column));
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(uses)
}

/// The column that `expr` compares with a text, or with none, and that text.
pub(super) fn compared(expr: &Expr) -> Option<(&Column, Option<&str>)> {
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

/// `expr`, written for texts, over columns of which `coded` come as codes.
pub(super) fn over_codes(expr: Expr, coded: &HashSet<Column>) -> Result<Expr> {
    let over = expr.transform_down(|expr| {
        if compared(&expr).is_some() {
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

/// `expr` with the codes compared of columns that come as codes, `coded`, in place of their texts.
pub(super) fn by_codes(expr: Expr, coded: &HashSet<Column>) -> Result<Expr> {
    let compared = expr.transform_up(|expr| {
        let codes = match compared(&expr) {
            Some((column, Some(text))) if coded.contains(column) => {
                is_text(Expr::Column(column.clone()), text)
            }
            _ => return Ok(Transformed::no(expr)),
        };
        let differs = matches!(&expr, Expr::BinaryExpr(binary) if binary.op == Operator::NotEq);
        Ok(Transformed::yes(if differs { !codes } else { codes }))
    })?;
    Ok(compared.data)
}
