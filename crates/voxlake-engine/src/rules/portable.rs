//! Sessions whose physical plans can be sent to another process.
//!
//! Some rules number values within a process or insert operators with state that is shared by its
//! threads: [`portable`] leaves them out. Day files are split by bytes instead of rows, because the
//! rows of a part are not part of an encoded plan.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::physical_optimizer::PhysicalOptimizerRule;

use super::hash_lag;
use super::hour_bucket_group_by::HourBucketGroupBy;
use super::planner::portable_query_planner;
use super::rewrite::AggregateRewrite;
use crate::portable_scans::PortableScans;

/// Returns `state` for plans with `partitions` that can be encoded. `last` runs after all other
/// physical rules.
#[must_use]
pub fn portable(
    state: SessionState,
    partitions: NonZeroUsize,
    last: Arc<dyn PhysicalOptimizerRule + Send + Sync>,
) -> SessionState {
    let excluded = [hash_lag::NAME, HourBucketGroupBy::NAME];
    let rules = state.optimizers().iter().filter(|rule| !excluded.contains(&rule.name()));
    let rules = rules.cloned().collect();
    let physical = state.physical_optimizers().iter().cloned().chain([last]).collect();
    let mut config = state
        .config()
        .clone()
        .with_target_partitions(partitions.get())
        .with_round_robin_repartition(false)
        .with_extension(Arc::new(PortableScans))
        // Otherwise the new state gets an empty catalog, which the old state shares.
        .with_create_default_catalog_and_schema(false);
    let optimizer = &mut config.options_mut().optimizer;
    // Both fill values in one operator that another one reads, possibly in another process.
    optimizer.enable_dynamic_filter_pushdown = false;
    optimizer.enable_topk_dynamic_filter_pushdown = false;
    optimizer.enable_join_dynamic_filter_pushdown = false;
    optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    optimizer.enable_physical_uncorrelated_scalar_subquery = false;
    // The order in which a scan should read row groups is not encoded.
    optimizer.enable_sort_pushdown = false;
    SessionStateBuilder::new_from_existing(state)
        .with_config(config)
        .with_optimizer_rules(rules)
        .with_physical_optimizer_rules(physical)
        .with_query_planner(portable_query_planner())
        .build()
}
