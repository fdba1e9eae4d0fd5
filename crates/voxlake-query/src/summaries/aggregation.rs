//! Plans that aggregate the rows of a summary.

use chrono::{DateTime, Utc};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::functions_aggregate::expr_fn::{max, sum};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, col, ident, lit};
use voxlake_lake::TimeRange;
use voxlake_model::schema::{START_TIME, timestamp_type};

use super::definition::{Definition, Grain};

/// Start of the quarter of an hour, hour or day (UTC) in which a call started.
pub(super) fn truncate(grain: Grain) -> Expr {
    let start = || cast(col(START_TIME), DataType::Int64);
    // Calls start after 1970, where the remainder rounds down.
    cast(start() - start() % lit(grain.length_ms()), timestamp_type())
}

/// Aggregates `rows` by the group columns of `definition`. `start` becomes their start time.
pub(super) fn aggregate_rows(
    definition: &Definition,
    rows: LogicalPlan,
    start: &Expr,
) -> Result<LogicalPlan> {
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
    let aggregated =
        LogicalPlanBuilder::from(rows).aggregate(groups, totals)?.project(names.iter().map(ident))?;
    // A single row has no order, and DataFusion 55 does not plan an empty sort.
    if order.is_empty() { aggregated.build() } else { aggregated.sort(order)?.build() }
}

/// Casts `rows` to the types of `schema`. Each SUM widens a decimal, so that sums of sums are wider
/// than needed.
pub(super) fn cast_to_schema(rows: LogicalPlan, schema: &SchemaRef) -> Result<LogicalPlan> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| cast(ident(field.name()), field.data_type().clone()).alias(field.name()));
    LogicalPlanBuilder::from(rows).project(columns)?.build()
}

/// Condition that a call started within `range`.
pub(super) fn is_in(range: TimeRange) -> Expr {
    let at = |at: DateTime<Utc>| {
        lit(ScalarValue::TimestampMillisecond(Some(at.timestamp_millis()), Some("UTC".into())))
    };
    col(START_TIME).gt_eq(at(range.from)).and(col(START_TIME).lt(at(range.to)))
}
