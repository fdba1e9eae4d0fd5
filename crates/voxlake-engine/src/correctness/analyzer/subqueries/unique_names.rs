//! Gives unique names to the compared columns of a correlated subquery.
//!
//! DataFusion moves comparisons with outer columns above the subquery and looks up their columns
//! there by name alone: of `t5.d` and `t7.d`, it takes the first. A compared column whose name is
//! not unique gets a unique name:
//!
//! ```text
//! Filter: t7.d = outer_ref(x.d)
//!   Inner Join: t5.i = t7.i
//! ```
//! becomes
//! ```text
//! Filter: compared.__compared_1 = outer_ref(x.d)
//!   Projection: t5.d, t5.i, t7.d, t7.i, t7.d AS compared.__compared_1
//!     Inner Join: t5.i = t7.i
//! ```

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, TableReference};
use datafusion::error::Result;
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, LogicalPlanBuilder, SubqueryAlias};

use super::schema::with_schema;

const TABLE: &str = "compared";
const PREFIX: &str = "__compared_";

/// Renames the compared columns of a correlated subquery whose names are ambiguous.
pub(super) fn with_unique_names(plan: LogicalPlan) -> Result<LogicalPlan> {
    let ambiguous = ambiguous_names(&plan);
    if ambiguous.is_empty() {
        return Ok(plan);
    }
    let mut number = last_number(&plan)?;
    let columns = plan.schema().columns();
    let mut changed = false;
    let plan = plan.transform_up(|node| {
        let node = match node {
            LogicalPlan::Filter(filter) => {
                let renamed = rename_compared_columns(filter, &ambiguous, &mut number)?;
                changed |= renamed.transformed;
                renamed
            }
            LogicalPlan::SubqueryAlias(alias) if changed => expose_new_columns(alias)?,
            node => Transformed::no(node),
        };
        // The nodes above have the new columns, too.
        if changed { node.map_data(with_schema) } else { Ok(node) }
    })?;
    let plan = plan.data;
    if plan.schema().fields().len() == columns.len() {
        return Ok(plan);
    }
    LogicalPlanBuilder::from(plan).project(columns.into_iter().map(Expr::Column))?.build()
}

/// Returns the names of compared columns that another column shares, at the comparison or above it.
fn ambiguous_names(plan: &LogicalPlan) -> BTreeSet<String> {
    let mut shared = BTreeSet::new();
    compared_below(plan, &mut shared);
    shared.retain(|name| !name.starts_with(PREFIX));
    shared
}

/// Returns the compared columns of a plan under the names that a node above sees. Adds ambiguous
/// names to `shared`.
fn compared_below(plan: &LogicalPlan, shared: &mut BTreeSet<String>) -> BTreeSet<Column> {
    if plan.all_out_ref_exprs().is_empty() {
        return BTreeSet::new();
    }
    let mut columns = BTreeSet::<Column>::new();
    for input in plan.inputs() {
        let more = compared_below(input, shared);
        shared.extend(
            more.iter().filter(|column| has_name(&columns, column)).map(|column| column.name.clone()),
        );
        columns.extend(more);
    }
    match plan {
        LogicalPlan::Filter(filter) => columns.extend(compared_columns(filter)),
        LogicalPlan::SubqueryAlias(alias) => {
            let renamed =
                columns.into_iter().map(|column| Column::new(Some(alias.alias.clone()), column.name));
            columns = renamed.collect();
        }
        _ => {}
    }
    for column in &columns {
        let is_other = |table: Option<&TableReference>| table != column.relation.as_ref();
        let mut fields = plan.schema().iter();
        if fields.any(|(table, field)| *field.name() == column.name && is_other(table)) {
            shared.insert(column.name.clone());
        }
    }
    columns
}

fn has_name(columns: &BTreeSet<Column>, of: &Column) -> bool {
    columns.iter().any(|column| column.name == of.name)
}

/// Returns the subquery's columns that a filter compares with outer columns.
fn compared_columns(filter: &Filter) -> BTreeSet<Column> {
    split_conjunction(&filter.predicate)
        .into_iter()
        .filter(|part| part.contains_outer())
        .flat_map(|part| part.column_refs().into_iter().cloned())
        .collect()
}

/// Makes the comparisons of a filter use new columns for those whose names are in `ambiguous`.
fn rename_compared_columns(
    filter: Filter,
    ambiguous: &BTreeSet<String>,
    number: &mut usize,
) -> Result<Transformed<LogicalPlan>> {
    let names: BTreeMap<Column, Column> = compared_columns(&filter)
        .into_iter()
        .filter(|column| ambiguous.contains(&column.name))
        .map(|column| {
            *number += 1;
            (column, Column::new(Some(TABLE), format!("{PREFIX}{number}")))
        })
        .collect();
    if names.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Filter(filter)));
    }
    let parts = split_conjunction(&filter.predicate).into_iter().cloned().map(|part| {
        if !part.contains_outer() {
            return Ok(part);
        }
        let renamed = part.transform_up(|expr| match expr {
            Expr::Column(column) if names.contains_key(&column) => {
                Ok(Transformed::yes(Expr::Column(names[&column].clone())))
            }
            expr => Ok(Transformed::no(expr)),
        });
        renamed.map(|part| part.data)
    });
    let predicate = conjunction(parts.collect::<Result<Vec<_>>>()?).unwrap_or(filter.predicate);
    let own =
        names.into_iter().map(|(column, own)| Expr::Column(column).alias_qualified(own.relation, own.name));
    let columns = filter.input.schema().columns().into_iter().map(Expr::Column).chain(own);
    let input = LogicalPlanBuilder::from(filter.input.as_ref().clone()).project(columns)?;
    Ok(Transformed::yes(input.filter(predicate)?.build()?))
}

/// Adds the new columns of its input to a derived table: DataFusion looks for them above it.
fn expose_new_columns(derived: SubqueryAlias) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Projection(projection) = derived.input.as_ref() else {
        return Ok(Transformed::no(LogicalPlan::SubqueryAlias(derived)));
    };
    let new =
        projection.input.schema().columns().into_iter().filter(|column| column.name.starts_with(PREFIX));
    let columns = projection.expr.iter().cloned().chain(new.map(Expr::Column));
    let input = LogicalPlanBuilder::from(projection.input.as_ref().clone()).project(columns)?;
    Ok(Transformed::yes(input.alias(derived.alias)?.build()?))
}

/// Returns the highest number of a renamed column in the plan and in subqueries of its expressions.
fn last_number(plan: &LogicalPlan) -> Result<usize> {
    let mut last = 0;
    plan.apply_with_subqueries(|node| {
        let numbers = node
            .schema()
            .fields()
            .iter()
            .filter_map(|field| field.name().strip_prefix(PREFIX).and_then(|number| number.parse().ok()));
        last = numbers.chain([last]).max().unwrap_or(last);
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(last)
}
