//! Summaries of a session and their table functions.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::{Result, ScalarValue};
use datafusion::execution::SessionState;
use futures::future::try_join_all;
use voxlake_lake::{DayFile, Lake};

use super::column_cache::ColumnCache;
use super::definition::{DEFINITIONS, NAME_SUMMARY};
use super::function::SummaryFunction;
use super::last_names::LastNames;
use super::store::{DaySources, SummaryStore};
use super::summary::Summary;
use super::usage::SummaryUsage;
use crate::error::QueryError;
use crate::options::SessionOptions;

/// Summaries of a session.
#[derive(Debug)]
pub(crate) struct Summaries {
    all: Vec<Arc<Summary>>,
    /// True if stored summaries are used.
    use_stored: bool,
}

impl Summaries {
    /// Creates the summaries of a lake with these day files.
    pub(crate) fn new(lake: &Lake, days: &[DayFile], options: &SessionOptions) -> Self {
        let held = ColumnCache::new(options);
        let (sources, held) = (Arc::new(DaySources::new(days)), Arc::new(held));
        let all = DEFINITIONS.iter().map(|definition| {
            let store = SummaryStore::new(definition, lake.clone(), Arc::clone(&sources), Arc::clone(&held));
            let store = Arc::new(store);
            Arc::new(Summary::new(definition, store))
        });
        Self { all: all.collect(), use_stored: !options.no_summaries }
    }

    /// All summaries, finer ones before those that aggregate them.
    pub(crate) fn all(&self) -> &[Arc<Summary>] {
        &self.all
    }

    /// Plans the definitions of all summaries.
    pub(crate) async fn plan_all(&self, state: &SessionState) -> Result<()> {
        for summary in &self.all {
            summary.plan(state).await?;
        }
        Ok(())
    }

    /// Plans the definitions of the summaries that `sql` calls and lists their files.
    ///
    /// # Errors
    /// [`QueryError::Lake`] if the lake cannot list its summaries.
    pub(crate) async fn prepare(&self, state: &SessionState, sql: &str) -> Result<(), QueryError> {
        let sql = sql.to_lowercase();
        let is_called = |summary: &&Arc<Summary>| {
            let definition = summary.definition;
            sql.contains(definition.coarser_than.unwrap_or(definition.name))
                || (definition.name == NAME_SUMMARY && sql.contains(LastNames::NAME))
        };
        let called: Vec<_> = self.all.iter().filter(is_called).collect();
        for summary in &called {
            summary.plan(state).await.map_err(QueryError::planning)?;
        }
        if self.use_stored {
            try_join_all(called.iter().map(|summary| summary.store.list())).await?;
        }
        Ok(())
    }

    /// Registers the table functions in `state`, for a statement with these placeholder values. The
    /// summaries that it reads are recorded in `used`.
    pub(crate) fn register(
        &self,
        state: &mut SessionState,
        values: &Arc<HashMap<String, ScalarValue>>,
        used: &Arc<SummaryUsage>,
    ) {
        for summary in self.all.iter().filter(|summary| summary.definition.coarser_than.is_none()) {
            let coarser = self.all.iter().rev();
            let coarser = coarser.filter(|other| other.definition.coarser_than == Some(summary.name()));
            let function = Arc::new(SummaryFunction {
                summary: Arc::clone(summary),
                coarser: coarser.cloned().collect(),
                values: Arc::clone(values),
                used: Arc::clone(used),
            });
            if summary.name() == NAME_SUMMARY {
                state.register_udtf(LastNames::NAME, Arc::new(LastNames::new(Arc::clone(&function))));
            }
            state.register_udtf(summary.definition.name, function);
        }
    }
}
