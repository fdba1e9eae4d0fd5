//! Prunes unused fields of unnested lists of structs.
//!
//! ```text
//! Projection: get_field(queue, 'queue_name')
//!   Unnest: lists[queue]
//!     Projection: queues AS queue
//!       TableScan: voice_calls
//! ```
//! becomes
//! ```text
//! Projection: get_field(queue, 'queue_name')
//!   Unnest: lists[queue]
//!     Projection: CAST(queues AS List(Struct("queue_name": Utf8))) AS queue
//!       TableScan: voice_calls
//! ```
//!
//! The Parquet reader of DataFusion 55 skips nested fields that a cast to a narrower type omits.
//! Without the cast, the field is taken after the unnest, when all fields of the list have been
//! decoded.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    Cast, Expr, ExprSchemable as _, LogicalPlan, Projection, SubqueryAlias, Unnest,
};

use super::rewrite::ProjectionInputRewrite;
use voxlake_functions::{list_length, or_null_entry, visit_pruning};

/// Casts unnested lists to the fields that the projection above uses.
#[derive(Debug)]
pub(super) struct UnnestFieldPruning;

impl ProjectionInputRewrite for UnnestFieldPruning {
    const NAME: &'static str = "unnest_field_pruning";

    fn rewrite_input(&self, projection: &Projection) -> Result<Option<LogicalPlan>> {
        let LogicalPlan::Unnest(unnest) = projection.input.as_ref() else { return Ok(None) };
        Ok(prune_unnest(unnest, &projection.expr)?.map(LogicalPlan::Unnest))
    }
}

/// Returns `unnest` over lists reduced to the fields in `uses`, or `None` if there is nothing to
/// prune.
fn prune_unnest(unnest: &Unnest, uses: &[Expr]) -> Result<Option<Unnest>> {
    let mut input = unnest.input.as_ref().clone();
    let mut changed = false;
    for (index, output) in &unnest.list_type_columns {
        let once = unnest.list_type_columns.iter().filter(|(other, _)| other == index).count() == 1;
        let (qualifier, field) = unnest.input.schema().qualified_field(*index);
        let DataType::List(item) = field.data_type() else { continue };
        let DataType::Struct(_) = item.data_type() else { continue };
        if output.depth != 1 || !once {
            continue;
        }
        let Some(paths) = paths_of(&output.output_column, uses)? else { continue };
        let wanted = DataType::List(prune_fields(item, &paths));
        let column = Column::new(qualifier.cloned(), field.name());
        if wanted != *field.data_type()
            && let Some(narrower) = cast_source_column(&input, &column, &wanted)?
        {
            input = narrower;
            changed = true;
        }
    }
    if !changed {
        return Ok(None);
    }
    Ok(Some(Unnest::try_new(Arc::new(input), unnest.exec_columns.clone(), unnest.options.clone())?))
}

