//! Summaries: what calls add up to, kept by day, month and year, so that the standing questions need not read the calls.
//!
//! ```text
//! queries/summaries/NAME.sql ── a row per call ──┬─ added up by day and longer ──▶ lake/summaries   (`build`)
//!                                                └──── where nothing is kept ───▶ NAME(from, to …)  (`function`)
//!                                                             lake/summaries ───▶
//! ```
//!
//! `definition` says which there are, `adding` how their rows add up, `cover` which of them answer for a period. `kept`
//! reads those that stand for the day files as they are, `held` holds what was decoded, `rows` gives it to the engine,
//! `merged` fewer rows of it. `last_names` finds in one of them the names to show. Each is named by
//! the day files that it was made from, so an answer from summaries is the one that a scan would
//! give.

mod adding;
mod build;
mod cover;
mod definition;
mod function;
mod held;
mod kept;
mod last_names;
mod merged;
mod rows;

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::{ParamValues, Result, ScalarValue, internal_datafusion_err};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use tokio::sync::OnceCell;
use voxlake_lake::{DayFile, Lake, TimeRange};

pub use self::build::{Summarized, SummaryProgress, summarize};
use self::definition::{DEFINITIONS, Definition, NAME_SUMMARY};
use self::function::{SummaryFunction, is_in};
use self::held::Held;
use self::kept::{Kept, Sources};
use self::last_names::LastNames;
pub(crate) use self::last_names::LastNamesExec;
pub(crate) use self::rows::Used;
use crate::error::QueryError;
use crate::session::SessionOptions;

/// The summaries of a session.
#[derive(Debug)]
pub(crate) struct Summaries {
    all: Vec<Arc<Summary>>,
    /// Whether those that the lake keeps are used.
    kept_ones: bool,
}

/// One summary: its definition, planned, and what the lake keeps of it.
#[derive(Debug)]
pub(crate) struct Summary {
    definition: &'static Definition,
    kept: Arc<Kept>,
    planned: OnceCell<Planned>,
}

#[derive(Debug)]
struct Planned {
    /// A row per call, or per call and queue; `$queue` is still open.
    rows: LogicalPlan,
    /// The columns, in their types when added up.
    schema: SchemaRef,
}

impl Summaries {
    /// The summaries of a lake with these day files.
    pub(crate) fn new(lake: &Lake, days: &[DayFile], options: &SessionOptions) -> Self {
        let held = Held::new(options);
        let (sources, held) = (Arc::new(Sources::new(days)), Arc::new(held));
        let all = DEFINITIONS.iter().map(|definition| {
            let kept = Kept::new(definition, lake.clone(), Arc::clone(&sources), Arc::clone(&held));
            let kept = Arc::new(kept);
            Arc::new(Summary { definition, kept, planned: OnceCell::new() })
        });
        Self { all: all.collect(), kept_ones: !options.no_summaries }
    }

    /// All of them, each after those that are finer than it.
    pub(crate) fn all(&self) -> &[Arc<Summary>] {
        &self.all
    }

    /// Makes all of them ready to be planned from calls.
    pub(crate) async fn plan_all(&self, state: &SessionState) -> Result<()> {
        for summary in &self.all {
            summary.plan(state).await?;
        }
        Ok(())
    }

    /// Makes what `sql` calls ready to be planned.
    ///
    /// # Errors
    /// Where the lake cannot list its summaries.
    pub(crate) async fn prepare(&self, state: &SessionState, sql: &str) -> Result<(), QueryError> {
        let sql = sql.to_lowercase();
        let is_called = |summary: &&Arc<Summary>| {
            let definition = summary.definition;
            sql.contains(definition.coarser_than.unwrap_or(definition.name))
                || (definition.name == NAME_SUMMARY && sql.contains(LastNames::NAME))
        };
        for summary in self.all.iter().filter(is_called) {
            summary.plan(state).await.map_err(QueryError::planning)?;
            if self.kept_ones {
                summary.kept.list().await?;
            }
        }
        Ok(())
    }

    /// Makes the summaries functions of `state`, for a statement whose placeholders stand for `values`.
    /// Those that it comes to use are noted in `used`.
    pub(crate) fn register(
        &self,
        state: &mut SessionState,
        values: &Arc<HashMap<String, ScalarValue>>,
        used: &Arc<Used>,
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

impl Summary {
    /// The name, by which questions call it as a function.
    pub(crate) fn name(&self) -> &'static str {
        self.definition.name
    }

    async fn plan(&self, state: &SessionState) -> Result<&Planned> {
        let plan = || async {
            let rows = state.create_logical_plan(self.definition.sql).await?;
            let start = adding::floor(self.definition.grain);
            let added_up = adding::added_up(self.definition, rows.clone(), &start)?;
            Ok(Planned { rows, schema: Arc::clone(added_up.schema().inner()) })
        };
        self.planned.get_or_try_init(plan).await
    }

    fn planned(&self) -> Result<&Planned> {
        let name = self.definition.name;
        self.planned.get().ok_or_else(|| internal_datafusion_err!("{name} is not prepared"))
    }

    fn schema(&self) -> Result<&SchemaRef> {
        Ok(&self.planned()?.schema)
    }

    /// The rows of the calls of some ranges, one by one, in the columns of the summary.
    fn scanned(&self, ranges: &[TimeRange], queue: ScalarValue) -> Result<LogicalPlan> {
        adding::typed(self.unsummed(ranges, queue)?, self.schema()?)
    }

    /// The rows of the calls of some ranges, as they are to be added up.
    fn unsummed(&self, ranges: &[TimeRange], queue: ScalarValue) -> Result<LogicalPlan> {
        let rows = self.planned()?.rows.clone();
        let rows = rows.with_param_values(ParamValues::from(HashMap::from([("queue".to_owned(), queue)])))?;
        let wanted = ranges.iter().map(|range| is_in(*range)).reduce(Expr::or);
        LogicalPlanBuilder::from(rows).filter(wanted.unwrap_or_else(|| lit(false)))?.build()
    }
}

#[cfg(test)]
mod tests;
