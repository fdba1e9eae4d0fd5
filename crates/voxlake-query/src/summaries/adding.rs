//! How rows of a summary add up to fewer.

use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Column, Result};
use datafusion::functions_aggregate::expr_fn::{max, sum};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, col, ident, lit};
use voxlake_model::schema::{START_TIME, timestamp_type};

use super::definition::{Definition, Grain};

/// The time that a row is of, by the start of a call: the first moment of its quarter of an hour, hour or day in UTC.
pub(super) fn floor(grain: Grain) -> Expr {
    let start = || cast(col(START_TIME), DataType::Int64);
    // Calls are of this side of 1970, where the remainder rounds down.
    cast(start() - start() % lit(grain.length_ms()), timestamp_type())
}

/// The rows of a summary: `rows` added up over those that are alike, all of them of the time `start`.
pub(super) fn added_up(definition: &Definition, rows: LogicalPlan, start: &Expr) -> Result<LogicalPlan> {
    let names: Vec<String> = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
    let (mut groups, mut totals) = (Vec::new(), Vec::new());
    for (qualifier, field) in rows.schema().iter() {
        let name = field.name().as_str();
        let column = Expr::Column(Column::new(qualifier.cloned(), name));
        if definition.sums.contains(&name) {
            totals.push(sum(column).alias(name));
        } else if definition.latest.contains(&name) {
            totals.push(max(column).alias(name));
        } else if name == START_TIME {
            groups.push(start.clone().alias(name));
        } else {
            groups.push(column.alias(name));
        }
    }
    let order: Vec<_> = names
        .iter()
        .filter(|name| !totals.iter().any(|total| total.schema_name().to_string() == **name))
        .map(|name| ident(name).sort(true, false))
        .collect();
    let added_up =
        LogicalPlanBuilder::from(rows).aggregate(groups, totals)?.project(names.iter().map(ident))?;
    // One row has no order, and the engine (55) refuses to plan none.
    if order.is_empty() { added_up.build() } else { added_up.sort(order)?.build() }
}

/// Rows in the types of a schema: what is added up has more digits than what is not, and a sum of sums has
/// more than it can need.
pub(super) fn typed(rows: LogicalPlan, schema: &SchemaRef) -> Result<LogicalPlan> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| cast(ident(field.name()), field.data_type().clone()).alias(field.name()));
    LogicalPlanBuilder::from(rows).project(columns)?.build()
}
