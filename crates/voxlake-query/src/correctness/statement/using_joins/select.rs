//! Names of merged columns in a SELECT.

use datafusion::common::{Column, TableReference, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::sql::sqlparser::ast::{
    ExcludeSelectItem, Expr, Ident, ObjectName, ReplaceSelectElement, Select, SelectItem,
    SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::from::FromItem;
use super::renames::{Renamed, qualifier, quoted};

/// Returns whether a SELECT has a `*` without a table.
pub(super) fn lists_all(select: &Select) -> bool {
    select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)))
}

/// Replaces `*`, and `t.*` of tables with renamed columns, by the columns that they stand for.
pub(super) fn expand_wildcards(
    select: &mut Select,
    items: &[FromItem],
    context: &dyn RelationPlannerContext,
) -> Result<()> {
    for item in std::mem::take(&mut select.projection) {
        match item {
            SelectItem::Wildcard(options) => {
                select.projection.extend(all_columns(items, options, context)?);
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                let columns = columns_of(&name, items, context);
                if columns.is_empty() {
                    let kind = SelectItemQualifiedWildcardKind::ObjectName(name);
                    select.projection.push(SelectItem::QualifiedWildcard(kind, options));
                } else {
                    select.projection.extend(with_options(columns, options, context)?);
                }
            }
            item => select.projection.push(item),
        }
    }
    Ok(())
}

fn all_columns(
    items: &[FromItem],
    options: WildcardAdditionalOptions,
    context: &dyn RelationPlannerContext,
) -> Result<Vec<SelectItem>> {
    if items.iter().all(|item| item.rest.is_empty()) {
        let columns = items.iter().flat_map(|item| &item.visible).map(|column| (column.clone(), None));
        return with_options(columns.collect(), options, context);
    }
    if has_options(&options) {
        return plan_err!(
            "* with options is not supported together with USING or NATURAL and LATERAL or UNNEST: list the columns"
        );
    }
    let mut all = Vec::new();
    for item in items {
        all.extend(item.visible.iter().map(|column| SelectItem::UnnamedExpr(reference(column))));
        for name in &item.rest {
            let Some(name) = name else {
                return plan_err!(
                    "* with USING or NATURAL needs a name for each LATERAL or UNNEST: write AS name"
                );
            };
            let table = ObjectName::from(vec![name.clone()]);
            all.push(SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(table),
                WildcardAdditionalOptions::default(),
            ));
        }
    }
    Ok(all)
}

/// The columns of a table, with their original names where they are renamed; none if none of them
/// is.
fn columns_of(
    table: &ObjectName,
    items: &[FromItem],
    context: &dyn RelationPlannerContext,
) -> Vec<(Column, Option<String>)> {
    let parts: Option<Vec<_>> = table.0.iter().map(|part| part.as_ident().cloned()).collect();
    let Some(table) = parts.and_then(|parts| qualifier(&parts, context)) else { return vec![] };
    let belongs = |column: &Column| column.relation.as_ref().is_some_and(|own| table.resolved_eq(own));
    let Some(item) = items.iter().find(|item| item.renamed.iter().any(|renamed| belongs(&renamed.column)))
    else {
        return vec![];
    };
    let original = |column: &Column| {
        let is_it =
            |renamed: &&Renamed| renamed.name == column.name && renamed.column.relation == column.relation;
        item.renamed.iter().find(is_it).map(|renamed| renamed.column.name.clone())
    };
    let columns = item.columns.iter().filter(|column| belongs(column));
    columns.map(|column| (column.clone(), original(column))).collect()
}

fn has_options(options: &WildcardAdditionalOptions) -> bool {
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    opt_ilike.is_some()
        || opt_exclude.is_some()
        || opt_except.is_some()
        || opt_replace.is_some()
        || opt_rename.is_some()
        || opt_alias.is_some()
}

