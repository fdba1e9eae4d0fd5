//! Stored summaries as a table.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::TableType;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, ident};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;
use voxlake_lake::TimeRange;

use super::plan::Segment;
use super::request::SummaryRequest;
use super::store::StoredRows;
use super::summary::Summary;
use super::usage::SummaryUsage;

/// Table of the stored rows of some segments.
#[derive(Debug)]
pub(crate) struct SummaryRows {
    pub(crate) summary: Arc<Summary>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) schema: SchemaRef,
    pub(crate) used: Arc<SummaryUsage>,
}

#[async_trait]
impl TableProvider for SummaryRows {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (name, store) = (self.summary.name(), &self.summary.store);
        let columns = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let mut wanted = SummaryRequest { segments: self.segments.clone(), columns };
        let decided = self.used.decided(name, &wanted);
        if let Some(rows) = decided.get_or_init(|| store.reaggregated(&wanted, &self.schema, state)).await {
            self.used.note(name, &wanted.segments);
            let schema = Arc::new(self.schema.project(&wanted.columns)?);
            return Ok(MemorySourceConfig::try_new_exec(&[rows.to_vec()], schema, None)?);
        }
        let StoredRows { rows, lost } = store.rows(&wanted, &self.schema).await;
        wanted.segments.retain(|segment| !lost.contains(segment));
        self.used.note(name, &wanted.segments);
        let rows = rows.table(state)?.scan(state, None, &[], None).await?;
        if lost.is_empty() {
            return Ok(rows);
        }
        let calls = self.calls_of(&lost, &wanted.columns)?;
        UnionExec::try_new(vec![rows, state.create_physical_plan(&calls).await?])
    }
}

impl SummaryRows {
    /// Plans a scan of the calls of segments whose summaries were lost after the statement was
    /// planned.
    fn calls_of(&self, segments: &[Segment], columns: &[usize]) -> Result<LogicalPlan> {
        let ranges = segments.iter().map(|segment| segment.within.unwrap_or_else(|| segment.span.range()));
        let calls = self.summary.scan_calls(&TimeRange::coalesce(ranges), ScalarValue::Null)?;
        let columns = columns.iter().map(|column| ident(self.schema.field(*column).name()));
        LogicalPlanBuilder::from(calls).project(columns)?.build()
    }
}