/// Returns the paths of the fields that `uses` take from the structs in `column`, or `None` if a
/// struct is used whole or not at all.
fn paths_of<'a>(column: &Column, uses: &'a [Expr]) -> Result<Option<Vec<Vec<&'a str>>>> {
    let mut paths = Vec::new();
    let mut whole = false;
    for expr in uses {
        expr.apply(|expr| {
            if let Some((of, path)) = field_path(expr)
                && of == column
            {
                paths.push(path);
                return Ok(TreeNodeRecursion::Jump);
            }
            whole |= matches!(expr, Expr::Column(used) if used == column);
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    Ok(Some(paths).filter(|paths| !whole && !paths.is_empty()))
}

/// Returns the column and the field names of `get_field(column, names…)`.
pub(super) fn field_path(expr: &Expr) -> Option<(&Column, Vec<&str>)> {
    match expr {
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == "get_field" => {
            let (of, names) = args.split_first()?;
            let names = names.iter().map(|name| match name {
                Expr::Literal(ScalarValue::Utf8(Some(name)), _) => Some(name.as_str()),
                _ => None,
            });
            let names = names.collect::<Option<Vec<_>>>()?;
            let (column, mut path) = inner_path(of)?;
            path.extend(names);
            Some((column, path))
        }
        _ => None,
    }
}

fn inner_path(expr: &Expr) -> Option<(&Column, Vec<&str>)> {
    match expr {
        Expr::Column(column) => Some((column, Vec::new())),
        Expr::Alias(alias) => inner_path(&alias.expr),
        other => field_path(other),
    }
}

/// Reduces the struct `field` to `paths`. Fields at which a path ends stay whole.
fn prune_fields(field: &FieldRef, paths: &[Vec<&str>]) -> FieldRef {
    let DataType::Struct(fields) = field.data_type() else { return Arc::clone(field) };
    if paths.iter().any(Vec::is_empty) {
        return Arc::clone(field);
    }
    let kept = fields.iter().filter_map(|field| {
        let below = paths.iter().filter(|path| path.first() == Some(&field.name().as_str()));
        let below: Vec<Vec<&str>> = below.map(|path| path.iter().skip(1).copied().collect()).collect();
        (!below.is_empty()).then(|| prune_fields(field, &below))
    });
    let kept: Fields = kept.collect();
    Arc::new(Field::clone(field).with_data_type(DataType::Struct(kept)))
}

/// Returns the field names of a list's structs.
fn struct_field_names(list: &DataType) -> Vec<&str> {
    match list {
        DataType::List(item) => match item.data_type() {
            DataType::Struct(fields) => fields.iter().map(|field| field.name().as_str()).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Casts `column` of `plan` to `wanted` at the lowest node that passes it through unchanged.
/// Returns `None` if that is not possible.
fn cast_source_column(plan: &LogicalPlan, column: &Column, wanted: &DataType) -> Result<Option<LogicalPlan>> {
    if let LogicalPlan::SubqueryAlias(SubqueryAlias { input, alias, schema, .. }) = plan {
        let Some(index) = schema.maybe_index_of_column(column) else { return Ok(None) };
        let narrower =
            cast_source_column(input, &Column::from(input.schema().qualified_field(index)), wanted)?;
        let named =
            narrower.map(|input| SubqueryAlias::try_new(Arc::new(input), alias.clone())).transpose()?;
        return Ok(named.map(LogicalPlan::SubqueryAlias));
    }
    let LogicalPlan::Projection(projection) = plan else { return Ok(None) };
    let Some(index) = projection.schema.maybe_index_of_column(column) else { return Ok(None) };
    let Some(source) = projection.expr.get(index) else { return Ok(None) };
    let source = source.clone().unalias();
    // `or_null_entry` also applies to the narrower list.
    let (source, or_null) = match or_null_entry::or_null_entry_arg(&source) {
        Some(list) => (list.clone(), true),
        None => (source, false),
    };
    let mut exprs = projection.expr.clone();
    if let Expr::Column(passed) = &source {
        // The length of the narrower list is the same, so counting it does not need other fields.
        for (other, expr) in exprs.iter_mut().enumerate() {
            if other != index {
                *expr = list_length::cast_counted_column(expr.clone(), passed, wanted)?;
            }
        }
        let used = |expr: &Expr| expr.column_refs().contains(passed);
        let elsewhere = exprs.iter().enumerate().any(|(other, expr)| other != index && used(expr));
        if !elsewhere && let Some(input) = cast_source_column(&projection.input, passed, wanted)? {
            let projection = Projection::try_new(exprs, Arc::new(input))?;
            return Ok(Some(LogicalPlan::Projection(projection)));
        }
    }
    let schema = projection.input.schema();
    if source.get_type(schema)? == *wanted {
        return Ok(None);
    }
    let narrower = match &source {
        Expr::ScalarFunction(call) => {
            visit_pruning::prune_visit_fields(call, &struct_field_names(wanted), schema)?
        }
        _ => None,
    };
    let narrower = narrower.unwrap_or_else(|| Expr::Cast(Cast::new(Box::new(source), wanted.clone())));
    let narrower = if or_null { or_null_entry::or_null_entry(narrower) } else { narrower };
    exprs[index] = narrower.alias_qualified(column.relation.clone(), column.name.clone());
    Ok(Some(LogicalPlan::Projection(Projection::try_new(exprs, Arc::clone(&projection.input))?)))
}

#[cfg(test)]
mod tests;
