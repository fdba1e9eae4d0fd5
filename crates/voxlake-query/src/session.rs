//! Session over a lake: runs SQL statements and named queries.

mod completion;
mod context;
mod zoned;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion::sql::parser::Statement;
use futures::future::try_join;
use voxlake_engine::corruption::{files_too_short, find_lake_error, find_unreadable_footers, split_readable};
use voxlake_engine::footer_store::FooterStore;
use voxlake_engine::{DamagedFile, coverage, days, rejects, table};
use voxlake_lake::{DayFile, Lake, Scope, ScopeId, TimeRange};

use crate::comments::{Comments, Header};
use crate::error::QueryError;
use crate::options::SessionOptions;
use crate::panics::{catch_panic, catch_panic_sync, catch_stream_panics};
use crate::placement::runs_remotely;
use crate::query_result::{FailureDiagnoser, QueryResult, may_be_corruption};
use crate::remote::remote_state;
use crate::remote_engine::RemoteEngine;
use crate::statement_policy::{StatementKind, classify, shows_time_zone};
use crate::summaries::{Summaries, SummaryUsage};
use crate::{column_names, correctness, describe, information_schema, unquoted_dates, views};

/// Session over the day files that a lake had when it was opened.
///
/// If a sync replaces a day file afterwards, queries that read it fail with
/// [`QueryError::Replaced`]; [`Reruns`](crate::Reruns) decides whether to run them again. A new
/// session sees the new file; opening it costs one listing of the lake, so that interactive
/// programs open one per query.
///
/// Clones are cheap and share all state. Queries only read.
///
/// # Example
/// ```
/// use voxlake_lake::Lake;
/// use voxlake_query::{LakeSession, Params, QueryLibrary, SessionOptions};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
/// let session = LakeSession::open(&lake, SessionOptions::default()).await?;
/// let library = QueryLibrary::shipped()?;
/// let params = Params::new().with("from", "2026-11-01").with("to", "2026-12-01");
/// let result = session.run(library.get("abandonment_rate")?, &params).await?;
/// let batches = result.collect().await?;
/// assert!(batches.iter().all(|batch| batch.column_by_name("abandonment_rate").is_some()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LakeSession {
    lake: Lake,
    /// Context of SQL statements, in the time zone of the session.
    ctx: SessionContext,
    /// Context of named queries.
    utc: SessionContext,
    zone: Tz,
    days: Arc<[DayFile]>,
    skipped: Arc<[DamagedFile]>,
    comments: Arc<Comments>,
    summaries: Arc<Summaries>,
    footers: FooterStore,
    scope: Option<Scope>,
    clock: Option<fn() -> DateTime<Utc>>,
    engine: Option<Arc<dyn RemoteEngine>>,
}

impl std::fmt::Debug for LakeSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeSession").field("days", &self.days.len()).field("skipped", &self.skipped).finish()
    }
}

impl LakeSession {
    /// Opens a session over the current day files of `lake`.
    ///
    /// # Errors
    /// - [`QueryError::Damaged`] for truncated day files, unless [`SessionOptions::skip_damaged`]
    ///   is set
    /// - [`QueryError::BadParameter`] for an unknown class of results
    /// - [`QueryError::Lake`] if the lake cannot be listed
    pub async fn open(lake: &Lake, options: SessionOptions) -> Result<Self, QueryError> {
        let (days, scope) = try_join(lake.days(), lake.scope()).await?;
        Self::open_days(lake, days, scope, options).await
    }

    /// Opens a session over the day files of a listing of `lake` that was just made.
    ///
    /// # Errors
    /// As [`LakeSession::open`].
    pub async fn open_listed(
        lake: &Lake,
        days: Vec<DayFile>,
        options: SessionOptions,
    ) -> Result<Self, QueryError> {
        let scope = lake.scope().await?;
        Self::open_days(lake, days, scope, options).await
    }

