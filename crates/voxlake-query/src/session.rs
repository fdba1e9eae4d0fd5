//! A session over a lake: its table, functions and views, and the way from a question to an answer.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use voxlake_engine::corruption::{files_too_short, find_unreadable_footers, split_readable};
use voxlake_engine::footer_store::FooterStore;
use voxlake_engine::table::VoiceCalls;
use voxlake_engine::{DamagedFile, LAKE_URL, coverage, days, rejects, rules, table};
use voxlake_lake::{DayFile, Lake, Scope, ScopeId, TimeRange};
use voxlake_model::CurrencySymbols;

use crate::answer::{Answer, Examiner, may_be_a_files_fault};
use crate::comments::{Comments, Header};
use crate::error::QueryError;
use crate::guard::{Deed, deed};
use crate::named::{NamedQuery, Params, chosen_queues};
use crate::panics::{caught, caught_now, caught_stream};
use crate::summaries::{Summaries, Used};
use crate::{column_names, correctness, describe, information_schema, views};

/// Bytes of decoded footers that a session keeps for its next questions: those of some 2,500 days, or of fewer where
/// calls were looked for and so pages. They take up only what was read.
const FOOTERS_IN_MEMORY: usize = 256 << 20;
/// Consumers of memory to name when there is too little.
const CONSUMERS_TO_NAME: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);

/// How a session works.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// Answer without the day files that are damaged, and say which those are. Costs the reading of
    /// every footer when the session opens.
    pub skip_damaged: bool,
    /// Threads that share the work of one answer; none: as many as there are cores, and one where memory
    /// is limited. What several sort at once takes the memory that each of them needs to spill.
    pub target_partitions: Option<NonZeroUsize>,
    /// Bytes that all running answers may use for what they sort, group and join; none: no limit.
    /// Sorts and joins spill to the system's temporary folder when they reach it.
    pub memory_limit: Option<usize>,
    /// Answer from calls alone, without the summaries that the lake keeps.
    pub no_summaries: bool,
    /// Bytes of summaries, as they lie in the lake, up to which a question's are decoded once and held in memory for those
    /// that follow; none: 32 MiB. Of more than that, each question decodes what it reads.
    pub hold_summaries: Option<u64>,
    /// Source of the time that `now()` and `current_date` return. Default: the machine's clock.
    pub clock: Option<fn() -> DateTime<Utc>>,
    /// Classes of `result` values, in place of and in addition to the shipped mapping.
    pub result_classes: BTreeMap<String, String>,
    /// Currencies of the symbols in rates. Those of charges are stored with the calls.
    pub currency_symbols: CurrencySymbols,
}

/// A session over the days that a lake had when it was opened.
///
/// A day that a sync replaces afterwards is a [`QueryError::Replaced`] to it; a new session, which
/// costs one listing of the lake, sees what the sync brought. So a prompt opens one per question.
///
/// Cheap to clone; clones share everything. Questions only read.
#[derive(Clone)]
pub struct LakeSession {
    lake: Lake,
    ctx: SessionContext,
    days: Arc<[DayFile]>,
    skipped: Arc<[DamagedFile]>,
    comments: Arc<Comments>,
    summaries: Arc<Summaries>,
    footers: FooterStore,
    scope: Option<Scope>,
    clock: Option<fn() -> DateTime<Utc>>,
}

impl std::fmt::Debug for LakeSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeSession").field("days", &self.days.len()).field("skipped", &self.skipped).finish()
    }
}

impl LakeSession {
    /// Opens a session over the days that `lake` has now.
    ///
    /// # Errors
    /// [`QueryError::Damaged`] for day files too short to be any, unless damaged ones are to be
    /// skipped; [`QueryError::BadParameter`] for a class of results that there is not;
    /// [`QueryError::Lake`] where the lake cannot be listed.
    pub async fn open(lake: &Lake, options: SessionOptions) -> Result<Self, QueryError> {
        let mut days = lake.days().await?;
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
        let footers = FooterStore::new(lake);
        let scope = lake.scope().await?;
        let scope_id = scope.as_ref().and_then(|scope| scope.id);
        let ctx = context(lake, days.clone(), &footers, scope_id, &options).map_err(QueryError::planning)?;
        let mut comments = Comments::default();
        let tables =
            [("voice_calls", table::COMMENT), ("days", days::COMMENT), ("rejects", rejects::COMMENT)];
        for (name, comment) in tables {
            let schema = ctx.table_provider(name).await.map_err(QueryError::planning)?.schema();
            comments.add(name, schema, Header { table: comment.to_owned(), ..Header::default() });
        }
        views::create(&ctx, &options.result_classes, &mut comments).await?;
        information_schema::register(&ctx, comments.clone()).map_err(QueryError::planning)?;
        Ok(Self {
            lake: lake.clone(),
            ctx,
            summaries: Arc::new(Summaries::new(lake, &days, &options)),
            days: days.into(),
            skipped: skipped.into(),
            comments: comments.into(),
            footers,
            scope,
            clock: options.clock,
        })
    }

