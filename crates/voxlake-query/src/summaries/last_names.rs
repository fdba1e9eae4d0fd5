//! `last_names(kind, from, to)`: the name that each queue, agent, team or flow of a period used
//! last.
//!
//! All named queries use it, so that an id has the same name in every row and every query of a
//! period. The name is the last one used before the end of the period. An id without a name in the
//! period gets the last one from before; earlier days are read only if there is such an id.

mod exec;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, plan_err};
use datafusion::datasource::{MemTable, TableType};
use datafusion::functions_aggregate::expr_fn::{last_value, max};
use datafusion::logical_expr::{Expr, ExprFunctionExt as _, LogicalPlan, LogicalPlanBuilder, ident, lit};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::expressions::Column;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::{ExecutionPlan, collect};
use voxlake_lake::TimeRange;

pub(crate) use self::exec::LastNamesExec;
use self::exec::NamesBefore;
use super::function::{SummaryCall, SummaryFunction};
use super::usage::SummaryUsage;
use crate::remote::{is_remote, plan_apart};

/// Kinds of named objects.
const KINDS: [&str; 4] = ["queue", "agent", "team", "flow"];

/// Table function `last_names(kind, from, to) -> id, name`: one row per id of the `kind` (queue,
/// agent, team or flow) that a call in `[from, to)` names. `name` is the last one used before `to`,
/// or NULL without one. Other kinds return no row, so that the kind can be a parameter of a
/// query with further groupings.
///
/// Names are ordered by the calls' start_time and engagement_id; see `name_summary`.
#[derive(Debug)]
pub(super) struct LastNames {
    summary: Arc<SummaryFunction>,
    /// The same summary for the time before a period. Its usage counts only if its plan runs.
    before: Arc<SummaryFunction>,
}

impl LastNames {
    pub(super) const NAME: &'static str = "last_names";

    /// Creates the function over `summary`, which is `name_summary`.
    pub(super) fn new(summary: Arc<SummaryFunction>) -> Self {
        let before = SummaryFunction { used: Arc::default(), ..SummaryFunction::clone(&summary) };
        Self { summary, before: Arc::new(before) }
    }
}

/// Plans the ids of `period`, each with its last name.
fn plan(summary: &SummaryFunction, kind: &str, period: TimeRange) -> Result<LogicalPlan> {
    let uses = LogicalPlanBuilder::from(summary.plan(&SummaryCall::whole(period))?)
        .filter(ident("kind").eq(lit(kind)))?
        // Grouping by name first leaves few rows to sort.
        .aggregate([ident("id"), ident("name")], [max(ident("last_use")).alias("last_use")])?;
    let order = vec![ident("last_use").sort(true, false)];
    let last = last_value(ident("name"), vec![]).order_by(order);
    let last: Expr = last.filter(ident("name").is_not_null()).build()?;
    uses.aggregate([ident("id")], [last.alias("name")])?.build()
}

impl TableFunctionImpl for LastNames {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [kind, from, to] = args.exprs() else {
            return plan_err!("last_names takes a kind and the start and end of a period");
        };
        let kind = self.summary.value(kind)?;
        let Some(Some(kind)) = kind.try_as_str() else {
            return plan_err!("last_names takes queue, agent, team or flow, not {kind}");
        };
        if !KINDS.contains(&kind) {
            return Ok(Arc::new(MemTable::try_new(columns(), vec![vec![]])?));
        }
        let instant = |arg| self.summary.instant(&self.summary.value(arg)?);
        let (from, to) = (instant(from)?, instant(to)?);
        let before = TimeRange { from: first_moment().min(from), to: from };
        Ok(Arc::new(NamesOfPeriod {
            of_period: plan(&self.summary, kind, TimeRange { from, to })?,
            before: plan(&self.before, kind, before)?,
            used: Arc::clone(&self.summary.used),
            used_before: Arc::clone(&self.before.used),
        }))
    }
}

/// Schema of `last_names`.
fn columns() -> SchemaRef {
    Arc::new(Schema::new(["id", "name"].map(|name| Field::new(name, DataType::Utf8, true)).to_vec()))
}

/// Lower bound of call times.
fn first_moment() -> DateTime<Utc> {
    let date = NaiveDate::from_ymd_opt(2000, 1, 1).map(|date| date.and_time(NaiveTime::MIN).and_utc());
    date.unwrap_or(DateTime::UNIX_EPOCH)
}

/// Names of the ids of a period, as a table.
#[derive(Debug)]
struct NamesOfPeriod {
    /// Names from calls of the period.
    of_period: LogicalPlan,
    /// Names from calls before the period.
    before: LogicalPlan,
    /// Summaries that the query uses.
    used: Arc<SummaryUsage>,
    /// Summaries that `before` uses.
    used_before: Arc<SummaryUsage>,
}

#[async_trait]
impl TableProvider for NamesOfPeriod {
    fn schema(&self) -> SchemaRef {
        columns()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let of_period = one_partition(plan_apart(state, &self.of_period).await?);
        let before = one_partition(plan_apart(state, &self.before).await?);
        let before = NamesBefore::new(before, Arc::clone(&self.used), Arc::clone(&self.used_before));
        let names: Arc<dyn ExecutionPlan> = Arc::new(LastNamesExec::new(of_period, before, columns()));
        if is_remote(state) {
            // The operator runs in this process only. There are few names, so that they travel.
            let rows = collect(names, state.task_ctx()).await?;
            return Ok(MemorySourceConfig::try_new_exec(&[rows], columns(), projection.cloned())?);
        }
        let Some(projection) = projection else { return Ok(names) };
        let columns = projection.iter().map(|place| {
            let name = names.schema().field(*place).name().clone();
            ProjectionExpr { expr: Arc::new(Column::new(&name, *place)), alias: name }
        });
        Ok(Arc::new(ProjectionExec::try_new(columns.collect::<Vec<_>>(), Arc::clone(&names))?))
    }
}

fn one_partition(plan: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    Arc::new(CoalescePartitionsExec::new(plan))
}

#[cfg(test)]
mod tests;
