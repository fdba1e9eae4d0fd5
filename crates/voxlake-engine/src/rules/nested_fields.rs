//! Of a list of structs that is unnested, no more fields are read than are used afterwards.
//!
//! The Parquet reader of DataFusion 55 leaves out the fields of a nested column that a cast to a
//! narrower type does not name, but the engine takes a field from an entry after the list was
//! unnested, and so after all of it was read. This rule writes that cast: of `unnest(queues)`, of
//! which only the names are used, no other field is decoded and copied.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    Cast, Expr, ExprSchemable as _, LogicalPlan, Projection, SubqueryAlias, Unnest,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use voxlake_functions::{list_length, or_null_entry, visits};

/// Casts lists that are unnested to the fields that the projection above takes from their entries.
#[derive(Debug)]
pub(super) struct NarrowedUnnest;

impl OptimizerRule for NarrowedUnnest {
    fn name(&self) -> &'static str {
        "narrowed_unnest"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Projection(projection) = plan else { return Ok(Transformed::no(plan)) };
        let LogicalPlan::Unnest(unnest) = projection.input.as_ref() else {
            return Ok(Transformed::no(LogicalPlan::Projection(projection)));
        };
        let Some(unnest) = narrowed(unnest, &projection.expr)? else {
            return Ok(Transformed::no(LogicalPlan::Projection(projection)));
        };
        let schema = Arc::clone(&projection.schema);
        let narrowed = Projection::try_new(projection.expr, Arc::new(LogicalPlan::Unnest(unnest)))?;
        let narrowed = Projection::try_new_with_schema(narrowed.expr, narrowed.input, schema)?;
        Ok(Transformed::yes(LogicalPlan::Projection(narrowed)))
    }
}

/// `unnest` with lists of no more than `uses` take from its entries; `None` where that is what it has.
fn narrowed(unnest: &Unnest, uses: &[Expr]) -> Result<Option<Unnest>> {
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
        let wanted = DataType::List(keeping(item, &paths));
        let column = Column::new(qualifier.cloned(), field.name());
        if wanted != *field.data_type()
            && let Some(narrower) = with_narrower(&input, &column, &wanted)?
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

/// The paths of fields that `uses` take from the structs in `column`; `None` where one takes a struct
/// whole, or none takes anything.
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

/// The column and the names of fields in `get_field(column, names…)`.
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

/// `field` with no more of its struct's fields than `paths` lead to; whole where one of them ends.
fn keeping(field: &FieldRef, paths: &[Vec<&str>]) -> FieldRef {
    let DataType::Struct(fields) = field.data_type() else { return Arc::clone(field) };
    if paths.iter().any(Vec::is_empty) {
        return Arc::clone(field);
    }
    let kept = fields.iter().filter_map(|field| {
        let below = paths.iter().filter(|path| path.first() == Some(&field.name().as_str()));
        let below: Vec<Vec<&str>> = below.map(|path| path.iter().skip(1).copied().collect()).collect();
        (!below.is_empty()).then(|| keeping(field, &below))
    });
    let kept: Fields = kept.collect();
    Arc::new(Field::clone(field).with_data_type(DataType::Struct(kept)))
}

/// The names of the fields of a list's structs.
fn fields_of(list: &DataType) -> Vec<&str> {
    match list {
        DataType::List(item) => match item.data_type() {
            DataType::Struct(fields) => fields.iter().map(|field| field.name().as_str()).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// `plan` with `column` cast to `wanted`, as far down as it is passed on unchanged; `None` for a plan in
/// which it cannot be.
fn with_narrower(plan: &LogicalPlan, column: &Column, wanted: &DataType) -> Result<Option<LogicalPlan>> {
    if let LogicalPlan::SubqueryAlias(SubqueryAlias { input, alias, schema, .. }) = plan {
        let Some(place) = schema.maybe_index_of_column(column) else { return Ok(None) };
        let narrower = with_narrower(input, &Column::from(input.schema().qualified_field(place)), wanted)?;
        let named =
            narrower.map(|input| SubqueryAlias::try_new(Arc::new(input), alias.clone())).transpose()?;
        return Ok(named.map(LogicalPlan::SubqueryAlias));
    }
    let LogicalPlan::Projection(projection) = plan else { return Ok(None) };
    let Some(place) = projection.schema.maybe_index_of_column(column) else { return Ok(None) };
    let Some(source) = projection.expr.get(place) else { return Ok(None) };
    let source = source.clone().unalias();
    // What gives an empty list an entry gives it to the narrower one as well.
    let (source, or_null) = match or_null_entry::list_of(&source) {
        Some(list) => (list.clone(), true),
        None => (source, false),
    };
    let mut exprs = projection.expr.clone();
    if let Expr::Column(passed) = &source {
        // What only counts entries counts as many of the narrower list, and so keeps nothing of it wide.
        for (other, expr) in exprs.iter_mut().enumerate() {
            if other != place {
                *expr = list_length::of_narrower(expr.clone(), passed, wanted)?;
            }
        }
        let used = |expr: &Expr| expr.column_refs().contains(passed);
        let elsewhere = exprs.iter().enumerate().any(|(other, expr)| other != place && used(expr));
        if !elsewhere && let Some(input) = with_narrower(&projection.input, passed, wanted)? {
            let projection = Projection::try_new(exprs, Arc::new(input))?;
            return Ok(Some(LogicalPlan::Projection(projection)));
        }
    }
    let schema = projection.input.schema();
    if source.get_type(schema)? == *wanted {
        return Ok(None);
    }
    let narrower = match &source {
        Expr::ScalarFunction(call) => visits::keeping(call, &fields_of(wanted), schema)?,
        _ => None,
    };
    let narrower = narrower.unwrap_or_else(|| Expr::Cast(Cast::new(Box::new(source), wanted.clone())));
    let narrower = if or_null { or_null_entry::or_null_entry(narrower) } else { narrower };
    exprs[place] = narrower.alias_qualified(column.relation.clone(), column.name.clone());
    Ok(Some(LogicalPlan::Projection(Projection::try_new(exprs, Arc::clone(&projection.input))?)))
}

#[cfg(test)]
mod tests;