    /// The days that this session answers from, by date.
    #[must_use]
    pub fn days(&self) -> &[DayFile] {
        &self.days
    }

    /// The damaged day files that this session leaves out.
    #[must_use]
    pub fn skipped(&self) -> &[DamagedFile] {
        &self.skipped
    }

    /// The moments of `period` that were never fetched, in order, as few ranges as they make: where the
    /// lake has no file, and where a file's coverage leaves a gap, by the footers of the period's days.
    ///
    /// # Errors
    /// [`QueryError::Damaged`] for a day whose footer cannot be read.
    pub async fn gaps(&self, period: TimeRange) -> Result<Vec<TimeRange>, QueryError> {
        let now = self.clock.map(|clock| clock());
        Ok(coverage::gaps(&self.footers, &self.days, period, self.scope_id(), now).await?)
    }

    /// The conditions that the calls of the lake meet; `None` where it is to hold all calls.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Identity of the lake's scope, as the coverage of its days notes it.
    #[must_use]
    pub fn scope_id(&self) -> Option<ScopeId> {
        self.scope.as_ref().and_then(|scope| scope.id)
    }

    /// How many records without a place came with windows that touch `period`, and so are calls that its
    /// answers may lack.
    ///
    /// # Errors
    /// [`QueryError::Lake`] where the lake's rejects cannot be read.
    pub async fn rejects(&self, period: TimeRange) -> Result<usize, QueryError> {
        Ok(rejects::count_overlapping(&self.lake, period).await?)
    }

    /// The engine's own session. What is registered there is seen by all clones of this session.
    #[must_use]
    pub fn context(&self) -> &SessionContext {
        &self.ctx
    }

    /// Answers one SQL statement.
    ///
    /// # Errors
    /// [`QueryError::Sql`] where it cannot be understood, [`QueryError::ReadOnly`] where it would
    /// change something.
    pub async fn sql(&self, sql: &str) -> Result<Answer, QueryError> {
        self.question(&self.parse(sql)?, sql, HashMap::new()).await
    }

    /// Answers `query` with these parameters.
    ///
    /// # Errors
    /// What [`NamedQuery::bind`] says of the parameters, and as [`LakeSession::sql`].
    pub async fn run(&self, query: &NamedQuery, params: &Params) -> Result<Answer, QueryError> {
        let mut values = query.bind(params)?;
        let mut notices = chosen_queues::resolve(self, query, &mut values).await?;
        if let (Some(from), Some(to)) = (values.get("from"), values.get("to"))
            && from == to
        {
            notices.push("the period is empty: it ends where it begins, and its end is exclusive".to_owned());
        }
        let answer = self.question(&self.parse(&query.sql)?, &query.sql, values).await?;
        let schema = answer.schema();
        match query.columns.iter().find(|column| schema.index_of(&column.name).is_err()) {
            None => Ok(answer.with_notices(notices)),
            Some(column) => {
                Err(QueryError::MissingColumn { query: query.name.clone(), column: column.name.clone() })
            }
        }
    }

    /// DataFusion's state for one query, at the time of the session's clock.
    fn state(&self) -> SessionState {
        let mut state = self.ctx.state();
        if let Some(clock) = self.clock {
            state.execution_props_mut().query_execution_start_time = Some(clock());
        }
        state
    }

    /// One statement, understood but not planned.
    ///
    /// # Errors
    /// [`QueryError::Sql`] where it cannot be understood.
    pub fn parse(&self, sql: &str) -> Result<Statement, QueryError> {
        let state = self.state();
        let dialect = state.config_options().sql_parser.dialect;
        let statement = correctness::check_chains(sql).and_then(|()| state.sql_to_statement(sql, &dialect));
        let mut statement = statement.map_err(QueryError::planning)?;
        column_names::name_columns(&mut statement, sql);
        correctness::correct_statement(statement, &state).map_err(QueryError::planning)
    }