/// Items for columns, without those that `options` exclude and with what replaces them.
fn with_options(
    columns: Vec<(Column, Option<String>)>,
    options: WildcardAdditionalOptions,
    context: &dyn RelationPlannerContext,
) -> Result<Vec<SelectItem>> {
    if options.opt_ilike.is_some() || options.opt_rename.is_some() || options.opt_alias.is_some() {
        return plan_err!("* with ILIKE, RENAME or an alias is not supported: list the columns");
    }
    let columns: Vec<(Column, String)> =
        columns.into_iter().map(|(column, name)| (column.clone(), name.unwrap_or(column.name))).collect();
    let excluded = excluded(&options, context)?;
    let mut replaced: Vec<(String, Box<ReplaceSelectElement>)> = options
        .opt_replace
        .map(|replace| replace.items)
        .unwrap_or_default()
        .into_iter()
        .map(|item| (context.normalize_ident(item.column_name.clone()), item))
        .collect();
    let names = excluded.iter().chain(replaced.iter().map(|(name, _)| name));
    if let Some(name) = names.into_iter().find(|name| !columns.iter().any(|(_, own)| own == *name)) {
        return plan_err!("* has no column {name} to leave out or replace");
    }
    let kept = columns.into_iter().filter(|(_, name)| !excluded.contains(name));
    Ok(kept
        .map(|(column, name)| match replaced.iter().position(|(of, _)| *of == name) {
            Some(at) => {
                let (name, item) = replaced.swap_remove(at);
                SelectItem::ExprWithAlias { expr: item.expr, alias: quoted(&name) }
            }
            None => SelectItem::UnnamedExpr(reference(&column)),
        })
        .collect())
}

fn excluded(
    options: &WildcardAdditionalOptions,
    context: &dyn RelationPlannerContext,
) -> Result<Vec<String>> {
    let objects: &[ObjectName] = match &options.opt_exclude {
        Some(ExcludeSelectItem::Single(name)) => std::slice::from_ref(name),
        Some(ExcludeSelectItem::Multiple(names)) => names,
        None => &[],
    };
    let mut names = Vec::new();
    for object in objects {
        match object.0.as_slice() {
            [part] if let Some(ident) = part.as_ident() => names.push(context.normalize_ident(ident.clone())),
            _ => return plan_err!("EXCLUDE takes names of columns without a table, got {object}"),
        }
    }
    if let Some(except) = &options.opt_except {
        let idents = std::iter::once(&except.first_element).chain(&except.additional_elements);
        names.extend(idents.map(|ident| context.normalize_ident(ident.clone())));
    }
    Ok(names)
}

/// Names columns of the answer that are nothing but a renamed column, unless another column has
/// that name.
pub(super) fn name_plain_columns(
    select: &mut Select,
    renamed: &[Renamed],
    context: &dyn RelationPlannerContext,
) {
    let original = |ident: &Ident| {
        renamed.iter().find(|renamed| renamed.name == ident.value).map(|renamed| renamed.column.name.clone())
    };
    let output = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(Expr::Identifier(ident)) => Some(context.normalize_ident(ident.clone())),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(idents)) => {
            idents.last().map(|last| original(last).unwrap_or_else(|| context.normalize_ident(last.clone())))
        }
        SelectItem::ExprWithAlias { alias, .. } => Some(context.normalize_ident(alias.clone())),
        _ => None,
    };
    let names: Vec<Option<String>> = select.projection.iter().map(output).collect();
    let lists_unknown =
        select.projection.iter().any(|item| matches!(item, SelectItem::QualifiedWildcard(..)));
    for item in &mut select.projection {
        let SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(_)) = item else { continue };
        let Expr::CompoundIdentifier(idents) = &*expr else { continue };
        let Some(name) = idents.last().and_then(original) else { continue };
        if !lists_unknown && names.iter().flatten().filter(|other| **other == name).count() == 1 {
            let expr = std::mem::replace(expr, Expr::CompoundIdentifier(vec![]));
            *item = SelectItem::ExprWithAlias { expr, alias: quoted(&name) };
        }
    }
}

/// A column as the statement writes it.
fn reference(column: &Column) -> Expr {
    let table = column.relation.iter().flat_map(TableReference::to_vec);
    let mut idents: Vec<Ident> = table.chain([column.name.clone()]).map(|part| quoted(&part)).collect();
    match idents.len() {
        1 => Expr::Identifier(idents.remove(0)),
        _ => Expr::CompoundIdentifier(idents),
    }
}