    async fn open_days(
        lake: &Lake,
        mut days: Vec<DayFile>,
        scope: Option<Scope>,
        options: SessionOptions,
    ) -> Result<Self, QueryError> {
        let mut skipped = Vec::new();
        if options.skip_damaged {
            (days, skipped) = split_readable(lake, days).await?;
            for file in &skipped {
                tracing::info!(path = %file.path, reason = %file.reason, "damaged day file left out");
            }
        } else {
            let files = files_too_short(&days);
            if !files.is_empty() {
                return Err(QueryError::Damaged { files });
            }
        }
        let runtime = context::runtime(&options).map_err(QueryError::planning)?;
        let parquet_footers = runtime.cache_manager.get_file_metadata_cache();
        let footers = FooterStore::new(lake).with_parquet_footers(parquet_footers);
        let scope_id = scope.as_ref().and_then(|scope| scope.id);
        let utc = context::context(lake, days.clone(), &footers, scope_id, &options, runtime)
            .map_err(QueryError::planning)?;
        let mut comments = Comments::default();
        let tables =
            [("voice_calls", table::COMMENT), ("days", days::COMMENT), ("rejects", rejects::COMMENT)];
        for (name, comment) in tables {
            let schema = utc.table_provider(name).await.map_err(QueryError::planning)?.schema();
            comments.add(name, schema, Header { table: comment.to_owned(), ..Header::default() });
        }
        views::create(&utc, &options.result_classes, &mut comments).await?;
        information_schema::register(&utc, comments.clone()).map_err(QueryError::planning)?;
        let zone = options.timezone.unwrap_or(Tz::UTC);
        let ctx = match zone {
            Tz::UTC => utc.clone(),
            zone => {
                let ctx = zoned::context(&utc, zone).await.map_err(QueryError::planning)?;
                information_schema::register(&ctx, comments.clone()).map_err(QueryError::planning)?;
                ctx
            }
        };
        Ok(Self {
            lake: lake.clone(),
            ctx,
            utc,
            zone,
            summaries: Arc::new(Summaries::new(lake, &days, &options)),
            days: days.into(),
            skipped: skipped.into(),
            comments: comments.into(),
            footers,
            scope,
            clock: options.clock,
            engine: options.engine,
        })
    }

    /// Day files of this session, by date.
    #[must_use]
    pub fn days(&self) -> &[DayFile] {
        &self.days
    }

    /// Damaged day files that this session leaves out.
    #[must_use]
    pub fn skipped(&self) -> &[DamagedFile] {
        &self.skipped
    }

    /// Returns the ranges of `period` that were never fetched, in order and coalesced. These are
    /// dates without a file and gaps in the coverage of files, which is read from their footers.
    ///
    /// # Errors
    /// [`QueryError::Damaged`] for a day file whose footer cannot be read.
    pub async fn gaps(&self, period: TimeRange) -> Result<Vec<TimeRange>, QueryError> {
        let now = self.clock.map(|clock| clock());
        Ok(coverage::gaps(&self.footers, &self.days, period, self.scope_id(), now).await?)
    }

    /// Conditions that all calls of the lake meet; `None` if the lake is for all calls.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Id of the lake's scope, as recorded in the coverage of its day files.
    #[must_use]
    pub fn scope_id(&self) -> Option<ScopeId> {
        self.scope.as_ref().and_then(|scope| scope.id)
    }

    /// Number of rejected records in windows that overlap `period`. Results may lack these calls.
    ///
    /// # Errors
    /// [`QueryError::Lake`] if the rejects cannot be read.
    pub async fn rejects(&self, period: TimeRange) -> Result<usize, QueryError> {
        Ok(rejects::count_overlapping(&self.lake, period).await?)
    }

    /// Time zone of SQL statements.
    #[must_use]
    pub fn timezone(&self) -> Tz {
        self.zone
    }

    /// Returns this session with timestamps in UTC, for named queries, which convert times
    /// themselves.
    pub(crate) fn in_utc(&self) -> Self {
        Self { ctx: self.utc.clone(), zone: Tz::UTC, ..self.clone() }
    }

    /// DataFusion's session context. All clones of this session see what is registered in it.
    #[must_use]
    pub fn context(&self) -> &SessionContext {
        &self.ctx
    }

    /// Runs one SQL statement that only reads.
    ///
    /// # Errors
    /// [`QueryError::Sql`] for invalid SQL, [`QueryError::ReadOnly`] for a statement that would
    /// write.
    pub async fn sql(&self, sql: &str) -> Result<QueryResult, QueryError> {
        self.execute_statement(&self.parse(sql)?, sql, HashMap::new()).await
    }

    /// DataFusion's state for one query, with the time of the session's clock.
    fn state(&self) -> SessionState {
        let mut state = self.ctx.state();
        if let Some(clock) = self.clock {
            state.execution_props_mut().query_execution_start_time = Some(clock());
        }
        state
    }

    /// Parses one statement.
    ///
    /// # Errors
    /// [`QueryError::Sql`] for invalid SQL.
    pub fn parse(&self, sql: &str) -> Result<Statement, QueryError> {
        let state = self.state();
        let dialect = state.config_options().sql_parser.dialect;
        let statement = correctness::check_chains(sql).and_then(|()| state.sql_to_statement(sql, &dialect));
        let mut statement = statement.map_err(QueryError::planning)?;
        column_names::name_columns(&mut statement, sql);
        correctness::correct_statement(statement, &state).map_err(QueryError::planning)
    }

