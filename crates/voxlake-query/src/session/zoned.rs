//! SQL in a time zone: timestamps of the lake's tables have the zone in their type.
//!
//! DataFusion displays, truncates and extracts such timestamps in local time, and reads text that
//! is compared with them as local time. The tables of the session are views over those in UTC,
//! which named queries use:
//!
//! ```text
//! Projection: engagement_id, CAST(start_time AS Timestamp(ms, "Europe/Berlin")) AS start_time, …
//!   TableScan: voice_calls
//! ```

use std::sync::Arc;

use chrono_tz::Tz;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider,
};
use datafusion::common::Column;
use datafusion::datasource::ViewTable;
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast};
use datafusion::prelude::SessionContext;

/// Returns a context with the tables of `utc`, whose timestamps are in `zone`.
pub(super) async fn context(utc: &SessionContext, zone: Tz) -> Result<SessionContext> {
    let state = utc.state();
    let defaults = &state.config_options().catalog;
    let catalog = Arc::new(MemoryCatalogProvider::new());
    catalog.register_schema(&defaults.default_schema, Arc::new(MemorySchemaProvider::new()))?;
    let catalogs = Arc::new(MemoryCatalogProviderList::new());
    catalogs.register_catalog(defaults.default_catalog.clone(), catalog);
    let own = utc.catalog(&defaults.default_catalog).and_then(|own| own.schema(&defaults.default_schema));
    let names = own.map(|own| own.table_names()).unwrap_or_default();
    let zoned = SessionStateBuilder::new_from_existing(utc.state()).with_catalog_list(catalogs).build();
    let zoned = SessionContext::new_with_state(zoned);
    for name in names {
        let table = utc.table_provider(name.as_str()).await?;
        let has_instants = table.schema().fields().iter().any(|field| is_instant(field));
        if has_instants {
            let plan = utc.table(name.as_str()).await?.into_unoptimized_plan();
            let view = ViewTable::new(with_zone(plan, zone)?, None);
            zoned.register_table(name.as_str(), Arc::new(view))?;
        } else {
            zoned.register_table(name.as_str(), table)?;
        }
    }
    Ok(zoned)
}

/// Casts the timestamps in UTC that a plan returns to `zone`. The plan of a statement that is not a
/// query is returned unchanged.
pub(super) fn with_zone(plan: LogicalPlan, zone: Tz) -> Result<LogicalPlan> {
    let is_query = !matches!(
        plan,
        LogicalPlan::Explain(_)
            | LogicalPlan::Analyze(_)
            | LogicalPlan::DescribeTable(_)
            | LogicalPlan::Ddl(_)
            | LogicalPlan::Dml(_)
            | LogicalPlan::Copy(_)
            | LogicalPlan::Statement(_)
    );
    if !is_query || !plan.schema().fields().iter().any(|field| is_instant(field)) {
        return Ok(plan);
    }
    let columns: Vec<Expr> = plan
        .schema()
        .iter()
        .map(|(qualifier, field)| {
            let column = Expr::Column(Column::from((qualifier, field)));
            match field.data_type() {
                DataType::Timestamp(unit, Some(_)) if is_instant(field) => {
                    let to = DataType::Timestamp(*unit, Some(zone.name().into()));
                    cast(column, to).alias_qualified(qualifier.cloned(), field.name())
                }
                _ => column,
            }
        })
        .collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

/// Returns true for timestamps in UTC.
fn is_instant(field: &Field) -> bool {
    matches!(field.data_type(), DataType::Timestamp(_, Some(zone)) if matches!(zone.as_ref(), "UTC" | "+00:00"))
}

#[cfg(test)]
mod tests;
