//! DataFusion's session context over a lake: its configuration, tables, functions and rules.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use voxlake_engine::footer_store::FooterStore;
use voxlake_engine::table::VoiceCalls;
use voxlake_engine::{LAKE_URL, days, rejects, rules};
use voxlake_lake::{DayFile, Lake, ScopeId};

use crate::correctness;
use crate::options::SessionOptions;

/// Limit of the cache of decoded footers (bytes): those of about 2,500 days, or fewer if page
/// indexes were read. Memory is used only for footers that were read.
const FOOTERS_IN_MEMORY: usize = 256 << 20;
/// Largest memory consumers to name in the error when memory is exhausted.
const CONSUMERS_TO_NAME: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);

/// Creates the memory pool and the caches of a session.
pub(super) fn runtime(options: &SessionOptions) -> datafusion::error::Result<Arc<RuntimeEnv>> {
    let mut runtime = RuntimeEnvBuilder::new().with_metadata_cache_limit(FOOTERS_IN_MEMORY);
    if let Some(bytes) = options.memory_limit {
        let pool = TrackConsumersPool::new(FairSpillPool::new(bytes), CONSUMERS_TO_NAME);
        runtime = runtime.with_memory_pool(Arc::new(pool));
    }
    runtime.build().map(Arc::new)
}

pub(super) fn context(
    lake: &Lake,
    days: Vec<DayFile>,
    footers: &FooterStore,
    scope: Option<ScopeId>,
    options: &SessionOptions,
    runtime: Arc<RuntimeEnv>,
) -> datafusion::error::Result<SessionContext> {
    let mut config = SessionConfig::new();
    let alone = options.memory_limit.map(|_| NonZeroUsize::MIN);
    if let Some(partitions) = options.target_partitions.or(alone) {
        config = config.with_target_partitions(partitions.get());
    }
    // All text has one type (Utf8) in tables, functions and results, so that consumers handle only
    // one.
    config.options_mut().sql_parser.map_string_types_to_utf8view = false;
    // DataFusion drops the order of subqueries that it considers irrelevant, even with LIMIT or at
    // the end of a statement.
    config.options_mut().sql_parser.enable_subquery_sort_elimination = false;
    // Needed for the position of an error in the statement.
    config.options_mut().sql_parser.collect_spans = true;
    // With the filter inside the scan, no operator stands between the scan and the readers of
    // nested columns. So only the nested fields that are used are read.
    config.options_mut().execution.parquet.pushdown_filters = true;
    // Comments on columns are field metadata. DataFusion 55 keeps it through a cast in logical
    // plans but not in physical ones, and rejects plans that differ in nothing else.
    config.options_mut().execution.skip_physical_aggregate_schema_check = true;
    voxlake_engine::correctness::configure(&mut config);
    let builder = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
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