    /// Runs a parsed statement that only reads. `values` are bound to its placeholders; `sql` is
    /// its text.
    ///
    /// # Errors
    /// As for [`LakeSession::sql`].
    pub async fn execute_statement(
        &self,
        statement: &Statement,
        sql: &str,
        values: HashMap<String, ScalarValue>,
    ) -> Result<QueryResult, QueryError> {
        if !matches!(classify(statement)?, StatementKind::Query) {
            return Err(QueryError::ReadOnly { reason: "this statement is not a query".to_owned() });
        }
        if shows_time_zone(statement) {
            let shown = format!("SELECT 'timezone' AS name, '{}' AS value", self.zone.name());
            return Box::pin(self.sql(&shown)).await;
        }
        let (values, used) = (Arc::new(values), Arc::new(SummaryUsage::default()));
        let mut plan = self.plan(statement, sql, &values, &used).await?;
        if self.zone != Tz::UTC {
            plan = zoned::with_zone(plan, self.zone).map_err(QueryError::planning)?;
        }
        // A second check, for writes that the list of allowed statements misses.
        SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false)
            .verify_plan(&plan)
            .map_err(|error| QueryError::ReadOnly { reason: error.strip_backtrace() })?;
        let result = self.start(self.physical(plan).await?, used)?;
        Ok(result.with_notices(unquoted_dates::notices(statement)))
    }

    /// Runs a logical plan.
    pub(crate) async fn execute(&self, plan: LogicalPlan) -> Result<QueryResult, QueryError> {
        self.start(self.physical(plan).await?, Arc::default())
    }

    pub(crate) fn comments(&self) -> &Comments {
        &self.comments
    }

    pub(crate) fn summaries(&self) -> &Summaries {
        &self.summaries
    }

    /// Plans a statement of any kind.
    pub(crate) async fn plan(
        &self,
        statement: &Statement,
        sql: &str,
        values: &Arc<HashMap<String, ScalarValue>>,
        used: &Arc<SummaryUsage>,
    ) -> Result<LogicalPlan, QueryError> {
        let mut state = self.state();
        self.summaries.prepare(&state, sql).await?;
        self.summaries.register(&mut state, values, used);
        let plan = catch_panic(self.logical_plan(&state, statement)).await.map_err(QueryError::planning)?;
        if values.is_empty() {
            return Ok(plan);
        }
        // Values are bound in the plan; the text of a parameter is never parsed as SQL.
        plan.with_param_values(ParamValues::from(HashMap::clone(values))).map_err(QueryError::planning)
    }

    /// DataFusion's plan for a statement. The plan of `DESCRIBE` is replaced by one with comments.
    async fn logical_plan(
        &self,
        state: &SessionState,
        statement: &Statement,
    ) -> datafusion::error::Result<LogicalPlan> {
        let tables = state.resolve_table_references(statement)?;
        match state.statement_to_plan(statement.clone()).await? {
            LogicalPlan::DescribeTable(described) => {
                let table = match tables.as_slice() {
                    [table] => table.table(),
                    _ => "",
                };
                let comments = self.comments.columns(table, &described.schema);
                describe::plan(&described.schema, comments)
            }
            plan => Ok(plan),
        }
    }

    async fn physical(&self, plan: LogicalPlan) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
        let error = match self.engines_plan(plan).await {
            Ok(plan) => return Ok(plan),
            Err(error) => error,
        };
        let culprit = match find_lake_error(&error) {
            Some(found) => Some(found),
            None if may_be_corruption(&error) => find_unreadable_footers(&self.lake, &self.days).await,
            None => None,
        };
        Err(culprit.map_or_else(|| QueryError::execution(error), QueryError::from))
    }

    async fn engines_plan(&self, plan: LogicalPlan) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let mut state = self.state();
        if let Some(engine) = &self.engine
            && runs_remotely(&plan, engine.needs_calls())?
        {
            state = remote_state(state, engine, &self.lake);
        }
        voxlake_engine::correctness::adapt(&mut state, &plan);
        let planned = catch_panic(DataFrame::new(state.clone(), plan.clone()).create_physical_plan()).await;
        match planned {
            Err(error) if voxlake_engine::correctness::adapt_after(&mut state, &error) => {
                catch_panic(DataFrame::new(state, plan).create_physical_plan()).await
            }
            planned => planned,
        }
    }

    fn start(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        used: Arc<SummaryUsage>,
    ) -> Result<QueryResult, QueryError> {
        let diagnoser = FailureDiagnoser::new(&self.lake, &self.days, &plan);
        let batches = catch_panic_sync(|| execute_stream(Arc::clone(&plan), self.ctx.task_ctx()))
            .map_err(QueryError::execution)?;
        let batches = catch_stream_panics(batches);
        Ok(QueryResult::new(plan, batches, diagnoser, self.days.len(), used))
    }
}

#[cfg(test)]
mod tests;