    /// Answers a statement if it only asks. Its placeholders stand for `values`; `sql` is its text.
    ///
    /// # Errors
    /// As [`LakeSession::sql`].
    pub async fn question(
        &self,
        statement: &Statement,
        sql: &str,
        values: HashMap<String, ScalarValue>,
    ) -> Result<Answer, QueryError> {
        if !matches!(deed(statement)?, Deed::Question) {
            return Err(QueryError::ReadOnly { reason: "this statement is no question".to_owned() });
        }
        let (values, used) = (Arc::new(values), Arc::new(Used::default()));
        let plan = self.plan(statement, sql, &values, &used).await?;
        // What the list of statements lets pass by mistake, the plan gives away.
        SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false)
            .verify_plan(&plan)
            .map_err(|error| QueryError::ReadOnly { reason: error.strip_backtrace() })?;
        self.start(self.physical(plan).await?, used)
    }

    /// Answers what is planned already.
    pub(crate) async fn execute(&self, plan: LogicalPlan) -> Result<Answer, QueryError> {
        self.start(self.physical(plan).await?, Arc::default())
    }

    pub(crate) fn comments(&self) -> &Comments {
        &self.comments
    }

    pub(crate) fn summaries(&self) -> &Summaries {
        &self.summaries
    }

    /// What the engine would do for a statement, whatever that is.
    pub(crate) async fn plan(
        &self,
        statement: &Statement,
        sql: &str,
        values: &Arc<HashMap<String, ScalarValue>>,
        used: &Arc<Used>,
    ) -> Result<LogicalPlan, QueryError> {
        let mut state = self.state();
        self.summaries.prepare(&state, sql).await?;
        self.summaries.register(&mut state, values, used);
        let plan = caught(self.logical_plan(&state, statement)).await.map_err(QueryError::planning)?;
        if values.is_empty() {
            return Ok(plan);
        }
        // Values take their places in the plan; no text of a parameter is ever read as SQL.
        plan.with_param_values(ParamValues::from(HashMap::clone(values))).map_err(QueryError::planning)
    }

    /// The engine's plan for a statement, with our answer to `DESCRIBE` in place of its own.
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
        let culprit = match may_be_a_files_fault(&error) {
            true => find_unreadable_footers(&self.lake, &self.days).await,
            false => None,
        };
        Err(culprit.map_or_else(|| QueryError::execution(error), QueryError::from))
    }

    async fn engines_plan(&self, plan: LogicalPlan) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let mut state = self.state();
        voxlake_engine::correctness::adapt(&mut state, &plan);
        let planned = caught(DataFrame::new(state.clone(), plan.clone()).create_physical_plan()).await;
        match planned {
            Err(error) if voxlake_engine::correctness::adapt_after(&mut state, &error) => {
                caught(DataFrame::new(state, plan).create_physical_plan()).await
            }
            planned => planned,
        }
    }

    fn start(&self, plan: Arc<dyn ExecutionPlan>, used: Arc<Used>) -> Result<Answer, QueryError> {
        let examiner = Examiner::new(&self.lake, &self.days, &plan);
        let batches = caught_now(|| execute_stream(Arc::clone(&plan), self.ctx.task_ctx()))
            .map_err(QueryError::execution)?;
        let batches = caught_stream(batches);
        Ok(Answer::new(plan, batches, examiner, self.days.len(), used))
    }
}

fn context(
    lake: &Lake,
    days: Vec<DayFile>,
    footers: &FooterStore,
    scope: Option<ScopeId>,
    options: &SessionOptions,
) -> datafusion::error::Result<SessionContext> {
    let mut config = SessionConfig::new();
    let alone = options.memory_limit.map(|_| NonZeroUsize::MIN);
    if let Some(partitions) = options.target_partitions.or(alone) {
        config = config.with_target_partitions(partitions.get());
    }
    // One type for text in the table, in functions and in answers: those who print them need no second.
    config.options_mut().sql_parser.map_string_types_to_utf8view = false;
    // DataFusion takes away the order of a subquery that it thinks needs none, also where that has LIMIT or ends the
    // statement.
    config.options_mut().sql_parser.enable_subquery_sort_elimination = false;
    // Errors then say where in a statement they are.
    config.options_mut().sql_parser.collect_spans = true;
    // A filter that the scan applies itself leaves nothing between the scan and what reads its nested
    // columns, so that these are read no further than they are used.
    config.options_mut().execution.parquet.pushdown_filters = true;
    // The words for our columns travel as metadata of their fields; the engine (55) keeps them through a cast in
    // a logical plan and not in the physical one, and would refuse what differs in nothing else.
    config.options_mut().execution.skip_physical_aggregate_schema_check = true;
    voxlake_engine::correctness::configure(&mut config);
    let mut runtime = RuntimeEnvBuilder::new().with_metadata_cache_limit(FOOTERS_IN_MEMORY);
    if let Some(bytes) = options.memory_limit {
        let pool = TrackConsumersPool::new(FairSpillPool::new(bytes), CONSUMERS_TO_NAME);
        runtime = runtime.with_memory_pool(Arc::new(pool));
    }
    let builder = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(Arc::new(runtime.build()?))
        .with_default_features()
        .with_query_planner(rules::query_planner());
    let state = voxlake_engine::correctness::with_rules(builder).build();
    let ctx = SessionContext::new_with_state(state);
    let url = ObjectStoreUrl::parse(LAKE_URL)?;
    ctx.register_object_store(url.as_ref(), Arc::clone(lake.store()));
    ctx.register_table("days", Arc::new(days::DayTable::new(days.clone(), footers.clone(), scope)))?;
    ctx.register_table("rejects", Arc::new(rejects::rejects_table(lake)?))?;
    ctx.register_table("voice_calls", Arc::new(VoiceCalls::new(days.into(), footers.clone(), url)))?;
    for function in voxlake_functions::scalar_functions(&options.currency_symbols) {
        ctx.register_udf(function);
    }
    for function in voxlake_functions::aggregate_functions() {
        ctx.register_udaf(function);
    }
    correctness::register(&ctx)?;
    rules::register(&ctx, options.memory_limit.is_some());
    Ok(ctx)
}

#[cfg(test)]
mod tests;
