//! One summary: its definition, the plan of its rows, and its stored files.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::{ParamValues, Result, ScalarValue, internal_datafusion_err};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use tokio::sync::OnceCell;
use voxlake_lake::TimeRange;

use super::aggregation::{self, is_in};
use super::definition::Definition;
use super::store::SummaryStore;

/// A summary of a session.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(super) definition: &'static Definition,
    pub(super) store: Arc<SummaryStore>,
    planned: OnceCell<Planned>,
}

#[derive(Debug)]
pub(super) struct Planned {
    /// Plan of the unaggregated rows; `$queue` is unbound.
    rows: LogicalPlan,
    /// Schema of the aggregated rows.
    schema: SchemaRef,
}

impl Summary {
    pub(super) fn new(definition: &'static Definition, store: Arc<SummaryStore>) -> Self {
        Self { definition, store, planned: OnceCell::new() }
    }

    /// Name of the summary and its table function.
    pub(crate) fn name(&self) -> &'static str {
        self.definition.name
    }

    pub(super) async fn plan(&self, state: &SessionState) -> Result<&Planned> {
        let plan = || async {
            let rows = state.create_logical_plan(self.definition.sql).await?;
            let start = aggregation::truncate(self.definition.grain);
            let aggregated = aggregation::aggregate_rows(self.definition, rows.clone(), &start)?;
            Ok(Planned { rows, schema: Arc::clone(aggregated.schema().inner()) })
        };
        self.planned.get_or_try_init(plan).await
    }

    fn planned(&self) -> Result<&Planned> {
        let name = self.definition.name;
        self.planned.get().ok_or_else(|| internal_datafusion_err!("{name} is not prepared"))
    }

    pub(super) fn schema(&self) -> Result<&SchemaRef> {
        Ok(&self.planned()?.schema)
    }

    /// Plans the unaggregated rows of the calls of some ranges, with the types of the summary.
    pub(super) fn scan_calls(&self, ranges: &[TimeRange], queue: ScalarValue) -> Result<LogicalPlan> {
        aggregation::cast_to_schema(self.call_rows(ranges, queue)?, self.schema()?)
    }

    /// Plans the unaggregated rows of the calls of some ranges.
    pub(super) fn call_rows(&self, ranges: &[TimeRange], queue: ScalarValue) -> Result<LogicalPlan> {
        let rows = self.planned()?.rows.clone();
        let rows = rows.with_param_values(ParamValues::from(HashMap::from([("queue".to_owned(), queue)])))?;
        let wanted = ranges.iter().map(|range| is_in(*range)).reduce(Expr::or);
        LogicalPlanBuilder::from(rows).filter(wanted.unwrap_or_else(|| lit(false)))?.build()
    }
}
