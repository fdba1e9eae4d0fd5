//! Columns that merged ones stand for, and their new names in the statement.

use std::ops::ControlFlow;

use datafusion::common::{Column, TableReference};
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, Expr, Ident, Query, SetExpr, TableFactor, TableWithJoins, VisitMut, VisitorMut,
};

/// A column that a merged one stands for, and its name since.
#[derive(Clone, Debug)]
pub(super) struct Renamed {
    pub(super) column: Column,
    pub(super) name: String,
}

impl Renamed {
    pub(super) fn new(column: Column) -> Self {
        let name = format!("{} (not merged)", column.name);
        Self { column, name }
    }
}

/// Writes the new names of renamed columns where a part of the statement qualifies them.
pub(super) fn follow(part: &mut impl VisitMut, renamed: &[Renamed], context: &dyn RelationPlannerContext) {
    if !renamed.is_empty() {
        let _ = part.visit(&mut FollowRenames { renamed, context, shadows: vec![] });
    }
}

struct FollowRenames<'a> {
    renamed: &'a [Renamed],
    context: &'a dyn RelationPlannerContext,
    /// Names of tables that hide outer ones, for each query around the current expression.
    shadows: Vec<Vec<String>>,
}

impl VisitorMut for FollowRenames<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let mut names = Vec::new();
        let body = &query.body;
        // The outermost query is the one whose tables the renamed columns belong to: a planned
        // table hides nothing.
        table_names(body, &mut names);
        let names = names.into_iter().map(|name| self.context.normalize_ident(name)).collect();
        self.shadows.push(names);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.shadows.pop();
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::CompoundIdentifier(idents) => {
                self.rename(&mut idents.iter_mut().collect::<Vec<_>>());
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                let mut idents: Vec<&mut Ident> = match &mut **root {
                    Expr::Identifier(ident) => vec![ident],
                    Expr::CompoundIdentifier(idents) => idents.iter_mut().collect(),
                    _ => return ControlFlow::Continue(()),
                };
                idents.extend(access_chain.iter_mut().map_while(|access| match access {
                    AccessExpr::Dot(Expr::Identifier(ident)) => Some(ident),
                    _ => None,
                }));
                self.rename(&mut idents);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl FollowRenames<'_> {
    fn rename(&self, idents: &mut [&mut Ident]) {
        for at in (1..idents.len().min(4)).rev() {
            let table: Vec<Ident> = idents[..at].iter().map(|ident| (**ident).clone()).collect();
            let Some(table) = qualifier(&table, self.context) else { continue };
            let name = self.context.normalize_ident(idents[at].clone());
            let is_it = |renamed: &&Renamed| {
                renamed.column.name == name
                    && renamed.column.relation.as_ref().is_some_and(|own| table.resolved_eq(own))
            };
            if let Some(renamed) = self.renamed.iter().find(is_it) {
                if !self.shadows.iter().flatten().any(|shadow| shadow == table.table()) {
                    *idents[at] = Ident { span: idents[at].span, ..quoted(&renamed.name) };
                }
                return;
            }
        }
    }
}

/// Names of the tables in FROM, also in derived tables without a name, whose columns keep their
/// qualifiers.
fn table_names(body: &SetExpr, names: &mut Vec<Ident>) {
    let mut bodies = vec![body];
    let mut factors: Vec<&TableFactor> = Vec::new();
    loop {
        if let Some(factor) = factors.pop() {
            match factor {
                TableFactor::Derived { alias: None, subquery, .. } => bodies.push(&subquery.body),
                TableFactor::NestedJoin { alias: None, table_with_joins } => {
                    factors.extend(tables(table_with_joins));
                }
                factor => names.extend(table_name(factor)),
            }
        } else if let Some(body) = bodies.pop() {
            match body {
                SetExpr::Select(select) => factors.extend(select.from.iter().flat_map(tables)),
                SetExpr::SetOperation { left, right, .. } => bodies.extend([&**left, &**right]),
                SetExpr::Query(query) => bodies.push(&query.body),
                _ => {}
            }
        } else {
            return;
        }
    }
}

/// Name by which columns of a table can be qualified.
pub(super) fn table_name(factor: &TableFactor) -> Option<Ident> {
    match factor {
        TableFactor::Derived { alias, .. }
        | TableFactor::UNNEST { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::NestedJoin { alias, .. } => alias.as_ref().map(|alias| alias.name.clone()),
        TableFactor::Table { alias: Some(alias), .. } => Some(alias.name.clone()),
        TableFactor::Table { name, .. } => name.0.last().and_then(|part| part.as_ident()).cloned(),
        _ => None,
    }
}

fn tables(item: &TableWithJoins) -> impl Iterator<Item = &TableFactor> {
    std::iter::once(&item.relation).chain(item.joins.iter().map(|join| &join.relation))
}

pub(super) fn qualifier(idents: &[Ident], context: &dyn RelationPlannerContext) -> Option<TableReference> {
    let parts: Vec<String> = idents.iter().map(|ident| context.normalize_ident(ident.clone())).collect();
    match <[String; 1]>::try_from(parts) {
        Ok([table]) => Some(TableReference::bare(table)),
        Err(parts) => match <[String; 2]>::try_from(parts) {
            Ok([schema, table]) => Some(TableReference::partial(schema, table)),
            Err(parts) => <[String; 3]>::try_from(parts)
                .ok()
                .map(|[catalog, schema, table]| TableReference::full(catalog, schema, table)),
        },
    }
}

pub(super) fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}
