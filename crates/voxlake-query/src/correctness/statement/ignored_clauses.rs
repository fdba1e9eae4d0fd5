//! Clauses that DataFusion 55 parses and then ignores.
//!
//! sqlparser accepts clauses of many databases. DataFusion plans a statement as if those that it
//! does not know were not there, so that `PREWHERE k = 1` gives all rows. `GROUP BY … WITH ROLLUP`
//! and CUBE, positions in ROLLUP, named windows and `FROM t` without SELECT get the meaning that
//! they have elsewhere; all others are refused.

mod functions;
mod groups;
mod refusal;
mod windows;

use std::ops::ControlFlow;

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::sql::sqlparser::ast::{
    Cte, Expr, FunctionArg, PipeOperator, Query, Select, SelectFlavor, SelectItem, SelectModifiers,
    TableAlias, TableFactor, TableFunctionArgs, VisitorMut, WildcardAdditionalOptions,
};

use self::refusal::refuse;
use super::flow::flow;

/// Gives clauses their meaning, or refuses them.
pub(super) struct IgnoredClauses<'a> {
    /// Session whose functions the statement names.
    pub(super) state: &'a SessionState,
}

impl VisitorMut for IgnoredClauses<'_> {
    type Break = DataFusionError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<DataFusionError> {
        flow(check_query(query).and_then(|()| windows::resolve_in_order(query)))
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<DataFusionError> {
        flow(check_select(select).and_then(|()| {
            name_projection(select)?;
            groups::correct(select)?;
            windows::resolve(select)
        }))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<DataFusionError> {
        flow(check_table(factor))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<DataFusionError> {
        match expr {
            Expr::Function(function) => flow(functions::check(function, self.state)),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn check_query(query: &Query) -> Result<()> {
    let Query {
        with,
        body: _,
        order_by: _,
        limit_clause: _,
        // DataFusion refuses it.
        fetch: _,
        locks,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    for Cte { alias, from, .. } in with.iter().flat_map(|with| &with.cte_tables) {
        check_alias(alias)?;
        if from.is_some() {
            return refuse("WITH … FROM", "write FROM within the query");
        }
    }
    if !locks.is_empty() {
        return refuse("FOR UPDATE or FOR SHARE", "queries only read, leave it out");
    }
    if for_clause.is_some() {
        return refuse("FOR XML, FOR JSON or FOR BROWSE", "leave it out");
    }
    if settings.is_some() {
        return refuse("SETTINGS", "leave it out");
    }
    if format_clause.is_some() {
        return refuse("FORMAT", "leave it out");
    }
    let is_ordered = |operator: &PipeOperator| match operator {
        PipeOperator::Aggregate { full_table_exprs, group_by_expr } => full_table_exprs
            .iter()
            .chain(group_by_expr)
            .any(|item| item.order_by.asc.is_some() || item.order_by.nulls_first.is_some()),
        _ => false,
    };
    if pipe_operators.iter().any(is_ordered) {
        return refuse("an order in |> AGGREGATE", "add |> ORDER BY");
    }
    Ok(())
}

fn check_select(select: &Select) -> Result<()> {
    let Select { prewhere, connect_by, exclude, value_table_mode, select_modifiers, projection, .. } = select;
    if prewhere.is_some() {
        return refuse("PREWHERE", "write WHERE");
    }
    if !connect_by.is_empty() {
        return refuse("CONNECT BY", "write WITH RECURSIVE");
    }
    if exclude.is_some() {
        return refuse("EXCLUDE after all columns", "write * EXCLUDE (…)");
    }
    if value_table_mode.is_some() {
        return refuse("SELECT AS STRUCT or AS VALUE", "list the columns");
    }
    if select_modifiers.as_ref().is_some_and(SelectModifiers::is_any_set) {
        return refuse("a modifier such as HIGH_PRIORITY or STRAIGHT_JOIN after SELECT", "leave it out");
    }
    let has_pattern = |item: &SelectItem| match item {
        SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => {
            options.opt_ilike.is_some()
        }
        _ => false,
    };
    if projection.iter().any(has_pattern) {
        return refuse("* ILIKE", "list the columns");
    }
    Ok(())
}

/// Gives `FROM t` the columns of `SELECT * FROM t`, and refuses `SELECT FROM t`, which has none.
fn name_projection(select: &mut Select) -> Result<()> {
    if !select.projection.is_empty() {
        return Ok(());
    }
    if select.flavor != SelectFlavor::FromFirstNoSelect {
        return refuse("SELECT without columns", "write SELECT * or SELECT 1");
    }
    select.projection.push(SelectItem::Wildcard(WildcardAdditionalOptions::default()));
    select.flavor = SelectFlavor::Standard;
    Ok(())
}

fn check_table(factor: &TableFactor) -> Result<()> {
    match factor {
        TableFactor::Table {
            name: _,
            alias,
            args,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
        } => {
            alias.as_ref().map_or(Ok(()), check_alias)?;
            check_arguments(args.as_ref())?;
            if version.is_some() {
                return refuse("a table as of a time or version", "leave it out: there is one version");
            }
            if *with_ordinality {
                return refuse("WITH ORDINALITY", "number the rows with row_number() OVER (…)");
            }
            if !partitions.is_empty() {
                return refuse("PARTITION after a table", "write WHERE");
            }
            if json_path.is_some() {
                return refuse("a path after a table", "select the field");
            }
            if !with_hints.is_empty() || !index_hints.is_empty() {
                return refuse("a hint after a table", "leave it out");
            }
            check_sample(sample.is_some())
        }
        TableFactor::Derived { alias, sample, .. } => {
            alias.as_ref().map_or(Ok(()), check_alias)?;
            check_sample(sample.is_some())
        }
        TableFactor::Function { with_ordinality, args, alias, .. } => {
            alias.as_ref().map_or(Ok(()), check_alias)?;
            if args.iter().any(|arg| !matches!(arg, FunctionArg::Unnamed(_))) {
                return refuse("a named argument of a table function", "write its value alone");
            }
            if *with_ordinality {
                return refuse("WITH ORDINALITY", "number the rows with row_number() OVER (…)");
            }
            Ok(())
        }
        TableFactor::UNNEST { alias, .. } | TableFactor::NestedJoin { alias, .. } => {
            alias.as_ref().map_or(Ok(()), check_alias)
        }
        _ => Ok(()),
    }
}

fn check_sample(is_sampled: bool) -> Result<()> {
    if is_sampled {
        return refuse("TABLESAMPLE", "write WHERE random() < 0.1");
    }
    Ok(())
}

fn check_arguments(arguments: Option<&TableFunctionArgs>) -> Result<()> {
    if arguments.is_some_and(|arguments| arguments.settings.is_some()) {
        return refuse("SETTINGS of a table function", "leave it out");
    }
    Ok(())
}

fn check_alias(alias: &TableAlias) -> Result<()> {
    if alias.at.is_some() {
        return refuse("AT after the name of a table", "leave it out");
    }
    if alias.columns.iter().any(|column| column.data_type.is_some()) {
        return refuse("a type in the column list of a table's name", "CAST the column");
    }
    Ok(())
}
