//! Kept summaries as a table: their rows, from memory.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use voxlake_lake::Span;

use super::kept::{Kept, Lost, held};
use super::merged::Asked;

/// The summaries that one answer was made from, by the names of their definitions.
#[derive(Debug, Default)]
pub(crate) struct Used {
    spans: Mutex<BTreeMap<&'static str, BTreeSet<Span>>>,
    /// What no question had asked for before this one.
    first: Mutex<HashSet<(&'static str, Asked)>>,
}

impl Used {
    fn note(&self, name: &'static str, spans: &[Span]) {
        held(&self.spans).entry(name).or_default().extend(spans);
    }

    pub(crate) fn all(&self) -> BTreeMap<&'static str, BTreeSet<Span>> {
        held(&self.spans).clone()
    }

    /// Notes that this question is the first that asks for something.
    pub(super) fn note_first(&self, name: &'static str, asked: Asked) {
        held(&self.first).insert((name, asked));
    }

    /// Whether this question is the first that asks for something.
    pub(super) fn is_first(&self, name: &'static str, asked: &Asked) -> bool {
        held(&self.first).contains(&(name, asked.clone()))
    }
}

/// The rows of some spans' summaries.
#[derive(Debug)]
pub(crate) struct SummaryRows {
    pub(crate) name: &'static str,
    pub(crate) kept: Arc<Kept>,
    pub(crate) spans: Vec<Span>,
    pub(crate) schema: SchemaRef,
    pub(crate) used: Arc<Used>,
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
        let rows = self.kept.rows(&self.spans, &self.schema).await;
        let rows = rows.map_err(|lost| DataFusionError::External(Box::new(lost)))?;
        self.used.note(self.name, &self.spans);
        if let Some(columns) = projection
            && let Some(merged) =
                self.kept.merged(&self.spans, columns, &rows, &self.schema, (state, &self.used)).await
        {
            let schema = Arc::new(self.schema.project(columns)?);
            return Ok(MemorySourceConfig::try_new_exec(&[merged.to_vec()], schema, None)?);
        }
        let threads = state.config().target_partitions().clamp(1, rows.len().max(1));
        let share = rows.len().div_ceil(threads).max(1);
        let partitions: Vec<_> = rows.chunks(share).map(<[_]>::to_vec).collect();
        Ok(MemorySourceConfig::try_new_exec(&partitions, self.schema(), projection.cloned())?)
    }
}

/// Whether planning failed for want of a summary, so that it has to be done again without.
pub(crate) fn is_lost(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::External(source) => source.is::<Lost>(),
        _ => false,
    }
}
